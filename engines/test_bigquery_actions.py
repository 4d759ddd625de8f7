"""What is special about BigQuery: records in one column, and what dbt does beside building."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from engines.package import DbtError
from engines.tables import Row, Table, tables_of
from tests.dbt.histories import OPTIONAL
from tests.dbt.test_models import EMPLOYEES, ordered

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.engine import Engine
    from engines.package import Package

STAGED = "stg_techwolf__employee_task_profiles"
GOALS, JOBS = "employee_ai_goals", "job_task_profiles"
TEXT = {"type": ["string", "null"]}


def table(name: str, *records: Row) -> Table:
    """Return a table whose records may have any members."""
    return Table(name, {key: TEXT for record in records for key in record}, list(records))


def test_records_in_one_column_may_have_any_members(
    engine: Engine, make_package: Callable[..., Package]
) -> None:
    task = {"task_id": "t", "weekly_hours": 2}
    tables = [
        table(
            EMPLOYEES,
            {"external_id": "anna", "tasks": [task], "exported_at": "2026-03-01 02:00:00"},
            {"external_id": "bert", "tasks": None, "exported_at": "2026-03-01T02:00:00+02:00"},
            {"external_id": "cleo", "exported_at": "never"},
        ),
        table(GOALS, {"external_id": "anna", "version": 2, "exported_at": "2026-03-01T02:00:00Z"}),
        # Of another tap.
        table("employees", {"external_id": "someone else", "active": True}),
    ]
    engine.load("whole", tables, "data")
    package = make_package("whole")
    ended = engine.build(package, "--exclude-resource-type", "unit_test")
    assert {name for name, status in ended.items() if status not in {"success", "pass"}} == {
        "techwolf_missing_sources",
        "techwolf_unreadable_values",
    }
    [shown] = engine.rows(package, "techwolf_employee_tasks")
    assert (shown["employee_id"], shown["weekly_hours"]) == ("anna", 2)
    assert ordered([{"at": shown["exported_at"]}]) == [{"at": datetime(2026, 3, 1, 2)}]  # noqa: DTZ001 - without zone, in UTC
    employees = engine.rows(package, "techwolf_employees")
    assert {row["employee_id"] for row in employees} == {"anna", "bert", "cleo"}
    exposure = {
        row["employee_id"]: row["tasks"]
        for row in engine.rows(package, "techwolf_employee_ai_exposure")
    }
    assert exposure == {"anna": 1, "bert": None, "cleo": None}
    unreadable = engine.found(package, "techwolf_unreadable_values")
    assert [tuple(row.values()) for row in unreadable] == [(EMPLOYEES, "exported_at", 1)]
    missing = engine.found(package, "techwolf_missing_sources")
    assert {row["missing_table"] for row in missing} == {JOBS, "completed_passes"}


def test_an_empty_repeated_column_is_a_list_unless_there_is_a_hierarchy(
    engine: Engine, make_package: Callable[..., Package]
) -> None:
    profiles: list[Row] = [
        {"external_id": "list", "tasks": [{"task_id": "t"}]},
        {"external_id": "empty", "tasks": []},
        {"external_id": "tree", "hierarchy": {"children": []}},
    ]
    engine.load("trees", tables_of({EMPLOYEES: profiles}), "records")
    package = make_package("trees")
    engine.build(package, "--select", "techwolf_removed", STAGED, "--resource-type", "model")
    lists = {row["employee_id"]: row["has_tasks"] for row in engine.rows(package, STAGED)}
    assert lists == {"list": True, "empty": True, "tree": False}


def test_dbt_counts_removed_rows_and_tells_how_fresh_exports_are(
    engine: Engine, make_package: Callable[..., Package]
) -> None:
    began = datetime.now(UTC) - timedelta(days=1)
    long_ago = began - timedelta(days=20)
    whole: Row = {"stream": EMPLOYEES, "is_full": True, "record_count": 9, "scope_hash": "all"}
    log = [
        {**whole, "began_at": at, "completed_at": at, "loaded_at": at + timedelta(hours=1)}
        for at in (long_ago, began)
    ]
    rows = [{"external_id": f"employee {n}", "exported_at": began} for n in range(9)]
    left = {"external_id": "left", "exported_at": long_ago}
    goals = [{"external_id": "left", "version": 1, "exported_at": long_ago}]
    exports = {EMPLOYEES: [*rows, left], GOALS: goals, JOBS: []}
    engine.load("old", tables_of({**exports, "completed_passes": log}), "data")
    package = make_package("old")
    package("run-operation", "techwolf_delete_removed", "--args", "{dry_run: true}")
    with pytest.raises(DbtError, match="On 'bigquery' this cannot be done"):
        package("run-operation", "techwolf_delete_removed")
    with pytest.raises(DbtError, match="employee_ai_goals"):
        package("source", "freshness")
    told = json.loads((package.folder / "target" / "sources.json").read_text())
    fresh = {one["unique_id"].split(".")[-1]: one["status"] for one in told["results"]}
    assert fresh == {
        EMPLOYEES: "pass",
        GOALS: "error",
        JOBS: "error",
        **dict.fromkeys(OPTIONAL, "pass"),
    }
