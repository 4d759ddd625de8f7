"""The doctor as a command of the Meltano plugin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from demo.meltano import MeltanoError
from tests.doctor.conftest import check_names

if TYPE_CHECKING:
    from demo.meltano import Meltano


def test_meltano_invokes_the_doctor_with_the_plugins_settings(meltano: Meltano) -> None:
    # Meltano passes them on with their keys joined.
    maps = json.dumps({"employee_*": {"external_id": "md5(external_id)"}})
    variables = {"TAP_TECHWOLF_PAGE_SIZE": "50", "TAP_TECHWOLF_STREAM_MAPS": maps}
    printed = meltano("invoke", "tap-techwolf:doctor", "--json", **variables)
    checks = {one["check"]: one for one in json.loads(printed.splitlines()[-1])["checks"]}
    assert list(checks) == check_names()
    assert "page_size" in checks["settings"]["seen"]
    assert checks["export:job_task_profiles"]["verdict"] == "ok"
    assert "error" not in {one["verdict"] for one in checks.values()}


def test_under_meltano_the_doctor_reports_wrong_settings_as_well(meltano: Meltano) -> None:
    wrong = {"TAP_TECHWOLF_REGION": "europe", "TAP_TECHWOLF_PAGE_SIZE": "many"}
    with pytest.raises(MeltanoError) as caught:
        meltano("invoke", "tap-techwolf:doctor", **wrong)
    report = str(caught.value)
    assert "Traceback" not in report
    [line] = [one for one in report.splitlines() if one.startswith("[error]")]
    assert "'region'" in line
    assert "'page_size'" in line
