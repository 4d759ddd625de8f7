"""Streams run side by side; what fails ends alone, and what concerns all ends all."""

from __future__ import annotations

import signal
import threading
from threading import Barrier, Event
from typing import TYPE_CHECKING

import pytest

from tap_techwolf.sync import side_by_side
from tap_techwolf.sync.side_by_side import THREAD_NAME, run_side_by_side
from tests.signals import signal_that_wakes_nobody

if TYPE_CHECKING:
    from collections.abc import Callable

Job = "Callable[[], None]"


def alone(_: BaseException) -> bool:
    return False


def fail(error: BaseException) -> Callable[[], None]:
    def job() -> None:
        raise error

    return job


def nothing() -> None:
    """Do nothing."""


def test_jobs_run_at_once_on_threads_that_keep_no_process_alive() -> None:
    together = Barrier(3, timeout=10)
    seen: list[threading.Thread] = []

    def job() -> None:
        seen.append(threading.current_thread())
        together.wait()

    assert run_side_by_side({"a": job, "b": job, "c": job}, 3, alone) == {}
    assert {one.name for one in seen} == {f"{THREAD_NAME}-{number}" for number in (1, 2, 3)}
    assert all(one.daemon for one in seen)


@pytest.mark.parametrize("limit", [1, 2])
def test_no_more_than_the_limit_run_at_once_and_in_order(limit: int) -> None:
    running, most, order = 0, 0, []
    lock = threading.Lock()

    def job_of(name: str) -> Callable[[], None]:
        def job() -> None:
            nonlocal running, most
            with lock:
                order.append(name)
                running += 1
                most = max(most, running)
            Event().wait(0.01)
            with lock:
                running -= 1

        return job

    names = "abcdef"
    assert run_side_by_side({name: job_of(name) for name in names}, limit, alone) == {}
    assert most <= limit
    assert sorted(order) == list(names)
    assert limit > 1 or order == list(names)


@pytest.mark.parametrize("limit", [1, 3])
def test_a_job_that_fails_ends_alone(limit: int) -> None:
    done: list[str] = []
    first, last = ValueError("first"), ValueError("last")
    jobs = {"a": fail(first), "b": lambda: done.append("b"), "c": fail(last)}
    assert list(run_side_by_side(jobs, limit, alone).items()) == [("a", first), ("c", last)]
    assert done == ["b"]


def test_an_error_that_concerns_all_is_raised_and_no_further_job_begins() -> None:
    begun: list[str] = []
    jobs = {"a": fail(KeyError("all")), "b": lambda: begun.append("b")}
    with pytest.raises(KeyError, match="all"):
        run_side_by_side(jobs, 1, lambda error: isinstance(error, KeyError))
    for thread in threading.enumerate():
        if thread.name.startswith(THREAD_NAME):
            thread.join(10)
    # The thread may have taken the next job before the first one's error was looked at.
    assert begun in ([], ["b"])


def test_no_job_begins_after_one_that_ends_all() -> None:
    looked_at, begun = Event(), []

    def second() -> None:
        looked_at.wait(10)

    def ends_all(_: BaseException) -> bool:
        return True

    jobs = {"a": fail(KeyError("all")), "b": second, "c": lambda: begun.append("c")}
    with pytest.raises(KeyError):
        run_side_by_side({"b": jobs["b"], "a": jobs["a"], "c": second, "d": jobs["c"]}, 2, ends_all)
    looked_at.set()
    for thread in threading.enumerate():
        if thread.name.startswith(THREAD_NAME):
            thread.join(10)
    assert begun == []


def test_an_error_that_is_no_exception_is_raised_whatever_is_decided() -> None:
    with pytest.raises(SystemExit):
        run_side_by_side({"a": fail(SystemExit(1)), "b": nothing}, 2, alone)


def test_without_jobs_there_is_nothing_to_wait_for() -> None:
    assert run_side_by_side({}, 3, alone) == {}


def test_a_signal_that_does_not_wake_the_waiting_thread_is_handled_soon() -> None:
    handled = Event()

    def job() -> None:
        signal_that_wakes_nobody(side_by_side._wait_for.__code__)
        assert handled.wait(10)

    before = signal.signal(signal.SIGUSR1, lambda *_: handled.set())
    try:
        assert run_side_by_side({"a": job}, 1, alone) == {}
    finally:
        signal.signal(signal.SIGUSR1, before)
