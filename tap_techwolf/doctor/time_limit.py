"""Limits the time of what cannot be interrupted, such as the look-up of a host name."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


def run_within(seconds: float, function: Callable[[], Result]) -> Result:
    """Run a function on a thread of its own, which is left behind if it takes too long.

    Args:
        seconds: How long to wait for it.
        function: What to run.

    Returns:
        What the function returns; what it raises is raised.

    Raises:
        TimeoutError: It took too long.
    """
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    return future.result(seconds)
