"""The JSON Schema of each stream, one file per stream."""

import sys
from copy import deepcopy
from typing import Any

from singer_sdk.schema.source import SchemaDirectory

_SCHEMAS = SchemaDirectory(sys.modules[__name__])


def read_schema(stream: str) -> dict[str, Any]:
    """Return a copy of a stream's JSON Schema.

    It does not name the draft that it is written for: some targets know only another one and would
    refuse it, and none needs it.
    """
    schema: dict[str, Any] = deepcopy(_SCHEMAS.get_schema(stream))
    schema.pop("$schema", None)
    return schema
