"""Which properties of a record are columns."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tap_techwolf.sync.checkpoint import REPLICATION_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from singer_sdk.helpers.types import Record

logger = logging.getLogger(__name__)


class Columns:
    """Leaves out of a record what the catalog does not have."""

    def __init__(
        self,
        stream: str,
        known: Iterable[str],
        wanted: Iterable[str],
        clean: Callable[[object], str],
    ) -> None:
        """Take the names of the columns.

        Args:
            stream: The stream's name, for the warning.
            known: The properties of the stream's schema.
            wanted: The properties of the catalog.
            clean: Makes a property's name safe to show: the API might use an id as one.
        """
        self._stream = stream
        self._known = frozenset(known) - {REPLICATION_KEY}
        self._wanted = frozenset(wanted) - {REPLICATION_KEY}
        self._clean = clean
        self._warned: set[str] = set()

    def fit(self, record: Record) -> Record:
        """Return a record without the properties that are not columns.

        A property that the schema does not know is named in a warning, once, without a value.

        Args:
            record: A record as the API sent it.
        """
        if record.keys() <= self._wanted:
            return record
        unknown = record.keys() - self._known
        for name in sorted(unknown - self._warned):
            logger.warning(
                "%s: the API sends a property %r that the schema does not know; it is left out",
                self._stream,
                self._clean(name),
            )
        self._warned |= unknown
        return {name: value for name, value in record.items() if name in self._wanted}
