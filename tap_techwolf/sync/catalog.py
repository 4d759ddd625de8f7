"""Makes a catalog that was discovered under other settings safe to use, or refuses it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from singer_sdk.singerlib import Catalog, Metadata, Schema
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL

from tap_techwolf.errors import CatalogError
from tap_techwolf.sync.checkpoint import REPLICATION_KEY

if TYPE_CHECKING:
    from singer_sdk.singerlib import CatalogEntry
    from singer_sdk.streams import Stream

logger = logging.getLogger(__name__)

# The column that holds a task profile, in each of its two formats.
_PROFILE_COLUMNS = {"tasks", "hierarchy"}


def check_catalog(catalog: object) -> None:
    """Refuse what is not a Singer catalog; the SDK would fail on it without saying why.

    Args:
        catalog: The catalog that the run was given, as JSON or as the SDK's object.

    Raises:
        CatalogError: It is not a Singer catalog.
    """
    if isinstance(catalog, Catalog):
        return
    streams = catalog.get("streams") if isinstance(catalog, dict) else None
    if not isinstance(streams, list) or not all(map(_is_entry, streams)):
        message = (
            "The catalog must be an object whose 'streams' hold a schema and metadata for each "
            "stream. Discover it again with --discover."
        )
        raise CatalogError(message)


def _is_entry(entry: object) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("tap_stream_id"), str):
        return False
    schema = entry.get("schema")
    properties = schema.get("properties", {}) if isinstance(schema, dict) else None
    metadata = entry.get("metadata") or []
    return (
        isinstance(properties, dict)
        and all(isinstance(one, dict) for one in properties.values())
        and isinstance(metadata, list)
        and all(
            isinstance(one, dict)
            and isinstance(one.get("breadcrumb"), list)
            and isinstance(one.get("metadata", {}), dict)
            for one in metadata
        )
    )


def reconcile(stream: Stream, catalog: Catalog) -> None:
    """Fit a stream's part of a catalog to what the stream sends, in place.

    Loaders update rows by the catalog's keys: with a key missing, one version of an AI
    goal would overwrite another; with one too many, an old version would stay. Keys and the
    replication key are therefore those of the stream, always selected, and never null.

    Args:
        stream: The stream, before the catalog is applied to it.
        catalog: The catalog that the run was given.

    Raises:
        CatalogError: The catalog asks for what the stream does not have.
    """
    entry = catalog.get_stream(stream.name)
    if entry is None:
        return
    if entry.stream not in (None, stream.name):
        logger.warning(
            "%s: the catalog's 'stream' differs from its 'tap_stream_id', which counts; rename it "
            "with a stream map",
            stream.name,
        )
    entry.stream = stream.name
    _check_replication(stream, entry)
    _check_columns(stream, entry)
    _correct_keys(stream, entry)
    properties = entry.schema.properties = entry.schema.properties or {}
    for name in (*stream.primary_keys, REPLICATION_KEY):
        properties[name] = Schema.from_dict(stream.schema["properties"][name])
        metadata = entry.metadata[("properties", name)]
        metadata.inclusion = Metadata.InclusionType.AUTOMATIC


def _check_replication(stream: Stream, entry: CatalogEntry) -> None:
    root = entry.metadata.root
    method = entry.replication_method or root.forced_replication_method
    if method not in {None, REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL}:
        message = (
            f"{stream.name}: the catalog's replication method must be INCREMENTAL or FULL_TABLE"
        )
        raise CatalogError(message)
    key = entry.replication_key or root.replication_key
    if key not in {None, REPLICATION_KEY}:
        message = f"{stream.name}: the catalog's replication key must be {REPLICATION_KEY!r}"
        raise CatalogError(message)


def _check_columns(stream: Stream, entry: CatalogEntry) -> None:
    """Refuse a catalog that lacks the column of the task profiles: each would be left out."""
    own = _PROFILE_COLUMNS & stream.schema["properties"].keys()
    if not own:
        return
    is_tree = stream.config.get("task_profile_format") == "hierarchy"
    needed = "hierarchy" if is_tree else "tasks"
    given = _PROFILE_COLUMNS & (entry.schema.properties or {}).keys()
    if given and needed not in given:
        message = (
            f"{stream.name}: the catalog was discovered with another 'task_profile_format'; "
            "discover it again"
        )
        raise CatalogError(message)


def _correct_keys(stream: Stream, entry: CatalogEntry) -> None:
    """Use the stream's own keys; none at all means rows that are only added, and stays."""
    keys = entry.key_properties or entry.metadata.root.table_key_properties
    own = list(stream.primary_keys)
    if not keys or set(keys) == set(own):
        return
    unknown = [key for key in keys if key not in stream.schema["properties"]]
    if unknown:
        message = f"{stream.name}: the catalog's key_properties name no column; discover it again"
        raise CatalogError(message)
    logger.warning(
        "%s: the catalog's key_properties do not fit the settings; the key is %s",
        stream.name,
        ", ".join(own),
    )
    entry.key_properties = own
