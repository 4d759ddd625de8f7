"""Whether each export can be read, how long a first sync takes, and whether it is filtered."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.exports import PATHS
from sandbox.faults import Fault
from tests.doctor.conftest import verdicts

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from tests.doctor.conftest import Examine

GOALS, EMPLOYEES, JOBS = (
    PATHS[stream] for stream in ("employee_ai_goals", "employee_task_profiles", "job_task_profiles")
)


# Export


def test_a_forbidden_export_is_an_error_and_the_others_are_checked(
    sandbox: Sandbox, examine: Examine
) -> None:
    sandbox.variants.forbidden_exports = {GOALS}
    checks = examine()
    assert verdicts(checks, "error") == {"export:employee_ai_goals"}
    assert "403 Forbidden" in checks["export:employee_ai_goals"].seen
    assert "licence" not in checks["export:employee_ai_goals"].seen
    assert "Ask TechWolf" in checks["export:employee_ai_goals"].advice
    for name in ("form:employee_ai_goals", "filter:employee_ai_goals", "goals_move_filter"):
        assert (checks[name].verdict, checks[name].seen) == (
            "skipped",
            "The export cannot be read.",
        )
    assert checks["filter:employee_task_profiles"].verdict == "ok"


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "external_vendor"),
        (401, "audience"),
        (404, "ask TechWolf whether"),
        (429, "later"),
        (503, "later"),
    ],
)
def test_each_status_has_its_advice(
    sandbox: Sandbox, examine: Examine, status: int, words: str
) -> None:
    fault = Fault(JOBS, status=status, times=2, retry_after="0", text="Jane")
    sandbox.conditions.faults.append(fault)
    check = examine()["export:job_task_profiles"]
    assert check.verdict == "error"
    assert str(status) in check.seen
    assert words in check.advice


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(JOBS, kind="redirect", status=302), "302 Found"),
        (Fault(JOBS, kind="not_json", times=2), "the response is not JSON"),
        (Fault(JOBS, kind="not_object", times=2), "the response is not a JSON object"),
        (Fault(JOBS, kind="raw", status=200, body='{"records": []}'), "'has_next' is missing"),
    ],
)
def test_a_response_that_is_not_a_page_is_an_error(
    sandbox: Sandbox, examine: Examine, fault: Fault, words: str
) -> None:
    sandbox.conditions.faults.append(fault)
    check = examine()["export:job_task_profiles"]
    assert check.verdict == "error"
    assert words in check.seen
    assert check.advice


def test_a_transient_error_is_retried(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.conditions.faults.append(Fault(JOBS, status=503, retry_after="0"))
    assert examine()["export:job_task_profiles"].verdict == "ok"


def test_the_seconds_and_the_size_of_a_page_are_shown(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.conditions.delay = 0.05
    check = examine()["export:job_task_profiles"]
    match = re.search(r"100 records \(([0-9.]+) seconds, ([0-9.]+) MB", check.seen)
    assert match
    assert 0.05 <= float(match[1]) < 2
    assert 0.05 < float(match[2]) < 1
    assert "More pages follow." in check.seen


def test_a_single_page_is_known_to_be_all(sandbox: Sandbox, examine: Examine) -> None:
    del sandbox.company.jobs[100:]
    assert "It is the only page." in examine()["export:job_task_profiles"].seen


# Filter


def test_a_rejected_filter_is_an_error(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.refused_filters = {EMPLOYEES: {"last_updated"}}
    checks = examine()
    assert verdicts(checks, "error") == {"filter:employee_task_profiles"}
    assert checks["filter:employee_task_profiles"].seen.endswith(
        "with the filter: 400 Bad Request."
    )
    assert "FULL_TABLE" in checks["filter:employee_task_profiles"].advice


def test_a_filter_that_fails_is_an_error(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.conditions.faults.append(Fault(JOBS, skip=1, times=2, retry_after="0"))
    check = examine()["filter:job_task_profiles"]
    assert check.verdict == "error"
    assert "503" in check.seen


def test_a_filter_without_an_effect_is_a_warning(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.exports.matcher", lambda *_: lambda _: True)
    checks = examine()
    filters = {name for name in checks if name.startswith("filter:")}
    assert verdicts(checks, "warning") >= filters
    assert "the filter has no effect" in checks["filter:job_task_profiles"].seen


def test_a_filter_that_leaves_out_old_records_is_a_warning(
    sandbox: Sandbox, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sandbox.company.jobs[0]

    def matcher(filters: Any, _: Any) -> Any:
        return lambda one: one is not first if filters.get("last_updated") else True

    monkeypatch.setattr("sandbox.exports.matcher", matcher)
    check = examine()["filter:job_task_profiles"]
    assert check.verdict == "warning"
    assert "another first page" in check.seen
    assert "full sync daily" in check.advice


def test_after_tomorrow_is_after_both_clocks_tomorrow(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.company.clock_offset = timedelta(days=3)
    sandbox.company.change_some(5)
    checks = examine()
    assert checks["filter:job_task_profiles"].verdict == "ok"
    values = {
        page.filters["last_updated"]["value"]
        for _, page in sandbox.pages
        if "last_updated" in page.filters
    }
    tomorrow = (sandbox.company.now() + timedelta(days=1)).date().isoformat()
    assert {"1970-01-01", tomorrow} <= values
