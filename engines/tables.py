"""What loaders write, as data: tables with their columns, for any engine and in any form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.dbt.singer import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A table as a loader writes it.

    Attributes:
        name: Its name, which is that of the stream.
        columns: The JSON schema of each column.
        rows: The records. Moments are `datetime` with a zone, lists and objects are Python's.
    """

    name: str
    columns: Mapping[str, Row]
    rows: list[Row]


def tables_of(
    records: Mapping[str, Iterable[Row]], columns: Mapping[str, Iterable[str]] | None = None
) -> list[Table]:
    """Return the tables of these records, or of some a part of their columns."""
    return [
        Table(
            stream,
            {
                name: schema
                for name, schema in columns_of(stream).items()
                if columns is None or stream not in columns or name in columns[stream]
            },
            list(rows),
        )
        for stream, rows in records.items()
    ]


def kind_of(schema: Row) -> str:
    """Return the kind of a column: as the dbt package calls it, or `array` or `object`."""
    if schema.get("format") == "date-time":
        return "date-time"
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    [kind] = set(types) - {"null"}
    return "text" if kind == "string" else str(kind)


def in_utc(value: datetime) -> str:
    """Return a moment as a text without zone, in UTC."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")
