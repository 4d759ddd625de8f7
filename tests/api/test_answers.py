"""What the tap does about each answer that is not a page."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, get_args

import pytest
from singer_sdk.exceptions import FatalAPIError

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.api.access import Access
from tap_techwolf.api.client import Client, Request
from tap_techwolf.config.validation import complete
from tap_techwolf.errors import AuthenticationError, ExportError, StoppedError, SyncError
from tap_techwolf.tap import TapTechWolf
from tests.gateway import Break, gateway, refusing_port
from tests.harness import LOG, STREAMS, Output, discover, selecting, settings, sync

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests_mock import Mocker

    from sandbox.app import Sandbox

PROFILES = PATHS["employee_task_profiles"]
RETRIED = (408, 429, 500, 502, 503, 504)
FATAL = (400, 402, 403, 404, 405, 409, 410, 418, 422)
REDIRECTS = (301, 302, 303, 307, 308)


def sync_profiles(url: str, **overrides: Any) -> Output:
    config = settings(url, **overrides)
    return sync(config, catalog=selecting(discover(), "employee_task_profiles"))


def ids(sandbox: Sandbox) -> list[str]:
    return [employee.external_id for employee in sandbox.company.employees]


@pytest.mark.parametrize("status", RETRIED)
def test_a_passing_fault_is_tried_again(
    sandbox: Sandbox,
    url: str,
    waits: list[float],
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    sandbox.conditions.faults.append(Fault(PROFILES, status=status, skip=2, times=2))
    assert sync_profiles(url).ids("employee_task_profiles") == ids(sandbox)
    assert sandbox.requests[PROFILES] == 5 + 2
    assert len(waits) == 2
    lines = [text for text in caplog.messages if "attempt" in text]
    assert len(lines) == 2
    for number, line in enumerate(lines, start=2):
        assert f"attempt {number} of 8 follows in" in line
        assert str(status) in line
        assert "employee_task_profiles, page 3" in line


@pytest.mark.parametrize("kind", ["not_json", "not_object"])
def test_an_answer_that_is_no_object_is_tried_again(
    sandbox: Sandbox, url: str, waits: list[float], kind: Any
) -> None:
    sandbox.conditions.faults.append(Fault(PROFILES, kind=kind, skip=1))
    assert sync_profiles(url).ids("employee_task_profiles") == ids(sandbox)
    assert len(waits) == 1


@pytest.mark.parametrize("kind", [kind for kind in get_args(Break) if kind != "none"])
@pytest.mark.parametrize("path", [PROFILES, TOKEN_PATH])
def test_a_broken_connection_is_tried_again(
    sandbox: Sandbox, url: str, waits: list[float], kind: Break, path: str
) -> None:
    # Only silence takes as long as the timeout; a busy machine may take as long for an answer.
    timeout = 1 if kind == "silent" else 60
    with gateway(url) as (address, gate):
        gate.breaks[path] = [kind, kind]
        output = sync_profiles(address, request_timeout=timeout, auth_url=address + TOKEN_PATH)
    assert output.ids("employee_task_profiles") == ids(sandbox)
    assert len(waits) == 2 or (kind == "silent" and len(waits) > 2)


def test_a_refused_connection_is_tried_again(waits: list[float], url: str) -> None:
    with (
        refusing_port() as address,
        pytest.raises(ExportError, match="the connection was refused"),
    ):
        sync_profiles(address, auth_url=url + TOKEN_PATH, max_attempts=3)
    assert len(waits) == 2


def test_a_silent_server_is_given_up_in_time(url: str, waits: list[float]) -> None:
    with gateway(url) as (address, gate):
        gate.breaks[PROFILES] = ["silent"] * 2
        with pytest.raises(ExportError, match="no response in time"):
            sync_profiles(address, request_timeout=0.2, max_attempts=2)
    assert len(waits) == 1


def test_attempts_are_counted_in_all(sandbox: Sandbox, url: str, waits: list[float]) -> None:
    sandbox.conditions.faults.append(Fault(PROFILES, status=502, skip=1, times=99))
    with pytest.raises(ExportError, match=r"page 2 .*502 Bad Gateway.*Run again later"):
        sync_profiles(url, max_attempts=4)
    assert sandbox.requests[PROFILES] == 1 + 4
    assert len(waits) == 3


def test_a_single_attempt_is_never_repeated(sandbox: Sandbox, url: str, waits: list[float]) -> None:
    sandbox.conditions.faults.append(Fault(PROFILES, status=503))
    with pytest.raises(ExportError):
        sync_profiles(url, max_attempts=1)
    assert not waits


def test_waits_double_from_a_second_to_a_minute_with_jitter(
    sandbox: Sandbox, url: str, waits: list[float]
) -> None:
    sandbox.conditions.faults.append(Fault(PROFILES, status=500, times=9))
    sync_profiles(url, max_attempts=10)
    for position, wait in enumerate(waits):
        assert min(2**position, 60) <= wait <= min(2**position * 1.5, 60)
    assert len({wait / min(2**position, 60) for position, wait in enumerate(waits[:6])}) > 1


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("0", 0, 0),
        ("7", 7, 7),
        ("1.5", 1.5, 1.5),
        ("86400", 300, 300),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0, 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 300, 300),
        ("soon", 1, 1.5),
        ("-5", 1, 1.5),
        ("", 1, 1.5),
    ],
)
def test_retry_after_decides_the_wait(
    sandbox: Sandbox, url: str, waits: list[float], header: str, low: float, high: float
) -> None:
    sandbox.conditions.faults.append(Fault(PROFILES, status=429, retry_after=header))
    sync_profiles(url)
    assert low <= waits[0] <= high


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(days=3), timedelta(days=-3)], ids=str)
def test_retry_after_a_date_is_read_by_the_servers_clock(
    sandbox: Sandbox, url: str, waits: list[float], offset: timedelta
) -> None:
    sandbox.company.clock_offset = offset
    until = format_datetime(datetime.now(UTC) + offset + timedelta(seconds=90), usegmt=True)
    sandbox.conditions.faults.append(Fault(PROFILES, status=503, retry_after=until))
    sync_profiles(url)
    assert 85 <= waits[0] <= 91


def test_a_refused_token_is_renewed_once(sandbox: Sandbox, url: str, waits: list[float]) -> None:
    revoked: list[str] = []

    def revoke(path: str) -> None:
        if sandbox.requests[PROFILES] == 3 and not revoked:
            revoked.append(path)
            sandbox.tokens.revoke()

    sandbox.before_page = revoke
    assert sync_profiles(url).ids("employee_task_profiles") == ids(sandbox)
    assert sandbox.tokens.issued == 2
    assert sandbox.requests[PROFILES] == 5 + 1
    assert not waits


def test_a_second_refusal_in_a_row_ends_the_run(sandbox: Sandbox, url: str) -> None:
    fault = Fault(PROFILES, status=401, skip=1, times=2, text="OAuth access token is missing.")
    sandbox.conditions.faults.append(fault)
    with pytest.raises(ExportError, match=r"page 2 .*401 Unauthorized .*access token is missing"):
        sync_profiles(url)
    assert sandbox.tokens.issued == 2
    assert sandbox.requests[PROFILES] == 3


def test_a_refusal_on_another_page_is_not_in_a_row(sandbox: Sandbox, url: str) -> None:
    for skip in (0, 2, 3):
        sandbox.conditions.faults.append(Fault(PROFILES, status=401, skip=skip))
    assert sync_profiles(url).ids("employee_task_profiles") == ids(sandbox)


@pytest.mark.parametrize("status", FATAL)
def test_a_lasting_fault_ends_the_run_at_once(
    sandbox: Sandbox, url: str, waits: list[float], status: int
) -> None:
    text = "That export is not\nlicensed."
    sandbox.conditions.faults.append(Fault(PROFILES, status=status, skip=1, text=text))
    with pytest.raises(ExportError) as caught:
        sync_profiles(url)
    message = str(caught.value)
    for part in (str(status), "employee_task_profiles, page 2", PROFILES, "not licensed", "Fault"):
        assert part in message
    assert "\n" not in message
    assert sandbox.requests[PROFILES] == 2
    assert not waits


@pytest.mark.parametrize("status", REDIRECTS)
def test_a_redirect_is_not_followed(sandbox: Sandbox, url: str, status: int) -> None:
    for path in (PROFILES, TOKEN_PATH):
        sandbox.conditions.faults.append(Fault(path, kind="redirect", status=status))
        with pytest.raises(FatalAPIError, match=str(status)):
            sync_profiles(url)
    assert "/somewhere/else" not in sandbox.requests


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"[5]", b'{"message": "x"}', b'[{"title": 5}]', b"\xff", b'"text"'],
)
def test_an_error_of_any_form_is_survived(requests_mock: Mocker, body: bytes) -> None:
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": "t"})
    requests_mock.post("http://127.0.0.1" + PROFILES, status_code=403, content=body)
    with pytest.raises(ExportError, match="403 Forbidden"):
        sync_profiles("http://127.0.0.1")


def page(**changes: Any) -> dict[str, Any]:
    good = {"has_next": True, "next_starting_after": "c", "records": [{"external_id": "a"}]}
    return {name: value for name, value in (good | changes).items() if value != "missing"}


BROKEN = [
    (page(has_next="missing"), "'has_next' is missing"),
    (page(has_next=None), "'has_next' is missing or neither"),
    (page(has_next="true"), "'has_next' is missing or neither"),
    (page(has_next=1), "'has_next' is missing or neither"),
    (
        page(next_starting_after="missing"),
        "'has_next' is true, but 'next_starting_after' names no page",
    ),
    (page(next_starting_after=None), "'has_next' is true, but 'next_starting_after' names no page"),
    (page(next_starting_after=""), "'has_next' is true, but 'next_starting_after' names no page"),
    (page(next_starting_after=5), "'has_next' is true, but 'next_starting_after' names no page"),
    (page(records="missing"), "'records' is missing or not a list"),
    (page(records=None), "'records' is missing or not a list"),
    (page(records={"external_id": "a"}), "'records' is missing or not a list"),
    (page(records=[{"external_id": "a"}, "b"]), "record 2 is not an object"),
    (page(records=[None]), "record 1 is not an object"),
    (page(records=[{"tasks": []}]), "record 1 lacks its key 'external_id'"),
    (page(records=[{"external_id": None}]), "record 1 lacks its key 'external_id'"),
    (page(records=[{"external_id": ""}]), "record 1 lacks its key 'external_id'"),
    (page(records=[{"external_id": 5}]), "record 1 lacks its key 'external_id'"),
    (page(records=[{"external_id": True}]), "record 1 lacks its key 'external_id'"),
]


@pytest.mark.parametrize(("broken", "text"), BROKEN, ids=[str(one[0]) for one in BROKEN])
@pytest.mark.parametrize("position", [1, 2])
def test_a_broken_page_ends_the_run(
    requests_mock: Mocker, broken: dict[str, Any], text: str, position: int
) -> None:
    good = page(next_starting_after="b")
    answers = [{"json": good}] * (position - 1) + [{"json": broken}]
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": "t"})
    requests_mock.post("http://127.0.0.1" + PROFILES, answers)
    with pytest.raises(ExportError) as caught:
        sync_profiles("http://127.0.0.1")
    assert f"page {position} ({PROFILES}): {text}" in str(caught.value)


@pytest.mark.parametrize("version", ["missing", None, "2", True])
def test_a_goal_without_its_version_ends_the_run_where_that_is_a_key(
    requests_mock: Mocker, version: Any
) -> None:
    record = {"external_id": "a"} | ({} if version == "missing" else {"version": version})
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": "t"})
    requests_mock.post(
        "http://127.0.0.1" + PATHS["employee_ai_goals"],
        json={"has_next": False, "records": [record]},
    )
    catalog = selecting(discover({"ai_goal_versions": "all"}), "employee_ai_goals")
    config = settings("http://127.0.0.1", ai_goal_versions="all")
    with pytest.raises(ExportError, match="record 1 lacks its key 'version'"):
        sync(config, catalog=catalog)


@pytest.mark.parametrize("cursors", ["aa", "aba", "abca", "abcc"])
def test_pages_that_go_round_in_circles_end_the_run(requests_mock: Mocker, cursors: str) -> None:
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": "t"})
    answers: list[dict[str, Any]] = [
        {"json": page(next_starting_after=cursor)} for cursor in cursors
    ]
    answers.append({"status_code": 418})  # A tap that went on would never come to an end.
    requests_mock.post("http://127.0.0.1" + PROFILES, answers)
    with pytest.raises(ExportError, match="leads back to an earlier page"):
        sync_profiles("http://127.0.0.1")
    assert requests_mock.call_count == 1 + len(cursors)


@pytest.mark.parametrize("status", RETRIED)
def test_the_token_endpoints_passing_faults_are_tried_again(
    sandbox: Sandbox,
    url: str,
    waits: list[float],
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    sandbox.conditions.faults.append(Fault(TOKEN_PATH, status=status, times=2, retry_after="3"))
    sync_profiles(url)
    assert waits == [3, 3]
    lines = [one for one in caplog.messages if one.startswith(f"Token request: {status}")]
    assert [line.partition("; ")[2] for line in lines] == [
        f"attempt {number} of 8 follows in 3.0 s" for number in (2, 3)
    ]


def test_a_token_answer_that_is_no_object_is_tried_again(
    sandbox: Sandbox, url: str, waits: list[float]
) -> None:
    sandbox.conditions.faults += [Fault(TOKEN_PATH, "not_json"), Fault(TOKEN_PATH, "not_object")]
    sync_profiles(url)
    assert len(waits) == 2


def test_the_token_endpoint_is_given_up_in_the_end(
    sandbox: Sandbox, url: str, waits: list[float]
) -> None:
    sandbox.conditions.faults.append(Fault(TOKEN_PATH, status=500, times=99))
    with pytest.raises(AuthenticationError) as caught:
        sync_profiles(url, max_attempts=3)
    assert str(caught.value) == (
        "The token endpoint gave no token after 3 attempts; the last one ended with: "
        "500 Internal Server Error. Check 'region', 'auth_url' and the network, or run again "
        "later."
    )
    assert sandbox.requests[TOKEN_PATH] == 3
    assert len(waits) == 2
    assert PROFILES not in sandbox.requests


@pytest.mark.parametrize("status", [400, 401, 403, 418])
def test_a_refused_token_request_ends_the_run_and_names_the_settings(
    sandbox: Sandbox, url: str, waits: list[float], status: int
) -> None:
    fault = Fault(TOKEN_PATH, status=status, text="Grant type not allowed.")
    sandbox.conditions.faults.append(fault)
    with pytest.raises(AuthenticationError) as caught:
        sync_profiles(url)
    for part in (str(status), "fault: Grant type not allowed.", "'client_id'", "'tenant'"):
        assert part in str(caught.value)
    assert "'client_secret' or 'private_key'" in str(caught.value)
    assert "'audience'" in str(caught.value)
    assert sandbox.requests[TOKEN_PATH] == 1
    assert not waits


@pytest.mark.parametrize("token", [None, "", 5, "a\nb", "tökén"])
def test_a_token_that_is_none_ends_the_run(requests_mock: Mocker, token: Any) -> None:
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": token})
    with pytest.raises(AuthenticationError) as caught:
        sync_profiles("http://127.0.0.1")
    told = "The token endpoint's response holds no 'access_token'. Check 'auth_url'."
    assert str(caught.value) == told


@pytest.mark.parametrize("parallel_streams", [1, 2, 3])
def test_a_failing_stream_ends_alone(
    sandbox: Sandbox, url: str, capfdbinary: pytest.CaptureFixture[bytes], parallel_streams: int
) -> None:
    sandbox.conditions.faults.append(Fault(PROFILES, status=403, skip=2))
    tap = TapTechWolf(config=settings(url, parallel_streams=parallel_streams))
    with pytest.raises(SyncError) as caught:
        tap.sync_all()
    [(failed, error)] = caught.value.failures.items()
    assert failed == STREAMS[1]
    assert isinstance(error, ExportError)
    output = Output.parse(capfdbinary.readouterr().out)
    bookmarks = output.state["bookmarks"]
    for stream in (STREAMS[0], STREAMS[2]):
        assert "replication_key_value" in bookmarks[stream]
    assert bookmarks[STREAMS[1]].keys() == {"checkpoint"}
    assert bookmarks[STREAMS[1]]["checkpoint"]["page"] == 3
    assert len(output.ids(STREAMS[2])) == len(sandbox.company.jobs)
    assert {one["stream"] for one in output.records[LOG]} == {STREAMS[0], STREAMS[2]}


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.INFO, "tap_techwolf"):
        yield


ENDPOINT = "http://127.0.0.1" + PROFILES


def refused_client(requests_mock: Mocker) -> tuple[Client, Access]:
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": "a-token"})
    requests_mock.post(ENDPOINT, status_code=429, headers={"Retry-After": "300"})
    access = Access(complete(settings("http://127.0.0.1"), TapTechWolf.config_jsonschema))
    return Client(access, "profiles", PROFILES), access


def test_a_page_that_nobody_waits_for_any_more_holds_no_other_export(
    requests_mock: Mocker, waits: list[float]
) -> None:
    client, access = refused_client(requests_mock)

    def refuse(*_: object) -> str:
        client.stop()
        return ""

    requests_mock.post(ENDPOINT, status_code=429, headers={"Retry-After": "300"}, text=refuse)
    with pytest.raises(StoppedError):
        client.get_page(Request(ENDPOINT), 2)
    access.pause.wait()
    assert waits == []
    assert access.traffic.retries == 0


def test_a_page_that_nobody_waits_for_any_more_is_not_asked_for_again(
    requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, access = refused_client(requests_mock)
    monkeypatch.setattr(time, "sleep", lambda _: client.stop())
    with pytest.raises(StoppedError):
        client.get_page(Request(ENDPOINT), 2)
    assert access.traffic.requests == 2  # That for the token, and the one that was refused.
