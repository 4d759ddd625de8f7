"""Who counts as removed. The queries are compiled once, for one set of tables after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from engines.tables import Row, Table, tables_of
from tests.dbt.histories import GOALS, OPTIONAL, QUERIES, ROUNDS, STREAMS, Case, judged

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.engine import Engine
    from engines.package import Package


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
            assert judged(stream, found) == case.expected()
