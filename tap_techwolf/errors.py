"""The errors that end a run.

Each carries a text that is safe to print as it is: one line that says what happened and
what to do, without a record, an id, a token or a secret.
"""

from singer_sdk.exceptions import ConfigurationError, FatalAPIError


class SettingsError(ConfigurationError):
    """A setting is missing, unknown or not what it should be."""


class CatalogError(ConfigurationError):
    """The catalog asks for something that the tap cannot deliver whole."""


class StateError(ConfigurationError):
    """The state holds a bookmark that cannot be read."""


class AuthenticationError(FatalAPIError):
    """The token endpoint gave no token."""


class ExportError(FatalAPIError):
    """The API gave no page, or one that cannot be trusted to be whole.

    Attributes:
        status: The HTTP status of the answer, where there was one.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        """Keep the text and the status.

        Args:
            message: What happened and what to do, safe to print.
            status: The HTTP status of the answer, where there was one.
        """
        super().__init__(message)
        self.status = status


class ReaderGoneError(Exception):
    """Whoever read the messages has closed the pipe."""


class Terminated(SystemExit):
    """A signal asked the run to end, and its last STATE message is written.

    A SystemExit, so that no handler for errors takes it for one and goes on.
    """

    def __init__(self, signal_name: str) -> None:
        """Keep the signal's name; the exit status is 1, as for whatever ends a run early.

        Args:
            signal_name: For example `SIGTERM`.
        """
        super().__init__(1)
        self.signal_name = signal_name
