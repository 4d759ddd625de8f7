"""What is tried again, how a failure is described, and how long is waited before."""

from __future__ import annotations

import logging
import random
import ssl
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest
import requests
from singer_sdk.exceptions import RetriableAPIError
from urllib3 import exceptions as transport
from urllib3.connection import HTTPConnection

from tap_techwolf.api.authenticator import attempts_text
from tap_techwolf.api.retries import (
    RetriedError,
    describe,
    holds_all,
    is_retried,
    is_unknown_host,
    is_untrusted_certificate,
    retried,
    retry_after,
    server_time,
    waits,
)

if TYPE_CHECKING:
    from backoff.types import Details

NOWHERE = HTTPConnection("nowhere.test")
UNKNOWN_HOST = transport.NameResolutionError("nowhere.test", NOWHERE, OSError())  # type: ignore[arg-type]
UNTRUSTED = ssl.SSLCertVerificationError("self-signed")


def answered(status: int, **headers: str) -> RetriableAPIError:
    response = requests.Response()
    response.status_code = status
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return RetriableAPIError(f"{status} Said", response)


def wrapped(cause: BaseException, where: str) -> BaseException:
    """An error that has another one behind it, in one of the places where they are kept."""
    if where == "args":
        return requests.ConnectionError(cause)
    if where == "reason":
        error = requests.ConnectionError("no more")
        error.reason = cause  # type: ignore[attr-defined]
        return error
    try:
        try:
            raise cause
        except type(cause):
            if where == "cause":
                raise requests.ConnectionError("no more") from cause
            raise requests.ConnectionError("no more")  # noqa: B904 - the context is what is meant
    except requests.ConnectionError as error:
        return error


@pytest.mark.parametrize("where", ["args", "reason", "cause", "context"])
def test_a_cause_is_found_wherever_it_is_kept(where: str) -> None:
    error = wrapped(wrapped(UNKNOWN_HOST, where), where)
    assert is_unknown_host(error)
    assert not is_untrusted_certificate(error)
    assert describe(error) == "the host name is unknown"
    assert is_untrusted_certificate(wrapped(UNTRUSTED, where))
    assert not is_unknown_host(wrapped(UNTRUSTED, where))


def test_each_cause_of_several_is_looked_at() -> None:
    error = requests.ConnectionError(OSError("one"), OSError("another"))
    error.__cause__ = UNKNOWN_HOST
    assert is_unknown_host(error)
    error.__cause__, error.__context__ = None, UNKNOWN_HOST
    assert is_unknown_host(error)


def test_errors_that_name_each_other_have_an_end() -> None:
    one, another = requests.ConnectionError("one"), requests.ConnectionError("another")
    one.__cause__, another.__cause__ = another, one
    another.args = (one, UNKNOWN_HOST)
    assert is_unknown_host(one)
    another.args = (one,)
    assert not is_unknown_host(one)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UNTRUSTED, "the server's certificate is not trusted (REQUESTS_CA_BUNDLE can name another"),
        (transport.ProxyError("", OSError()), "the proxy cannot be reached"),
        (transport.SSLError(), "no secure connection"),
        (transport.NewConnectionError(NOWHERE, ""), "the connection was refused"),
        (transport.ConnectTimeoutError(), "no connection in time"),
        (requests.Timeout(), "no response in time"),
        (transport.ReadTimeoutError(None, None, ""), "no response in time"),  # type: ignore[arg-type]
        (transport.IncompleteRead(1, 2), "the response was cut short"),
        (transport.DecodeError(), "the response was cut short"),
        (OSError("jane.doe@example.com"), "the connection was cut"),
        (answered(503), "503 Said"),
    ],
)
def test_a_failure_is_described_in_the_taps_own_words(error: BaseException, words: str) -> None:
    said = describe(error)
    assert said.startswith(words)
    if error is not UNTRUSTED:
        assert said == words
        assert words in ("503 Said", describe(requests.ConnectionError(error)))


@pytest.mark.parametrize(
    ("status", "is_tried_again"),
    [(407, False), (408, True), (409, False), (429, True), (499, False), (500, True), (599, True)],
)
def test_what_may_pass_is_tried_again(status: int, *, is_tried_again: bool) -> None:
    assert is_retried(status) is is_tried_again


