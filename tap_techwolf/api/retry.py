"""Decide what to retry, and how long to wait."""

import math
import random
import re
import time
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import ParamSpec, TypeVar

import backoff
from backoff.types import Details

from tap_techwolf.api.transport import RequestError, Response

Arguments = ParamSpec("Arguments")
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


def server_time(response: Response) -> datetime | None:
    """Return the server's clock, from the header `Date`; None if it cannot be read."""
    return _http_date(response.headers.get("Date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def retry_after(response: Response | None) -> float | None:
    """Return the seconds that the server asks to wait; None if it does not ask."""
    if response is None:
        return None
    text = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        return float(text)
    if moment := _http_date(text):
        # By the server's own clock: this machine's may be days off.
        now = server_time(response) or datetime.now(UTC)
        return (moment - now) / timedelta(seconds=1)
    return None


def pauses_run(error: RequestError) -> bool:
    """Return whether to pause the whole run: a 429, or any response with `Retry-After`."""
    response = error.response
    return response is not None and (
        response.status == HTTPStatus.TOO_MANY_REQUESTS or retry_after(response) is not None
    )


def _waits(longest: float) -> Generator[float, RequestError, None]:
    """Yield the seconds to wait after each error that is sent, in the form `backoff` expects.

    From one second on, doubled each time up to a minute; longer if `Retry-After` says so, but
    never shorter: a `Retry-After: 0` would use up all attempts within milliseconds.
    """
    error = yield 0.0
    shortest = 1.0
    while True:
        # Jitter keeps many taps from coming back at one moment; it need not be secure.
        seconds = min(shortest * random.uniform(1, 1.5), _LONGEST_BACKOFF)  # noqa: S311
        error = yield min(max(seconds, retry_after(error.response) or 0.0), longest)
        shortest = min(shortest * 2, _LONGEST_BACKOFF)


def retried(
    function: Callable[Arguments, Result],
    *,
    max_attempts: int,
    longest_wait: float,
    on_wait: Callable[[Details], None],
) -> Callable[Arguments, Result]:
    """Return a function that repeats another one while its errors are transient.

    Args:
        function: Makes one attempt; raises a `RequestError` if it fails.
        max_attempts: The number of attempts, at least 1.
        longest_wait: The seconds between two attempts, at most.
        on_wait: Called before each wait, with `backoff`'s details. An error that it raises ends
            the attempts.
    """
    return backoff.on_exception(
        lambda: _waits(longest_wait),
        RequestError,
        max_tries=max_attempts,
        giveup=lambda error: not error.is_transient,
        on_backoff=on_wait,
        jitter=None,
        logger=None,
    )(function)


class Pause:
    """Hold back every request of a run, not only the one that was told to wait."""

    def __init__(self) -> None:
        self._until = -math.inf

    def extend(self, seconds: float) -> float:
        """Hold back requests for some seconds from now, or longer if that is already asked for.

        Returns:
            When the pause that was asked for ends, on the monotonic clock.
        """
        until = time.monotonic() + seconds
        self._until = max(self._until, until)
        return until

    def wait(self, waited_until: float = -math.inf) -> None:
        """Wait until the pause is over, even if it is extended meanwhile.

        Args:
            waited_until: The end of a pause that the caller has waited for already: its own
                back-off. Waiting again for what is left of it would be late.
        """
        while (until := self._until) > waited_until:
            if (seconds := until - time.monotonic()) > 0:
                time.sleep(seconds)
            waited_until = until
