"""Register the selected streams with the SDK's mapper."""

import fnmatch
import logging
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from singer_sdk.mapper import NULL_STRING, PluginMapper, RemoveRecordTransform
from singer_sdk.singerlib import Catalog
from singer_sdk.streams import Stream

from tap_techwolf.config.settings import OPTIONAL_STREAMS
from tap_techwolf.errors import SettingsError

#: The name of the log of completed passes.
LOG_NAME = "completed_passes"

_MAPS = "stream_maps"
_ELSE = "__else__"
_SOURCE = "__source__"
_OPTIONS = ("__alias__", _ELSE, "__filter__", "__key_properties__", _SOURCE)
_SETTINGS_OF_MAPS = ("stream_map_config", "faker_config")


def stream_map_of(config: Mapping[str, Any], stream: str) -> dict[str, Any]:
    """Return the stream maps that apply to a stream, with the settings they use; empty if none."""
    found = {
        name: definition
        for name, definition in (config.get(_MAPS) or {}).items()
        if name == _ELSE or _reaches(name, definition, stream)
    }
    if not found:
        return {}
    return {_MAPS: found} | {name: config.get(name) for name in _SETTINGS_OF_MAPS}


def _reaches(name: str, definition: object, stream: str) -> bool:
    """Return whether a stream map is about a stream: by its name, a pattern, or as a copy of it."""
    source = definition.get(_SOURCE, name) if isinstance(definition, dict) else name
    return fnmatch.fnmatch(stream, source)


def _check_maps(maps: Mapping[str, Any], streams: Mapping[str, Stream]) -> None:
    """Raise SettingsError for a map, option or removal without effect: it may protect somebody."""
    for name, definition in maps.items():
        if name == _ELSE:
            continue
        reached = [stream for stream in streams if _reaches(name, definition, stream)]
        if not reached and not any(_reaches(name, definition, one) for one in OPTIONAL_STREAMS):
            raise SettingsError(
                f"Setting 'stream_maps': {name!r} matches none of the streams that there are: "
                f"{', '.join(streams)}."
            )
        properties = {one for stream in reached for one in streams[stream].schema["properties"]}
        for column, value in definition.items() if isinstance(definition, dict) else ():
            if column.startswith("__") and column not in _OPTIONS:
                raise SettingsError(
                    f"Setting 'stream_maps': {name!r} has an unknown option {column!r}. Use one "
                    f"of: {', '.join(_OPTIONS)}."
                )
            is_removal = value in (None, NULL_STRING) and not column.startswith("__")
            if is_removal and reached and column not in properties:
                raise SettingsError(
                    f"Setting 'stream_maps': {name!r} removes {column!r}, which is not a column "
                    f"of {', '.join(reached)}. The columns are in docs/columns.md."
                )


def build_mapper(
    config: Mapping[str, Any],
    streams: Mapping[str, Stream],
    catalog: Catalog,
    logger: logging.Logger,
) -> PluginMapper:
    """Build the SDK's mapper for the streams of a run.

    The SDK would also register maps for deselected streams, whose schemas it has emptied, and fail.
    A map reaches the log of completed passes only by its name: `*` is meant for the exports.

    Raises:
        SettingsError: A stream map has no effect, or gives two tables the same name.
    """
    maps = config.get(_MAPS) or {}
    _check_maps(maps, streams)
    tables = {LOG_NAME: LOG_NAME}
    mapper = _mapper(config, maps, logger)
    log_maps = {name: maps[name] for name in (LOG_NAME,) if name in maps}
    log_mapper = _mapper({**config, "flattening_enabled": False}, log_maps, logger)
    unmapped = _mapper(config, {}, logger)
    for name, stream in streams.items():
        entry = catalog.get_stream(name)
        if entry is None or not stream.selected:
            unmapped.register_raw_stream_schema(name, stream.schema, stream.primary_keys)
            mapper.stream_maps[name] = unmapped.stream_maps[name]
        elif name == LOG_NAME:
            log_mapper.register_raw_streams_from_catalog(Catalog([(name, entry)]))
            mapper.stream_maps[name] = log_mapper.stream_maps[name]
        else:
            mapper.register_raw_streams_from_catalog(Catalog([(name, entry)]))
        for stream_map in mapper.stream_maps[name]:
            # The SDK names the draft again, which some targets reject; see `read_schema`.
            stream_map.transformed_schema.pop("$schema", None)
            if not stream.selected or isinstance(stream_map, RemoveRecordTransform):
                continue
            table = stream_map.stream_alias
            if (other := tables.setdefault(table.lower(), name)) != name:
                raise SettingsError(
                    f"Setting 'stream_maps': {name} cannot be renamed to {table}, as {other} is "
                    "loaded into that table, and their rows would replace each other."
                )
    return mapper


def _mapper(
    config: Mapping[str, Any], maps: Mapping[str, Any], logger: logging.Logger
) -> PluginMapper:
    # A copy: the SDK's mapper takes `__else__` out of what it is given.
    return PluginMapper({**config, _MAPS: deepcopy(dict(maps))}, logger)
