"""What the doctor says of the exports that 'optional_streams' does not name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import OPTIONAL_PATHS
from sandbox.faults import Fault
from sandbox.lists import MORE_OF_AN_EMPLOYEE
from tap_techwolf.config.settings import OPTIONAL_STREAMS
from tap_techwolf.doctor.report import as_text, has_errors
from tests.doctor.conftest import verdicts

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from tests.doctor.conftest import Examine


def test_each_could_be_read_by_one_small_request(sandbox: Sandbox, examine: Examine) -> None:
    checks = examine(optional_streams=["skills"])
    lines = as_text(checks).splitlines()
    for stream in OPTIONAL_STREAMS[1:]:
        [line] = [one for one in lines if f"{stream}: can be read" in one]
        assert line.startswith("[skipped] ")
        assert "'optional_streams'" in line
        assert sandbox.requests[OPTIONAL_PATHS[stream]] == 1
        [asked] = [page for path, page in sandbox.pages if path == OPTIONAL_PATHS[stream]]
        assert asked.limit == 1
    assert checks["export:skills"].verdict == checks["form:skills"].verdict == "ok"


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 401},
        {"status": 403},
        {"status": 404},
        {"status": 429, "retry_after": "3"},
        {"status": 500},
        {"kind": "not_json"},
        {"kind": "redirect", "status": 302},
        {"kind": "raw", "status": 200, "body": "{}"},
        {"kind": "raw", "status": 200, "body": '{"count": 1, "has_next": true}'},
        {
            "kind": "raw",
            "status": 200,
            "body": '{"count": 1, "results": [{}], "has_next": false, "records": [{}]}',
        },
    ],
    ids=str,
)
def test_whatever_they_answer_they_are_only_skipped(
    sandbox: Sandbox, examine: Examine, fault: dict[str, Any]
) -> None:
    sandbox.company.change_some(10)  # Or there would be no goal to look for.
    paths = OPTIONAL_PATHS.values()
    sandbox.conditions.faults += [Fault(path, times=99, **fault) for path in paths]
    checks = examine()
    names = {f"export:{stream}" for stream in OPTIONAL_STREAMS}
    assert verdicts(checks, "skipped") == {"version", *names}
    assert not has_errors(checks)
    assert all("cannot be read" in checks[name].seen for name in names)
    assert sandbox.tokens.issued == 1
    assert {sandbox.requests[path] for path in paths} == {1}


def test_no_token_for_one_of_them_leaves_the_token_as_it_is(
    sandbox: Sandbox, examine: Examine
) -> None:
    sandbox.conditions.faults += [
        Fault(OPTIONAL_PATHS["skills"], status=401, times=99),
        Fault("/oauth/token", status=403, skip=1, times=99),
    ]
    checks = examine()
    assert checks["token"].verdict == "ok"
    assert checks["export:skills"].verdict == "skipped"


def test_what_is_no_column_is_no_difference(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.variants.set_properties = {"/employees": MORE_OF_AN_EMPLOYEE}
    assert examine(optional_streams=["employees"])["form:employees"].verdict == "ok"
    sandbox.variants.set_properties = {"/employees": {"shoe_size": 43}}
    check = examine(optional_streams=["employees"])["form:employees"]
    assert (check.verdict, "shoe_size" in check.seen) == ("warning", True)
