"""Check a catalog, and correct what would lose data."""

import logging
from copy import deepcopy
from typing import Any

from singer_sdk.singerlib import Catalog, CatalogEntry, Metadata, Schema
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL
from singer_sdk.streams import Stream

from tap_techwolf.errors import CatalogError
from tap_techwolf.sync.state import REPLICATION_KEY

logger = logging.getLogger(__name__)

# The column that holds a task profile, in each of its two formats.
_PROFILE_COLUMNS = {"tasks", "hierarchy"}


def check_catalog(catalog: Any) -> None:  # noqa: ANN401 - any JSON value, or the SDK's object
    """Raise CatalogError for what is not a Singer catalog; the SDK would fail without a reason."""
    if isinstance(catalog, Catalog):
        return
    try:
        is_catalog = all(map(_is_entry, catalog["streams"]))
        Catalog.from_dict(deepcopy(catalog))
    except Exception:  # noqa: BLE001 - the SDK fails in many ways
        is_catalog = False
    if not is_catalog:
        raise CatalogError(
            "The catalog must be an object whose 'streams' hold a schema and metadata for each "
            "stream. Discover it again with --discover."
        )


def _is_entry(entry: dict[str, Any]) -> bool:
    properties = entry["schema"].get("properties", {})
    return (
        isinstance(entry["tap_stream_id"], str)
        and all(isinstance(one, dict) for one in properties.values())
        and isinstance(entry.get("key_properties") or [], list | tuple)
        and all(isinstance(one["breadcrumb"], list) for one in entry.get("metadata") or [])
    )


def reconcile(stream: Stream, catalog: Catalog) -> None:
    """Correct a stream's entry in a catalog, in place, before the catalog is applied.

    It may have been discovered with other settings. Loaders update rows by the catalog's keys: if
    a key is missing, one version of an AI goal would overwrite another; if there is one too many,
    an old version would stay. Keys and the replication key are therefore those of the stream,
    always selected, and never null.

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
    """Raise CatalogError if the column of the task profiles is missing: each would be dropped."""
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
    """Use the stream's own keys. An empty key is kept: it means append-only."""
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
