"""Asks for the next page while the records of this one are being written."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")


def read_ahead(ask: Callable[[], Answer]) -> Future[Answer]:
    """Start a request on a thread of its own.

    A daemon thread rather than an executor's: Python waits for those at its end, and a
    run that was told to end must not wait for a slow server.

    Args:
        ask: Makes one try. It must neither write messages nor touch the state.

    Returns:
        What will hold the answer, or the error, for the one who waits for it.
    """
    future: Future[Answer] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    Thread(target=run, daemon=True, name="read-ahead").start()
    return future
