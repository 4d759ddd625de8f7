"""What is tried again, and how long is waited before."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from tap_techwolf.api.client import ExportClient
from tap_techwolf.api.export import Export
from tap_techwolf.api.pagination import NEXT_STARTING_AFTER
from tap_techwolf.api.retry import is_transient
from tap_techwolf.errors import ExportError, StoppedError
from tests.api.servers import Answer, Api, client

if TYPE_CHECKING:
    from tap_techwolf.api.client import ApiClient

PATH = "/export/things"
THINGS = Export("things", PATH, {"external_id": str}, NEXT_STARTING_AFTER)
PAGE = Answer({"has_next": False, "records": []})
NOW = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)


def get_page(api: ApiClient, max_attempts: int | None = None) -> None:
    ExportClient(api, THINGS).get_page(THINGS.request(api.config), 7, max_attempts)


@pytest.mark.parametrize(
    ("status", "is_repeated"),
    [
        *[(status, True) for status in (408, 429, 500, 501, 502, 503, 504, 599)],
        *[(status, False) for status in (400, 401, 403, 404, 407, 409, 425, 430, 499)],
    ],
)
def test_what_may_pass_by_itself_is_tried_again(status: int, *, is_repeated: bool) -> None:
    assert is_transient(status) is is_repeated


def test_waits_double_from_a_second_to_a_minute_with_jitter(api: Api, waits: list[float]) -> None:
    api.answers[PATH] = [*[Answer(status=500)] * 9, PAGE]
    get_page(client(api, max_attempts=10))
    assert len(waits) == 9
    for position, wait in enumerate(waits):
        assert min(2**position, 60) <= wait <= min(2**position * 1.5, 60)
    assert len({wait / 2**position for position, wait in enumerate(waits[:5])}) > 1


@pytest.mark.parametrize(
    ("setting", "argument", "attempts"), [(1, None, 1), (3, None, 3), (8, 2, 2)]
)
def test_attempts_are_limited(
    api: Api, waits: list[float], setting: int, argument: int | None, attempts: int
) -> None:
    api.answers[PATH] = [Answer(status=502)]
    one = client(api, max_attempts=setting)
    with pytest.raises(ExportError, match=rf"things, page 7 .*\b{attempts} attempt.*\b502 Bad Gat"):
        get_page(one, argument)
    assert len(api.sent_to(PATH)) == attempts
    assert len(waits) == one.retries.count == attempts - 1


def date(seconds: float) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("header", "low", "high"),
    [
        ("7", 7, 7),
        (" 2.5 ", 2.5, 2.5),
        ("299", 299, 299),
        *[(far, 300, 300) for far in ("301", "86400", "9" * 400, date(1e9))],
        (date(90), 90, 90),
        (date(90).replace("GMT", "+0000"), 90, 90),
        (date(7290).replace("GMT", "+0200"), 90, 90),
        # Never shorter than the wait that there would be without it
        *[(short, 1, 1.5) for short in ("0", "0.001", date(0), date(-1), date(-1e9))],
        # What cannot be read
        *[(odd, 1, 1.5) for odd in ("soon", "-5", "1e2", "", "٣", "Sun, 42 Nov 2026 10:00:00 GMT")],
    ],
)
def test_retry_after_makes_a_wait_longer_but_never_shorter(
    api: Api, waits: list[float], header: str, low: float, high: float
) -> None:
    headers = {"Retry-After": header.encode().decode("latin-1"), "Date": date(0)}
    api.answers[PATH] = [Answer(status=503, headers=headers), PAGE]
    get_page(client(api))
    assert low <= waits[0] <= high


def test_retry_after_zero_does_not_use_up_all_attempts_at_once(
    api: Api, waits: list[float]
) -> None:
    api.answers[PATH] = [Answer(status=429, headers={"Retry-After": "0"})]
    with pytest.raises(ExportError):
        get_page(client(api))
    assert sum(waits) > 60


def test_retry_after_without_the_servers_clock_is_read_by_this_machines(
    api: Api, waits: list[float]
) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    api.answers[PATH] = [Answer(status=503, headers={"Retry-After": soon, "Date": "today"}), PAGE]
    get_page(client(api))
    assert waits[0] == pytest.approx(100, abs=10)


@pytest.mark.parametrize("body", [b"[]", b"", b'{"has_next": fal'])
def test_a_response_that_is_no_page_is_tried_again(
    api: Api, waits: list[float], body: bytes
) -> None:
    api.answers[PATH] = [Answer(body, headers={"Retry-After": "9"}), PAGE]
    get_page(client(api))
    assert waits == [9]


@pytest.mark.parametrize(
    ("status", "headers", "is_shared"),
    [(429, {}, True), (503, {"Retry-After": "9"}, True), (503, {}, False), (408, {}, False)],
)
def test_a_pause_that_the_api_asks_for_holds_all_exports(
    api: Api, waits: list[float], status: int, headers: dict[str, str], *, is_shared: bool
) -> None:
    one = client(api)
    api.answers[PATH] = [Answer(status=status, headers=headers), PAGE]
    get_page(one)
    [own] = waits  # Nobody waits for its own pause twice.
    waits.clear()
    get_page(one)
    assert bool(waits) is is_shared
    assert not waits or waits[0] == pytest.approx(own, abs=1)


def test_a_page_that_nobody_waits_for_any_more_holds_no_other_export(
    api: Api, waits: list[float]
) -> None:
    one = client(api)
    pages = ExportClient(one, THINGS)
    api.answers[PATH] = [Answer(status=429, headers={"Retry-After": "300"})]
    api.before_answer = lambda request: pages.stop() if request.target == PATH else None
    with pytest.raises(StoppedError):
        pages.get_page(THINGS.request(one.config), 2)
    one.retries.wait_for_pause()
    assert waits == []


def test_a_page_that_nobody_waits_for_any_more_is_not_asked_for_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = client(api)
    pages = ExportClient(one, THINGS)
    api.answers[PATH] = [Answer(status=429)]
    monkeypatch.setattr(time, "sleep", lambda _: pages.stop())
    with pytest.raises(StoppedError):
        pages.get_page(THINGS.request(one.config), 2)
    assert len(api.sent_to(PATH)) == 1
