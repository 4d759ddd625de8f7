"""What a sync does about each answer that is not a page."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.errors import ExportError
from tests.gateway import Answer, gateway
from tests.harness import settings
from tests.runs import GOALS, PROFILES, all_ids, attempt, only, warnings_in

if TYPE_CHECKING:
    from sandbox.app import Sandbox

PATH = PATHS[PROFILES]
PAGES = 5
RETRIED = (408, 429, 500, 502, 503, 504)
FATAL = (400, 402, 403, 404, 405, 409, 410, 418, 422)


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tap_techwolf")


def test_each_attempt_is_logged_with_its_place_and_cause(
    sandbox: Sandbox, url: str, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    faults = [Fault(PATH, status=503, skip=2, times=2), Fault(TOKEN_PATH, status=429)]
    sandbox.conditions.faults += faults
    output = attempt(settings(url), catalog=only(PROFILES))
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert len(waits) == 3
    lines = [text for text in warnings_in(caplog) if "attempt" in text]
    page = f"{PROFILES}, page 3"
    for line, words in zip(
        lines,
        [("Token", "429", " 2 of 8"), (page, "503", " 2 of 8"), (page, "503", " 3 of 8")],
        strict=True,
    ):
        assert not [one for one in words if one not in line]


ADVICE: dict[int, tuple[str, ...]] = {
    400: ("external_vendor", "api_version"),
    422: ("external_vendor", "api_version"),
    403: ("TechWolf", "deselect"),
    404: ("tenant", "region", "api_url"),
    418: ("settings", "TechWolf"),
    302: ("api_url", "edirect"),
}


@pytest.mark.parametrize("status", [*FATAL, 302])
def test_a_lasting_fault_ends_the_stream_at_once_and_says_what_to_do(
    sandbox: Sandbox, url: str, waits: list[float], status: int
) -> None:
    fault = Fault(PATH, status=status, skip=1, text="That is not\nlicensed.")
    sandbox.conditions.faults.append(fault)
    output = attempt(settings(url), catalog=only(PROFILES))
    assert isinstance(output.error, ExportError)
    assert output.error.status == status
    for words in (
        str(status),
        f"{PROFILES}, page 2",
        PATH,
        "not licensed",
        *ADVICE.get(status, ()),
    ):
        assert words in output.said
    assert "\n" not in output.said
    assert output.ids(PROFILES) == all_ids(sandbox)[:100]
    assert sandbox.requests[PATH] == 2
    assert not waits


def test_a_token_that_the_api_rejects_again_names_the_settings_of_tokens(
    sandbox: Sandbox, url: str, waits: list[float]
) -> None:
    for skip, times in ((0, 1), (2, 2)):  # The first one is renewed; the others are in a row.
        fault = Fault(PATH, status=401, skip=skip, times=times, text="No access.")
        sandbox.conditions.faults.append(fault)
    output = attempt(settings(url), catalog=only(PROFILES))
    for words in ("page 3", "401", "No access", "'region'", "'audience'", "'scopes'"):
        assert words in output.said
    assert sandbox.tokens.issued == 3
    assert not waits


def test_a_page_that_may_be_incomplete_ends_the_stream_after_the_pages_before_it(
    url: str, waits: list[float]
) -> None:
    bodies = [
        b'{"has_next": true, "next_starting_after": "c", "records": [{"external_id": "a"}]}',
        b'{"has_next": true, "records": [{"external_id": "distinctive"}]}',
    ]
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.answers[PATH] = [Answer(content=body) for body in bodies]
        output = attempt(settings(address), catalog=only(PROFILES))
    assert isinstance(output.error, ExportError)
    for words in (f"{PROFILES}, page 2", "'next_starting_after'"):
        assert words in output.said
    assert output.ids(PROFILES) == ["a"]
    assert output.state["bookmarks"][PROFILES]["checkpoint"]["page"] == 2
    assert not waits


def test_half_a_character_is_replaced_with_one_warning_that_shows_no_text(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    rest = rb'"records": [{"external_id": "\ud83d", "goal": "half \ud83d of it"}]}'
    bodies = [
        b'{"has_next": true, "next_starting_after": "c", ' + rest,
        b'{"has_next": false, ' + rest,
    ]
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.answers[PATHS[GOALS]] = [Answer(content=body) for body in bodies]
        output = attempt(settings(address), catalog=only(GOALS))
    assert [one["goal"] for one in output.records[GOALS]] == ["half \ufffd of it"] * 2
    [said] = warnings_in(caplog)
    assert f"{GOALS}, page 1" in said
    assert "of it" not in said
