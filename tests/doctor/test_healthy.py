"""Against an API as it is documented, no check finds anything wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.exports import PATHS
from tap_techwolf.config.settings import OPTIONAL_STREAMS
from tap_techwolf.doctor.report import has_errors
from tests.doctor.conftest import verdicts

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from tests.doctor.conftest import Examine


def test_everything_is_ok(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.company.change_some(10)
    others = {f"export:{stream}" for stream in OPTIONAL_STREAMS}
    assert verdicts(examine(), "skipped") == {"version", *others}
    sandbox.variants.version_endpoint = "json"
    checks = examine(with_probes=True, optional_streams=list(OPTIONAL_STREAMS))
    assert verdicts(checks, "ok") == checks.keys()
    assert {f"form:{stream}" for stream in OPTIONAL_STREAMS} < checks.keys()


def test_each_export_is_asked_as_the_tap_asks(sandbox: Sandbox, examine: Examine) -> None:
    checks = examine(
        task_profile_format="hierarchy",
        ai_goal_versions="all",
        is_active=True,
        job_family_ids=["sales"],
        api_version="2024-12-05",
        page_size=40,
        employee_task_includes=["rejected_tasks"],
        job_task_includes=[],
        external_vendor="workday",
    )
    assert not verdicts(checks, "warning")
    assert not has_errors(checks)
    first = dict(reversed(sandbox.pages))
    employees, jobs = first[PATHS["employee_task_profiles"]], first[PATHS["job_task_profiles"]]
    assert employees.query == {"external_vendor": "workday", "response_format": "hierarchy"}
    assert employees.include == {"rejected_tasks"}
    assert employees.filters["is_active"]["is_active"] is True
    assert employees.limit == 40
    assert jobs.filters["job_family_id_is_in_list"]["job_family_ids"] == ["sales"]
    assert first[PATHS["employee_ai_goals"]].query["versions"] == "all"
    assert {one["x-api-version"] for one in sandbox.headers} == {"2024-12-05"}
