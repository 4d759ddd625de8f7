"""Asks for the next page while the records of this one are built and written."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


def read_ahead(ask: Callable[[], Result]) -> Future[Result]:
    """Start a request on a thread of its own.

    A daemon thread rather than an executor's: Python waits for those when it ends, and a
    run that was told to end must not wait for a slow server.

    Args:
        ask: Makes the request. It must neither write messages nor touch the state.

    Returns:
        The future result, or the error.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    Thread(target=run, daemon=True, name="read-ahead").start()
    return future
