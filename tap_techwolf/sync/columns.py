"""Bring records to the columns of their table: to their names, and to their types."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import NoneType
from typing import Any, Self

from singer_sdk.helpers.types import Record

from tap_techwolf.api.client import ApiClient
from tap_techwolf.api.page import to_integer, to_text
from tap_techwolf.api.redaction import redact
from tap_techwolf.dates import to_date_time
from tap_techwolf.sync.state import REPLICATION_KEY

logger = logging.getLogger(__name__)

_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, Decimal),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (NoneType,),
}


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the catalog; one without a type takes every value."""

    name: str
    types: frozenset[type]
    is_date_time: bool

    @classmethod
    def read(cls, name: str, schema: Mapping[str, Any]) -> Self:
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        types = frozenset(one for kind in kinds for one in _PYTHON_TYPES.get(kind, ()))
        return cls(name, types, schema.get("format") == "date-time")

    def takes(self, value: object) -> bool:
        """Return whether a loader can store a value as it is."""
        kind = type(value)
        if kind not in self.types:
            return value is None or not self.types
        if kind is str:
            return not self.is_date_time or to_date_time(value) == value
        return kind is not int or to_integer(value) is not None

    def converted(self, value: object) -> Any:  # noqa: ANN401 - any JSON value
        """Return a value as the column's type writes it; None if it does not."""
        if str in self.types:
            return to_date_time(value) if self.is_date_time else to_text(value)
        return to_integer(value) if int in self.types else None

    def complaint(self, value: object) -> str:
        """Return what is wrong with a value, in words that do not tell it."""
        if isinstance(value, str) and self.is_date_time:
            return "a text that is no date-time"
        if isinstance(value, int) and int in self.types and not isinstance(value, bool):
            return "an integer of more than 64 bits"
        return "a value of another type than the column's"


class Columns:
    """Bring the records of a stream to the columns of its table.

    One value that a loader cannot store ends the load of all others, often with a line that shows
    them. Its record is worth more than the value, which becomes null.
    """

    def __init__(
        self,
        stream: str,
        known: Iterable[str],
        wanted: Mapping[str, Mapping[str, Any]],
        api: ApiClient,
    ) -> None:
        """Take the names of the properties that are known, and the schemas of those wanted."""
        self._stream = stream
        self._known = frozenset(known) - {REPLICATION_KEY}
        self._columns = [
            _Column.read(name, schema) for name, schema in wanted.items() if name != REPLICATION_KEY
        ]
        self._wanted = frozenset(column.name for column in self._columns)
        self._api = api
        self._named: set[str] = set()

    def fit(self, record: Record, page: int) -> Record:
        """Return a record of a page with its columns only, each with a value that loaders store."""
        if not record.keys() <= self._wanted:
            record = self._without_others(record)
        for column in self._columns:
            value = record.get(column.name)
            if value is not None and not column.takes(value):
                record[column.name] = column.converted(value)
                if record[column.name] is None:
                    self._api.warn_once(
                        f"%s, page %d: the API sent {column.complaint(value)} in %r. It is written "
                        "as null, here and wherever it happens again",
                        *(self._stream, page, column.name),
                    )
        return record

    def _without_others(self, record: Record) -> Record:
        """Drop what is no column; name what the schema does not know once, without a value."""
        unknown = record.keys() - self._known
        for name in sorted(unknown - self._named):
            logger.warning(
                # The name is redacted: the API might use an id as one.
                "%s: the API sent an unknown property %r; it is dropped",
                self._stream,
                redact(name),
            )
        self._named |= unknown
        return {name: value for name, value in record.items() if name in self._wanted}
