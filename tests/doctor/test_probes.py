"""What the doctor finds out for the tap's makers, with `--probe`."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.doctor.shape import Shape

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from tests.doctor.conftest import Examine

GOALS, EMPLOYEES = PATHS["employee_ai_goals"], PATHS["employee_task_profiles"]
PROBES = {"probe:date_time", "probe:gte", "probe:hierarchy", "probe:inactive"}


def test_they_are_in_the_report_only_if_asked_for(sandbox: Sandbox, examine: Examine) -> None:
    usual = examine()
    sent = sandbox.requests.total()
    more = examine(with_probes=True)
    assert more.keys() - usual.keys() == PROBES
    assert sandbox.requests.total() == 2 * sent + len(PROBES)


@pytest.mark.parametrize("accepts", [True, False])
def test_undocumented_filters_are_accepted_or_not(
    sandbox: Sandbox, examine: Examine, accepts: bool
) -> None:
    sandbox.variants.accepts_date_times = sandbox.variants.accepts_gte = accepts
    checks = examine(with_probes=True)
    for name in ("probe:date_time", "probe:gte"):
        assert checks[name].verdict == "ok"
        assert ("accepts it, and it filters" in checks[name].seen) is accepts
        assert ("rejects it: 400 Bad Request" in checks[name].seen) is not accepts


def test_a_filter_may_be_accepted_without_an_effect(
    sandbox: Sandbox, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.variants.accepts_gte = True
    monkeypatch.setattr("sandbox.exports.matcher", lambda *_: lambda _: True)
    assert "it has no effect" in examine(with_probes=True)["probe:gte"].seen


@pytest.mark.parametrize(
    ("excludes", "words"), [(False, "are exported by default"), (True, "no inactive employees")]
)
def test_inactive_employees_are_exported_or_not(
    sandbox: Sandbox, examine: Examine, excludes: bool, words: str
) -> None:
    sandbox.variants.excludes_inactive = excludes
    assert words in examine(with_probes=True)["probe:inactive"].seen


def test_inactive_employees_need_some_to_compare(sandbox: Sandbox, examine: Examine) -> None:
    for one in sandbox.company.employees:
        one.is_active = True
    assert "no inactive employees to compare" in examine(with_probes=True)["probe:inactive"].seen
    assert examine(with_probes=True, is_active=True)["probe:inactive"].verdict == "skipped"


def test_a_rejected_probe_is_reported(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.refused_filters = {EMPLOYEES: {"is_active"}}
    sandbox.conditions.faults.append(Fault(EMPLOYEES, status=403, skip=3))
    checks = examine(with_probes=True)
    assert "403 Forbidden" in checks["probe:hierarchy"].seen
    assert "400 Bad Request" in checks["probe:inactive"].seen


def test_without_exports_the_probes_are_skipped(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.forbidden_exports = set(PATHS.values())
    checks = examine(with_probes=True)
    assert {checks[name].verdict for name in PROBES} == {"skipped"}


def test_a_hierarchy_is_described_once_it_is_read(sandbox: Sandbox, examine: Examine) -> None:
    checks = examine(with_probes=True, task_profile_format="hierarchy")
    assert "domains[].domain: string" in checks["probe:hierarchy"].seen
    assert len([one for path, one in sandbox.pages if path == EMPLOYEES]) == 4
    sandbox.company.employees.clear()
    assert examine(with_probes=True)["probe:hierarchy"].verdict == "skipped"


def test_names_and_values_in_a_hierarchy_are_not_shown(sandbox: Sandbox, examine: Examine) -> None:
    data = {"jane_doe": {"payroll": "pregnant", "tasks": [{"task": "pregnant"}]}, "john": {}}
    sandbox.variants.set_properties = {EMPLOYEES: {"by_manager": data}}
    seen = examine(with_probes=True)["probe:hierarchy"].seen
    assert "by_manager.<2 other keys>.tasks[].task: string" in seen
    assert "by_manager.<2 other keys>.<1 other key>: string" in seen
    for one in ("jane", "john", "payroll", "pregnant"):
        assert one not in seen


@pytest.mark.parametrize(
    ("records", "paths"),
    [
        ([{"a": 1}, {"a": "x", "b": None}], ["a: integer or string", "b: null"]),
        ([{"a": [{"name": 1.5}, {"id": []}]}], ["a[].id: array", "a[].name: number"]),
        (
            [{"Jane Doe": {"name": True}}, {"4711": {"id": 1}}],
            ["<2 other keys>.id: integer", "<2 other keys>.name: boolean"],
        ),
        ([{"Jane": [1], "Joe": ["x"]}], ["<2 other keys>[]: integer or string"]),
        ([{"a": {}}, {"a": "x", "b": []}], ["a: object or string", "b: array"]),
    ],
)
def test_a_shape_has_types_and_no_values(records: list[Any], paths: list[str]) -> None:
    parsed = json.loads(json.dumps(records), parse_float=Decimal)
    assert list(Shape.of(parsed).paths()) == paths


def test_a_deep_shape_is_cut() -> None:
    deep: Any = "Jane"
    for _ in range(500):
        deep = {"id": deep}
    assert list(Shape.of([deep]).paths()) == [f"{'.'.join(['id'] * 20)}: object"]
