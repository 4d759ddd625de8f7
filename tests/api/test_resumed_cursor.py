"""A page refused at the cursor of a resumed pass: a passing error, or a cursor that is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.errors import ExportError
from tests.harness import settings
from tests.runs import (
    PROFILES,
    Attempt,
    all_ids,
    asked,
    attempt,
    bookmark,
    cut_off,
    only,
    warnings_in,
)

if TYPE_CHECKING:
    from sandbox.app import Sandbox

pytestmark = pytest.mark.usefixtures("waits")

PATH = PATHS[PROFILES]
PAGES = 5
MAX_ATTEMPTS = 4
TRIES_AT_A_CURSOR = 3


@pytest.fixture(autouse=True)
def _clock_ahead(sandbox: Sandbox) -> None:
    """This machine's clock counts where the API's is ahead: that one tells whole seconds only."""
    sandbox.company.clock_offset = timedelta(seconds=5)


@pytest.fixture
def state(sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """The state of a first sync that was cut off after two pages."""
    left = cut_off(sandbox, settings(url)).state
    sandbox.requests.clear()
    caplog.clear()
    return left


def resume(sandbox: Sandbox, url: str, state: dict[str, Any], status: int, times: int) -> Attempt:
    """Resume a pass while the API refuses its first requests."""
    sandbox.conditions.faults.append(Fault(PATH, status=status, times=times, retry_after="0"))
    return attempt(settings(url, max_attempts=MAX_ATTEMPTS), state, only(PROFILES))


def restarts(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line for line in warnings_in(caplog) if "starts over" in line]


@pytest.mark.parametrize("status", [404, 409])
@pytest.mark.parametrize("times", range(1, TRIES_AT_A_CURSOR))
def test_a_passing_refusal_does_not_throw_the_checkpoint_away(
    sandbox: Sandbox,
    url: str,
    state: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    waits: list[float],
    status: int,
    times: int,
) -> None:
    output = resume(sandbox, url, state, status, times)
    assert output.ids(PROFILES) == all_ids(sandbox)[200:]
    assert bookmark(output) == state["bookmarks"][PROFILES]["checkpoint"]["began_at"]
    assert sandbox.requests[PATH] == PAGES - 2 + times
    assert len(waits) == times
    said = warnings_in(caplog)
    assert len(said) == times
    for number, line in enumerate(said, start=2):
        for words in (PROFILES, "cursor", f"attempt {number} of 3"):
            assert words in line


@pytest.mark.parametrize(
    ("status", "tries"),
    [(404, TRIES_AT_A_CURSOR), (409, TRIES_AT_A_CURSOR), (400, 1), (410, 1), (422, 1)],
)
def test_a_lasting_refusal_starts_the_pass_over(
    sandbox: Sandbox,
    url: str,
    state: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    status: int,
    tries: int,
) -> None:
    output = resume(sandbox, url, state, status, tries)
    assert output.error is None
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert asked(sandbox)[0] == (None, None)
    assert sandbox.requests[PATH] == PAGES + tries
    [said] = restarts(caplog)
    assert PROFILES in said
    assert "cursor" in said
    assert bookmark(output) != state["bookmarks"][PROFILES]["checkpoint"]["began_at"]


def test_an_empty_last_page_at_the_cursor_starts_the_pass_over(
    sandbox: Sandbox, url: str, state: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    nothing = '{"has_next": false, "records": [ ]}'
    sandbox.conditions.faults.append(Fault(PATH, kind="raw", status=200, body=nothing))
    output = attempt(settings(url), state, only(PROFILES))
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert sandbox.requests[PATH] == PAGES + 1
    assert output.passes[-1]["is_full"]
    assert len(restarts(caplog)) == 1


def test_a_first_page_that_is_refused_after_an_empty_last_one_is_requested_once(
    sandbox: Sandbox, url: str, state: dict[str, Any]
) -> None:
    nothing = '{"has_next": false, "records": []}'
    sandbox.conditions.faults.append(Fault(PATH, kind="raw", status=200, body=nothing))
    sandbox.conditions.faults.append(Fault(PATH, status=400, times=9))
    output = attempt(settings(url), state, only(PROFILES))
    assert isinstance(output.error, ExportError)
    assert sandbox.requests[PATH] == 2


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error_that_only_the_cursor_causes_starts_the_pass_over(
    sandbox: Sandbox,
    url: str,
    state: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    output = resume(sandbox, url, state, status, MAX_ATTEMPTS)
    assert output.error is None
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert asked(sandbox)[0] == (None, None)
    assert sandbox.requests[PATH] - MAX_ATTEMPTS in (PAGES, PAGES + 1)
    assert len(restarts(caplog)) == 1


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_at_the_first_page_too_ends_the_run_and_keeps_the_checkpoint(
    sandbox: Sandbox,
    url: str,
    state: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    output = resume(sandbox, url, state, status, times=99)
    assert isinstance(output.error, ExportError)
    assert str(status) in output.said
    assert sandbox.requests[PATH] == MAX_ATTEMPTS + 1
    assert not output.records[PROFILES]
    for message in output.of_type("STATE"):
        kept = message["value"]["bookmarks"][PROFILES]
        assert kept["checkpoint"] == state["bookmarks"][PROFILES]["checkpoint"]
    assert not restarts(caplog)
    sandbox.conditions.faults.clear()
    later = attempt(settings(url), state, only(PROFILES))
    assert later.ids(PROFILES) == all_ids(sandbox)[200:]


@pytest.mark.parametrize("status", [500, 404, 409, 400])
def test_only_the_cursor_that_was_resumed_is_doubted(
    sandbox: Sandbox, url: str, state: dict[str, Any], status: int
) -> None:
    tries = MAX_ATTEMPTS if status == 500 else 1
    sandbox.conditions.faults.append(Fault(PATH, status=status, skip=1, times=99, retry_after="0"))
    output = attempt(settings(url, max_attempts=MAX_ATTEMPTS), state, only(PROFILES))
    assert isinstance(output.error, ExportError)
    assert sandbox.requests[PATH] == 1 + tries
    assert output.ids(PROFILES) == all_ids(sandbox)[200:300]
    assert output.state["bookmarks"][PROFILES]["checkpoint"]["page"] == 4


@pytest.mark.parametrize(("status", "tries"), [(500, MAX_ATTEMPTS), (404, 1), (409, 1), (400, 1)])
def test_a_new_pass_has_no_cursor_to_doubt(
    sandbox: Sandbox, url: str, status: int, tries: int
) -> None:
    sandbox.conditions.faults.append(Fault(PATH, status=status, times=99, retry_after="0"))
    output = attempt(settings(url, max_attempts=MAX_ATTEMPTS), catalog=only(PROFILES))
    assert isinstance(output.error, ExportError)
    assert sandbox.requests[PATH] == tries


@pytest.mark.parametrize(("status", "times"), [(404, TRIES_AT_A_CURSOR), (500, MAX_ATTEMPTS)])
def test_a_pass_that_starts_over_goes_back_to_its_bookmark(
    sandbox: Sandbox, url: str, status: int, times: int
) -> None:
    whole = attempt(settings(url), catalog=only(PROFILES))
    for employee in sandbox.company.employees[:250]:
        sandbox.company.change(employee)
    cut = cut_off(sandbox, settings(url), whole.state)
    filter_date = cut.state["bookmarks"][PROFILES]["checkpoint"]["filter_date"]
    output = resume(sandbox, url, cut.state, status, times)
    assert output.ids(PROFILES) == all_ids(sandbox)[:250]
    assert asked(sandbox)[0] == (None, filter_date)
