"""What is tried again, and how long to wait before."""

from __future__ import annotations

import random
import re
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import backoff
import requests
from singer_sdk.exceptions import RetriableAPIError
from urllib3 import exceptions as transport

from tap_techwolf.api.transport import causes

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from backoff.types import Details

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

RETRIED_ERRORS = (
    RetriableAPIError,
    requests.ConnectionError,
    requests.Timeout,
)

#: What these are to a type checker; each has the response that it is about, or None.
RetriedError = RetriableAPIError | requests.RequestException

_LONGEST_WAIT = 60.0
_LONGEST_RETRY_AFTER = 300.0

# The most specific first: each may be the cause of a failed connection.
_TRANSPORT_PROBLEMS: tuple[tuple[type[BaseException], str], ...] = (
    (
        ssl.SSLCertVerificationError,
        "the server's certificate is not trusted (REQUESTS_CA_BUNDLE can name another CA bundle)",
    ),
    (transport.NameResolutionError, "the host name is unknown"),
    (transport.ProxyError, "the proxy cannot be reached"),
    (transport.SSLError, "no secure connection"),
    (transport.NewConnectionError, "the connection was refused"),
    (transport.ConnectTimeoutError, "no connection in time"),
    (requests.Timeout, "no response in time"),
    (transport.ReadTimeoutError, "no response in time"),
    (transport.IncompleteRead, "the response was cut short"),
    (transport.DecodeError, "the response was cut short"),
)


def is_retried(status: int) -> bool:
    """Return whether a request with this status is sent again.

    Args:
        status: An HTTP status.

    Returns:
        True for a request timeout, too many requests, and the server's own errors.
    """
    return (
        status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )


def describe(error: BaseException) -> str:
    """Describe in a few words why a request failed.

    Never in the error's own text, which may hold what was sent or received.

    Args:
        error: One of RETRIED_ERRORS.

    Returns:
        For example `503 Service Unavailable` or `the connection was cut`.
    """
    if isinstance(error, RetriableAPIError):
        return str(error)
    chain = list(causes(error))
    for kind, words in _TRANSPORT_PROBLEMS:
        if any(isinstance(cause, kind) for cause in chain):
            return words
    return "the connection was cut"


def is_unknown_host(error: BaseException) -> bool:
    """Return whether a request failed because its host name is unknown.

    Args:
        error: Why a request failed.
    """
    return any(isinstance(cause, transport.NameResolutionError) for cause in causes(error))


def is_untrusted_certificate(error: BaseException) -> bool:
    """Return whether the server's certificate was rejected.

    Args:
        error: Why a request failed.
    """
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes(error))


def server_time(response: requests.Response) -> datetime | None:
    """Return the server's clock.

    Args:
        response: Any response.

    Returns:
        Its `Date`, or None where it has none that can be read.
    """
    return _http_date(response.headers.get("Date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def retry_after(error: RetriedError) -> float | None:
    """Return how long the server asks to wait.

    Args:
        error: Why a request failed.

    Returns:
        Seconds, at most five minutes; None where it came without a `Retry-After` that can be
        read.
    """
    response = error.response
    if response is None:
        return None
    text = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        seconds = float(text)
    elif moment := _http_date(text):
        # By the server's own clock: this machine's may be days off.
        now = server_time(response) or datetime.now(UTC)
        seconds = (moment - now) / timedelta(seconds=1)
    else:
        return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


def holds_all(error: RetriedError) -> bool:
    """Return whether the API asks the whole run, not only this request, to wait.

    Args:
        error: Why a request failed.
    """
    if retry_after(error) is not None:
        return True
    response = error.response
    return response is not None and response.status_code == HTTPStatus.TOO_MANY_REQUESTS


def waits() -> Generator[float, RetriedError, None]:
    """Decide how long to wait, error by error, in the form that `backoff` expects.

    Yields:
        Seconds to wait after the error that was sent: as `Retry-After` says, otherwise from
        one second on, doubled each time, with jitter, at most a minute.
    """
    error = yield 0.0
    shortest = 1.0
    while True:
        seconds = retry_after(error)
        if seconds is None:
            # Jitter keeps many taps from coming back at one moment; it need not be secure.
            seconds = min(shortest * random.uniform(1, 1.5), _LONGEST_WAIT)  # noqa: S311
        error = yield seconds
        shortest = min(shortest * 2, _LONGEST_WAIT)


def retried(
    function: Callable[Arguments, Result],
    *,
    max_attempts: int,
    on_wait: Callable[[Details], None],
) -> Callable[Arguments, Result]:
    """Repeat a request while that may help.

    Args:
        function: Makes one attempt.
        max_attempts: How many attempts there are in all.
        on_wait: Called before each wait.

    Returns:
        A function that tries until it has a result, and raises the last attempt's error.
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
