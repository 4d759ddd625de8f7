"""Compare the records of an export's first page with the stream's schema, without showing data."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tap_techwolf.api.export import Export
from tap_techwolf.config.settings import SETTINGS
from tap_techwolf.dates import to_date_time
from tap_techwolf.doctor.client import LimitedClient
from tap_techwolf.doctor.report import CheckSkippedError, Finding
from tap_techwolf.schemas import read_schema
from tap_techwolf.sync.state import REPLICATION_KEY

# The documentation says or shows that not every record has them.
_SOMETIMES = """
    assigned_position_id default_skill_description default_skill_name inference_enabled is_common
    job_id properties self_rated_proficiency_float self_rated_proficiency_level seniority
    skill_source weekly_hours
"""
_OPTIONAL = frozenset(_SOMETIMES.split())

# The includes of skill profiles that are not called as what they add. Rejected skills are rows.
_ADDED_BY = {
    "skill_validation_state": {"validation_state"},
    "sources": {"sources", "source_events"},
    "low_data_availability_flag": {"low_data_availability"},
}

# Other names may be data, and so may any name below the root: `{"jane_doe": {...}}`.
_COLUMN_NAME = re.compile(r"[a-z_]{1,40}")

#: The documented values of properties that have a few fixed ones.
_DOCUMENTED_VALUES: Mapping[str, frozenset[str]] = {
    "level": frozenset({"H1", "H2", "H3"}),
    "validation_state": frozenset({"initially_validated", "rejected", "suggested", "validated"}),
}

_TYPES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    Decimal: "number",
    str: "string",
    list: "array",
    dict: "object",
}

_ADVICE = (
    "Please report this line: the tap drops columns that it does not know, and loaders may reject "
    "values of another type."
)


def check_form(client: LimitedClient, export: Export) -> Finding:
    """Compare the records of the first page with the schema."""
    page = client.first_page(export)
    if not page.records:
        raise CheckSkippedError("The first page has no records.")
    if export.has_task_profiles and client.config["task_profile_format"] == "hierarchy":
        raise CheckSkippedError("The format of a hierarchy is not documented.")
    schema = read_schema(export.name)
    for column in (REPLICATION_KEY, "hierarchy"):  # The tap's own.
        schema["properties"].pop(column, None)
    found: dict[str, list[str]] = defaultdict(list)
    optional = _OPTIONAL | _not_requested(export, client.config)
    records = [
        {name: value for name, value in record.items() if name not in export.no_columns}
        for record in page.records
    ]
    for what, where in _differences(records, schema, optional):
        found[what].append(where)
    count = len(page.records)
    if not found:
        return Finding("ok", f"All {count} records match the schema.")
    parts = [f"{what}: {'; '.join(places)}." for what, places in found.items()]
    seen = f"{count} records compared with the schema. {' '.join(parts)}"
    return Finding("warning", seen, _ADVICE)


def _not_requested(export: Export, config: Mapping[str, Any]) -> set[str]:
    """Return the properties that the settings leave out of each record."""
    if export.include is None:
        return set()
    setting = SETTINGS.to_dict()["properties"][export.include]
    left_out = set(setting["items"]["enum"]) - set(export.includes(config))
    return set().union(*(_ADDED_BY.get(one, {one}) for one in left_out))


def _differences(
    values: Sequence[object], schema: Mapping[str, Any], optional: Collection[str], place: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield what differs at a place and below it, and where."""
    if types := ", ".join(sorted(_unexpected_types(values, schema))):
        yield "Of another type", f"{place} ({types})"
    objects = [value for value in values if isinstance(value, dict)]
    known: Mapping[str, Any] = schema.get("properties", {})
    if objects and known:
        names = {name for one in objects for name in one}
        if unknown := _listed(objects, names - known.keys(), is_root=not place):
            yield "Unknown", f"below {place}: {unknown}" if place else unknown
        for name, below in known.items():
            path = f"{place}.{name}".lstrip(".")
            if name in names:
                found = [one[name] for one in objects if name in one]
                yield from _differences(found, below, optional, path)
            elif name not in optional:
                yield "Missing in all records", path
    documented = _DOCUMENTED_VALUES.get(place.rpartition(".")[2])
    if documented and (others := {one for one in values if isinstance(one, str)} - documented):
        yield "Undocumented values", f"{len(others)} of {place}"
    items = [item for value in values if isinstance(value, list) for item in value]
    if items and "items" in schema:
        yield from _differences(items, schema["items"], optional, f"{place}[]")


def _unexpected_types(values: Sequence[object], schema: Mapping[str, Any]) -> set[str]:
    allowed = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    if "number" in allowed:
        allowed.add("integer")
    unexpected = {_TYPES[type(value)] for value in values} - allowed
    texts = (value for value in values if isinstance(value, str))
    if schema.get("format") == "date-time" and not all(map(to_date_time, texts)):
        unexpected.add("string that is not a date-time")
    return unexpected


def _listed(objects: Sequence[dict[str, Any]], names: set[str], *, is_root: bool) -> str:
    """Name the columns, count all other names, and say of which types their values are."""
    shown = sorted(name for name in names if is_root and _COLUMN_NAME.fullmatch(name))
    found = [f"{name} ({_types(objects, {name})})" for name in shown]
    if others := names - set(shown):
        count = "1 other name" if len(others) == 1 else f"{len(others)} other names"
        found.append(f"{count} ({_types(objects, others)})")
    return ", ".join(found)


def _types(objects: Sequence[dict[str, Any]], names: set[str]) -> str:
    found = (one[name] for one in objects for name in names & one.keys())
    return ", ".join(sorted({_TYPES[type(value)] for value in found}))
