"""From the API to answers: the models hold what the company does, and say who is removed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import Sandbox
from sandbox.company import Company
from tests.dbt.conftest import _consumer, _dbt, _loaders, make_project, project, warehouse
from tests.dbt.expected import models
from tests.dbt.test_models import found, ordered
from tests.dbt.warehouses import SCHEMA
from tests.harness import STREAMS, settings
from tests.runs import GOALS, JOBS, PROFILES, MeltanoStore, attempt
from tests.warehouses.truth import records

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.entities import Entity
    from tests.dbt.warehouses import Warehouse
    from tests.warehouses.truth import Row

__all__ = ["_consumer", "_dbt", "_loaders", "make_project", "project", "warehouse"]  # Fixtures.

Messages = list[dict[str, Any]]
PAGE_SIZE = 20
# By the API's clock a day ago, so that each pass may begin a minute after the one before.
A_DAY_AGO = timedelta(days=-1)
A_MINUTE = timedelta(minutes=1)


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

    def extract(self, *, full_refresh: bool = False) -> Messages:
        """Run the tap alone."""
        self.sandbox.company.clock_offset += A_MINUTE
        run = attempt(self.config, None if full_refresh else self.store.state())
        assert run.error is None
        return run.messages

    def load(self, messages: Messages, *, full_refresh: bool = False) -> None:
        """Load what the tap wrote, or the part of it that the loader got."""
        self.warehouse.load("".join(f"{json.dumps(message)}\n" for message in messages))
        for message in messages:
            if message["type"] == "STATE":
                self.store.acknowledge(message["value"], merging=full_refresh)

    def sync(self, *, full_refresh: bool = False) -> None:
        self.load(self.extract(full_refresh=full_refresh), full_refresh=full_refresh)


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
        rows = warehouse.query(f"select external_id, exported_at from {SCHEMA}.{stream}")  # noqa: S608
        times = {row["external_id"]: row["exported_at"] for row in rows}
        exports[stream] = [
            {**record, **_times(record), "exported_at": times[record["external_id"]]}
            for record in shown
        ]
    for model, expected in models(exports).items():
        assert expected
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


def test_whoever_comes_back_is_there_again(
    warehouse: Warehouse, sandbox: Sandbox, extractor: Callable[..., Extractor]
) -> None:
    one = extractor()
    one.sync()
    employees = list(sandbox.company.employees)
    left = leave(sandbox)
    one.sync(full_refresh=True)
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
    one.sync(full_refresh=True)
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
    one.sync(full_refresh=True)
    assert removed(warehouse) == set()
    whole = extractor()
    whole.sync()
    one.sync(full_refresh=True)
    assert removed(warehouse).isdisjoint(live(sandbox))


def live(sandbox: Sandbox) -> set[tuple[str, str]]:
    return gone(sandbox.company.employees, sandbox.company.jobs)


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
    one.sync(full_refresh=True)
    assert removed(warehouse) == left
    one.sync()
    assert removed(warehouse) == left
    compare(warehouse, company(sandbox))


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True, scope="module")
def test_a_second_extractor_with_a_state_of_its_own_removes_nobody_who_is_there(
    warehouse: Warehouse, sandbox: Sandbox, extractor: Callable[..., Extractor]
) -> None:
    one, other = extractor(), extractor()
    early = one.extract()
    other.sync()
    one.load(early)  # It overwrites rows of the later pass.
    assert removed(warehouse) == set()
    left = leave(sandbox)
    sandbox.company.change_some(3)
    one.sync()
    assert removed(warehouse) == set()
    other.sync(full_refresh=True)
    assert removed(warehouse) == left
    for extra in (one, other):
        sandbox.company.change_some(3)
        extra.sync()
        assert removed(warehouse) == left
    compare(warehouse, company(sandbox))


def test_a_load_of_which_only_the_log_has_arrived_removes_nobody(
    warehouse: Warehouse, sandbox: Sandbox, extractor: Callable[..., Extractor]
) -> None:
    one = extractor()
    one.sync()
    left = leave(sandbox)
    messages = one.extract(full_refresh=True)
    one.load([message for message in messages if message.get("stream") == "completed_passes"])
    [log] = warehouse.query(f"select count(*) as rows from {SCHEMA}.completed_passes")  # noqa: S608
    assert log["rows"] == 2 * len(STREAMS)
    assert removed(warehouse) == set()
    one.load(messages, full_refresh=True)
    assert removed(warehouse) == left
