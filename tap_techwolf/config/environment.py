"""Reads settings from environment variables, for `--config=ENV`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from singer_sdk.configuration._dict_config import parse_environment_config

if TYPE_CHECKING:
    from collections.abc import Mapping

_SWITCHES = {"yes": True, "on": True, "1": True, "no": False, "off": False, "0": False}


def read_environment(schema: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Read the settings that the environment, or a `.env` file, holds.

    The SDK turns any text that does not say yes into false, an empty one included, and
    fails on a number without naming the setting. Here a text that cannot be read stays
    as it is, for the validation to refuse it by name.

    Args:
        schema: The JSON Schema of the settings.
        prefix: What the variables' names begin with, such as `TAP_TECHWOLF_`.

    Returns:
        The settings that are set.
    """
    as_texts = {name: {"type": "string"} for name in schema["properties"]}
    texts = parse_environment_config({"properties": as_texts}, prefix)
    return {
        name: _read(text, schema["properties"][name].get("type", []))
        for name, text in texts.items()
    }


def _read(text: str, kinds: list[str]) -> Any:  # noqa: ANN401 - any JSON value
    if "string" in kinds or not text:
        return text
    if "boolean" in kinds and text.lower() in _SWITCHES:
        return _SWITCHES[text.lower()]
    try:
        return json.loads(text.lower() if "boolean" in kinds else text)
    except ValueError:
        return [part.strip() for part in text.split(",")] if "array" in kinds else text
