"""How fresh each export is: as fresh as the last pass that is known to be loaded."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.dbt.histories import (
    CORE,
    EMPLOYEES,
    GOALS,
    JOBS,
    NOW,
    OPTIONAL,
    STREAMS,
    History,
)
from tests.dbt.singer import lines
from tests.dbt.warehouses import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dbt.warehouses import Project, Warehouse

HOUR = 1 / 24
NEVER, PASS, WARN, ERROR = "ERROR STALE", "PASS", "WARN", "ERROR STALE"

# As many as there are streams.
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


# Each stream by itself, so that one call judges as many histories; each history in each export.
@pytest.mark.parametrize("turn", range(0, len(STREAMS), len(CORE)))
def test_an_export_is_as_fresh_as_its_last_loaded_pass(
    freshness: Callable[..., dict[str, str]], turn: int
) -> None:
    streams = (*STREAMS[turn:], *STREAMS[:turn])
    told = dict(zip(streams, HISTORIES.values(), strict=True))
    found = freshness(
        *(replace(history, stream=stream) for stream, (history, _) in told.items()),
        succeeds=False,
    )
    expected = {stream: status for stream, (_, status) in told.items()}
    assert found == expected | {
        # An optional export counts once it is logged.
        stream: PASS
        for stream, (history, _) in told.items()
        if stream in OPTIONAL and not history.log
    }


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True, scope="module")
def test_what_is_late_is_no_failure_and_an_export_can_be_left_out(
    warehouse: Warehouse,
    make_project: Callable[[Warehouse], Project],
    freshness: Callable[..., dict[str, str]],
) -> None:
    late = History(JOBS).pass_(NOW - 50 * HOUR, completed=NOW - 49 * HOUR)
    found = freshness(late, succeeds=False)
    nothing_logged = {**dict.fromkeys(OPTIONAL, PASS), EMPLOYEES: NEVER, GOALS: NEVER}
    assert found == {**nothing_logged, JOBS: WARN}
    project = make_project(warehouse)
    left_out = {table: {"+freshness": None} for table in (EMPLOYEES, GOALS, *OPTIONAL)}
    project.configure({"sources": {"techwolf": {"techwolf": left_out}}})
    said = project("source", "freshness")
    assert "WARN freshness of techwolf.job_task_profiles" in said
    assert "employee" not in said
