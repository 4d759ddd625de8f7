"""The next page is asked for while this one is written, one at a time, and never beyond."""

from __future__ import annotations

import logging
import threading
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.api.client import Request
from tap_techwolf.errors import ExportError, LoaderExitedError, StoppedError
from tap_techwolf.sync.read_ahead import ReadAhead
from tap_techwolf.sync.stream import ExportStream
from tap_techwolf.tap import TapTechWolf
from tests.gateway import gateway
from tests.harness import discover, selecting, settings, sync, sync_tap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.app import Sandbox

PATH = PATHS["employee_task_profiles"]


def profiles(url: str, **overrides: Any) -> TapTechWolf:
    catalog = selecting(discover(), "employee_task_profiles")
    return TapTechWolf(config=settings(url, **overrides), catalog=catalog)


def test_a_page_is_asked_for_before_the_one_before_it_is_written(
    sandbox: Sandbox, url: str
) -> None:
    records = profiles(url).streams["employee_task_profiles"].get_records(None)
    arrived = threading.Event()
    sandbox.before_page = lambda _: arrived.set() if sandbox.requests[PATH] == 2 else None
    next(iter(records))
    assert arrived.wait(10)
    assert sandbox.requests[PATH] == 2


def test_a_request_ahead_keeps_nobody_waiting_and_brings_its_result() -> None:
    answer_now = threading.Event()

    def ask() -> str:
        assert answer_now.wait(10)
        return "a page"

    future = ReadAhead[str]().ask(ask)
    assert not future.done()
    answer_now.set()
    assert future.result(10) == "a page"


def test_an_error_of_a_request_ahead_is_raised_where_it_is_waited_for() -> None:
    def ask() -> str:
        raise ExportError("no page")

    with pytest.raises(ExportError, match=r"^no page$"):
        ReadAhead[str]().ask(ask).result(10)


def test_all_requests_ahead_are_made_on_one_thread_in_their_order() -> None:
    ahead = ReadAhead[tuple[int, int]]()
    futures = [ahead.ask(partial(lambda one: (one, threading.get_ident()), n)) for n in range(5)]
    results = [future.result(10) for future in futures]
    assert [one for one, _ in results] == list(range(5))
    assert len({thread for _, thread in results} - {threading.get_ident()}) == 1
    ahead.close()


def test_the_thread_has_a_name_and_keeps_no_process_alive() -> None:
    ahead = ReadAhead[threading.Thread]()
    thread = ahead.ask(threading.current_thread).result(10)
    assert (thread.name, thread.daemon) == ("read-ahead", True)
    ahead.close()


def test_a_page_that_was_handed_over_is_not_kept() -> None:
    class Page:
        """Something that can be referred to weakly."""

    ahead = ReadAhead[Page]()
    page = weakref.ref(ahead.ask(Page).result(10))
    ahead.ask(Page).result(10)  # By then the thread has let go of the first one.
    assert page() is None
    ahead.close()


def test_a_stream_keeps_its_connection(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "urllib3"):
        sync_tap(profiles(url, page_size=50))
    assert sum("Starting new HTTP connection" in line for line in caplog.messages) == 2


@pytest.mark.parametrize("parallel_streams", [1, 2, 3])
def test_at_most_one_request_of_each_stream_is_under_way_at_a_time(
    sandbox: Sandbox, url: str, parallel_streams: int
) -> None:
    sandbox.conditions.delay = 0.02
    output = sync(settings(url, page_size=50, parallel_streams=parallel_streams))
    assert len(output.ids("employee_task_profiles")) == len(sandbox.company.employees)
    assert sandbox.most_at_once == parallel_streams


def test_a_single_stream_has_one_request_under_way(sandbox: Sandbox, url: str) -> None:
    sandbox.conditions.delay = 0.02
    sync_tap(profiles(url, page_size=50))
    assert sandbox.most_at_once == 1


def test_no_thread_outlives_a_sync(sandbox: Sandbox, url: str) -> None:
    before = set(threading.enumerate())
    sync(settings(url))
    sandbox.conditions.faults.append(Fault(PATH, status=403, skip=2))
    with pytest.raises(ExportError):
        sync_tap(profiles(url))
    for thread in set(threading.enumerate()) - before:
        thread.join(10)  # It takes a moment to notice that nothing is left to do.
    assert not any(thread.is_alive() for thread in set(threading.enumerate()) - before)


def test_an_abandoned_request_keeps_no_process_alive(url: str) -> None:
    with gateway(url) as (address, gate):
        gate.breaks[PATH] = ["none", "silent"]
        stream = profiles(address, max_attempts=1).streams["employee_task_profiles"]
        records = stream.get_records(None)
        next(iter(records))
        records.close()  # type: ignore[attr-defined]  # a generator
        waiting = [one for one in threading.enumerate() if one.name == "read-ahead"]
        assert all(thread.daemon for thread in waiting)
    for thread in waiting:
        thread.join(10)


def test_an_error_ahead_comes_after_the_page_before_it(sandbox: Sandbox, url: str) -> None:
    sandbox.conditions.faults.append(Fault(PATH, status=403, skip=1))
    records: Iterator[Any] = iter(profiles(url).streams["employee_task_profiles"].get_records(None))
    first = [next(records)["external_id"] for _ in range(100)]
    assert first == [one.external_id for one in sandbox.company.employees[:100]]
    with pytest.raises(ExportError, match=r"page 2"):
        next(records)


def test_the_sdks_hooks_answer_as_tap_authors_expect(url: str) -> None:
    stream = profiles(url).streams["employee_task_profiles"]
    assert isinstance(stream, ExportStream)
    paginator = stream.get_new_paginator()
    assert (paginator.current_value, paginator.finished, paginator.count) == (None, False, 0)
    response = requests.Response()
    response._content = b'{"has_next": false, "records": [{"external_id": "a"}]}'
    assert list(stream.parse_response(response)) == [{"external_id": "a"}]
    assert stream.authenticator is stream._run.access.authenticator
    assert stream.url_base == url
    assert stream.http_headers == {"Accept": "application/json"}
    assert stream.post_process({"external_id": "a"}) == {
        "external_id": "a",
        "tasks": None,
        "hierarchy": None,
        "exported_at": "",
    }


def test_a_loader_that_exited_ends_the_run(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Gone:
        """A stdout whose reader has left."""

        def __init__(self) -> None:
            self.file = (tmp_path / "stdout").open("wb")
            self.buffer = self

        def fileno(self) -> int:
            number: int = self.file.fileno()
            return number

        def write(self, _: bytes) -> None:
            raise BrokenPipeError

    gone = Gone()
    monkeypatch.setattr("sys.stdout", gone)
    with pytest.raises(LoaderExitedError):
        sync_tap(profiles(url))
    gone.file.close()


def test_a_stream_that_has_ended_asks_for_no_page_again(requests_mock: Any) -> None:
    tap = profiles("http://127.0.0.1")
    stream = tap.streams["employee_task_profiles"]
    assert isinstance(stream, ExportStream)
    requests_mock.post("http://127.0.0.1/oauth/token", json={"access_token": "a-token"})
    requests_mock.post("http://127.0.0.1" + PATHS[stream.name], json={"has_next": None})
    with pytest.raises(ExportError):
        sync_tap(tap)
    with pytest.raises(StoppedError):
        stream.client.get_page(Request(stream.url_base + stream.path), 2)
