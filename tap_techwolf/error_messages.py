"""Describe an error in one line without data: what happened, and what to do."""

import traceback
from pathlib import Path

import simpleeval
from requests import RequestException
from singer_sdk.exceptions import ConfigurationError, MappingError

from tap_techwolf.errors import SyncError, TapTechWolfError

# Their texts quote the expression, but not the values that it was evaluated with.
_SAFE_CAUSES = (
    simpleeval.NameNotDefined,
    simpleeval.FunctionNotDefined,
    simpleeval.AttributeDoesNotExist,
    simpleeval.FeatureNotAvailable,
    SyntaxError,
)


def describe_error(error: Exception) -> str:
    """Describe the error that ended a run or a stream, without a record, an id or a secret."""
    match error:
        case SyncError():
            described = (describe_stream_error(*one) for one in error.failures.items())
            text = "; ".join(described)
        case MappingError():
            cause = error.__cause__
            reason = f" ({cause})" if isinstance(cause, _SAFE_CAUSES) else ""
            text = f"Setting 'stream_maps': {error}{reason}"
        case RequestException():  # An OSError too, but its text contains URLs and hosts.
            text = _describe_unexpected(error)
        case TapTechWolfError() | ConfigurationError() | OSError():
            text = str(error)  # An OSError names one of the user's files.
        case _:
            text = _describe_unexpected(error)
    return " ".join(text.split())


def describe_stream_error(stream: str, error: Exception) -> str:
    """Describe the error that ended a stream, beginning with the stream's name."""
    text = describe_error(error)
    return text if text.startswith(stream) else f"{stream}: {text}"


def _describe_unexpected(error: Exception) -> str:
    places = traceback.extract_tb(error.__traceback__)
    kind = type(error).__name__
    # The SDK evaluates the expressions of stream maps with simpleeval, and nothing else uses it.
    if any(place.filename == simpleeval.__file__ for place in places):
        return (
            f"Setting 'stream_maps': an expression fails with {kind} for a record. Allow for null "
            "and other values."
        )
    return (
        f"Unexpected {kind} in {Path(places[-1].filename).name}, line {places[-1].lineno}. "
        "Run again with TAP_TECHWOLF_LOGLEVEL=DEBUG and report what follows."
    )
