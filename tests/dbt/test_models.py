"""The rows of the models, from tables that the real loaders made."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.company import EXPORTS, SECOND
from tests.dbt.expected import models
from tests.dbt.singer import lines
from tests.dbt.warehouses import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dbt.singer import Row
    from tests.dbt.warehouses import Project, Warehouse

EXPECTED = models(EXPORTS)
PASS = {
    "stream": "employee_ai_goals",
    "began_at": SECOND,
    "completed_at": SECOND + timedelta(minutes=5),
    "replication_method": "INCREMENTAL",
    "updated_after": "2026-03-01",
    "is_full": False,
    "record_count": 3,
    "page_count": 1,
    "run_count": 1,
    "scope_hash": "all",
    "loaded_at": None,
}
EMPLOYEES = "employee_task_profiles"
WARNED = {
    "techwolf_exports_without_full_pass",
    "techwolf_elements_without_id",
    "techwolf_unknown_goal_tasks",
    "accepted_values_techwolf_employee_tasks_ai_impact_level__H1__H2__H3",
    "accepted_values_techwolf_employee_tasks_validation_state__suggested__validated__rejected",
    "accepted_values_techwolf_job_tasks_ai_impact_level__H1__H2__H3",
    "not_null_techwolf_ai_goal_skills_skill",
    "accepted_values_techwolf_employee_skills_validation_state__suggested__initially_validated__validated__rejected",
    "accepted_values_techwolf_job_skills_validation_state__suggested__initially_validated__validated__rejected",
    "techwolf_cycles_of_units",
    "techwolf_unknown_units",
    "relationships_techwolf_ai_goals_job_id__job_id__ref_techwolf_job_ai_exposure_",
}


@pytest.fixture(scope="module", autouse=True)
def built(warehouse: Warehouse, project: Project) -> dict[str, str]:
    """How each model and test ended, after one load of all records."""
    warehouse.load(lines({**EXPORTS, "completed_passes": [PASS]}))
    return project.build()


def found(warehouse: Warehouse, model: str) -> list[Row]:
    return ordered(warehouse.query(f"select * from {model}"))  # noqa: S608


def ordered(rows: list[Row]) -> list[Row]:
    plain = [{key: _plain(value) for key, value in sorted(row.items())} for row in rows]
    return sorted(plain, key=repr)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    # The databases write whole numbers each in their way.
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


# What identifies a row of each model, and the models whose rows consist of others.
KEYS = {
    "techwolf_employee_tasks": ("employee_id", "task_id"),
    "techwolf_employee_task_skills": ("employee_id", "task_id", "skill_id"),
    "techwolf_employee_task_sources": ("employee_id", "task_id", "source_id"),
    "techwolf_job_tasks": ("job_id", "task_id"),
    "techwolf_job_task_skills": ("job_id", "task_id", "skill_id"),
    "techwolf_job_task_sources": ("job_id", "task_id", "source_id"),
    "techwolf_ai_goals": ("employee_id", "version"),
    "techwolf_ai_goal_skills": ("employee_id", "version", "skill_id"),
    "techwolf_ai_goal_tasks": ("employee_id", "version", "task_id"),
    "techwolf_skills": ("skill_id",),
    "techwolf_job_ai_exposure": ("job_id",),
    "techwolf_employees": ("employee_id",),
    "techwolf_organisational_units": ("organisational_unit_id",),
    "techwolf_employee_skills": ("employee_id", "skill_id"),
    "techwolf_job_skills": ("job_id", "skill_id"),
    "techwolf_skill_gaps": ("employee_id", "skill_id"),
    "techwolf_jobs": ("job_id",),
    "techwolf_employee_ai_exposure": ("employee_id",),
    "techwolf_unit_ai_exposure": ("organisational_unit_id",),
}
PARTS = {
    "techwolf_employee_task_skills": "techwolf_employee_tasks",
    "techwolf_employee_task_sources": "techwolf_employee_tasks",
    "techwolf_job_task_skills": "techwolf_job_tasks",
    "techwolf_job_task_sources": "techwolf_job_tasks",
    "techwolf_job_tasks": "techwolf_job_ai_exposure",
    "techwolf_ai_goal_skills": "techwolf_ai_goals",
    "techwolf_ai_goal_tasks": "techwolf_ai_goals",
    "techwolf_ai_goals": "techwolf_employees",
    "techwolf_employee_tasks": "techwolf_employees",
    "techwolf_employee_skills": "techwolf_employees",
    "techwolf_skill_gaps": "techwolf_employees",
    "techwolf_job_skills": "techwolf_jobs",
    "techwolf_job_ai_exposure": "techwolf_jobs",
}


def test_keys_are_whole_and_unique_and_lead_to_the_model_above(warehouse: Warehouse) -> None:
    assert KEYS.keys() == EXPECTED.keys()
    shown = {model: found(warehouse, model) for model in KEYS}
    for model, key in KEYS.items():
        keys = [tuple(row[column] for column in key) for row in shown[model]]
        assert len(set(keys)) == len(keys)
        assert None not in {value for values in keys for value in values}
    for part, whole in PARTS.items():
        wholes = {tuple(row[column] for column in KEYS[whole]) for row in shown[whole]}
        owners = {tuple(row[column] for column in KEYS[whole]) for row in shown[part]}
        assert owners <= wholes, part


@pytest.mark.parametrize("model", sorted(EXPECTED))
def test_a_model_shows_what_the_records_say(warehouse: Warehouse, model: str) -> None:
    assert EXPECTED[model]
    assert found(warehouse, model) == ordered(EXPECTED[model])


def test_whatever_the_api_sends_is_built_and_warned_of(built: dict[str, str]) -> None:
    assert {name for name, status in built.items() if status == "warn"} == WARNED
    assert set(built.values()) == {"success", "pass", "warn"}


def test_every_model_and_column_is_described_and_there(
    warehouse: Warehouse, project: Project
) -> None:
    nodes = project.manifest()["nodes"].values()
    described = {node["name"]: node for node in nodes if node["resource_type"] == "model"}
    staged = {name for name in described if name.startswith("stg_techwolf__")}
    assert described.keys() - staged == {*EXPECTED, "techwolf_removed"}
    for name, node in described.items():
        assert node["schema"] == SCHEMA
        assert node["config"]["materialized"] == "table"
        assert node["description"]
        assert all(column["description"] for column in node["columns"].values())
        columns = warehouse.query(
            "select column_name from information_schema.columns"  # noqa: S608
            f" where table_schema = '{SCHEMA}' and table_name = '{name}' order by ordinal_position"
        )
        assert [row["column_name"] for row in columns] == list(node["columns"])


ODD = [
    "text",
    5,
    [1],
    True,
    {
        "task_id": "kept",
        "weekly_hours": "NaN",
        "ai_impact": "H1",
        "linked_skills": {"skill_id": "s"},
        "source_events": [1, "a", ["external_id"]],
    },
]


def test_elements_that_are_no_objects_are_left_out(warehouse: Warehouse, project: Project) -> None:
    odd = json.dumps(ODD)
    value = odd if warehouse.name == "duckdb" else _array(odd)
    table = f"{SCHEMA}.employee_task_profiles"
    change = f"update {table} set tasks = {{}} where external_id = 'Anna'"  # noqa: S608
    warehouse.execute(change.format(f"'{value}'" if warehouse.name == "duckdb" else value))
    try:
        project("run")
        rows = warehouse.query(
            "select * from techwolf_employee_tasks where employee_id = 'Anna'",
        )
        assert [(row["task_id"], row["weekly_hours"], row["ai_impact_level"]) for row in rows] == [
            ("kept", None, None)
        ]
        for model in ("techwolf_employee_task_skills", "techwolf_employee_task_sources"):
            assert found(warehouse, model) == ordered(EXPECTED[model])
        counted = project.compiled_test("techwolf_elements_without_id")
        query = f"select * from ({counted}) as counted where stream = '{EMPLOYEES}'"  # noqa: S608
        assert warehouse.query(f"{query} order by list_name") == [
            {"stream": "employee_task_profiles", "list_name": "linked_skills", "elements": 4},
            {"stream": "employee_task_profiles", "list_name": "source_events", "elements": 6},
            {"stream": "employee_task_profiles", "list_name": "tasks", "elements": 8},
        ]
    finally:
        empty = "'[]'" if warehouse.name == "duckdb" else "'{}'"
        warehouse.execute(change.format(empty))
        project("run")


def _array(json_array: str) -> str:
    return f"(select array_agg(element) from jsonb_array_elements('{json_array}') as element)"  # noqa: S608


def with_other_types(warehouse: Warehouse, schema: str) -> str:
    """Return statements that copy the tables: lists as text, and moments with a zone."""
    text = "cast({} as varchar)" if warehouse.name == "duckdb" else "cast(to_jsonb({}) as text)"
    moments = {"created_on", "last_updated", "exported_at", "began_at", "completed_at", "loaded_at"}
    arrays = {"tasks", "target_skills", "target_tasks", "skills"}
    statements = [f"create schema {schema}"]
    for table in (*EXPORTS, "completed_passes"):
        columns = warehouse.query(
            "select column_name from information_schema.columns"  # noqa: S608
            f" where table_schema = '{SCHEMA}' and table_name = '{table}'"
        )
        selected = [
            f"{name} at time zone 'UTC' as {name}"
            if name in moments
            else f"{text.format(name)} as {name}"
            if name in arrays
            else name
            for name in (row["column_name"] for row in columns)
        ]
        statements.append(
            f"create table {schema}.{table} as select {', '.join(selected)} from {SCHEMA}.{table}"  # noqa: S608
        )
    return "; ".join(statements)


def test_tables_of_other_types_in_another_schema_give_the_same(
    warehouse: Warehouse, make_project: Callable[[Warehouse], Project]
) -> None:
    warehouse.execute(with_other_types(warehouse, "other"))
    warehouse.schema = "analytics"
    try:
        project = make_project(warehouse)
        kept = "techwolf_keep_removed: true, techwolf_keep_rejected: true"
        project("run", "--vars", f"{{techwolf_schema: other, {kept}}}")
        for model, rows in models(EXPORTS, keep_rejected=True).items():
            assert found(warehouse, model) == ordered(rows), model
    finally:
        warehouse.schema = SCHEMA


def test_texts_that_cannot_be_read_fail_no_build(
    warehouse: Warehouse, make_project: Callable[[Warehouse], Project]
) -> None:
    exported_at = "alter column exported_at type varchar using exported_at::text"
    if warehouse.name == "duckdb":
        exported_at = "alter column exported_at type varchar"
    warehouse.execute(with_other_types(warehouse, "unreadable"))
    warehouse.execute(f"alter table unreadable.job_task_profiles {exported_at}")
    warehouse.execute(
        """
        update unreadable.employee_task_profiles set tasks = '[{' where external_id = 'anna';
        update unreadable.employee_ai_goals set target_skills = '' where version = 2;
        update unreadable.employee_ai_goals set target_tasks = 'None' where version = 2;
        update unreadable.job_task_profiles set exported_at = 'never' where external_id = 'tree';
        """
    )
    if warehouse.name == "postgres":  # JSON, yet nothing that the database can hold.
        nul = '\'[{"task_id": "\\u0000"}]\''
        warehouse.execute(
            f"update unreadable.job_task_profiles set tasks = {nul} where external_id = 'engineer'"  # noqa: S608
        )
    warehouse.schema = "analytics_of_unreadable"
    try:
        project = make_project(warehouse)
        ended = project.build("--vars", "{techwolf_schema: unreadable}")
        assert ended["techwolf_unreadable_values"] == "warn"
        assert set(ended.values()) == {"success", "pass", "warn"}
        rows = warehouse.query("select distinct employee_id from techwolf_employee_tasks")
        assert [row["employee_id"] for row in rows] == ["o'neil \u00e9"]
        query = project.compiled_test("techwolf_unreadable_values")
        counted = {tuple(row.values()) for row in warehouse.query(query.strip())}
        expected = {
            ("employee_task_profiles", "tasks", 1),
            ("employee_ai_goals", "target_skills", 1),
            ("employee_ai_goals", "target_tasks", 1),
            ("job_task_profiles", "exported_at", 1),
        }
        if warehouse.name == "postgres":
            expected.add(("job_task_profiles", "tasks", 1))
        assert counted == expected
    finally:
        warehouse.schema = SCHEMA
