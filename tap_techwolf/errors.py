"""Errors that end a stream or a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.exceptions import ConfigurationError, FatalAPIError

if TYPE_CHECKING:
    from collections.abc import Mapping


class TapTechWolfError(Exception):
    """Base class. The text says what happened and what to do, in one line that is safe to show.

    It contains no record, id, token or secret.

    Attributes:
        status: The HTTP status, if a response of the API is the cause.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class SettingsError(TapTechWolfError, ConfigurationError):
    """A setting is missing, unknown or wrong."""


class CatalogError(TapTechWolfError, ConfigurationError):
    """The catalog is not a Singer catalog, or asks for something that the tap cannot export."""


class StateError(TapTechWolfError, ConfigurationError):
    """The state is not a Singer state, or contains a bookmark that cannot be used."""


class AuthenticationError(TapTechWolfError, FatalAPIError):
    """The token endpoint did not return a token."""


class ExportError(TapTechWolfError, FatalAPIError):
    """The API returned an error, or a page that may be incomplete."""


class OutputError(TapTechWolfError):
    """The messages cannot be written to stdout."""


class LoaderExitedError(OutputError):
    """The loader closed the pipe."""

    def __init__(self) -> None:
        super().__init__("The loader exited; see its log, then run again.")


class StoppedError(TapTechWolfError):
    """Another error or a signal is ending the run, and this stream with it."""

    def __init__(self) -> None:
        super().__init__("The run is ending.")


class SyncError(TapTechWolfError):
    """Some streams failed. The others are complete.

    Attributes:
        failures: The error of each failed stream, by the stream's name.
    """

    def __init__(self, failures: Mapping[str, Exception]) -> None:
        super().__init__(f"Failed: {', '.join(failures)}")
        self.failures = dict(failures)


class Terminated(SystemExit):
    """A signal asked the run to end.

    Derived from SystemExit, so that no `except Exception` catches it and continues.
    """

    def __init__(self, signal_name: str) -> None:
        super().__init__(1)
        self.signal_name = signal_name
