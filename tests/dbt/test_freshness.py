"""How fresh each export is: as fresh as the last pass that is known to be loaded."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.dbt.histories import EMPLOYEES, GOALS, JOBS, NOW, OPTIONAL, History
from tests.dbt.singer import lines
from tests.dbt.warehouses import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dbt.warehouses import Project, Warehouse

HOUR = 1 / 24
NEVER, PASS, WARN, ERROR = "ERROR STALE", "PASS", "WARN", "ERROR STALE"

# Optional streams of which nothing is logged.
NOT_LOADED = dict.fromkeys(OPTIONAL, PASS)

HISTORIES = {
    "nothing logged": (History(), NEVER),
    "a pass that is not known to be loaded": (
        History().full(NOW - HOUR, completed=NOW - HOUR, loaded=False),
        NEVER,
    ),
    # In another zone than UTC, 47 hours would be too long ago already, or 49 not yet.
    "47 hours ago": (History().pass_(NOW - 49 * HOUR, completed=NOW - 47 * HOUR), PASS),
    "49 hours ago": (History().pass_(NOW - 50 * HOUR, completed=NOW - 49 * HOUR), WARN),
    "less than eight days ago": (History().pass_(NOW - 8, completed=NOW - 8 + HOUR), WARN),
    "more than eight days ago": (History().pass_(NOW - 9, completed=NOW - 8 - HOUR), ERROR),
    "whatever later runs find": (
        # Each of them fails, and finds the same pass in its state.
        History().pass_(NOW - 9, completed=NOW - 9, loaded=NOW - HOUR),
        ERROR,
    ),
    "by a clock that was ahead": (
        History()
        .pass_(NOW - 9, completed=NOW - 9)
        .pass_(NOW + 400, completed=NOW + 400, loaded=NOW - HOUR),
        ERROR,
    ),
    "whatever is sent": (
        History()
        .pass_(NOW - 9, completed=NOW - 9)
        .pass_(NOW - HOUR, completed=NOW - HOUR, loaded=False),
        ERROR,
    ),
}


@pytest.fixture(scope="module", autouse=True)
def _log(warehouse: Warehouse) -> None:
    warehouse.load(lines({"completed_passes": []}))
    empty = {
        **dict.fromkeys(("began_at", "completed_at"), datetime.now(tz=UTC)),
        **dict.fromkeys(("record_count", "page_count", "run_count"), 1),
        "stream": JOBS,
        "replication_method": "FULL_TABLE",
        "is_full": True,
        "scope_hash": "all",
        "loaded_at": None,
    }
    warehouse.load(lines({"completed_passes": [empty]}))


@pytest.fixture
def freshness(warehouse: Warehouse, project: Project) -> Callable[..., dict[str, str]]:
    """Ask dbt how fresh the exports are after some histories."""

    def ask(*histories: History, **options: bool) -> dict[str, str]:
        statements = [f"delete from {SCHEMA}.completed_passes"]  # noqa: S608
        statements += [history.statements() for history in histories if history.log]
        warehouse.execute("; ".join(statements))
        said = project("source", "freshness", **options)
        found = re.findall(r"(PASS|WARN|ERROR STALE|ERROR) freshness of techwolf\.(\w+)", said)
        return {table: status for status, table in found}

    return ask


@pytest.mark.parametrize("name", HISTORIES)
def test_an_export_is_as_fresh_as_its_last_loaded_pass(
    freshness: Callable[..., dict[str, str]], name: str
) -> None:
    history, status = HISTORIES[name]
    fresh = [History(stream).pass_(NOW - HOUR, completed=NOW - HOUR) for stream in (GOALS, JOBS)]
    found = freshness(history, *fresh, succeeds=status != ERROR)
    assert found == {**NOT_LOADED, EMPLOYEES: status, GOALS: PASS, JOBS: PASS}


def test_an_optional_export_counts_once_it_is_logged(
    freshness: Callable[..., dict[str, str]],
) -> None:
    old, unproven, fresh, *others = OPTIONAL
    found = freshness(
        History(old).full(NOW - 9, completed=NOW - 9),
        History(unproven).full(NOW - HOUR, completed=NOW - HOUR, loaded=False),
        History(fresh).full(NOW - HOUR, completed=NOW - HOUR),
        succeeds=False,
    )
    expected = {old: ERROR, unproven: NEVER, fresh: PASS, **dict.fromkeys(others, PASS)}
    assert found == {**expected, EMPLOYEES: NEVER, GOALS: NEVER, JOBS: NEVER}


def test_an_export_can_be_left_out(
    warehouse: Warehouse,
    make_project: Callable[[Warehouse], Project],
    freshness: Callable[..., dict[str, str]],
) -> None:
    history = History(JOBS).pass_(NOW - HOUR, completed=NOW - HOUR)
    found = freshness(history, succeeds=False)
    assert found == {**NOT_LOADED, EMPLOYEES: NEVER, GOALS: NEVER, JOBS: PASS}
    project = make_project(warehouse)
    left_out = {table: {"+freshness": None} for table in (EMPLOYEES, GOALS, *OPTIONAL)}
    project.configure({"sources": {"techwolf": {"techwolf": left_out}}})
    said = project("source", "freshness")
    assert "PASS freshness of techwolf.job_task_profiles" in said
    assert "employee" not in said
