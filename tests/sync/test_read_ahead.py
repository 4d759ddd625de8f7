"""The next page is asked for while this one is written, one at a time, and never beyond."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import pytest
from tap_techwolf.read_ahead import read_ahead

from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.errors import ExportError, ReaderGoneError
from tap_techwolf.tap import TapTechWolf
from tests.harness import discover, selecting, settings, sync
from tests.transport import gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


def test_nothing_else_is_done_until_a_request_is_on_its_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tap_techwolf.read_ahead._LONGEST_WAIT", 10)
    order: list[str] = []

    def ask(on_sent: Callable[[], None]) -> None:
        threading.Event().wait(0.05)  # As long as it takes to send.
        order.append("sent")
        on_sent()

    future = read_ahead(ask)
    order.append("went on")
    future.result(10)
    assert order == ["sent", "went on"]


def test_a_connection_that_takes_its_time_keeps_no_page_from_being_written() -> None:
    connected = threading.Event()

    def ask(on_sent: Callable[[], None]) -> str:
        connected.wait(10)
        on_sent()
        return "a page"

    future = read_ahead(ask)
    assert not future.done()
    connected.set()
    assert future.result(10) == "a page"


def test_a_stream_keeps_its_connection(url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "urllib3"):
        profiles(url, page_size=50).sync_all()
    assert sum("Starting new HTTP connection" in line for line in caplog.messages) == 2


def test_only_one_request_is_under_way_at_a_time(sandbox: Sandbox, url: str) -> None:
    sandbox.conditions.delay = 0.02
    output = sync(settings(url, page_size=50))
    assert len(output.ids("employee_task_profiles")) == len(sandbox.company.employees)
    assert sandbox.most_at_once == 1


def test_no_thread_outlives_a_sync(sandbox: Sandbox, url: str) -> None:
    before = threading.active_count()
    sync(settings(url))
    sandbox.conditions.faults.append(Fault(PATH, status=403, skip=2))
    with pytest.raises(ExportError):
        profiles(url).sync_all()
    for thread in threading.enumerate():
        if thread.name == "read-ahead":
            thread.join(10)
    assert threading.active_count() == before


def test_an_abandoned_request_keeps_no_process_alive(url: str) -> None:
    with gateway(url) as (address, gate):
        gate.breaks[PATH] = ["none", "silent"]
        records = profiles(address).streams["employee_task_profiles"].get_records(None)
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
    with pytest.raises(ExportError, match="page 2"):
        next(records)


def test_the_sdks_page_loop_cannot_be_used_by_mistake(url: str) -> None:
    stream = profiles(url).streams["employee_task_profiles"]
    with pytest.raises(NotImplementedError):
        stream.get_new_paginator()  # type: ignore[attr-defined]
    with pytest.raises(NotImplementedError):
        stream.parse_response(None)  # type: ignore[attr-defined]


def test_a_reader_that_is_gone_stops_the_stream(
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
    with pytest.raises(ReaderGoneError):
        profiles(url).sync_all()
    gone.file.close()
