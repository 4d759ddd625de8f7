"""What is worth another try, and how long to wait before it."""

from __future__ import annotations

import random
import re
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import backoff
import requests
from singer_sdk.exceptions import RetriableAPIError
from urllib3 import exceptions as transport

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from backoff.types import Details

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

RETRIED_ERRORS = (
    RetriableAPIError,
    requests.ConnectionError,
    requests.Timeout,
)

_LONGEST_WAIT = 60.0
_LONGEST_RETRY_AFTER = 300.0

# The most particular first: each is what a failed connection may be at bottom.
_TRANSPORT_PROBLEMS: tuple[tuple[type[BaseException], str], ...] = (
    (
        ssl.SSLCertVerificationError,
        "the server's certificate is not trusted (REQUESTS_CA_BUNDLE can name another CA bundle)",
    ),
    (transport.NameResolutionError, "the host's name is not known"),
    (transport.ProxyError, "the proxy cannot be reached"),
    (transport.SSLError, "no secure connection"),
    (transport.NewConnectionError, "the connection was refused"),
    (transport.ConnectTimeoutError, "no connection in time"),
    (requests.Timeout, "no answer in time"),
    (transport.ReadTimeoutError, "no answer in time"),
    (transport.IncompleteRead, "the answer was cut short"),
    (transport.DecodeError, "the answer was cut short"),
)


def is_retried(status: int) -> bool:
    """Tell whether a status may be gone at the next try.

    Args:
        status: An HTTP status.

    Returns:
        True for a request timeout, for too many requests and for the server's own faults.
    """
    return (
        status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )


def describe(error: BaseException) -> str:
    """Say in a few words why a request failed.

    Never the error's own text: it may hold what was sent or received.

    Args:
        error: One of RETRIED_ERRORS.

    Returns:
        For example `503 Service Unavailable` or `the connection was cut`.
    """
    if isinstance(error, RetriableAPIError):
        return str(error)
    causes = list(_causes(error))
    for kind, words in _TRANSPORT_PROBLEMS:
        if any(isinstance(cause, kind) for cause in causes):
            return words
    return "the connection was cut"


def is_untrusted_certificate(error: BaseException) -> bool:
    """Tell a certificate that no further try will mend.

    Args:
        error: Why a request failed.

    Returns:
        True if the server's certificate was checked and not trusted.
    """
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def _causes(error: BaseException) -> Generator[BaseException, None, None]:
    """Walk from an error to what is behind it: requests and urllib3 hide it in several places."""
    pending: list[Any] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]


def server_time(response: requests.Response) -> datetime:
    """Read the server's clock.

    Args:
        response: Any answer.

    Returns:
        Its `Date`, or this machine's time where it has none that can be read.
    """
    return _http_date(response.headers.get("Date", "")) or datetime.now(UTC)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def retry_after(response: requests.Response) -> float | None:
    """Read how long the server asks to wait.

    Args:
        response: An answer that is worth another try.

    Returns:
        Seconds, at most five minutes; None where `Retry-After` is missing or unreadable.
    """
    text = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        seconds = float(text)
    elif moment := _http_date(text):
        # Against the server's own clock: this machine's may be days off.
        seconds = (moment - server_time(response)) / timedelta(seconds=1)
    else:
        return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


def waits() -> Generator[float, Exception, None]:
    """Decide how long to wait, error by error: the form that `backoff` wants.

    Yields:
        Seconds to wait after the error that was sent: what `Retry-After` says, else from
        one second on, doubled each time, with jitter, at most a minute.
    """
    error = yield 0.0
    attempt = 0
    while True:
        asked = None
        if isinstance(error, RetriableAPIError) and error.response is not None:
            asked = retry_after(error.response)
        if asked is None:
            # Jitter keeps many taps from coming back at one moment; no cryptography in it.
            asked = min(2.0 ** min(attempt, 6) * random.uniform(1, 1.5), _LONGEST_WAIT)  # noqa: S311
        error = yield asked
        attempt += 1


def retried(
    function: Callable[Arguments, Answer],
    *,
    max_attempts: int,
    on_wait: Callable[[Details], None],
) -> Callable[Arguments, Answer]:
    """Try a request again while that may help.

    Args:
        function: Makes one try.
        max_attempts: How many tries there are in all.
        on_wait: Told of each wait before it begins.

    Returns:
        A function that tries until it has an answer, and raises the last try's error.
    """
    return backoff.on_exception(
        waits,
        RETRIED_ERRORS,
        max_tries=max_attempts,
        giveup=is_untrusted_certificate,
        on_backoff=on_wait,
        jitter=None,
        logger=None,
    )(function)
