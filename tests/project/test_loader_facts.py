"""What the documents say of target-duckdb: what it acknowledges, its lock, its keys."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from demo.files import ROOT
from sandbox.app import Sandbox
from sandbox.company import Company
from tests.harness import arguments, discover, environment, selecting, settings
from tests.project.documents import block
from tests.warehouses.conftest import FIRST_PYTHON_WITHOUT_LOADERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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
    assert "**DuckDB allows one writer at a time.**" in (ROOT / "docs/operations.md").read_text()


def test_tasks_can_be_unnested_as_shown(
    sandbox: Sandbox, url: str, target: Path, tmp_path: Path
) -> None:
    assert load(target, tmp_path, messages(tmp_path, url)).returncode == 0
    query = block("docs/warehouses.md", "from_json", "sql")
    assert len(rows(tmp_path, query)) > len(sandbox.company.jobs)
