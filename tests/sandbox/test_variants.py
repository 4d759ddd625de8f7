"""Each variant changes the sandbox's answers in one way; without it, nothing is different."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.app import OPTIONAL_PATHS
from sandbox.exports import PATHS

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.app import Sandbox

    Ask = Callable[..., requests.Response]

GOALS = PATHS["employee_ai_goals"]
EMPLOYEES = PATHS["employee_task_profiles"]
JOBS = PATHS["job_task_profiles"]
MATCHES = OPTIONAL_PATHS["employee_position_matches"]


def updated(operator: str, value: str) -> list[dict[str, str]]:
    return [{"filter": "last_updated", "operator": operator, "value": value}]


def ids(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [record["external_id"] for record in answer.json()["records"]]


@pytest.mark.parametrize("moves", [True, False])
def test_a_changed_goal_passes_the_filter_only_if_it_moves_the_employee(
    sandbox: Sandbox, ask: Ask, moves: bool
) -> None:
    sandbox.company.goals_move_filter = moves
    employee = next(one for one in sandbox.company.employees if one.goals)
    sandbox.company.change_goal(employee)
    yesterday = (sandbox.company.now() - timedelta(days=1)).date().isoformat()
    found = ids(ask(GOALS, filters=updated("gt", yesterday)))
    assert found == ([employee.external_id] if moves else [])


@pytest.mark.parametrize("offset", ["Z", "+00:00", "+05:30"])
def test_date_times_are_compared_to_the_second(sandbox: Sandbox, ask: Ask, offset: str) -> None:
    sandbox.variants.accepts_date_times = True
    one, other = sandbox.company.jobs[:2]
    now = sandbox.company.now().replace(microsecond=0)
    sandbox.company.change(one, now - timedelta(minutes=2))
    sandbox.company.change(other, now)
    shift = timedelta(hours=5, minutes=30) if offset == "+05:30" else timedelta(0)
    between = now.astimezone(UTC) + shift - timedelta(minutes=1)
    value = f"{between:%Y-%m-%dT%H:%M:%S}{offset}"
    assert ids(ask(JOBS, filters=updated("gt", value))) == [other.external_id]
    assert one.external_id in ids(ask(JOBS, filters=updated("lt", value)))
    naive = value.removesuffix(offset)
    assert ask(JOBS, filters=updated("gt", naive)).status_code == 400
    assert ask(JOBS, filters=updated("gt", "2026-02-30T00:00:00Z")).status_code == 400


def test_gte_can_be_accepted_and_includes_the_moment(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.variants.accepts_gte = sandbox.variants.accepts_date_times = True
    job = sandbox.company.jobs[0]
    now = sandbox.company.now().replace(microsecond=0)
    sandbox.company.change(job, now)
    assert ids(ask(JOBS, filters=updated("gt", now.isoformat()))) == []
    assert ids(ask(JOBS, filters=updated("gte", now.isoformat()))) == [job.external_id]
    assert ids(ask(JOBS, filters=updated("gte", now.date().isoformat()))) == [job.external_id]


def test_a_filter_can_be_refused_on_one_export(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.variants.refused_filters = {EMPLOYEES: {"last_updated"}}
    filters = updated("gt", "2020-01-01")
    assert ask(EMPLOYEES, filters=filters).status_code == 400
    assert ask(GOALS, filters=filters).status_code == 200
    assert ask(EMPLOYEES).status_code == 200


def test_an_export_can_be_forbidden(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.variants.forbidden_exports = {GOALS}
    answer = ask(GOALS)
    assert answer.status_code == 403
    assert answer.json()[0]["title"] == "403 Forbidden"
    assert ask(JOBS).status_code == 200


@pytest.mark.parametrize(
    ("answer", "status"),
    [("not_found", 404), ("not_allowed", 405), ("html", 200), ("forbidden", 403), ("json", 200)],
)
def test_the_version_is_answered_as_told(
    sandbox: Sandbox, url: str, session: requests.Session, answer: Any, status: int
) -> None:
    assert session.get(url + "/version", timeout=5).status_code == 404
    sandbox.variants.version_endpoint = answer
    response = session.get(url + "/version", timeout=5)
    assert response.status_code == status
    assert response.text.startswith("<html>") is (answer == "html")
    if answer == "json":
        assert requests.get(url + "/version", timeout=5).status_code == 401


def test_the_version_can_have_any_form(
    sandbox: Sandbox, url: str, session: requests.Session
) -> None:
    sandbox.variants.version_endpoint = "json"
    assert session.get(url + "/version", timeout=5).json() == {"version": "2024-12-05"}
    sandbox.variants.version_body = ["2025-01-29"]
    assert session.get(url + "/version", timeout=5).json() == ["2025-01-29"]


def test_properties_can_be_added_replaced_and_omitted(sandbox: Sandbox, ask: Ask) -> None:
    before = ask(EMPLOYEES, include=["ai_impact"]).json()["records"][0]
    sandbox.variants.set_properties = {
        EMPLOYEES: {
            "cost_centre": "x",
            "tasks.priority": 3,
            "tasks.ai_impact.level": "H9",
            "tasks.validation_state": 5,
            "absent.child": 1,
        }
    }
    sandbox.variants.omitted_properties = {EMPLOYEES: {"tasks.task"}}
    record = ask(EMPLOYEES, include=["ai_impact"]).json()["records"][0]
    assert record["cost_centre"] == "x"
    assert record.keys() == before.keys() | {"cost_centre"}
    for task, old in zip(record["tasks"], before["tasks"], strict=True):
        assert task.keys() == old.keys() - {"task"} | {"priority"}
        assert task["ai_impact"] == old["ai_impact"] | {"level": "H9"}
        assert task["validation_state"] == 5
    assert "cost_centre" not in ask(JOBS).json()["records"][0]


def test_a_variant_that_is_switched_off_leaves_nothing_behind(sandbox: Sandbox, ask: Ask) -> None:
    before = ask(EMPLOYEES, include=["source_events"]).json()
    sandbox.variants.set_properties = {EMPLOYEES: {"tasks.source_events.event_type": "new"}}
    assert ask(EMPLOYEES, include=["source_events"]).json() != before
    sandbox.variants.set_properties.clear()
    assert ask(EMPLOYEES, include=["source_events"]).json() == before


def test_rate_limits_can_be_announced(sandbox: Sandbox, ask: Ask) -> None:
    assert not any(name.startswith("x-ratelimit") for name in ask(JOBS).headers)
    sandbox.variants.rate_limit = 3
    headers = ask(JOBS).headers
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("3", "1")
    assert headers["X-RateLimit-Reset"].isdigit()


def test_inactive_employees_can_be_excluded_by_default(sandbox: Sandbox, ask: Ask) -> None:
    employees = sandbox.company.employees
    assert ids(ask(EMPLOYEES)) == [one.external_id for one in employees[:100]]
    sandbox.variants.excludes_inactive = True
    active = [one.external_id for one in employees if one.is_active]
    assert ids(ask(EMPLOYEES)) == active[:100]
    asked = ids(ask(EMPLOYEES, filters=[{"filter": "is_active", "is_active": False}]))
    assert asked == [one.external_id for one in employees if not one.is_active][:100]


@pytest.mark.parametrize("order", ["newest_first", "last_updated", "external_id"])
def test_an_export_in_another_order_still_brings_everything_once(
    sandbox: Sandbox, ask: Ask, order: Any
) -> None:
    sandbox.variants.order = order
    jobs = sandbox.company.jobs
    first = ask(JOBS).json()
    second = ask(JOBS, starting_after=first["next_starting_after"]).json()
    found = [record["external_id"] for record in first["records"] + second["records"]]
    created = [job.external_id for job in jobs]
    assert sorted(found) == sorted(created)
    expected = {
        "newest_first": created[::-1],
        "last_updated": [job.external_id for job in sorted(jobs, key=lambda one: one.last_updated)],
        "external_id": sorted(created),
    }
    assert found == expected[order]


def test_employees_without_a_job_may_have_a_match_without_one(sandbox: Sandbox, ask: Ask) -> None:
    employees = sandbox.company.employees[:100]
    matches = ask(MATCHES).json()["records"]
    assert [one["employee_id"] for one in matches] == [
        one.external_id for one in employees if one.job_id
    ]
    sandbox.variants.shows_null_matches = True
    matches = ask(MATCHES).json()["records"]
    assert [(one["employee_id"], one["job_id"], one["score"]) for one in matches] == [
        (one.external_id, one.job_id, one.match_score) for one in employees
    ]
    assert not all(one["job_id"] for one in matches)
