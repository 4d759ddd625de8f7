"""The errors that end a stream or a run.

Each carries a text that is safe to show as it is: one line that says what happened and
what to do, without a record, an id, a token or a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.exceptions import ConfigurationError, FatalAPIError

if TYPE_CHECKING:
    from collections.abc import Mapping


class SettingsError(ConfigurationError):
    """A setting is missing, unknown or not what it should be."""


class CatalogError(ConfigurationError):
    """The catalog asks for something that the tap cannot deliver completely."""


class StateError(ConfigurationError):
    """The state is not a Singer state, or holds a bookmark that cannot be used."""


class AuthenticationError(FatalAPIError):
    """The token endpoint gave no token."""


class ExportError(FatalAPIError):
    """The API gave no page, or one that may not be whole.

    Attributes:
        status: The HTTP status of the response, where that is what is wrong.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        """Keep the text and the status.

        Args:
            message: What happened and what to do, safe to show.
            status: The HTTP status of the response, where that is what is wrong.
        """
        super().__init__(message)
        self.status = status


class OutputError(Exception):
    """The messages cannot be written."""


class LoaderExitedError(OutputError):
    """The loader that read the messages has closed the pipe."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("The loader exited; see its log, then run again.")


class StoppedError(Exception):
    """The run is ending for another reason, and this stream with it."""


class SyncError(Exception):
    """Some streams failed; the others are complete.

    Attributes:
        failures: What ended each failed stream, by the stream's name.
    """

    def __init__(self, failures: Mapping[str, Exception]) -> None:
        """Keep what ended each stream.

        Args:
            failures: What ended each failed stream, by the stream's name.
        """
        super().__init__(f"Failed: {', '.join(failures)}")
        self.failures = dict(failures)


class Terminated(SystemExit):
    """A signal asked the run to end.

    A SystemExit, so that no handler for errors catches it and goes on.
    """

    def __init__(self, signal_name: str) -> None:
        """Keep the signal's name; the exit status is 1, as for whatever ends a run early.

        Args:
            signal_name: For example `SIGTERM`.
        """
        super().__init__(1)
        self.signal_name = signal_name
