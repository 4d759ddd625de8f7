"""What a sync does about each answer that is not a page."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.errors import ExportError, SyncError
from tap_techwolf.tap import TapTechWolf
from tests.gateway import Answer, gateway
from tests.harness import LOG, STREAMS, Output, settings
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


@pytest.mark.parametrize("path", [PATH, TOKEN_PATH])
@pytest.mark.parametrize("status", RETRIED)
def test_a_passing_fault_is_tried_again(
    sandbox: Sandbox,
    url: str,
    waits: list[float],
    caplog: pytest.LogCaptureFixture,
    status: int,
    path: str,
) -> None:
    skip = 2 if path == PATH else 0
    sandbox.conditions.faults.append(Fault(path, status=status, skip=skip, times=2))
    output = attempt(settings(url), catalog=only(PROFILES))
    assert output.error is None
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert len(waits) == 2
    lines = [text for text in warnings_in(caplog) if "attempt" in text]
    assert len(lines) == 2
    for number, line in enumerate(lines, start=2):
        for words in (f"attempt {number} of 8", str(status)):
            assert words in line
        assert (f"{PROFILES}, page 3" if path == PATH else "Token request") in line


@pytest.mark.parametrize("kind", ["not_json", "not_object"])
def test_an_answer_that_is_no_object_is_tried_again(
    sandbox: Sandbox, url: str, waits: list[float], kind: Any
) -> None:
    sandbox.conditions.faults += [Fault(PATH, kind=kind, skip=1), Fault(TOKEN_PATH, kind=kind)]
    output = attempt(settings(url), catalog=only(PROFILES))
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert len(waits) == 2


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


@pytest.mark.parametrize("path", [PATH, TOKEN_PATH])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_error_and_not_followed(
    sandbox: Sandbox, url: str, status: int, path: str
) -> None:
    sandbox.conditions.faults.append(Fault(path, kind="redirect", status=status))
    output = attempt(settings(url), catalog=only(PROFILES))
    assert str(status) in output.said
    assert "/somewhere/else" not in sandbox.requests


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


def test_an_empty_page_in_the_middle_is_not_the_end(url: str) -> None:
    bodies = [
        b'{"has_next": true, "next_starting_after": "c", "records": [{"external_id": "a"}]}',
        b'{"has_next": true, "next_starting_after": "d", "records": []}',
        b'{"has_next": false, "next_starting_after": null, "records": [{"external_id": "b"}]}',
    ]
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.answers[PATH] = [Answer(content=body) for body in bodies]
        output = attempt(settings(address), catalog=only(PROFILES))
    assert output.error is None
    assert output.ids(PROFILES) == ["a", "b"]


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


@pytest.mark.parametrize("parallel_streams", [1, 2, 3])
def test_a_failing_stream_ends_alone(
    sandbox: Sandbox, url: str, capfdbinary: pytest.CaptureFixture[bytes], parallel_streams: int
) -> None:
    sandbox.conditions.faults.append(Fault(PATH, status=403, skip=2))
    tap = TapTechWolf(config=settings(url, parallel_streams=parallel_streams))
    with pytest.raises(SyncError) as caught:
        tap.sync_all()
    assert [*caught.value.failures] == [PROFILES]
    output = Output.parse(capfdbinary.readouterr().out)
    bookmarks = output.state["bookmarks"]
    for stream in (STREAMS[0], STREAMS[2]):
        assert "replication_key_value" in bookmarks[stream]
    assert bookmarks[PROFILES]["checkpoint"]["page"] == 3
    assert len(output.ids(STREAMS[2])) == len(sandbox.company.jobs)
    assert {one["stream"] for one in output.records[LOG]} == {STREAMS[0], STREAMS[2]}
