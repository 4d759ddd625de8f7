"""Runs streams side by side, each on a thread of its own."""

from __future__ import annotations

from collections import deque
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

THREAD_NAME = "stream"

#: How long a signal may go unnoticed.
SECONDS_BETWEEN_LOOKS = 0.5


def run_side_by_side(
    jobs: Mapping[str, Callable[[], None]],
    limit: int,
    ends_all: Callable[[BaseException], bool],
) -> dict[str, Exception]:
    """Run jobs at once, and wait for them on this thread, which is free to take signals.

    The threads are daemons: a run that was told to end does not wait for a slow server.

    Args:
        jobs: What to run, by name, in the order to begin with.
        limit: How many may run at once.
        ends_all: Decides whether an error concerns all jobs.

    Returns:
        The errors of the jobs that failed, by name, in the order of the jobs.

    Raises:
        BaseException: The first error that concerns all jobs. No further job begins.
    """
    waiting = deque(jobs.items())
    results: SimpleQueue[tuple[str, BaseException | None]] = SimpleQueue()
    is_ending = Event()

    def work() -> None:
        while waiting and not is_ending.is_set():
            try:
                name, job = waiting.popleft()
            except IndexError:  # Another thread was faster.
                return
            try:
                job()
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                results.put((name, error))
            else:
                results.put((name, None))

    for number in range(1, min(limit, len(jobs)) + 1):
        Thread(target=work, daemon=True, name=f"{THREAD_NAME}-{number}").start()
    failures: dict[str, Exception] = {}
    try:
        for _ in jobs:
            name, error = _wait_for(results)
            if error is None:
                continue
            if ends_all(error) or not isinstance(error, Exception):
                raise error
            failures[name] = error
    finally:
        is_ending.set()
    return {name: failures[name] for name in jobs if name in failures}


def _wait_for(
    results: SimpleQueue[tuple[str, BaseException | None]],
) -> tuple[str, BaseException | None]:
    """Wait for a result, and let signals be handled meanwhile.

    Python handles a signal only between two steps of this thread. One that comes just before
    the thread begins to wait does not wake it, and would be handled when a stream is done.
    """
    while True:
        try:
            return results.get(timeout=SECONDS_BETWEEN_LOOKS)
        except Empty:
            continue
