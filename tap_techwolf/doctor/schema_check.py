"""Compare the records of an export's first page with the stream's schema."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tap_techwolf.api.export import Export
from tap_techwolf.config.settings import SETTINGS
from tap_techwolf.dates import parse_date_time
from tap_techwolf.doctor.anonymize import DOCUMENTED_VALUES
from tap_techwolf.doctor.client import SamplePage
from tap_techwolf.doctor.report import Check, CheckSkippedError
from tap_techwolf.doctor.shape import Shape
from tap_techwolf.schemas import read_schema
from tap_techwolf.sync.state import REPLICATION_KEY

# The documentation says or shows that not every record has them.
_OPTIONAL = frozenset({"job_id", "weekly_hours"})

_ADVICE = (
    "Please report this line: the tap drops properties that it does not know, and loaders may "
    "reject values of another type."
)


def check_form(page: SamplePage, config: Mapping[str, Any]) -> Check:
    """Compare the records of a page with the schema."""
    if not page.records:
        raise CheckSkippedError("The first page has no records.")
    export = page.export
    schema = _sent_schema(export, config)
    records = page.records
    if _is_tree(export, config):
        # The names in a tree are not documented: `--probe` describes it instead.
        known = schema["properties"].keys()
        records = [{name: record[name] for name in known & record.keys()} for record in records]
    comparison = _Comparison(_not_requested(export, config))
    comparison.compare(Shape.of(records), schema)
    return comparison.to_check(f"form:{export.name}", len(records))


def _is_tree(export: Export, config: Mapping[str, Any]) -> bool:
    return export.has_task_profiles and config["task_profile_format"] == "hierarchy"


def _sent_schema(export: Export, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of the records as the API sends them: without the tap's own columns."""
    schema = read_schema(export.name)
    own = {REPLICATION_KEY}
    if export.has_task_profiles:
        own |= {"tasks", "hierarchy"} if _is_tree(export, config) else {"hierarchy"}
    for column in own & schema["properties"].keys():
        del schema["properties"][column]
    return schema


def _not_requested(export: Export, config: Mapping[str, Any]) -> set[str]:
    """Return the details that the settings leave out of each record."""
    if export.include is None:
        return set()
    setting = SETTINGS.to_dict()["properties"][export.include]
    return set(setting["items"]["enum"]) - set(export.includes(config))


@dataclass(slots=True)
class _Comparison:
    """What differs from a schema, each difference in words that are safe to publish."""

    not_requested: set[str]
    unknown: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    optional: list[str] = field(default_factory=list)

    def compare(self, shape: Shape, schema: Mapping[str, Any], place: str = "") -> None:
        """Note the differences at a place and below it."""
        if types := ", ".join(sorted(_unexpected_types(shape, schema))):
            self.types.append(f"{place} ({types})")
        documented = DOCUMENTED_VALUES.get(place.rpartition(".")[2])
        if documented and (others := len(shape.texts - documented)):
            self.values.append(f"{others} of {place}")
        if "object" in shape.types and "properties" in schema:
            self._compare_properties(shape, schema["properties"], place)
        if shape.items is not None and "items" in schema:
            self.compare(shape.items, schema["items"], f"{place}[]")

    def _compare_properties(self, shape: Shape, known: Mapping[str, Any], place: str) -> None:
        unknown = ", ".join(
            f"{name} ({', '.join(sorted(below.types))})"
            for name, below in shape.named_shapes()
            if name not in known
        )
        if unknown:
            self.unknown.append(f"below {place}: {unknown}" if place else unknown)
        for name, schema in known.items():
            path = f"{place}.{name}".lstrip(".")
            if name in shape.properties:
                self.compare(shape.properties[name], schema, path)
            elif name not in self.not_requested:
                (self.optional if name in _OPTIONAL else self.missing).append(path)

    def to_check(self, name: str, count: int) -> Check:
        """Return the check's entry."""
        found = {
            "Unknown": self.unknown,
            "Of another type": self.types,
            "Undocumented values": self.values,
            "Missing in all records": self.missing,
        }
        differences = [f"{what}: {'; '.join(places)}." for what, places in found.items() if places]
        notes = []
        if self.optional:
            notes = [f"Optional, and missing in all records: {', '.join(self.optional)}."]
        if not differences:
            return Check(name, "ok", " ".join([f"All {count} records match the schema.", *notes]))
        seen = " ".join([f"{count} records compared with the schema.", *differences, *notes])
        return Check(name, "warning", seen, _ADVICE)


def _unexpected_types(shape: Shape, schema: Mapping[str, Any]) -> Iterable[str]:
    allowed = {schema["type"]} if isinstance(schema["type"], str) else set(schema["type"])
    if "number" in allowed:
        allowed.add("integer")
    yield from shape.types - allowed
    if schema.get("format") == "date-time" and not all(map(_is_date_time, shape.texts)):
        yield "string that is not a date-time"


def _is_date_time(text: str) -> bool:
    try:
        parse_date_time(text)
    except ValueError:
        return False
    return True
