"""Read the JSON files that are named on the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tap_techwolf.errors import CatalogError, SettingsError, StateError

if TYPE_CHECKING:
    from singer_sdk.exceptions import ConfigurationError

Option = Literal["config", "state", "catalog"]

_ERRORS: dict[Option, type[ConfigurationError]] = {
    "config": SettingsError,
    "state": StateError,
    "catalog": CatalogError,
}


def read_json_object(path: str | Path, option: Option) -> dict[str, Any]:
    """Read a file that holds a JSON object.

    Args:
        path: The path of the file, or `-` for standard input.
        option: The command line option that named it, without its dashes.

    Returns:
        The object. Its numbers are int and float, as in a config that is passed as a dict.

    Raises:
        ConfigurationError: The file cannot be read or holds something else: a SettingsError,
            StateError or CatalogError, according to the option. Its text is one line that
            names the file, but nothing that is in it.
    """
    try:
        # From bytes, `json` also reads UTF-16 and byte order marks, which PowerShell writes.
        content = json.loads(
            sys.stdin.buffer.read() if str(path) == "-" else Path(path).read_bytes()
        )
    except OSError as error:
        problem = f"cannot be read ({error.strerror or type(error).__name__})"
    except json.JSONDecodeError as error:
        problem = (
            f"is not valid JSON (line {error.lineno}, column {error.colno})"
            if error.doc.strip()
            else "is empty: it must hold a JSON object"
        )
    except UnicodeDecodeError:
        problem = "is not valid JSON (not UTF-8 text)"
    except (ValueError, RecursionError):
        problem = "holds a number with too many digits, or too many nested values"
    else:
        if isinstance(content, dict):
            return content
        problem = f"must hold a JSON object, not {_kind(content)}"
    # Raised here so that it does not carry its cause, which may hold what is in the file.
    raise _ERRORS[option](f"The file {str(path)!r}, given with --{option}, {problem}.")


def _kind(content: Any) -> str:  # noqa: ANN401 - any JSON value
    match content:
        case None:
            return "null"
        case list():
            return "a list"
        case str():
            return "a string"
        case bool():
            return "true or false"
        case _:
            return "a number"
