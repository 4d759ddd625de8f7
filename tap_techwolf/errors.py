"""The errors that end a stream or a run.

Each carries a text that is safe to show as it is: one line that says what happened and what to do,
without a record, an id, a token or a secret.
"""

from collections.abc import Mapping

from singer_sdk.exceptions import ConfigurationError, FatalAPIError


class TapTechWolfError(Exception):
    """An error of this tap.

    Attributes:
        status: The HTTP status of the response, if there was one.
        reason: What happened, in a few words, without advice and without a word of the response.
        advice: What to do about it; empty if only waiting helps.
    """

    def __init__(
        self, message: str, *, status: int | None = None, reason: str = "", advice: str = ""
    ) -> None:
        super().__init__(message)
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


class LoaderExitedError(OutputError):
    """The loader has closed the pipe."""

    def __init__(self) -> None:
        super().__init__("The loader exited; see its log, then run again.")


class StoppedError(TapTechWolfError):
    """Another error or a signal is ending the run."""

    def __init__(self) -> None:
        super().__init__("The run is ending.")


class SyncError(TapTechWolfError):
    """Some streams failed; the others are complete.

    Attributes:
        failures: The error that ended each failed stream, by the stream's name.
    """

    def __init__(self, failures: Mapping[str, Exception]) -> None:
        super().__init__(f"Failed: {', '.join(failures)}")
        self.failures = dict(failures)


class Terminated(SystemExit):
    """A signal asked the run to end.

    A SystemExit, so that no handler for errors catches it and continues.
    """

    def __init__(self, signal_name: str) -> None:
        super().__init__(1)
        self.signal_name = signal_name
