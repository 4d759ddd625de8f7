"""The rows of the models, from tables in every form that loaders write."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from engines.tables import Row, Table, tables_of
from tests.dbt.company import EXPORTS
from tests.dbt.expected import models
from tests.dbt.singer import columns_of
from tests.dbt.test_models import EMPLOYEES, ODD, PASS, WARNED, ordered

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.engine import Engine
    from engines.package import Package

EXPECTED = models(EXPORTS)
RECORDS = tables_of({**EXPORTS, "completed_passes": [PASS]})
STAGED = (
    "ai_goals",
    "ai_goal_skills",
    "employees",
    "employee_task_profiles",
    "employee_tasks",
    "employee_task_skills",
    "employee_task_sources",
    "job_skills",
)
# The lists in lists, the elements of which are in tables of their own.
LISTS = {"linked_skills", "source_events", "source_data"}
ENDED_WELL = {"success", "pass", "warn"}


@pytest.fixture(scope="module")
def usual(engine: Engine, make_package: Callable[..., Package]) -> Package:
    """The whole package, built on the tables that the usual loader writes."""
    [form, *_] = engine.forms
    engine.load(form, RECORDS, form)
    package = make_package(form)
    ended = engine.build(package)
    assert set(ended.values()) <= ENDED_WELL
    assert {name for name, status in ended.items() if status == "warn"} == WARNED
    return package


def test_the_models_show_what_the_records_say(engine: Engine, usual: Package) -> None:
    for model, rows in EXPECTED.items():
        assert ordered(engine.rows(usual, model)) == ordered(rows), model


def test_another_form_of_columns_gives_the_same(
    engine: Engine, make_package: Callable[..., Package], usual: Package, other_form: str
) -> None:
    engine.load(other_form, RECORDS, other_form)
    package = make_package(other_form)
    # Only staging models read the loaded tables: one of each kind, as each takes seconds.
    staged = [f"stg_techwolf__{name}" for name in STAGED]
    select = ("--select", "techwolf_removed", *staged)
    ended = engine.build(package, "--resource-type", "model", *select)
    assert ended == dict.fromkeys(["techwolf_removed", *staged], "success")
    for model in staged:
        rows = engine.rows(usual, model)
        assert rows, model
        # A repeated column of BigQuery cannot be null: it is empty instead.
        unlike = {name for name in rows[0] if name.startswith("has_") and other_form == "records"}
        differing = LISTS | unlike
        assert _without(differing, engine.rows(package, model)) == _without(differing, rows), model


def _without(columns: set[str], rows: list[Row]) -> list[Row]:
    return ordered([{key: row[key] for key in row.keys() - columns} for row in rows])


def test_odd_and_missing_values_fail_nothing_and_are_reported(
    engine: Engine, make_package: Callable[..., Package]
) -> None:
    text = {"type": ["string", "null"]}
    key = {"external_id": text}
    goals: Row = {
        **key,
        "version": {"type": "integer"},
        "target_skills": text,
        "target_tasks": text,
    }
    odd: list[Row] = [
        {
            "external_id": "kept",
            "tasks": json.dumps(ODD),
            "exported_at": "2026-03-01T02:00:00+02:00",
        },
        {"external_id": "cut", "tasks": "[{", "exported_at": "never"},
        {"external_id": "none", "tasks": None, "exported_at": None},
    ]
    tables = [
        Table(
            "employee_ai_goals",
            goals,
            [
                {"external_id": "anna", "version": 1, "target_skills": "", "target_tasks": "None"},
                {"external_id": "bert", "version": 1, "target_skills": '{"skill_id": "s"}'},
            ],
        ),
        Table(EMPLOYEES, {**key, "tasks": text, "exported_at": text}, odd),
        # Of somebody else: it only has a column of the same name.
        Table("employees", key, [{"external_id": "anna"}]),
    ]
    engine.load("odd", tables, engine.forms[0])
    package = make_package("odd")
    # The tests of columns are in no dialect, and tests/dbt runs them on odd data.
    excluded = ("--exclude-resource-type", "unit_test", "--exclude", "test_type:generic")
    ended = engine.build(package, *excluded)
    assert set(ended.values()) <= ENDED_WELL
    [task] = engine.rows(package, "techwolf_employee_tasks")
    assert task["employee_id"] == "kept"
    assert task["weekly_hours"] is None
    assert ordered([{"at": task["exported_at"]}]) == [{"at": datetime(2026, 3, 1)}]  # noqa: DTZ001 - without zone, in UTC
    assert {goal["employee_id"] for goal in engine.rows(package, "techwolf_ai_goals")} == {
        "anna",
        "bert",
    }
    assert engine.rows(package, "techwolf_ai_goal_skills") == []
    people = {row["employee_id"] for row in engine.rows(package, "techwolf_employees")}
    assert people == {"anna", "bert", "kept", "cut", "none"}
    unreadable = engine.found(package, "techwolf_unreadable_values")
    assert {tuple(row.values()) for row in unreadable} == {
        (EMPLOYEES, "tasks", 1),
        (EMPLOYEES, "exported_at", 1),
        ("employee_ai_goals", "target_skills", 1),
        ("employee_ai_goals", "target_tasks", 1),
    }
    missing = engine.found(package, "techwolf_missing_sources")
    assert {tuple(row.values()) for row in missing} == {
        *(
            ("employee_ai_goals", name)
            for name in columns_of("employee_ai_goals")
            if name not in goals
        ),
        ("job_task_profiles", ""),
        ("completed_passes", ""),
    }
