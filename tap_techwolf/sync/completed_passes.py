"""The log of completed passes: a small stream that the tap writes by itself."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib import Metadata, Schema
from singer_sdk.streams import Stream

from tap_techwolf.sync.schemas import read_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import Catalog

    from tap_techwolf.sync.completed_pass import CompletedPass


class CompletedPasses(Stream):
    """The log of completed passes.

    It makes no request and keeps no state: each export's pass writes its row, in one piece with
    its last records and before the STATE message that makes it final.
    """

    name = "completed_passes"
    primary_keys: ClassVar[tuple[str, ...]] = ("stream", "began_at")
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: Tap) -> None:
        """Read the schema.

        Args:
            tap: The tap.
        """
        super().__init__(tap, read_schema(self.name))

    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Return nothing: the rows are written by the passes of the exports.

        Args:
            context: Not used.
        """
        del context
        return ()

    def write(self, stream: str, completed: CompletedPass, scope_hash: str) -> None:
        """Write the row of a pass, if the log is selected.

        Args:
            stream: The export's stream.
            completed: The pass.
            scope_hash: A hash of what narrows the pass.
        """
        if not self.selected:
            return
        row: dict[str, Any] = {
            "stream": stream,
            **asdict(completed),
            "is_full": completed.updated_after is None,
            "scope_hash": scope_hash,
        }
        self._write_record_message({name: row[name] for name in self.schema["properties"]})

    def write_schema(self) -> None:
        """Write the SCHEMA message, if the log is selected."""
        if self.selected:
            self._write_schema_message()

    def apply_catalog(self, catalog: Catalog) -> None:
        """Apply the catalog; all columns are always there, as counting on one is what they are for.

        Args:
            catalog: The catalog that the run was given.
        """
        entry = catalog.get_stream(self.name)
        if entry is not None:
            entry.stream = entry.tap_stream_id
            entry.key_properties = list(self.primary_keys)
            properties = entry.schema.properties = entry.schema.properties or {}
            for name, column in self.schema["properties"].items():
                properties[name] = Schema.from_dict(column)
                entry.metadata[("properties", name)].inclusion = Metadata.InclusionType.AUTOMATIC
        super().apply_catalog(catalog)
        self.replication_key = None
