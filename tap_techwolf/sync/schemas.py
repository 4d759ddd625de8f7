"""Reads the schema of a stream."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from singer_sdk.schema.source import SchemaDirectory

from tap_techwolf import schemas

_SCHEMAS = SchemaDirectory(schemas)


def read_schema(stream: str) -> dict[str, Any]:
    """Read a stream's JSON Schema.

    Args:
        stream: The stream's name.

    Returns:
        A schema of the caller's own. It does not name the draft it is written for: targets that
        know only another one would refuse it, and none needs it.
    """
    schema: dict[str, Any] = deepcopy(_SCHEMAS.get_schema(stream))
    schema.pop("$schema", None)
    return schema
