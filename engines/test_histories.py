"""Who counts as removed. The queries are compiled once, for one set of tables after the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from engines.tables import Row, Table, tables_of
from tests.dbt.histories import EMPLOYEES, GOALS, HISTORIES, JOBS, OPTIONAL, Case, moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.engine import Engine
    from engines.package import Package

# Of the optional streams, each pass of which is full, other passes are of interest.
CORE = (EMPLOYEES, JOBS, GOALS)
STREAMS = (*CORE, *OPTIONAL)
QUERIES = {
    "removed": "techwolf_removed",
    "doubts": "techwolf_removals_in_doubt",
    "unproven": "techwolf_removals_without_proof",
    "not_loaded": "techwolf_full_passes_not_loaded",
}


def _rounds() -> list[dict[str, Case]]:
    """Tell the histories side by side, each in a stream of its own."""
    rounds: list[dict[str, Case]] = []
    for case in sorted(HISTORIES.values(), key=lambda case: not case.not_loaded):
        streams = CORE if case.not_loaded else STREAMS
        if case.history.stream == GOALS:  # It has versions.
            streams = (GOALS,)
        free = ((told, stream) for told in rounds for stream in streams if stream not in told)
        told, stream = next(free, ({}, streams[0]))
        if not told:
            rounds.append(told)
        told[stream] = case._replace(history=replace(case.history, stream=stream))
    return rounds


ROUNDS = _rounds()


def _tables(told: dict[str, Case]) -> list[Table]:
    rows: dict[str, list[Row]] = {stream: [] for stream in (*STREAMS, "completed_passes")}
    for case in told.values():
        for table, records in case.history.tables().items():
            rows[table] += records
    columns = {stream: [OPTIONAL.get(stream, "external_id"), "exported_at"] for stream in STREAMS}
    columns[GOALS].append("version")
    return tables_of(rows, columns)


@pytest.fixture(scope="module")
def package(engine: Engine, make_package: Callable[..., Package]) -> Package:
    engine.load("told", _tables({}), engine.forms[0])
    package = make_package("told")
    package("compile", "--select", *QUERIES.values())
    return package


def test_who_is_removed(engine: Engine, package: Package) -> None:
    for told in ROUNDS[:2] if engine.is_slow else ROUNDS:
        engine.load("told", _tables(told), engine.forms[0])
        found = {key: engine.found(package, query) for key, query in QUERIES.items()}
        for stream, case in told.items():
            of_stream = {
                key: [row for row in rows if row["stream"] == stream] for key, rows in found.items()
            }
            _compare(case, **of_stream)


def _compare(
    case: Case, removed: list[Row], doubts: list[Row], unproven: list[Row], not_loaded: list[Row]
) -> None:
    assert {row["external_id"] for row in removed} == case.removed
    assert {row["doubt"] for row in doubts} == case.doubts
    assert [row["entities"] for row in unproven] == ([case.unproven] if case.unproven else [])
    if case.history.stream in CORE:
        began = {row["began_at"].replace(tzinfo=UTC) for row in not_loaded}
        assert began == set(map(moment, case.not_loaded))
