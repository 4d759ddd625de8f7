"""What the doctor finds out for the tap's makers, with `--probe`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.exports import PATHS

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from tests.doctor.conftest import Examine

GOALS, EMPLOYEES = PATHS["employee_ai_goals"], PATHS["employee_task_profiles"]
PROBES = {"probe:date_time", "probe:gte", "probe:inactive"}


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
        assert ("is accepted, and filters" in checks[name].seen) is accepts
        assert ("is refused: 400 Bad Request" in checks[name].seen) is not accepts


def test_a_filter_may_be_accepted_without_an_effect(
    sandbox: Sandbox, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.variants.accepts_gte = True
    monkeypatch.setattr("sandbox.exports.matcher", lambda *_: lambda _: True)
    assert "without an effect" in examine(with_probes=True)["probe:gte"].seen


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
    checks = examine(with_probes=True)
    assert "400 Bad Request" in checks["probe:inactive"].seen


def test_without_exports_the_probes_are_skipped(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.forbidden_exports = set(PATHS.values())
    checks = examine(with_probes=True)
    assert {checks[name].verdict for name in PROBES} == {"skipped"}
