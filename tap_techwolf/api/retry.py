"""Decide what to retry, and how long to wait."""

import logging
import math
import random
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import TypeVar

from tap_techwolf.api.transport import RequestError, Response, http_date

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_LONGEST_BACKOFF = 60.0
_MOST_DOUBLINGS = 6

#: The longest `Retry-After` that is obeyed. A longer one may be a mistake, or last until tomorrow:
#: the attempts that are left then end the stream with a clear error instead of hanging.
LONGEST_WAIT = 300.0


def is_transient(status: int) -> bool:
    """Return whether a request with this status is worth repeating."""
    return (
        status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )


def _retry_after(response: Response) -> float | None:
    """Return the seconds that the server asks to wait; None if it does not ask."""
    text = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return float(text)
    if moment := http_date(text):
        # By the server's own clock: this machine's may be days off.
        return (moment - (response.server_time or datetime.now(UTC))) / timedelta(seconds=1)
    return None


class Retries:
    """Repeat the requests of a run while their errors are transient; any thread may use it.

    Attributes:
        count: How many requests repeated one that had failed.
    """

    def __init__(self, max_attempts: int, longest_wait: float = LONGEST_WAIT) -> None:
        self.count = 0
        self._max_attempts = max_attempts
        self._longest_wait = longest_wait
        self._paused_until = -math.inf
        self._lock = Lock()

    def run(
        self, request: Callable[[], Result], place: str, max_attempts: int | None = None
    ) -> Result:
        """Make a request, and repeat it while it raises a transient `RequestError`.

        Args:
            place: What is requested, for the log.
            max_attempts: In place of the run's number of attempts.

        Raises:
            RequestError: The last attempt's error; its summary says how many there were.
        """
        attempts = max_attempts or self._max_attempts
        attempt = 1
        while True:
            try:
                return request()
            except RequestError as error:
                if not error.is_transient:
                    raise
                if attempt == attempts:
                    times = "1 attempt" if attempts == 1 else f"{attempts} attempts"
                    error.summary = (
                        f"gave up after {times}; the last one failed with: {error.reason}"
                    )
                    raise
                seconds = self._next_wait(error.response, attempt)
                logger.warning(
                    "%s: %s; attempt %d of %d follows in %.1f s",
                    *(place, error.reason, attempt + 1, attempts, seconds),
                )
            time.sleep(seconds)
            attempt += 1

    def _next_wait(self, response: Response | None, attempt: int) -> float:
        """Return how long to wait for the next attempt; if the API asks for it, all wait.

        From one second on, doubled each time up to a minute; longer if `Retry-After` says so, but
        never shorter: a `Retry-After: 0` would use up all attempts within milliseconds.
        """
        # Jitter keeps many taps from coming back at one moment; it need not be secure.
        shortest = 2.0 ** min(attempt - 1, _MOST_DOUBLINGS) * random.uniform(1, 1.5)  # noqa: S311
        asked_for = _retry_after(response) if response else None
        seconds = max(min(shortest, _LONGEST_BACKOFF), asked_for or 0.0)
        seconds = min(seconds, self._longest_wait)
        with self._lock:
            self.count += 1
            is_limited = response is not None and response.status == HTTPStatus.TOO_MANY_REQUESTS
            if is_limited or asked_for is not None:
                self._paused_until = max(self._paused_until, time.monotonic() + seconds)
        return seconds

    def wait_for_pause(self) -> None:
        """Wait until the pause that the API has asked for is over, even if it is extended."""
        while (seconds := self._paused_until - time.monotonic()) > 0:
            time.sleep(seconds)
