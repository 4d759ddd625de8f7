"""How records are compared with the schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.exports import PATHS

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from tests.doctor.conftest import Examine

GOALS, EMPLOYEES, JOBS = (
    PATHS[stream] for stream in ("employee_ai_goals", "employee_task_profiles", "job_task_profiles")
)


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"cost_centre": "Jane"}, "Unknown: cost_centre (string)."),
        ({"Jane Doe": 1, "jane-7": None}, "Unknown: 2 other names (integer, null)."),
        ({"tasks.skill": "Jane"}, "Unknown: below tasks[]: 1 other name (string)."),
        ({"tasks.jane_doe": 7}, "Unknown: below tasks[]: 1 other name (integer)."),
        (
            {"tasks.ai_impact.by_manager": {"jane_doe": {"payroll": "pregnant"}}},
            "Unknown: below tasks[].ai_impact: 1 other name (object).",
        ),
        ({"by_team": {"jane_doe": {"payroll": "pregnant"}}}, "Unknown: by_team (object)."),
        ({"tasks": "Jane"}, "Of another type: tasks (string)."),
        ({"tasks.weekly_hours": "Jane"}, "Of another type: tasks[].weekly_hours (string)."),
        ({"tasks.task": 7}, "Of another type: tasks[].task (integer)."),
        ({"tasks.ai_impact.level": "H7"}, "Undocumented values: 1 of tasks[].ai_impact.level."),
        (
            {"tasks.validation_state": "pregnant"},
            "Undocumented values: 1 of tasks[].validation_state.",
        ),
    ],
)
def test_a_difference_is_a_warning_without_data(
    sandbox: Sandbox, examine: Examine, properties: dict[str, Any], words: str
) -> None:
    sandbox.variants.set_properties = {EMPLOYEES: properties}
    check = examine()["form:employee_task_profiles"]
    assert check.verdict == "warning"
    assert words in check.seen
    assert check.advice
    for data in ("jane", "payroll", "pregnant", "by_manager"):
        assert data not in check.seen.lower()


def test_a_text_that_is_not_a_date_time_is_of_another_type(
    sandbox: Sandbox, examine: Examine
) -> None:
    sandbox.variants.set_properties = {GOALS: {"last_updated": "yesterday"}}
    check = examine()["form:employee_ai_goals"]
    assert check.verdict == "warning"
    assert "last_updated (string that is not a date-time)" in check.seen


def test_a_property_that_all_records_lack_is_a_warning(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.omitted_properties = {EMPLOYEES: {"tasks.task", "tasks.ai_impact.level"}}
    check = examine()["form:employee_task_profiles"]
    assert check.verdict == "warning"
    assert "Missing in all records: tasks[].task; tasks[].ai_impact.level." in check.seen


def test_a_missing_optional_property_is_no_difference(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.omitted_properties = {GOALS: {"job_id"}, EMPLOYEES: {"tasks.weekly_hours"}}
    checks = examine()
    for stream in ("ai_goals", "task_profiles"):
        assert checks[f"form:employee_{stream}"].verdict == "ok"


def test_details_that_were_not_requested_are_not_missing(examine: Examine) -> None:
    checks = examine(employee_task_includes=[], job_task_includes=["ai_impact"])
    assert checks["form:employee_task_profiles"].verdict == "ok"
    assert checks["form:job_task_profiles"].verdict == "ok"


def test_records_without_their_key_are_an_error_and_are_compared(
    sandbox: Sandbox, examine: Examine
) -> None:
    sandbox.variants.omitted_properties = {GOALS: {"external_id"}}
    checks = examine()
    assert checks["export:employee_ai_goals"].verdict == "error"
    assert "lacks its key 'external_id'" in checks["export:employee_ai_goals"].seen
    assert "Missing in all records: external_id." in checks["form:employee_ai_goals"].seen
    assert checks["filter:employee_ai_goals"].verdict == "skipped"
    assert checks["goals_move_filter"].verdict == "skipped"


def test_an_empty_page_cannot_be_compared(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.company.jobs.clear()
    checks = examine()
    assert checks["form:job_task_profiles"].verdict == "skipped"
    assert checks["filter:job_task_profiles"].verdict == "ok"


def test_a_hierarchy_is_not_compared(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.set_properties = {EMPLOYEES: {"jane_doe": {"payroll": 1}}}
    check = examine(task_profile_format="hierarchy")["form:employee_task_profiles"]
    assert check.verdict == "skipped"
    assert "jane" not in check.seen
