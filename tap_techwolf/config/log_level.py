"""Check the log level before the SDK, which fails on a bad one, is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_techwolf.version import NAME

if TYPE_CHECKING:
    from collections.abc import MutableMapping

# The SDK takes the first of these that is set.
_VARIABLES = (f"{NAME.upper().replace('-', '_')}_LOGLEVEL", "LOGLEVEL")

_LEVELS = ("NOTSET", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL")


def check_log_level(environ: MutableMapping[str, str]) -> str | None:
    """Check the variables that set the log level, and remove empty ones.

    Args:
        environ: The environment variables, `os.environ`. An empty variable counts as unset,
            like an empty setting, and is removed because the SDK fails on it.

    Returns:
        One line that says what is wrong, without the value, or None.
    """
    for variable in _VARIABLES:
        level = environ.get(variable)
        if level == "":
            del environ[variable]
        elif level is not None:
            if level.upper() in _LEVELS:
                return None
            return f"{variable} must be one of: DEBUG, INFO, WARNING, ERROR, CRITICAL."
    return None
