"""Tables and columns that are not there: exports that are deselected, or not licensed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.dbt.company import EXPORTS
from tests.dbt.expected import models
from tests.dbt.singer import Row, lines

if TYPE_CHECKING:
    from tests.dbt.warehouses import Project, Warehouse

EMPLOYEES = "employee_task_profiles"
WITHOUT = {
    "employee_task_profiles": ["exported_at"],
    "job_task_profiles": ["tasks", "hierarchy"],
}
MODELS = sorted([*models(EXPORTS), "techwolf_removed"])


def test_without_any_table_nothing_is_built_or_deleted(
    warehouse: Warehouse, project: Project
) -> None:
    warehouse.execute("select 1")
    for command in (["build"], ["run-operation", "techwolf_delete_removed"]):
        said = project(*command, succeeds=False)
        assert "No table of tap-techwolf was found in the schema 'techwolf'" in said
    there = "select * from information_schema.tables where table_schema = 'techwolf'"
    assert warehouse.query(there) == []


def test_what_is_missing_is_empty_or_null_and_the_rest_is_there(
    warehouse: Warehouse, project: Project
) -> None:
    warehouse.load(lines({stream: EXPORTS[stream] for stream in WITHOUT}, WITHOUT))
    ended = project.build()
    assert set(ended.values()) == {"success", "pass", "warn"}
    query = project.compiled_test("techwolf_missing_sources")
    missing = warehouse.query(f"select * from ({query}) as missing")  # noqa: S608
    assert {tuple(row.values()) for row in missing} == {
        ("employee_ai_goals", ""),
        ("employee_task_profiles", "exported_at"),
        ("job_task_profiles", "tasks"),
        ("completed_passes", ""),
    }
    counts = {
        model: warehouse.query(f"select count(*) as rows from {model}")[0]["rows"]  # noqa: S608
        for model in MODELS
    }
    nothing: dict[str, list[Row]] = {stream: [] for stream in EXPORTS}
    employees = models({**nothing, EMPLOYEES: EXPORTS[EMPLOYEES]})
    expected = {model: len(rows) for model, rows in employees.items()}
    expected |= {"techwolf_removed": 0, "techwolf_jobs": 5, "techwolf_job_ai_exposure": 5}
    assert counts == expected
    [times] = warehouse.query(
        "select count(*) as tasks, count(exported_at) as moments from techwolf_employee_tasks"
    )
    assert times == {"tasks": expected["techwolf_employee_tasks"], "moments": 0}
    exposures = warehouse.query("select * from techwolf_job_ai_exposure")
    assert {row.pop("job_id") for row in exposures} == {
        job["external_id"] for job in EXPORTS["job_task_profiles"]
    }
    assert {value for row in exposures for value in row.values()} == {None}


def test_the_log_of_an_older_tap_proves_nothing(warehouse: Warehouse, project: Project) -> None:
    passes = [
        {
            "stream": "employee_task_profiles",
            "began_at": datetime(2026, 1, day, tzinfo=UTC),
            "completed_at": datetime(2026, 1, day, 1, tzinfo=UTC),
            "replication_method": "FULL_TABLE",
            "is_full": True,
            **dict.fromkeys(("record_count", "page_count", "run_count"), 1),
            "scope_hash": "all",
        }
        for day in (1, 2)
    ]
    rows = [{"external_id": "gone", "tasks": [], "exported_at": passes[0]["began_at"]}]
    warehouse.load(
        lines(
            {"employee_task_profiles": rows, "completed_passes": passes},
            {"completed_passes": ["loaded_at"]},
        )
    )
    ended = project.build("--select", "techwolf_removed", "techwolf_missing_sources")
    assert set(ended.values()) == {"pass", "success", "warn"}
    assert warehouse.query("select * from techwolf_removed") == []
    assert ended["techwolf_removals_in_doubt"] == "warn"
    query = project.compiled_test("techwolf_removals_in_doubt")
    [doubt] = warehouse.query(f"select * from ({query}) as doubts")  # noqa: S608
    assert doubt["doubt"] == "no full pass of it is known to be loaded"
    assert "upgrade the tap" in doubt["advice"]
    query = project.compiled_test("techwolf_missing_sources")
    missing = warehouse.query(f"select * from ({query}) as missing")  # noqa: S608
    assert {"missing_table": "completed_passes", "missing_column": "loaded_at"} in missing
    assert "ERROR STALE freshness of techwolf.employee_task_profiles" in project(
        "source", "freshness", succeeds=False
    )
