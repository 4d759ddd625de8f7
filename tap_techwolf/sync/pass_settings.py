"""Collect the settings that decide where a pass starts, and whether it may resume."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_techwolf.api.export import VERSIONS, Export
from tap_techwolf.config.urls import endpoints
from tap_techwolf.sync.stream_maps import stream_map_of


@dataclass(frozen=True, slots=True)
class PassSettings:
    """The settings that decide where a pass starts, and whether it may resume.

    Attributes:
        replication_method: INCREMENTAL or FULL_TABLE.
        start_date: The first sync exports only what was updated since; None for everything.
        tenant: A hash of the tenant.
        fingerprint: A hash of what decides which rows there are, and what they contain.
        scope_hash: A hash of what narrows the pass, for the log of completed passes.
        resume_hash: A hash of what must be the same for an interrupted pass to resume.
        has_versions: Whether a setting decides between the newest version of a record and all.
    """

    stream: str
    replication_method: str
    start_date: str | None
    lookback_days: int
    tenant: str
    fingerprint: str
    scope_hash: str
    resume_hash: str
    has_versions: bool = False

    @classmethod
    def read(
        cls,
        export: Export,
        config: Mapping[str, Any],
        replication_method: str,
        columns: Sequence[Sequence[str]],
    ) -> Self:
        """Collect the settings of a pass; the columns are the catalog's, and those deselected."""
        tenant = tenant_hash(config)
        scope = export.settings_filters(config)
        stream_map = stream_map_of(config, export.name)
        is_incremental = replication_method == REPLICATION_INCREMENTAL
        start_date = config.get("start_date") if is_incremental else None
        flattening = {name: config[name] for name in config if name.startswith("flattening_")}
        records = [export.name, export.params(config), export.includes(config), scope]
        rows = [records, config.get("api_version"), columns, stream_map, flattening]
        lookback_days = config["lookback_days"]
        start = [endpoints(config).api_url, replication_method, start_date, lookback_days]
        return cls(
            stream=export.name,
            replication_method=replication_method,
            start_date=start_date,
            lookback_days=lookback_days,
            has_versions=VERSIONS in export.parameters,
            tenant=tenant,
            fingerprint=_hash(rows),
            scope_hash=_hash([tenant, scope, export.params_of_rows(config), stream_map]),
            resume_hash=_hash([tenant, start, rows]),
        )

    @property
    def is_incremental(self) -> bool:
        """Whether the pass may continue a bookmark."""
        return self.replication_method == REPLICATION_INCREMENTAL


def tenant_hash(config: Mapping[str, Any]) -> str:
    """Return a hash of the tenant that validated settings name."""
    return _hash([config["tenant"], endpoints(config).audience])


def _hash(content: object) -> str:
    """Return sixteen hexadecimal digits, the same for the same JSON value in any order of keys.

    Values that are not JSON are converted to text, such as a date in the settings of a program that
    runs the tap in its own process.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
