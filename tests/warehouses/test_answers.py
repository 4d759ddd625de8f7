"""From the API to answers: the models hold what the company does, and say who is removed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import Sandbox
from sandbox.company import Company
from tests.dbt.conftest import _consumer, _dbt, _loaders, make_project, views, warehouse
from tests.dbt.expected import models
from tests.dbt.singer import KEYS
from tests.dbt.test_models import found, ordered
from tests.dbt.warehouses import SCHEMA
from tests.harness import LOG, STREAMS, discover, selecting, settings
from tests.runs import GOALS, JOBS, PROFILES, MeltanoStore, attempt
from tests.warehouses.truth import records

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.entities import Entity
    from tests.dbt.warehouses import Project, Warehouse
    from tests.warehouses.truth import Row

__all__ = ["_consumer", "_dbt", "_loaders", "make_project", "views", "warehouse"]  # Fixtures.

Messages = list[dict[str, Any]]
PAGE_SIZE = 20
# By the API's clock a day ago, so that each pass may begin a minute after the one before.
A_DAY_AGO = timedelta(days=-1)
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def project(views: Project) -> Project:
    return views


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(company=Company(employees=70, jobs=30, clock_offset=A_DAY_AGO))


@dataclass
class Extractor:
    """The tap as Meltano runs it, with a state of its own, before one of the real loaders."""

    warehouse: Warehouse
    sandbox: Sandbox
    config: Row
    store: MeltanoStore = field(default_factory=MeltanoStore)
    catalog: Row | None = None

    def extract(self, *, full_refresh: bool = False) -> Messages:
        """Run the tap alone."""
        self.sandbox.company.clock_offset += A_MINUTE
        run = attempt(self.config, None if full_refresh else self.store.state(), self.catalog)
        assert run.error is None
        return run.messages

    def load(self, messages: Messages, *, full_refresh: bool = False, **options: Any) -> None:
        """Load what the tap wrote, or the part of it that the loader got; keep its states."""
        lines = "".join(f"{json.dumps(message)}\n" for message in messages)
        for state in self.warehouse.load(lines, **options):
            self.store.acknowledge(state, merging=full_refresh)

    def sync(self, *, full_refresh: bool = False) -> None:
        self.load(self.extract(full_refresh=full_refresh), full_refresh=full_refresh)

    def sync_in_full(self) -> None:
        """Sync in full, and once more: only a run that is given the state knows it was loaded."""
        self.sync(full_refresh=True)
        self.sync()


@pytest.fixture
def extractor(
    _tables: None, warehouse: Warehouse, sandbox: Sandbox, url: str
) -> Callable[..., Extractor]:
    """Makes an extractor with a state of its own, once the tables are empty."""

    def make(**config: Any) -> Extractor:
        return Extractor(warehouse, sandbox, settings(url, page_size=PAGE_SIZE, **config))

    return make


@pytest.fixture
def _tables(request: pytest.FixtureRequest, warehouse: Warehouse) -> None:
    """The tables as the loader makes them, empty, and the models built on them, once."""
    if warehouse not in _built:
        config = settings(request.getfixturevalue("url"))
        Extractor(warehouse, request.getfixturevalue("sandbox"), config).sync()
        request.getfixturevalue("project")("run")
        _built.append(warehouse)
    tables = (*STREAMS, "completed_passes")
    warehouse.execute("; ".join(f"delete from {table}" for table in tables))  # noqa: S608


_built: list[Warehouse] = []


def selected(*streams: str, method: str = "INCREMENTAL") -> Row:
    """Return a catalog that selects these streams, and the log of passes."""
    catalog = selecting(discover({}), *streams, LOG)
    for entry in catalog["streams"]:
        entry["replication_method"] = method
    return catalog


def removed(warehouse: Warehouse) -> set[tuple[str, str]]:
    rows = warehouse.query("select stream, external_id from techwolf_removed")
    return {(row["stream"], row["external_id"]) for row in rows}


def gone(employees: list[Entity], jobs: list[Entity]) -> set[tuple[str, str]]:
    """What has to be in techwolf_removed once these have left."""
    return {
        *((PROFILES, one.external_id) for one in employees),
        *((GOALS, one.external_id) for one in employees if one.goals),
        *((JOBS, one.external_id) for one in jobs),
    }


def leave(sandbox: Sandbox) -> set[tuple[str, str]]:
    """Let an employee with a goal and one without one leave, and delete a job."""
    employees = [
        next(one for one in sandbox.company.employees[25:] if bool(one.goals) is has_goals)
        for has_goals in (True, False)
    ]
    jobs = sandbox.company.jobs[10:11]
    for entity in (*employees, *jobs):
        sandbox.company.remove(entity)
    return gone(employees, jobs)


def compare(warehouse: Warehouse, company: dict[str, list[Row]]) -> None:
    """Compare the models' rows with the company's; `exported_at` is as the tables have it."""
    exports = {}
    for stream, shown in company.items():
        key = KEYS[stream][0]
        rows = warehouse.query(f"select {key} as id, exported_at from {SCHEMA}.{stream}")  # noqa: S608
        times = {row["id"]: row["exported_at"] for row in rows}
        exports[stream] = [
            {**record, **_times(record), "exported_at": times[record[key]]} for record in shown
        ]
    for model, expected in models(exports).items():
        # Those of streams that are not loaded take longest, as views; tests/dbt looks at them.
        if expected:
            assert found(warehouse, model) == ordered(expected), model


def company(sandbox: Sandbox) -> dict[str, list[Row]]:
    return {stream: records(sandbox, stream) for stream in STREAMS}


def _times(record: Row) -> Row:
    names = {"created_on", "last_updated"} & record.keys()
    return {name: datetime.fromisoformat(record[name]) for name in names}


def until_all_have_begun(messages: Messages) -> Messages:
    """Cut a run off as soon as each stream has left something to go on from.

    Which stream comes first is up to the threads: half of a run may hold nothing of one of them.
    """
    begun = {"checkpoint", "replication_key_value"}
    return messages[
        : 1
        + next(
            number
            for number, one in enumerate(messages)
            if one["type"] == "STATE"
            and all(begun & one["value"]["bookmarks"].get(stream, {}).keys() for stream in STREAMS)
        )
    ]


def test_the_models_follow_the_company(
    warehouse: Warehouse, sandbox: Sandbox, extractor: Callable[..., Extractor]
) -> None:
    one = extractor()
    one.sync()
    compare(warehouse, company(sandbox))
    sandbox.company.change_some(7)
    before = company(sandbox)
    left = leave(sandbox)
    one.sync()  # An incremental pass notices nobody's leaving.
    assert removed(warehouse) == set()
    compare(warehouse, before)
    messages = one.extract(full_refresh=True)
    one.load(until_all_have_begun(messages), full_refresh=True)
    assert removed(warehouse) <= left
    sandbox.company.change_some(3)
    one.sync()  # It goes on where the full pass was killed,
    one.sync()  # and this one brings what changed on pages that were delivered before.
    assert removed(warehouse) == left
    compare(warehouse, company(sandbox))
    sandbox.company.change_some(3)
    one.sync()
    assert removed(warehouse) == left
    compare(warehouse, company(sandbox))


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True, scope="module")
def test_whoever_comes_back_is_there_again(
    warehouse: Warehouse, sandbox: Sandbox, extractor: Callable[..., Extractor]
) -> None:
    one = extractor()
    one.sync()
    employees = list(sandbox.company.employees)
    left = leave(sandbox)
    one.sync(full_refresh=True)
    assert removed(warehouse) == set()
    one.sync()
    assert removed(warehouse) == left
    sandbox.company.employees[:] = employees
    for entity in employees:
        if (PROFILES, entity.external_id) in left:
            sandbox.company.change(entity)
    one.sync()
    assert {stream for stream, _ in removed(warehouse)} == {JOBS}
    compare(warehouse, company(sandbox))


@pytest.mark.parametrize("share", [0.4, 0.95])
# tests/dbt goes through such histories in both databases.
@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True, scope="module")
def test_nobody_who_is_there_is_removed_by_a_pass_that_was_killed(
    warehouse: Warehouse, sandbox: Sandbox, extractor: Callable[..., Extractor], share: float
) -> None:
    one = extractor()
    one.sync()
    left = leave(sandbox)
    messages = one.extract(full_refresh=True)
    # The loader died as well, and nobody has kept the state.
    warehouse.load(
        "".join(f"{json.dumps(line)}\n" for line in messages[: int(len(messages) * share)])
    )
    assert removed(warehouse) <= left
    one.sync()
    assert removed(warehouse) <= left
    one.sync_in_full()
    assert removed(warehouse) == left


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True, scope="module")
def test_with_a_start_date_nobody_is_ever_removed(
    warehouse: Warehouse, sandbox: Sandbox, extractor: Callable[..., Extractor]
) -> None:
    recent = (sandbox.company.now() - timedelta(days=200)).date().isoformat()
    one = extractor(start_date=recent)
    one.sync()
    leave(sandbox)
    one.sync()
    one.sync_in_full()
    assert removed(warehouse) == set()


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True, scope="module")
def test_clocks_that_go_back_remove_nobody_who_is_there(
    warehouse: Warehouse, sandbox: Sandbox, extractor: Callable[..., Extractor]
) -> None:
    one = extractor()
    one.sync()
    left = leave(sandbox)
    sandbox.company.clock_offset -= timedelta(hours=3)
    for full_refresh in (False, True, False):
        sandbox.company.change_some(3)
        one.sync(full_refresh=full_refresh)
        assert removed(warehouse) <= left
    sandbox.company.clock_offset += timedelta(hours=4)
    one.sync_in_full()
    assert removed(warehouse) == left
    one.sync()
    assert removed(warehouse) == left
    compare(warehouse, company(sandbox))


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True, scope="module")
def test_an_extractor_for_each_export_shares_the_log(
    warehouse: Warehouse, sandbox: Sandbox, extractor: Callable[..., Extractor]
) -> None:
    extractors = [extractor() for _ in STREAMS]
    for one, stream in zip(extractors, STREAMS, strict=True):
        one.catalog = selected(stream)
        one.sync()
    left = leave(sandbox)
    for number, one in enumerate(extractors):
        one.sync_in_full()
        done = STREAMS[: number + 1]
        assert removed(warehouse) == {(stream, key) for stream, key in left if stream in done}
    compare(warehouse, company(sandbox))


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True, scope="module")
def test_whoever_is_given_no_state_proves_nothing_and_a_full_table_does(
    warehouse: Warehouse, sandbox: Sandbox, extractor: Callable[..., Extractor], project: Project
) -> None:
    one = extractor()
    for _ in range(3):
        one.sync(full_refresh=True)
    left = leave(sandbox)
    one.sync(full_refresh=True)
    assert removed(warehouse) == set()
    project.build("--select", "techwolf_removals_in_doubt")
    query = project.compiled_test("techwolf_removals_in_doubt")
    doubts = warehouse.query(f"select * from ({query}) as doubts")  # noqa: S608
    assert {row["stream"] for row in doubts} == set(STREAMS)
    assert {row["doubt"] for row in doubts} == {"no full pass of it is known to be loaded"}
    one.catalog = selected(*STREAMS, method="FULL_TABLE")
    one.sync()
    assert removed(warehouse) == left
    assert warehouse.query(f"select * from ({query}) as doubts") == []  # noqa: S608


REFUSED = {
    # A trigger that lets the loader's other sinks commit meanwhile; DuckDB has none.
    "postgres": """
        create function refuse() returns trigger as $$
        begin
            perform pg_sleep(2);
            raise exception 'refused';
        end $$ language plpgsql;
        create trigger refuse before insert or update on employee_task_profiles
        for each row when (new.external_id = '{last}') execute function refuse()
    """,
    "duckdb": """
        create table other as from employee_task_profiles;
        drop table employee_task_profiles;
        create table employee_task_profiles (
            external_id varchar primary key, tasks json, hierarchy json, exported_at timestamp,
            check (external_id <> '{last}' or exported_at < '{now}')
        );
        insert into employee_task_profiles by name from other;
        drop table other
    """,
}
ACCEPTED = {
    "postgres": "drop trigger refuse on employee_task_profiles; drop function refuse",
    "duckdb": """
        create table other as from employee_task_profiles;
        drop table employee_task_profiles;
        create table employee_task_profiles (
            external_id varchar primary key, tasks json, hierarchy json, exported_at timestamp
        );
        insert into employee_task_profiles by name from other;
        drop table other
    """,
}


def test_a_full_sync_of_which_a_batch_failed_after_its_log_removes_nobody(
    warehouse: Warehouse, sandbox: Sandbox, extractor: Callable[..., Extractor], project: Project
) -> None:
    newcomers = [sandbox.company.employees.pop(10) for _ in range(2)]
    one = extractor()
    sandbox.company.clock_offset = timedelta(days=-10)
    one.sync()
    one.sync()
    left = leave(sandbox)
    sandbox.company.clock_offset = A_DAY_AGO
    last = sandbox.company.employees[-1].external_id
    now = (sandbox.company.now() - timedelta(days=1)).replace(tzinfo=None)
    warehouse.execute(REFUSED[warehouse.name].replace("{last}", last).replace("{now}", str(now)))
    messages = one.extract(full_refresh=True)
    # target-duckdb loads the tables in the order of their first rows, target-postgres all at once.
    messages.sort(key=lambda message: message.get("stream") != LOG)
    batch = {"batch_size_rows": 10} if warehouse.name == "postgres" else {}
    one.load(messages, full_refresh=True, succeeds=False, **batch)
    warehouse.execute(ACCEPTED[warehouse.name])
    logged = warehouse.query(
        f"select stream, count(*) as passes from {SCHEMA}.completed_passes"  # noqa: S608
        " where is_full group by stream order by stream"
    )
    assert {"stream": PROFILES, "passes": 2} in logged
    sandbox.company.employees[10:10] = newcomers
    for employee in newcomers:
        sandbox.company.change(employee)
    one.sync()
    assert removed(warehouse) == set()
    assert f"{PROFILES}: 0 rows of 0" in project("run-operation", "techwolf_delete_removed")
    assert project.build("--select", "techwolf_full_passes_not_loaded") == {
        "techwolf_full_passes_not_loaded": "warn"
    }
    said = project("source", "freshness", succeeds=False)
    assert f"ERROR STALE freshness of techwolf.{PROFILES}" in said
    one.sync_in_full()
    assert removed(warehouse) == left
    compare(warehouse, company(sandbox))
    assert f"PASS freshness of techwolf.{PROFILES}" in project("source", "freshness")


def test_a_load_of_which_only_the_log_has_arrived_removes_nobody(
    warehouse: Warehouse, sandbox: Sandbox, extractor: Callable[..., Extractor]
) -> None:
    one = extractor()
    one.sync()
    left = leave(sandbox)
    messages = one.extract(full_refresh=True)
    log = [message for message in messages if message.get("stream") == "completed_passes"]
    one.load(log, full_refresh=True)  # Without a state.
    for _ in range(2):
        one.sync()
        assert removed(warehouse) == set()
    one.sync_in_full()
    assert removed(warehouse) == left
