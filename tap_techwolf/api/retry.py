"""Decide what to retry, and how long to wait."""

import logging
import math
import random
import re
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import TypeVar

import backoff
from backoff.types import Details

from tap_techwolf.api.transport import RequestError, Response, http_date

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

_LONGEST_BACKOFF = 60.0

#: The longest `Retry-After` that is obeyed. A longer one may be a mistake, or last until tomorrow:
#: the attempts that are left then end the stream with a clear error instead of hanging.
LONGEST_WAIT = 300.0


def is_transient(status: int) -> bool:
    """Return whether a request with this status is worth repeating."""
    return (
        status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )


def retry_after(response: Response | None) -> float | None:
    """Return the seconds that the server asks to wait; None if it does not ask."""
    if response is None:
        return None
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
        """Start without a pause.

        Args:
            max_attempts: The number of attempts for each request, at least 1.
            longest_wait: The seconds between two attempts, at most.
        """
        self.count = 0
        self._max_attempts = max_attempts
        self._longest_wait = longest_wait
        self._paused_until = -math.inf
        self._lock = Lock()

    def run(
        self, request: Callable[[], Result], place: str, max_attempts: int | None = None
    ) -> Result:
        """Make a request, and repeat it while its errors are transient.

        Args:
            request: Makes one attempt; raises a `RequestError` if it fails.
            place: What is requested, for the log.
            max_attempts: In place of the run's number of attempts.

        Raises:
            RequestError: The last attempt's error; its reason says how many there were.
        """
        attempts = max_attempts or self._max_attempts
        retried = backoff.on_exception(
            self._waits,
            RequestError,
            max_tries=attempts,
            giveup=lambda error: not error.is_transient,
            on_backoff=lambda details: self._before_wait(details, place, attempts),
            jitter=None,
            logger=None,
        )(request)
        try:
            return retried()
        except RequestError as error:
            if error.is_transient:
                times = "1 attempt" if attempts == 1 else f"{attempts} attempts"
                error.summary = f"gave up after {times}; the last one failed with: {error.reason}"
            raise

    def _waits(self) -> Generator[float, RequestError, None]:
        """Yield the seconds to wait after each error that is sent, as `backoff` expects.

        From one second on, doubled each time up to a minute; longer if `Retry-After` says so, but
        never shorter: a `Retry-After: 0` would use up all attempts within milliseconds.
        """
        error = yield 0.0
        shortest = 1.0
        while True:
            # Jitter keeps many taps from coming back at one moment; it need not be secure.
            seconds = min(shortest * random.uniform(1, 1.5), _LONGEST_BACKOFF)  # noqa: S311
            asked_for = retry_after(error.response) or 0.0
            error = yield min(max(seconds, asked_for), self._longest_wait)
            shortest = min(shortest * 2, _LONGEST_BACKOFF)

    def _before_wait(self, details: Details, place: str, attempts: int) -> None:
        error, seconds = details["exception"], details["wait"]
        assert isinstance(error, RequestError)  # noqa: S101 - backoff catches no other
        response = error.response
        with self._lock:
            self.count += 1
            if response is not None and (
                response.status == HTTPStatus.TOO_MANY_REQUESTS or retry_after(response) is not None
            ):
                # The other streams would be told the same.
                self._paused_until = max(self._paused_until, time.monotonic() + seconds)
        logger.warning(
            "%s: %s; attempt %d of %d follows in %.1f s",
            *(place, error.reason, details["tries"] + 1, attempts, seconds),
        )

    def wait_for_pause(self) -> None:
        """Wait until the pause that the API has asked for is over, even if it is extended."""
        while (seconds := self._paused_until - time.monotonic()) > 0:
            time.sleep(seconds)
