"""Asks for the next page while the records of this one are built and written."""

from __future__ import annotations

from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

THREAD_NAME = "read-ahead"


class ReadAhead(Generic[Result]):
    """Makes requests on a thread of its own, one at a time.

    A daemon thread rather than an executor's: Python waits for those when it ends, and a
    run that was told to end must not wait for a slow server. One thread for all requests:
    one for each costs a tenth of the tap's processor time.
    """

    def __init__(self) -> None:
        """Start without a thread: an export of one page needs none."""
        self._requests: SimpleQueue[tuple[Future[Result], Callable[[], Result]] | None]
        self._requests = SimpleQueue()
        self._has_thread = False

    def ask(self, ask: Callable[[], Result]) -> Future[Result]:
        """Make a request, and keep nobody waiting for it.

        Args:
            ask: Makes the request. It must neither write messages nor touch the state.

        Returns:
            The future result, or the error.
        """
        future: Future[Result] = Future()
        self._requests.put((future, ask))
        if not self._has_thread:
            self._has_thread = True
            Thread(target=self._work, daemon=True, name=THREAD_NAME).start()
        return future

    def close(self) -> None:
        """Let the thread end after the request under way, which is not waited for."""
        self._requests.put(None)

    def _work(self) -> None:
        while request := self._requests.get():
            future, ask = request
            try:
                result = ask()
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                future.set_exception(error)
            else:
                future.set_result(result)
                del result
            del request, future, ask  # No page is kept in memory while there is nothing to do.
