"""Read settings, states and catalogs from JSON files, and settings from environment variables."""

import ast
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values, find_dotenv

from tap_techwolf.errors import CatalogError, SettingsError, StateError

Option = Literal["config", "state", "catalog"]

_ERRORS = {"config": SettingsError, "state": StateError, "catalog": CatalogError}
_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def read_json_object(path: str | Path, option: Option) -> dict[str, Any]:
    """Read a JSON object from a file named on the command line, or from standard input (`-`).

    Raises:
        ConfigurationError: The file cannot be read, or does not hold a JSON object. The text
            names the file and the option, but nothing that is in the file.
    """
    try:
        # From bytes, `json` also reads UTF-16 and byte order marks, which PowerShell writes.
        read = sys.stdin.buffer.read if str(path) == "-" else Path(path).read_bytes
        content = json.loads(read())
        json.dumps(content, ensure_ascii=False).encode()  # Half an emoji cannot be written again.
    except OSError as error:
        problem = f"cannot be read ({error.strerror or type(error).__name__})"
    except json.JSONDecodeError as error:
        problem = f"is not valid JSON (line {error.lineno}, column {error.colno})"
    except (ValueError, RecursionError):
        # For example text in another encoding, or lists that are nested too deeply.
        problem = "is not valid JSON"
    else:
        if isinstance(content, dict):
            return content
        problem = "must hold a JSON object"
    # Who passes the content in place of a path must not find its secrets in the log.
    name = "" if str(path).lstrip().startswith(("{", "[")) else f" {str(path)!r},"
    # Raised here, so that it does not carry its cause: that may quote the content of the file.
    raise _ERRORS[option](f"The file{name} given with --{option}, {problem}.")


def read_environment(schema: Mapping[str, Any], prefix: str) -> dict[str, str]:
    """Return the settings that environment variables or a `.env` file contain; variables win.

    The SDK lets the file win, which a Meltano project has above the tap; it reads an unknown text
    for a boolean as false, and fails on a bad number.
    """
    try:
        variables = {**dotenv_values(find_dotenv()), **os.environ}
    except (OSError, UnicodeDecodeError):
        problem = "The file .env in a folder above the installed tap is not a text in UTF-8."
        raise SettingsError(problem) from None
    texts = {name: variables.get(f"{prefix}{name.upper()}") for name in schema["properties"]}
    return {name: text for name, text in texts.items() if text is not None}


def nested(maps: Mapping[str, Any]) -> dict[str, Any]:
    """Return stream maps as they were before Meltano joined their keys: `employees.location`."""
    found: dict[str, Any] = {}
    for path, value in maps.items():
        stream, _, column = path.partition(".")
        is_joined = bool(column) and not isinstance(value, dict)
        name, given = (stream, {column: value}) if is_joined else (path, value)
        earlier = found.get(name, {})
        if isinstance(given, dict) and isinstance(earlier, dict):
            found[name] = earlier | given
        elif not isinstance(given, dict):  # A stream that is removed has no columns.
            found[name] = given
    return found


def convert(text: str, types: list[str]) -> Any:  # noqa: ANN401 - any JSON value
    """Convert a setting's text to one of its types; any other stays, for the validation to name."""
    if "string" in types or not text:
        return text
    if "boolean" in types and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    if "array" in types:
        # Meltano exports a list of meltano.yml as Python prints it.
        with suppress(ValueError, SyntaxError, RecursionError, MemoryError):
            if str(parsed := ast.literal_eval(text)) == text:
                return parsed
        if not re.search(r"[\[\](){}'\"]", text):
            return [part.strip() for part in text.split(",")]
    return text


def misspelled_variables(
    schema: Mapping[str, Any], prefix: str, variables: Iterable[str]
) -> Iterator[str]:
    """Yield a warning for each variable that is probably a misspelled setting."""
    names = [*schema["properties"], "loglevel"]
    objects = [name for name, one in schema["properties"].items() if "object" in one["type"]]
    # Meltano exports more variables with this prefix: its own extras (`TAP_TECHWOLF__SELECT`),
    # parts of objects (`TAP_TECHWOLF_STREAM_MAPS_...`) and the settings of plugins that inherit
    # from this one (`TAP_TECHWOLF_JOBS_TENANT`).
    exported = re.compile(rf"(.*_)?_.*|({'|'.join(objects)})_.*|.*_({'|'.join(names)})")
    for variable in sorted(one for one in variables if one.startswith(prefix)):
        name = variable.removeprefix(prefix).lower()
        if name in names or exported.fullmatch(name):
            continue
        for meant in get_close_matches(name, names, n=1, cutoff=0.8):
            yield (
                f"The environment variable {variable} is ignored: there is no such setting. "
                f"Did you mean {prefix}{meant.upper()}?"
            )
