"""What the doctor finds out for the tap's makers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.doctor.hierarchy import describe_form

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from tests.doctor.conftest import Examine

GOALS, EMPLOYEES, JOBS = PATHS.values()


def test_all_of_it_is_marked_as_such(examine: Examine) -> None:
    for name, check in examine().items():
        assert check.seen.startswith("For us to learn: ") is name.startswith("learned:")


@pytest.mark.parametrize("is_taken", [True, False])
def test_unusual_filters_are_taken_or_not(
    sandbox: Sandbox, examine: Examine, is_taken: bool
) -> None:
    sandbox.variants.accepts_date_times = sandbox.variants.accepts_gte = is_taken
    checks = examine()
    for topic in ("learned:date_time", "learned:gte"):
        assert checks[topic].verdict == "ok"
        assert ("is taken by employee_ai_goals, and filters" in checks[topic].seen) is is_taken
        assert (
            "is not taken: employee_ai_goals answered 400" in checks[topic].seen
        ) is not is_taken


def test_a_filter_may_be_taken_without_an_effect(
    sandbox: Sandbox, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.variants.accepts_gte = True
    monkeypatch.setattr("sandbox.exports.matcher", lambda *_: lambda _: True)
    assert "does not filter" in examine()["learned:gte"].seen


def test_each_probe_is_one_request(sandbox: Sandbox, examine: Examine) -> None:
    usual = examine()
    count = sandbox.requests[GOALS]
    sandbox.requests.clear()
    # The two probes are the last requests to this export.
    sandbox.conditions.faults.append(Fault(GOALS, status=503, skip=count - 2, times=99))
    checks = examine()
    assert usual.keys() == checks.keys()
    assert "503" in checks["learned:date_time"].seen
    assert "503" in checks["learned:gte"].seen
    assert sandbox.requests[GOALS] == count


@pytest.mark.parametrize("limit", [None, 50])
def test_headers_of_a_rate_limit_are_named(
    sandbox: Sandbox, examine: Examine, limit: int | None
) -> None:
    sandbox.variants.rate_limit = limit
    seen = examine()["learned:rate_limit"].seen
    assert seen.endswith(
        "none." if limit is None else "x-ratelimit-limit, x-ratelimit-remaining, x-ratelimit-reset."
    )


@pytest.mark.parametrize(
    ("excludes", "words"),
    [(False, "inactive employees come by default"), (True, "no inactive employee came by default")],
)
def test_inactive_employees_come_or_not(
    sandbox: Sandbox, examine: Examine, excludes: bool, words: str
) -> None:
    sandbox.variants.excludes_inactive = excludes
    assert words in examine()["learned:inactive"].seen


def test_without_inactive_employees_nothing_can_be_told(sandbox: Sandbox, examine: Examine) -> None:
    for one in sandbox.company.employees:
        one.is_active = True
    assert "no inactive employee to tell by" in examine()["learned:inactive"].seen


def test_the_setting_may_decide_who_comes(examine: Examine) -> None:
    assert examine(is_active=True)["learned:inactive"].verdict == "skipped"


def test_a_refused_question_is_told(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.refused_filters = {EMPLOYEES: {"is_active"}}
    seen = examine()["learned:inactive"].seen
    assert "asked for inactive employees, employee_task_profiles answered 400" in seen


def test_a_refused_hierarchy_is_told(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.conditions.faults.append(Fault(EMPLOYEES, status=403, skip=3))
    seen = examine()["learned:hierarchy"].seen
    assert "with hierarchies, employee_task_profiles answered 403" in seen


def test_a_hierarchy_without_records_has_no_form(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.company.employees.clear()
    assert examine()["learned:hierarchy"].verdict == "skipped"


@pytest.mark.parametrize(
    ("records", "form"),
    [
        ([{"a": 1}, {"a": "x", "b": None}], "a: integer or string; b: null"),
        ([{"a": [{"b": 1.5}, {"c": []}]}], "a[].b: number; a[].c[]: "),
        ([{"Jane Doe": {"x": True}}, {"4711": {"y": 1}}], "<key>.x: boolean; <key>.y: integer"),
        ([{f"a{'b' * number}": {"x": 1}} for number in range(31)], "<key>.x: integer"),
        ([{"Jane": [1], "Joe": ["x"]}], "<key>[]: integer or string"),
        ([7], "record: integer"),
        ([{"a": {}}, {"b": []}], "a: object; b[]: "),
    ],
)
def test_a_form_holds_keys_and_types_only(records: list[Any], form: str) -> None:
    parsed = json.loads(json.dumps(records), parse_float=Decimal)
    assert describe_form(parsed) == form


def test_a_deep_or_wide_form_is_cut() -> None:
    deep: Any = "Jane"
    for _ in range(500):
        deep = {"a": deep}
    assert describe_form([deep]) == f"{'.'.join(['a'] * 20)}: object"
    wide = [{a: dict.fromkeys("abcdefgh", 1) for a in "abcdefghij"}]
    assert describe_form(wide).endswith("; and 20 more")
