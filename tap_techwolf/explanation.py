"""Explains an error in one line that holds no data: what happened, and what to do."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import simpleeval
from requests.exceptions import InvalidProxyURL, InvalidSchema, InvalidURL, RequestException
from singer_sdk import mapper
from singer_sdk.exceptions import ConfigurationError, FatalAPIError, MappingError

from tap_techwolf.api.page import BROKEN_PAGE_HINT, BrokenPageError
from tap_techwolf.errors import OutputError, SyncError

if TYPE_CHECKING:
    from types import TracebackType

# Their texts are this tap's own, or hold nothing but the user's settings.
_SAFE_ERRORS = (ConfigurationError, FatalAPIError, OutputError)

# Of what an expression refers to, and not of what it made of a record.
_SAFE_CAUSES = (
    simpleeval.NameNotDefined,
    simpleeval.FunctionNotDefined,
    simpleeval.AttributeDoesNotExist,
    simpleeval.FeatureNotAvailable,
    SyntaxError,
)


def explain(error: Exception) -> str:
    """Explain an error in one line.

    Args:
        error: What ended a run or a stream.

    Returns:
        What happened and what to do, without a record, an id or a secret.
    """
    if isinstance(error, SyncError):
        return "; ".join(explain_stream(name, one) for name, one in error.failures.items())
    if isinstance(error, BrokenPageError):
        return f"{error}. {BROKEN_PAGE_HINT}"
    # An OSError names a file of the user's, unless it is one of requests.
    is_about_a_file = isinstance(error, OSError) and not isinstance(error, RequestException)
    if is_about_a_file or isinstance(error, _SAFE_ERRORS):
        return _line(str(error))
    return _explain_map(error) or _explain_proxy(error) or _explain_unexpected(error)


def explain_stream(stream: str, error: Exception) -> str:
    """Explain what ended a stream.

    Args:
        stream: The stream's name.
        error: What ended it.

    Returns:
        One line that begins with the stream's name.
    """
    text = explain(error)
    return text if text.startswith(stream) else f"{stream}: {text}"


def _explain_map(error: Exception) -> str | None:
    if isinstance(error, MappingError):
        cause = error.__cause__
        reason = f" ({cause})" if isinstance(cause, _SAFE_CAUSES) else ""
        return _line(f"Setting 'stream_maps': {error}{reason}")
    if expression := _failed_expression(error.__traceback__):
        return _line(
            f"Setting 'stream_maps': the expression {expression!r} fails with "
            f"{type(error).__name__} for a record. Allow for null and other values."
        )
    return None


def _explain_proxy(error: Exception) -> str | None:
    if isinstance(error, InvalidSchema | InvalidProxyURL | InvalidURL):
        return (
            "A proxy from the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) cannot be used: it "
            "must be the address of an HTTP proxy, as SOCKS proxies need the package PySocks."
        )
    return None


def _explain_unexpected(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"Unexpected {type(error).__name__} in {Path(place.filename).name}, line {place.lineno}. "
        "Run again with TAP_TECHWOLF_LOGLEVEL=DEBUG and report what follows."
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _failed_expression(trace: TracebackType | None) -> str | None:
    """Return the expression of a stream map that failed for a record, as the user wrote it."""
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code.co_filename == mapper.__file__ and "expr" in frame.f_locals:
            expression = frame.f_locals["expr"]
            return expression if isinstance(expression, str) else None
        trace = trace.tb_next
    return None