NOW = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
HEADERS: list[tuple[dict[str, str], float | None]] = [
    ({}, None),
    ({"Retry_After": ""}, None),
    ({"Retry_After": "soon"}, None),
    ({"Retry_After": "1e2"}, None),
    ({"Retry_After": "-1"}, None),
    ({"Retry_After": "0"}, 0.0),
    ({"retry_after": " 7 "}, 7.0),
    ({"Retry_After": "2.5"}, 2.5),
    ({"Retry_After": "299"}, 299.0),
    ({"Retry_After": "301"}, 300.0),
    ({"Retry_After": format_datetime(NOW), "Date": format_datetime(NOW)}, 0.0),
    (
        {
            "Retry_After": format_datetime(NOW - timedelta(days=400, seconds=-9)),
            "Date": format_datetime(NOW - timedelta(days=400)),
        },
        9.0,
    ),
    ({"Retry_After": format_datetime(NOW - timedelta(1)), "Date": format_datetime(NOW)}, 0.0),
]


@pytest.mark.parametrize(("headers", "seconds"), HEADERS, ids=str)
def test_the_server_says_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    error = answered(503, **headers)
    assert retry_after(error) == seconds
    assert holds_all(error) is (seconds is not None)


def test_without_the_servers_clock_this_machines_counts() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=100)
    error = answered(503, Retry_After=format_datetime(soon))  # Without a `Date`.
    assert retry_after(error) == pytest.approx(100, abs=10)


@pytest.mark.parametrize(
    ("header", "moment"),
    [
        ("Sun, 22 Nov 2026 10:00:00 GMT", "2026-11-22T10:00:00+00:00"),
        ("Sun, 22 Nov 2026 10:00:00 +0200", "2026-11-22T08:00:00+00:00"),
        ("Sun, 22 Nov 2026 10:00:00 -0000", "2026-11-22T10:00:00+00:00"),
        ("Fri, 31 Dec 9999 23:59:59 -0100", None),
        ("Sun, 42 Nov 2026 10:00:00 GMT", None),
        ("today", None),
        ("", None),
    ],
)
def test_the_servers_clock_is_read_in_utc(
    monkeypatch: pytest.MonkeyPatch, header: str, moment: str | None
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        read = server_time(answered(503, Date=header).response)  # type: ignore[arg-type]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (read.isoformat() if read else None) == moment


def test_a_response_may_be_silent_about_its_clock() -> None:
    assert server_time(answered(503).response) is None  # type: ignore[arg-type]


def test_too_many_requests_hold_all_streams_however_long_it_takes() -> None:
    assert holds_all(answered(429))
    assert not holds_all(answered(503))
    assert not holds_all(requests.ConnectionError())
    assert retry_after(requests.ConnectionError()) is None


def test_waits_grow_to_a_minute_unless_the_server_says_how_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bounds: list[tuple[float, float]] = []

    def most(low: float, high: float) -> float:
        bounds.append((low, high))
        return high

    monkeypatch.setattr(random, "uniform", most)
    waiting = waits()
    assert next(waiting) == 0.0
    errors: list[RetriedError] = [answered(503), answered(503, Retry_After="0")]
    errors += [requests.ConnectionError()] * 6
    assert [waiting.send(error) for error in errors] == [1.5, 0, 6, 12, 24, 48, 60, 60]
    assert set(bounds) == {(1, 1.5)}


def tried(
    *errors: Exception, max_attempts: int = 3
) -> tuple[Exception | str, list[tuple[int, float]]]:
    """How a function ends that fails with these errors, and the waits in between."""
    left = list(errors)
    waited: list[tuple[int, float]] = []

    def fail() -> str:
        if left:
            raise left.pop(0)
        return "done"

    def note(details: Details) -> None:
        waited.append((details["tries"], details["wait"]))

    try:
        return retried(fail, max_attempts=max_attempts, on_wait=note)(), waited
    except Exception as error:  # noqa: BLE001 - whatever it is
        return error, waited


def test_a_request_is_repeated_until_it_succeeds_or_attempts_are_used_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(random, "uniform", lambda low, _: low)
    passing = [requests.ConnectionError(), requests.Timeout()]
    with caplog.at_level(logging.DEBUG):
        assert tried(*passing) == ("done", [(1, 1), (2, 2)])
        assert slept == [1, 2]
        assert tried(*passing, last := answered(503), answered(503)) == (last, [(1, 1), (2, 2)])
    assert not caplog.messages  # `backoff` would log the arguments, a request among them.


def test_what_no_repetition_helps_against_is_not_repeated() -> None:
    for error in (requests.exceptions.SSLError(UNTRUSTED), ValueError("another")):
        assert tried(error) == (error, [])


def test_attempts_are_counted_in_words() -> None:
    assert [attempts_text(number) for number in (1, 2)] == ["1 attempt", "2 attempts"]
