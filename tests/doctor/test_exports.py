"""Whether each export can be read, how long a first sync takes, and whether it is filtered."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.doctor.export_check import describe_export
from tap_techwolf.doctor.filter_check import BEGINNING
from tap_techwolf.doctor.pages import ReadPage
from tests.doctor.conftest import verdicts

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from sandbox.variants import Order
    from tests.doctor.conftest import Examine

GOALS, EMPLOYEES, JOBS = PATHS.values()


# Export


def test_a_forbidden_export_is_an_error_and_the_others_are_examined(
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
    assert checks["learned:gte"].verdict == "ok"
    assert checks["learned:order"].verdict == "ok"


def test_without_any_export_nothing_can_be_learned(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.forbidden_exports = {GOALS, EMPLOYEES, JOBS}
    checks = examine()
    topics = {name for name in checks if name.startswith("learned:")}
    assert topics & verdicts(checks, "skipped") == topics - {"learned:rate_limit"}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "external_vendor"),
        (401, "audience"),
        (404, "ask TechWolf whether"),
        (418, "Check the settings"),
        (422, "external_vendor"),
        (429, "later"),
        (500, "later"),
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
        (Fault(JOBS, kind="not_json"), "200 OK, but the response is not JSON"),
        (Fault(JOBS, kind="not_object"), "200 OK, but the response is not a JSON object"),
        (Fault(JOBS, kind="raw", status=200, body='{"records": []}'), "'has_next' is missing"),
    ],
)
def test_what_is_no_page_is_an_error(
    sandbox: Sandbox, examine: Examine, fault: Fault, words: str
) -> None:
    sandbox.conditions.faults.append(fault)
    check = examine()["export:job_task_profiles"]
    assert check.verdict == "error"
    assert words in check.seen
    assert check.advice


def test_a_transient_error_is_tried_again(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.conditions.faults.append(Fault(JOBS, status=503, retry_after="0"))
    assert examine()["export:job_task_profiles"].verdict == "ok"


def test_a_page_tells_its_seconds_and_its_size(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.conditions.delay = 0.05
    check = examine()["export:job_task_profiles"]
    match = re.search(r"100 records, ([0-9.]+) seconds, ([0-9.]+) MB", check.seen)
    assert match
    assert 0.05 <= float(match[1]) < 2
    assert 0.05 < float(match[2]) < 1
    assert "More pages follow; the API does not tell how many." in check.seen


@pytest.mark.parametrize("answer", ["not_found", "not_allowed", "html", "forbidden"])
def test_where_employees_are_not_counted_there_is_no_estimate(
    sandbox: Sandbox, examine: Examine, answer: Any
) -> None:
    sandbox.variants.employees_endpoint = answer
    check = examine()["export:employee_task_profiles"]
    assert check.verdict == "ok"
    assert "GET /employees does not tell how many" in check.seen


@pytest.mark.parametrize(("overrides", "pages"), [({}, 5), ({"is_active": False}, 2)])
def test_the_number_of_employees_tells_the_pages_of_a_first_sync(
    sandbox: Sandbox, examine: Examine, overrides: dict[str, Any], pages: int
) -> None:
    sandbox.variants.employees_endpoint = "json"
    for one in sandbox.company.employees[:150]:
        one.is_active = False
    checks = examine(**overrides)
    if not overrides:
        assert f"about {pages} pages" in checks["export:employee_task_profiles"].seen
        assert f"about {pages} pages" in checks["export:employee_ai_goals"].seen
    else:
        count = sum(not one.is_active for one in sandbox.company.employees)
        assert f"about {-(-count // 100)} pages" in checks["export:employee_task_profiles"].seen


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.1, "1 second."), (2.0, "20 seconds."), (30.0, "5 minutes."), (3600.0, "10 hours.")],
)
def test_the_time_of_a_first_sync_has_a_fitting_unit(seconds: float, words: str) -> None:
    page = ReadPage([], "cursor", None, seconds, 1, b"[]")
    check = describe_export("employee_ai_goals", page, {"page_size": 100}, 1000)
    assert check.seen.endswith(words)


def test_a_single_page_is_known_to_be_all(sandbox: Sandbox, examine: Examine) -> None:
    del sandbox.company.jobs[100:]
    assert "It is the only page." in examine()["export:job_task_profiles"].seen


# Filter


def test_a_refused_filter_is_an_error(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.refused_filters = {EMPLOYEES: {"last_updated"}}
    checks = examine()
    assert verdicts(checks, "error") == {"filter:employee_task_profiles"}
    assert checks["filter:employee_task_profiles"].seen.startswith("Refused: ")
    assert "FULL_TABLE" in checks["filter:employee_task_profiles"].advice


def test_no_answer_to_a_filter_is_an_error(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.conditions.faults.append(Fault(JOBS, skip=1, times=2, retry_after="0"))
    check = examine()["filter:job_task_profiles"]
    assert check.verdict == "error"
    assert "503" in check.seen


def test_a_filter_that_does_not_filter_is_a_warning(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.exports.matcher", lambda *_: lambda _: True)
    checks = examine()
    filters = {name for name in checks if name.startswith("filter:")}
    assert verdicts(checks, "warning") >= filters
    assert "does not filter" in checks["filter:job_task_profiles"].seen


def test_a_filter_that_leaves_out_old_records_is_a_warning(
    sandbox: Sandbox, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sandbox.company.jobs[0]

    def matcher(filters: Any, _: Any) -> Any:
        return lambda one: one is not first if filters.get("last_updated") else True

    monkeypatch.setattr("sandbox.exports.matcher", matcher)
    check = examine()["filter:job_task_profiles"]
    assert check.verdict == "warning"
    assert '"After 1970-01-01" brings another first page' in check.seen
    assert "full sync daily" in check.advice


def test_records_that_cannot_be_read_are_compared_as_they_came(
    sandbox: Sandbox, examine: Examine
) -> None:
    sandbox.variants.set_properties = {JOBS: {"external_id": 5}}
    checks = examine()
    assert "records that cannot be read" in checks["export:job_task_profiles"].seen
    assert checks["form:job_task_profiles"].verdict == "error"
    assert checks["filter:job_task_profiles"].verdict == "ok"


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
    assert {BEGINNING, tomorrow} <= values


@pytest.mark.parametrize("order", ["created", "newest_first", "last_updated", "external_id"])
def test_the_order_of_an_export_is_told(sandbox: Sandbox, examine: Examine, order: Order) -> None:
    sandbox.variants.order = order
    seen = examine()["learned:order"].seen
    assert ("employee_task_profiles by external_id: ascending" in seen) is (order == "external_id")
    assert ("employee_ai_goals by last_updated: ascending" in seen) is (order == "last_updated")
