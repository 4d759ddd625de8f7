"""Makes a catalog that was discovered under other settings safe to obey, or refuses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.singerlib import Metadata, Schema
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL

from tap_techwolf.checkpoint import REPLICATION_KEY
from tap_techwolf.errors import CatalogError

if TYPE_CHECKING:
    from singer_sdk.singerlib import Catalog, CatalogEntry
    from singer_sdk.streams import Stream

# The column that holds a task profile, in each of its two formats.
_PROFILE_COLUMNS = {"tasks", "hierarchy"}


def reconcile(stream: Stream, catalog: Catalog) -> None:
    """Fit a stream's part of a catalog to what the stream sends, in place.

    Loaders update rows by the catalog's keys: with a key missing, one version of an AI
    goal would overwrite another, unseen. Keys and the replication key are therefore
    always there, always selected, and never null.

    Args:
        stream: The stream, before the catalog is applied to it.
        catalog: The catalog that the run was given.

    Raises:
        CatalogError: The catalog asks for what the stream does not have.
    """
    entry = catalog.get_stream(stream.name)
    if entry is None:
        return
    _check_replication(stream, entry)
    _check_format(stream, entry)
    own_keys = list(stream.primary_keys)
    root = entry.metadata.root
    keys = entry.key_properties or getattr(root, "table_key_properties", None) or []
    if keys:  # None at all means rows that are only added: nothing is overwritten.
        entry.key_properties = [*keys, *(key for key in own_keys if key not in keys)]
    properties = entry.schema.properties = entry.schema.properties or {}
    for name in (*own_keys, REPLICATION_KEY):
        properties[name] = Schema.from_dict(stream.schema["properties"][name])
        metadata = entry.metadata[("properties", name)]
        metadata.inclusion = Metadata.InclusionType.AUTOMATIC


def _check_replication(stream: Stream, entry: CatalogEntry) -> None:
    root = entry.metadata.root
    method = entry.replication_method or getattr(root, "forced_replication_method", None)
    if method not in {None, REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL}:
        message = (
            f"{stream.name}: the catalog's replication method must be INCREMENTAL or FULL_TABLE"
        )
        raise CatalogError(message)
    key = entry.replication_key or getattr(root, "replication_key", None)
    if key not in {None, REPLICATION_KEY}:
        message = f"{stream.name}: the catalog's replication key must be {REPLICATION_KEY!r}"
        raise CatalogError(message)
    if method is None:
        entry.replication_key = REPLICATION_KEY


def _check_format(stream: Stream, entry: CatalogEntry) -> None:
    """Refuse a catalog of the other task profile format: every profile would be left out."""
    own = _PROFILE_COLUMNS & stream.schema["properties"].keys()
    given = _PROFILE_COLUMNS & (entry.schema.properties or {}).keys()
    if given and not own & given:
        message = (
            f"{stream.name}: the catalog was discovered with another 'task_profile_format'; "
            "discover it again"
        )
        raise CatalogError(message)
