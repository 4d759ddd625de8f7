"""Histories at random: nobody who is there is removed, whoever is gone is after two full passes."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from itertools import zip_longest
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.histories import EMPLOYEES, GOALS, JOBS
from tests.dbt.lives import DAY, START, Life, Pass
from tests.dbt.warehouses import SCHEMA, SMALL, DuckDB

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dbt.warehouses import Project, Warehouse

LIVES = int(os.environ.get("LIVES", "8"))  # Three in each.
TABLES = f"""
    create table {SCHEMA}.{EMPLOYEES} (external_id varchar, tasks varchar, exported_at timestamp);
    create table {SCHEMA}.{JOBS} (external_id varchar, tasks varchar, exported_at timestamp);
    create table {SCHEMA}.{GOALS} (external_id varchar, version bigint, exported_at timestamp);
    create table {SCHEMA}.completed_passes (
        stream varchar, began_at timestamp, completed_at timestamp, is_full boolean,
        record_count bigint, scope_hash varchar, loaded_at timestamp
    )
"""


class Tables:
    """Tables without keys, and what the models say of them."""

    def __init__(self, warehouse: Warehouse, project: Project) -> None:
        warehouse.execute(TABLES)
        names = ("techwolf_removed", "techwolf_removals_in_doubt")
        project("build", "--indirect-selection", "empty", "--select", *names)
        self.warehouse = warehouse
        self.doubts = project.compiled_test("techwolf_removals_in_doubt")
        [self.removed] = [
            file.read_text()
            for file in project.folder.glob("target/compiled/techwolf/**/techwolf_removed.sql")
        ]

    def fill(self, lives: list[Life]) -> str:
        statements = [
            f"delete from {SCHEMA}.{table}"  # noqa: S608
            for table in (EMPLOYEES, GOALS, JOBS, "completed_passes")
        ]
        log = [tuple(row.values()) for life in lives for row in life.warehouse.log]
        tables = {life.stream: life.warehouse.export for life in lives} | {"completed_passes": log}
        for table, rows in tables.items():
            columns = "(external_id, exported_at)" if table != "completed_passes" else ""
            if rows:
                values = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows)
                statements.append(f"insert into {SCHEMA}.{table}{columns} values {values}")  # noqa: S608
        return "; ".join(statements)


def _literal(value: Any) -> str:
    if value is None or isinstance(value, bool | int):
        return "null" if value is None else str(value)
    text = str(value) if isinstance(value, str) else value.replace(tzinfo=None).isoformat(" ")
    return f"'{text}'"


class Look:
    """Fills the tables, and asks who is removed."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.query: Callable[[str], list[dict[str, Any]]] = tables.warehouse.query

    def removed(self, lives: list[Life]) -> set[tuple[str, str]]:
        self.tables.warehouse.execute(self.tables.fill(lives))
        found = self.query(f"select stream, external_id from ({self.tables.removed}) as removed")  # noqa: S608
        return {(row["stream"], row["external_id"]) for row in found}

    def doubts(self) -> list[dict[str, Any]]:
        return self.query(f"select stream, doubt from ({self.tables.doubts}) as doubts")  # noqa: S608


class QuickLook(Look):
    """As above, in one connection to DuckDB that stays open."""

    def __init__(self, tables: Tables, file: str) -> None:
        super().__init__(tables)
        import duckdb  # noqa: PLC0415 - there is none on the newest Python

        self.database = duckdb.connect(config=SMALL)
        self.database.execute(f"create schema {SCHEMA}; {TABLES}")
        self.file = file
        self.query = self._query

    def _query(self, sql: str) -> list[dict[str, Any]]:
        # The compiled queries name the database, which is another one here.
        found = self.database.sql(re.sub(rf'"{self.file}"\.', "", sql))
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    def removed(self, lives: list[Life]) -> set[tuple[str, str]]:
        self.database.execute(self.tables.fill(lives))
        found = self.query(f"select stream, external_id from ({self.tables.removed}) as removed")  # noqa: S608
        return {(row["stream"], row["external_id"]) for row in found}


@pytest.fixture(scope="module")
def look(warehouse: Warehouse, project: Project) -> Look:
    tables = Tables(warehouse, project)
    return QuickLook(tables, "warehouse") if isinstance(warehouse, DuckDB) else Look(tables)


def test_a_pass_of_which_a_loader_appends_several_rows_is_one(look: Look) -> None:
    life = Life(Random(0), EMPLOYEES)  # noqa: S311 - only its tables are used
    first, second, resumed = (
        Pass(
            began_at=START + day * DAY,
            is_full=is_full,
            really_began_at=START,
            since=None,
            records=9,
            completed_at=START + day * DAY + DAY / 10,
        )
        for day, is_full in ((1, True), (3, True), (2, False))
    )
    life.warehouse.log = [
        one.row(EMPLOYEES, loaded_at)
        for one in (first, second)
        for loaded_at in (None, START + 4 * DAY, START + 5 * DAY, None)
    ]
    life.warehouse.export = [
        *((f"p{number}", one.began_at) for one in (first, second) for number in range(9)),
        ("gone", first.began_at),
        ("unproven", first.began_at),
        ("unproven", resumed.began_at),
    ]
    # An old state let it run again, after the last full pass.
    again = replace(resumed, completed_at=START + 4 * DAY)
    life.warehouse.log += [one.row(EMPLOYEES) for one in (again, resumed)]
    assert look.removed([life]) == {(EMPLOYEES, "gone")}
    assert look.doubts() == []


@pytest.mark.parametrize(
    ("warehouse", "seed"),
    [
        *(("duckdb", seed) for seed in range(LIVES)),
        *(("postgres", seed) for seed in range(LIVES // 4)),  # Slower: each look is a process.
    ],
    indirect=["warehouse"],
    scope="module",
)
def test_nobody_who_is_there_is_removed_and_who_is_gone_is(look: Look, seed: int) -> None:
    random = Random(seed)  # noqa: S311
    lives = [Life(random, stream) for stream in (EMPLOYEES, GOALS, JOBS)]
    for _ in zip_longest(*(life.live() for life in lives)):
        removed = look.removed(lives)
        for life in lives:
            wrong = {key for stream, key in removed if stream == life.stream} - life.gone
            assert not wrong, "\n".join(life.story[-12:])
    assert look.doubts() == []
    assert removed == {(life.stream, key) for life in lives for key in life.left_behind()}
    assert all(life.left_behind() for life in lives)
