"""Bounds a request as a whole, where requests bounds each read."""

from __future__ import annotations

import time
from threading import Condition, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

THREAD_NAME = "time-limit"

_SECONDS_BETWEEN_LOOKS = 1.0


class TimeLimit:
    """Calls a function when a request takes too long; one request at a time.

    A server that sends a byte now and then would otherwise hold the run for ever. One thread
    looks after many requests, as a `threading.Timer` for each costs a tenth of the tap's
    processor time. It ends soon after the last one.
    """

    def __init__(self, seconds: float, on_expiry: Callable[[], None]) -> None:
        """Start without a thread.

        Args:
            seconds: How long a request may take.
            on_expiry: Called on the thread, and again and again until the request ends: it may
                only just have found the connection that is to be shut down.
        """
        self._seconds = seconds
        self._on_expiry = on_expiry
        # A request that begins between two looks never expires before the second one.
        self._interval = min(seconds, _SECONDS_BETWEEN_LOOKS)
        self._changes = Condition()
        self._deadline: float | None = None
        self._has_expired = False
        self._was_used = False
        self._has_thread = False

    def start(self) -> None:
        """Begin a request."""
        with self._changes:
            self._deadline = time.monotonic() + self._seconds
            self._has_expired = False
            self._was_used = True
            if not self._has_thread:
                self._has_thread = True
                Thread(target=self._watch, daemon=True, name=THREAD_NAME).start()

    def stop(self) -> None:
        """End the request: it can no longer expire."""
        with self._changes:
            self._deadline = None

    @property
    def has_expired(self) -> bool:
        """Whether the last request took too long."""
        return self._has_expired

    def _watch(self) -> None:
        with self._changes:
            while (seconds := self._look()) is not None:
                self._changes.wait(seconds)  # Nobody notifies it: it lets go of the lock.

    def _look(self) -> float | None:
        """Look whether the request has expired; return when to look again, if at all."""
        if self._deadline is None:
            self._has_thread = was_used = self._was_used
            self._was_used = False
            return self._interval if was_used else None
        left = self._deadline - time.monotonic()
        if left > 0:
            return min(left, self._interval)
        self._has_expired = True
        self._on_expiry()
        return self._interval
