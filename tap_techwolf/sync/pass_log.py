"""The log of completed passes: a small stream that the tap writes itself."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar

from singer_sdk import Tap
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.helpers.types import Context, Record
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.singerlib import Catalog, Metadata, RecordMessage, Schema
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.streams import Stream
from typing_extensions import override

from tap_techwolf.dates import format_date_time
from tap_techwolf.schemas import read_schema
from tap_techwolf.sync.state import Checkpoint
from tap_techwolf.sync.state_manager import PassStateManager
from tap_techwolf.sync.stream_maps import LOG_NAME


class CompletedPasses(Stream):
    """The log of completed passes.

    It makes no request and keeps no state: each export's pass writes its row, together with its
    last records and before the STATE message that makes it final. Only the runs after it know that
    it was loaded, from the state that they are given: they write the row again.
    """

    name = LOG_NAME
    primary_keys: ClassVar[tuple[str, ...]] = ("stream", "began_at")
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: Tap) -> None:
        super().__init__(tap, read_schema(self.name))
        self._write_message = tap.write_message

    @property
    def is_written(self) -> bool:
        """Whether its rows are written: it is selected, and no stream map removes it."""
        return self.selected and any(
            not isinstance(stream_map, RemoveRecordTransform) for stream_map in self.stream_maps
        )

    @property
    @override
    def state_manager(self) -> PassStateManager:
        """A state manager for a stream without a state: nothing of it gets into the tap's."""
        return PassStateManager(stream_name=self.name, tap_state={})

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Return no records: a sync of this stream writes its SCHEMA message only."""
        del context
        return ()

    def write(self, stream: str, last: Checkpoint, loaded_at: datetime | None = None) -> None:
        """Write the row of a complete pass, with the moment when its state came back, if it has.

        Nothing is written if the log is not selected.
        """
        if not self.selected:
            return
        row: dict[str, Any] = {
            "stream": stream,
            "began_at": format_date_time(last.began_at),
            "completed_at": last.completed_at and format_date_time(last.completed_at),
            "loaded_at": loaded_at and format_date_time(loaded_at),
            "replication_method": last.replication_method,
            "updated_after": last.filter_date,
            "is_full": last.is_full,
            "record_count": last.records,
            "page_count": last.page,
            "run_count": last.runs,
            "scope_hash": last.scope_hash,
        }
        for stream_map in self.stream_maps:
            if (mapped := stream_map.transform(row)) is not None:
                now = datetime.now(UTC)
                self._write_message(
                    RecordMessage(stream_map.stream_alias, mapped, time_extracted=now)
                )

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Apply the catalog, but keep all columns: what reads the log counts on each of them."""
        entry = catalog.get_stream(self.name)
        if entry is not None:
            entry.stream = entry.tap_stream_id
            entry.key_properties = list(self.primary_keys)
            properties = entry.schema.properties = entry.schema.properties or {}
            for name, column in self.schema["properties"].items():
                properties[name] = Schema.from_dict(column)
                entry.metadata[("properties", name)].inclusion = Metadata.InclusionType.AUTOMATIC
        super().apply_catalog(catalog)
        # A catalog may say otherwise: a rule for all streams reaches the log, too.
        self.forced_replication_method = REPLICATION_FULL_TABLE
        self.replication_key = None
