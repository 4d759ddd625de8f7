"""Whether a changed goal moves the filter."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sandbox.exports import PATHS
from sandbox.faults import Fault

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from tests.doctor.conftest import Examine

NAME = "goals_move_filter"
GOALS = PATHS["employee_ai_goals"]


@pytest.fixture
def quiet(sandbox: Sandbox) -> Sandbox:
    """A company in which nothing has changed for a month."""
    old = sandbox.company.now() - timedelta(days=30)
    for employee in sandbox.company.employees:
        employee.last_updated = min(employee.last_updated, old)
        for goal in employee.goals:
            goal.last_updated = min(goal.last_updated, old)
    return sandbox


def with_goals(sandbox: Sandbox) -> list[int]:
    return [number for number, one in enumerate(sandbox.company.employees) if one.goals]


def test_changed_goals_that_the_filter_returns_are_ok(quiet: Sandbox, examine: Examine) -> None:
    positions = with_goals(quiet)
    for days, position in enumerate((positions[0], positions[40], positions[-1])):
        employee = quiet.company.employees[position]
        quiet.company.change_goal(employee, quiet.company.now() - timedelta(days=days))
    check = examine()[NAME]
    assert (check.verdict, check.advice) == ("ok", "")
    assert "3 employees have a goal that changed within 14 days" in check.seen
    assert "returns 3 of them, and 0 of" in check.seen


@pytest.mark.parametrize("days", [0, 6, 13])
@pytest.mark.parametrize("versions", ["latest", "all"])
def test_a_changed_goal_that_the_filter_misses_is_a_warning(
    quiet: Sandbox, examine: Examine, days: int, versions: str
) -> None:
    first, second = (quiet.company.employees[one] for one in with_goals(quiet)[:2])
    when = quiet.company.now() - timedelta(days=days)
    quiet.company.change_goal(first, when)
    quiet.company.goals_move_filter = False
    quiet.company.change_goal(second, when)
    check = examine(ai_goal_versions=versions)[NAME]
    assert check.verdict == "warning"
    assert "2 employees have a goal" in check.seen
    assert "returns 1 of them" in check.seen
    assert check.advice == "Run a full sync daily: incremental syncs miss changed goals."


@pytest.mark.parametrize("days", [15, 20])
def test_without_a_recent_goal_the_check_is_skipped(
    quiet: Sandbox, examine: Examine, days: int
) -> None:
    employee = quiet.company.employees[with_goals(quiet)[0]]
    quiet.company.change_goal(employee, quiet.company.now() - timedelta(days=days))
    check = examine()[NAME]
    assert check.verdict == "skipped"
    assert "no goal changed within 14 days" in check.seen


def test_a_system_that_touches_everybody_proves_little(quiet: Sandbox, examine: Examine) -> None:
    now = quiet.company.now()
    quiet.company.goals_move_filter = False
    quiet.company.change_goal(quiet.company.employees[with_goals(quiet)[0]], now)
    for employee in quiet.company.employees:
        employee.last_updated = now
    check = examine()[NAME]
    assert check.verdict == "ok"
    others = len(with_goals(quiet)) - 1
    assert f"returns 1 of them, and {others} of {others} employees" in check.seen
    assert "This proves little" in check.advice


def test_a_few_touched_employees_do_not_matter(quiet: Sandbox, examine: Examine) -> None:
    now = quiet.company.now()
    positions = with_goals(quiet)
    quiet.company.change_goal(quiet.company.employees[positions[0]], now)
    for position in positions[1:6]:
        quiet.company.employees[position].last_updated = now
    check = examine()[NAME]
    assert (check.verdict, check.advice) == ("ok", "")
    assert "returns 1 of them, and 5 of" in check.seen


def test_at_most_five_pages_are_read(quiet: Sandbox, examine: Examine) -> None:
    for position in with_goals(quiet)[:30]:
        quiet.company.change_goal(quiet.company.employees[position])
    check = examine(page_size=5)[NAME]
    assert "On the first 5 pages" in check.seen
    assert check.verdict == "ok"


def test_a_page_that_fails_skips_the_check(quiet: Sandbox, examine: Examine) -> None:
    quiet.conditions.faults.append(Fault(GOALS, status=403, skip=3))
    check = examine()[NAME]
    assert check.verdict == "skipped"
    assert "403" in check.seen


def test_a_later_page_without_keys_skips_the_check(quiet: Sandbox, examine: Examine) -> None:
    page = '{"has_next": false, "records": [{"external_id": true}]}'
    quiet.conditions.faults.append(Fault(GOALS, kind="raw", status=200, body=page, skip=3))
    check = examine()[NAME]
    assert check.verdict == "skipped"
    assert "lacks its key" in check.seen


def test_a_goal_without_a_date_is_not_recent(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.set_properties = {GOALS: {"last_updated": None}}
    assert examine()[NAME].verdict == "skipped"


def test_a_goal_of_the_future_does_not_hide_one_of_today(quiet: Sandbox, examine: Examine) -> None:
    employee = quiet.company.employees[with_goals(quiet)[0]]
    quiet.company.change_goal(employee)
    employee.goals[-1].last_updated += timedelta(days=900)
    assert examine()[NAME].verdict == "ok"
