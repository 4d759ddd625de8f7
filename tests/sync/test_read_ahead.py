"""The next page is asked for while this one is written, one at a time, and never beyond."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.errors import ExportError, OutputError
from tap_techwolf.tap import TapTechWolf
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


def test_an_error_ahead_comes_after_the_page_before_it(sandbox: Sandbox, url: str) -> None:
    sandbox.conditions.faults.append(Fault(PATH, status=403, skip=1))
    records: Iterator[Any] = iter(profiles(url).streams["employee_task_profiles"].get_records(None))
    first = [next(records)["external_id"] for _ in range(100)]
    assert first == [one.external_id for one in sandbox.company.employees[:100]]
    with pytest.raises(ExportError, match=r"page 2"):
        next(records)


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
    with pytest.raises(OutputError, match="The loader exited"):
        sync_tap(profiles(url))
    gone.file.close()
