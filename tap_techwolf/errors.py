"""Define the errors that end a stream or a run, and describe any error in one line.

The text of each error here is safe to show: it says what happened and what to do, without a
record, an id, a token or a secret.
"""

import traceback
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import simpleeval
from requests import RequestException
from singer_sdk import mapper
from singer_sdk.exceptions import ConfigurationError, FatalAPIError, MappingError

# Their texts quote the expression of a stream map, but not the values that it was evaluated with.
_SAFE_CAUSES = (
    simpleeval.NameNotDefined,
    simpleeval.FunctionNotDefined,
    simpleeval.AttributeDoesNotExist,
    simpleeval.FeatureNotAvailable,
    SyntaxError,
)


class TapTechWolfError(Exception):
    """An error of this tap.

    Attributes:
        place: The page that it is about, if it is about one.
        message: The text without the place.
        status: The HTTP status of the response, if there was one.
        reason: What happened, in a few words, without advice and without a word of the response.
        advice: What to do about it.
    """

    def __init__(
        self,
        message: str,
        *,
        place: str = "",
        status: int | None = None,
        reason: str = "",
        advice: str = "",
    ) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
        self.message = message
        self.status = status
        self.reason = reason
        self.advice = advice


class SettingsError(TapTechWolfError, ConfigurationError):
    """A setting is missing, unknown or invalid."""


class CatalogError(TapTechWolfError, ConfigurationError):
    """The catalog asks for something that the tap cannot deliver completely."""


class StateError(TapTechWolfError, ConfigurationError):
    """The state is not a Singer state, or has a bookmark that cannot be used."""


class AuthenticationError(TapTechWolfError, FatalAPIError):
    """The token endpoint gave no token."""


class ExportError(TapTechWolfError, FatalAPIError):
    """The API returned an error, or a page that may be incomplete."""


class OutputError(TapTechWolfError):
    """The messages cannot be written."""


class StoppedError(TapTechWolfError):
    """Another error or a signal is ending the run."""

    def __init__(self) -> None:
        super().__init__("The run is ending.")


class SyncError(TapTechWolfError):
    """Some streams failed, by name with the error that ended each; the others are complete."""

    def __init__(self, failures: Mapping[str, Exception]) -> None:
        super().__init__(f"Failed: {', '.join(failures)}")
        self.failures = dict(failures)


class Terminated(SystemExit):
    """A signal asked the run to end: a SystemExit, so that no handler for errors continues."""

    def __init__(self, signal_name: str) -> None:
        super().__init__(1)
        self.signal_name = signal_name


def describe_error(error: Exception) -> str:
    """Describe the error that ended a run or a stream, without a record, an id or a secret."""
    match error:
        case SyncError():
            text = _describe_failures(error.failures)
        case MappingError():
            cause = error.__cause__
            reason = f" ({cause})" if isinstance(cause, _SAFE_CAUSES) else ""
            text = f"Setting 'stream_maps': {error}{reason}"
        case RequestException():  # An OSError too, but its text contains URLs and hosts.
            text = _describe_unexpected(error)
        case TapTechWolfError() | ConfigurationError() | OSError():
            text = str(error)  # An OSError names one of the user's files.
        case MemoryError():
            text = "Out of memory. Lower 'parallel_streams' or 'page_size', or allow more memory."
        case RuntimeError(args=["can't start new thread"]):
            text = "The system allows no more threads. Lower 'parallel_streams', or allow more."
        case _:
            text = _describe_unexpected(error)
    return " ".join(text.split())


def _describe_failures(failures: Mapping[str, Exception]) -> str:
    """Describe the errors of some streams; what several have in common is said once."""
    places: dict[str, list[str]] = defaultdict(list)
    for stream, error in failures.items():
        text = describe_error(error)
        if isinstance(error, TapTechWolfError) and error.place:
            places[error.message].append(error.place)
        elif text.startswith(stream):
            places[text] = []
        else:
            places[text].append(stream)
    described = (" and ".join(where) + ": " * bool(where) + text for text, where in places.items())
    return "; ".join(described)


def _describe_unexpected(error: Exception) -> str:
    places = traceback.extract_tb(error.__traceback__)
    kind = type(error).__name__
    # The SDK evaluates the expressions of stream maps with simpleeval, and nothing else uses it.
    if any(place.filename in {simpleeval.__file__, mapper.__file__} for place in places):
        return (
            f"Setting 'stream_maps': an expression fails with {kind} for a record. Allow for null "
            "and other values."
        )
    return (
        f"Unexpected {kind} in {Path(places[-1].filename).name}, line {places[-1].lineno}. "
        "Run again with TAP_TECHWOLF_LOGLEVEL=DEBUG and report what follows."
    )
