"""Asks for the next page while the records of this one are being written."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Event, Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")

# A request takes a few milliseconds to send; to connect anew may take much longer.
_LONGEST_WAIT = 0.05


def read_ahead(ask: Callable[[Callable[[], None]], Answer]) -> Future[Answer]:
    """Start a request on a thread of its own, and wait until it is on its way.

    Without the wait, building the records of this page would take turns with sending the
    request for the next, a few milliseconds each, while the server has nothing to do.

    A daemon thread rather than an executor's: Python waits for those at its end, and a
    run that was told to end must not wait for a slow server.

    Args:
        ask: Makes one try, and calls its argument once the request was sent. It must
            neither write messages nor touch the state.

    Returns:
        What will hold the answer, or the error, for the one who waits for it.
    """
    future: Future[Answer] = Future()
    sent = Event()

    def run() -> None:
        try:
            future.set_result(ask(sent.set))
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    future.add_done_callback(lambda _: sent.set())
    Thread(target=run, daemon=True, name="read-ahead").start()
    sent.wait(_LONGEST_WAIT)
    return future
