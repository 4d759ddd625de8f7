"""Check a catalog, and correct what would lose data."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from singer_sdk.singerlib import Catalog, CatalogEntry, Metadata, Schema
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL, Breadcrumb
from singer_sdk.streams import Stream

from tap_techwolf.config.settings import OPTIONAL_STREAMS
from tap_techwolf.errors import CatalogError
from tap_techwolf.sync.state import REPLICATION_KEY
from tap_techwolf.sync.stream_maps import LOG_NAME

logger = logging.getLogger(__name__)

# The column that holds a task profile, in each of its two formats.
_PROFILE_COLUMNS = {"tasks", "hierarchy"}


def read_catalog(catalog: Any) -> Catalog:  # noqa: ANN401 - any JSON value, or the SDK's object
    """Read a catalog that the tap was given.

    The SDK would fail on what is not one without a reason, and it drops the replication method of
    a stream's metadata, where Singer has users set it: it counts before all others.
    """
    if isinstance(catalog, Catalog):
        return catalog
    try:
        found = Catalog.from_dict(deepcopy(catalog))
        is_catalog = all(map(_is_entry, catalog["streams"]))
        for stream in catalog["streams"]:
            for one in stream.get("metadata") or []:
                if not one["breadcrumb"] and (method := one["metadata"].get("replication-method")):
                    found[stream["tap_stream_id"]].replication_method = method
    except Exception:  # noqa: BLE001 - the SDK fails in many ways
        is_catalog = False
    if not is_catalog:
        raise CatalogError(
            "The catalog must be an object whose 'streams' hold a schema and metadata for each "
            "stream. Discover it again with --discover."
        )
    return found


def _is_entry(entry: dict[str, Any]) -> bool:
    properties = entry["schema"].get("properties", {})
    return (
        isinstance(entry["tap_stream_id"], str)
        and all(isinstance(one, dict) for one in properties.values())
        and isinstance(entry.get("key_properties") or [], list | tuple)
        and all(isinstance(one["breadcrumb"], list) for one in entry.get("metadata") or [])
    )


def check_selection(streams: Sequence[Stream], catalog: Catalog | None) -> None:
    """Check which streams a catalog selects, before a sync.

    Raises:
        CatalogError: It selects none of these: the run would succeed and load nothing.
    """
    if not any(stream.selected for stream in streams):
        names = ", ".join(stream.name for stream in streams)
        raise CatalogError(f"The catalog selects none of the streams that there are: {names}.")
    known = {stream.name for stream in streams} | {LOG_NAME}
    entries = catalog.streams if catalog else ()
    selected = {entry.tap_stream_id for entry in entries if entry.metadata.root.selected}
    if unknown := sorted(selected - known):
        logger.warning(
            "The catalog selects what is no stream, or not named by 'optional_streams', and so is "
            "not synced: %s",
            ", ".join(unknown),
        )
    present = {entry.tap_stream_id for entry in entries} or known
    if missing := sorted(known.intersection(OPTIONAL_STREAMS) - present):
        logger.warning(
            "The catalog lacks what 'optional_streams' names, so that it is not synced; discover "
            "it again: %s",
            ", ".join(missing),
        )


def below_lists(
    schema: Mapping[str, Any], breadcrumb: Breadcrumb = (), *, is_below: bool = False
) -> Iterator[Breadcrumb]:
    """Yield the properties of a schema that are below a list, as Meltano names them."""
    for name, one in schema.get("properties", {}).items():
        here = (*breadcrumb, "properties", name)
        if is_below:
            yield here
        yield from below_lists(one, here, is_below=is_below)
        yield from below_lists(one.get("items", {}), here, is_below=True)


def reconcile(stream: Stream, catalog: Catalog) -> None:
    """Correct a stream's entry in a catalog, in place, before the catalog is applied.

    It may have been discovered with other settings. Loaders update rows by the catalog's keys: if
    a key is missing, one version of an AI goal would overwrite another; if there is one too many,
    an old version would stay. Keys and the replication key are therefore those of the stream,
    always selected, and never null. What the stream does not have is a CatalogError.
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
    _check_columns(stream, entry)
    _check_parts_of_lists(stream, entry)
    _correct_keys(stream, entry)
    properties = entry.schema.properties = entry.schema.properties or {}
    for name in (*stream.primary_keys, REPLICATION_KEY):
        properties[name] = Schema.from_dict(stream.schema["properties"][name])
        metadata = entry.metadata[("properties", name)]
        metadata.inclusion = Metadata.InclusionType.AUTOMATIC


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


def _check_parts_of_lists(stream: Stream, entry: CatalogEntry) -> None:
    """Raise CatalogError if something below a list is deselected: only whole columns can be.

    Meltano also deselects everything below a list that is selected by its name alone.
    """
    mask = entry.metadata.resolve_selection()
    known = set(below_lists(stream.schema))
    columns = {(), *(("properties", name) for name in stream.schema["properties"])}
    parts: dict[Breadcrumb, bool] = {}
    for breadcrumb, metadata in entry.metadata.items():
        here = tuple(one for one in breadcrumb if one != "items")
        is_deselected = (
            metadata.selected is False or metadata.inclusion == Metadata.InclusionType.UNSUPPORTED
        )
        if here in known and mask[here[:2]]:
            parts[here] = not is_deselected and parts.get(here, True)
        elif is_deselected and here not in known | columns:
            logger.warning(
                "%s: the catalog deselects %r, which is no column: this has no effect",
                *(stream.name, ".".join(breadcrumb[1::2])),
            )
    deselected = [here for here, is_selected in parts.items() if not is_selected]
    if not deselected:
        return
    column = deselected[0][1]
    rule = f"only a column as a whole can be deselected, such as !{stream.name}.{column}"
    if len(deselected) == len(parts):
        logger.warning(
            "%s: all of %r is synced, although the catalog deselects what is in it: %s",
            *(stream.name, column, rule),
        )
        return
    name = ".".join(deselected[0][1::2])
    raise CatalogError(f"{stream.name}: {name!r} cannot be deselected, as it is in a list: {rule}")


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
