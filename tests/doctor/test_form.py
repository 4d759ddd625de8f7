"""How records are compared with the schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.exports import PATHS

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from tests.doctor.conftest import Examine

GOALS, EMPLOYEES, JOBS = PATHS.values()


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"cost_centre": "Jane"}, "unknown columns: cost_centre."),
        ({"tasks.priority": "Jane"}, "unknown below tasks[]: priority."),
        ({"tasks.ai_impact.why": "Jane"}, "unknown below tasks[].ai_impact: why."),
        ({"Jane Doe": 1, "jane-7": 2}, "unknown columns: <key>."),
        ({f"{one}_x" * 3: 1 for one in map(chr, range(97, 123))} | {"b" * 41: 1}, "<key>, a_xa_xa"),
        ({f"a{'b' * number}": 1 for number in range(31)}, "unknown columns: <key>."),
        ({"tasks": "Jane"}, "of another type: tasks (string)"),
        ({"tasks.weekly_hours": "Jane"}, "of another type: tasks[].weekly_hours (string)"),
        ({"tasks.task": 7}, "of another type: tasks[].task (integer)"),
        ({"tasks.ai_impact.level": "H7"}, "new values of tasks[].ai_impact.level: H7."),
        ({"tasks.ai_impact.level": "Jane"}, "new values of tasks[].ai_impact.level: <value>."),
        ({"tasks.validation_state": "x_y"}, "new values of tasks[].validation_state: x_y."),
    ],
)
def test_what_differs_from_the_schema_is_a_warning(
    sandbox: Sandbox, examine: Examine, properties: dict[str, Any], words: str
) -> None:
    sandbox.variants.set_properties = {EMPLOYEES: properties}
    check = examine()["form:employee_task_profiles"]
    assert check.verdict == "warning"
    assert words in check.seen
    assert "Jane" not in check.seen
    assert check.advice


def test_too_many_values_are_no_enum(sandbox: Sandbox, examine: Examine) -> None:
    for number, one in enumerate(sandbox.company.employees[:90]):
        for task in one.tasks:
            task.state = "a" * (number % 20 + 1)
    seen = examine()["form:employee_task_profiles"].seen
    assert "new values of tasks[].validation_state: <value>." in seen


def test_a_text_that_is_no_date_time_is_of_another_type(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.set_properties = {GOALS: {"last_updated": "yesterday"}}
    check = examine()["form:employee_ai_goals"]
    assert check.verdict == "warning"
    assert "of another type: last_updated (string that is no date-time)" in check.seen


def test_what_never_came_is_a_warning(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.omitted_properties = {EMPLOYEES: {"tasks.task", "tasks.ai_impact.level"}}
    check = examine()["form:employee_task_profiles"]
    assert check.verdict == "warning"
    assert "never came: tasks[].task, tasks[].ai_impact.level." in check.seen


def test_what_may_be_absent_is_only_noted(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.omitted_properties = {GOALS: {"job_id"}, EMPLOYEES: {"tasks.weekly_hours"}}
    checks = examine()
    assert checks["form:employee_ai_goals"].verdict == "ok"
    assert "never came: job_id." in checks["form:employee_ai_goals"].seen
    assert "never came: tasks[].weekly_hours." in checks["form:employee_task_profiles"].seen


def test_what_was_not_asked_for_is_not_missed(examine: Examine) -> None:
    checks = examine(employee_task_includes=[], job_task_includes=["ai_impact"])
    assert checks["form:employee_task_profiles"].verdict == "ok"
    assert checks["form:job_task_profiles"].verdict == "ok"


def test_a_record_without_its_key_is_an_error(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.omitted_properties = {GOALS: {"external_id"}}
    checks = examine()
    assert checks["form:employee_ai_goals"].verdict == "error"
    assert "lacks its key 'external_id'" in checks["form:employee_ai_goals"].seen
    assert checks["goals_move_filter"].verdict == "skipped"


def test_no_records_have_no_form(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.company.jobs.clear()
    checks = examine()
    assert checks["form:job_task_profiles"].verdict == "skipped"
    assert checks["filter:job_task_profiles"].verdict == "ok"


def test_a_hierarchy_is_described_instead_of_compared(sandbox: Sandbox, examine: Examine) -> None:
    checks = examine(task_profile_format="hierarchy")
    assert checks["form:employee_task_profiles"].verdict == "ok"
    assert "domains[].domain: string" in checks["learned:hierarchy"].seen
    assert len([one for path, one in sandbox.pages if path == EMPLOYEES]) == 4
