"""The settings that a pass depends on: where it starts, and whether it may go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_techwolf.config.urls import endpoints
from tap_techwolf.sync.checkpoint import fingerprint
from tap_techwolf.sync.stream_maps import stream_map_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_techwolf.api.export import Export

# What must not change while a pass is interrupted, as a user would call it.
IN_WORDS = {
    "tenant": "'tenant' or 'audience'",
    "api_url": "'api_url'",
    "replication_method": "the replication method",
    "start_date": "'start_date'",
    "lookback_days": "'lookback_days'",
    "records": "settings that shape the records",
    "columns": "the selected columns",
    "stream_maps": "stream maps or flattening",
}


@dataclass(frozen=True, slots=True)
class PassSettings:
    """The settings that a pass depends on.

    Attributes:
        stream: The stream's name.
        export: The export that it reads.
        config: All settings.
        replication_method: INCREMENTAL or FULL_TABLE.
        columns: The columns of the catalog, and those that are deselected.
    """

    stream: str
    export: Export
    config: Mapping[str, Any]
    replication_method: str
    columns: tuple[Sequence[str], Sequence[str]]

    @property
    def is_incremental(self) -> bool:
        """Whether the pass may continue a bookmark."""
        return self.replication_method == REPLICATION_INCREMENTAL

    @property
    def start_date(self) -> str | None:
        """What a first sync asks for changes since; None for everything."""
        return self.config.get("start_date") if self.is_incremental else None

    @property
    def lookback_days(self) -> int:
        """How many days before its bookmark a pass asks for changes."""
        return int(self.config["lookback_days"])

    @property
    def tenant(self) -> str:
        """Which tenant it is, as a hash."""
        return fingerprint([self.config["tenant"], endpoints(self.config).audience])

    @property
    def record_settings(self) -> str:
        """A hash of what shapes the records, whichever of them a pass brings."""
        body = {
            "include": self.export.includes(self.config),
            "filters": self.export.scope(self.config),
        }
        return fingerprint(
            {
                "stream": self.stream,
                "query": self.export.params(self.config),
                "api_version": self.config.get("api_version"),
                **{name: value for name, value in body.items() if value},
            }
        )

    @property
    def scope_hash(self) -> str:
        """A hash of what narrows the pass, as the log of completed passes holds it."""
        return fingerprint(
            [
                self.tenant,
                self.export.scope(self.config),
                stream_map_of(self.config, self.stream),
            ]
        )

    def unchanged(self, *, continues_bookmark: bool) -> dict[str, str]:
        """Return hashes of what must not change while the pass is interrupted.

        Args:
            continues_bookmark: Whether the pass continues a bookmark; otherwise the start date
                counts.

        Returns:
            Hashes, by the names that `IN_WORDS` explains.
        """
        flattening = {
            name: value for name, value in self.config.items() if name.startswith("flattening_")
        }
        return {
            "tenant": self.tenant,
            "api_url": fingerprint(endpoints(self.config).api_url),
            "replication_method": fingerprint(self.replication_method),
            "start_date": fingerprint(None if continues_bookmark else self.start_date),
            "lookback_days": fingerprint(self.lookback_days),
            "records": self.record_settings,
            "columns": fingerprint(self.columns),
            "stream_maps": fingerprint([stream_map_of(self.config, self.stream), flattening]),
        }
