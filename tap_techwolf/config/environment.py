"""Read settings from environment variables, and notice misspelled ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from singer_sdk.configuration._dict_config import parse_environment_config

from tap_techwolf.config.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SWITCHES = {"yes": True, "on": True, "1": True, "no": False, "off": False, "0": False}

# A variable of the SDK that has the prefix of the settings.
_LOG_LEVEL = "loglevel"


def read_environment(schema: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Read the settings that are in the environment or in a `.env` file.

    The SDK reads any text other than "true" and its like as false, even an empty one, and
    fails on a bad number without naming the setting. Here a text that cannot be converted
    stays as it is, so that the validation can name the setting.

    Args:
        schema: The JSON Schema of the settings.
        prefix: The prefix of the variables' names, such as `TAP_TECHWOLF_`.

    Returns:
        The settings that are set.
    """
    as_strings = {name: {"type": "string"} for name in schema["properties"]}
    texts = parse_environment_config({"properties": as_strings}, prefix)
    return {
        name: _convert(text, schema["properties"][name].get("type", []))
        for name, text in texts.items()
    }


def _convert(text: str, types: list[str]) -> Any:  # noqa: ANN401 - any JSON value
    if "string" in types or not text:
        return text
    if "boolean" in types and text.lower() in _SWITCHES:
        return _SWITCHES[text.lower()]
    try:
        return json.loads(text.lower() if "boolean" in types else text)
    except (ValueError, RecursionError):
        if "array" in types and not text.lstrip().startswith(("[", "{")):
            return [part.strip() for part in text.split(",")]
        return text


def misspelled_variables(
    schema: Mapping[str, Any], prefix: str, variables: Iterable[str]
) -> Iterator[str]:
    """Find environment variables that were probably meant to be settings.

    Meltano exports more variables with this prefix: its own extras
    (`TAP_TECHWOLF__SELECT`), parts of objects (`TAP_TECHWOLF_STREAM_MAPS_...`), and the
    settings of plugins that inherit from this one (`TAP_TECHWOLF_JOBS_TENANT`).

    Args:
        schema: The JSON Schema of the settings, those of the SDK included.
        prefix: The prefix of the variables' names, such as `TAP_TECHWOLF_`.
        variables: The names of all environment variables.

    Yields:
        A warning for each misspelled variable. It does not contain the variable's value.
    """
    known = [*schema["properties"], _LOG_LEVEL]
    objects = [
        name for name in schema["properties"] if "object" in schema["properties"][name]["type"]
    ]
    exported_parts = tuple(f"{name}_" for name in objects)
    inherited = tuple(f"_{name}" for name in known)
    for variable in sorted(variables):
        name = variable.removeprefix(prefix).lower()
        if (
            variable.startswith(prefix)
            and name not in known
            and "__" not in variable
            and not name.startswith(exported_parts)
            and not name.endswith(inherited)
            and (meant := nearest(name, known))
        ):
            yield (
                f"The environment variable {variable} is ignored: there is no such setting. "
                f"Did you mean {prefix}{meant.upper()}?"
            )
