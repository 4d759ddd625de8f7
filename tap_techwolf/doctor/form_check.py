"""Compares the records of a page with the stream's schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tap_techwolf.config.settings import EMPLOYEE_INCLUDES, JOB_INCLUDES
from tap_techwolf.dates import parse_date_time
from tap_techwolf.doctor.discretion import shown_names, shown_words
from tap_techwolf.doctor.pages import EXPORTS, ReadPage
from tap_techwolf.doctor.report import Check
from tap_techwolf.sync.schemas import read_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_techwolf.api.page import Record

# As far as TechWolf's pages name them.
_KNOWN_WORDS: dict[str, frozenset[str]] = {
    "level": frozenset({"H1", "H2", "H3"}),
    "validation_state": frozenset({"suggested", "validated", "rejected"}),
    "event_type": frozenset(
        {
            *("certificate", "education_history", "feedback", "goal", "job", "learning"),
            *("project", "resume_document", "skill_notes", "skill_profile_feedback", "ticket"),
            "working_history",
        }
    ),
}
_OPTIONAL = frozenset({"job_id", "weekly_hours"})
_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    Decimal: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_REPORT = "Please report this line: the tap drops what it does not know, and loaders may refuse it."


def kind_of(value: object) -> str:
    """Return the JSON type of a value.

    Args:
        value: A value of a record.
    """
    return _KINDS[type(value)]


@dataclass(slots=True)
class _Form:
    """What differs from a schema, by the place where it was seen."""

    came: dict[str, set[str]] = field(default_factory=dict)
    expected: dict[str, set[str]] = field(default_factory=dict)
    unknown: dict[str, set[str]] = field(default_factory=dict)
    other_types: dict[str, set[str]] = field(default_factory=dict)
    words: dict[str, set[str]] = field(default_factory=dict)

    def look_at(self, value: object, schema: Mapping[str, Any], place: str) -> None:
        kind = kind_of(value)
        kinds = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        if kind not in kinds and not (kind == "integer" and "number" in kinds):
            self.other_types.setdefault(place, set()).add(kind)
            return
        if isinstance(value, dict) and "properties" in schema:
            self._look_into(value, schema["properties"], place)
        elif isinstance(value, list):
            for item in value:
                self.look_at(item, schema["items"], f"{place}[]")
        elif isinstance(value, str):
            self._look_at_text(value, schema, place)

    def _look_into(
        self, value: Mapping[str, object], properties: Mapping[str, Any], place: str
    ) -> None:
        self.expected.setdefault(place, set()).update(properties)
        came = self.came.setdefault(place, set())
        came.update(value.keys() & properties.keys())
        if unknown := value.keys() - properties.keys():
            self.unknown.setdefault(place, set()).update(unknown)
        for name in value.keys() & properties.keys():
            self.look_at(value[name], properties[name], f"{place}.{name}".lstrip("."))

    def _look_at_text(self, value: str, schema: Mapping[str, Any], place: str) -> None:
        if schema.get("format") == "date-time":
            try:
                parse_date_time(value)
            except ValueError:
                self.other_types.setdefault(place, set()).add("string that is no date-time")
        known = _KNOWN_WORDS.get(place.rpartition(".")[2])
        if known is not None and value not in known:
            self.words.setdefault(place, set()).add(value)


def check_form(stream: str, page: ReadPage, config: Mapping[str, Any]) -> Check:
    """Compare the first page's records with the schema.

    Args:
        stream: The stream's name.
        page: The first page.
        config: Valid settings, defaults included.

    Returns:
        The check's entry.
    """
    name = f"form:{stream}"
    if page.problem:
        advice = "Please report this line: the tap cannot read such records."
        return Check(name, "error", f"On the first page, {page.problem}.", advice)
    if not page.records:
        return Check(name, "skipped", "The first page holds no records.")
    form = _Form()
    schema = _schema(stream, config)
    for record in page.records:
        form.look_at(_known_part(stream, record, config), schema, "")
    differences = list(_differences(form))
    missing, optional = _missing(form, EXPORTS[stream].includes(config))
    if missing:
        differences.append(f"never came: {', '.join(missing)}")
    looked_at = f"{len(page.records)} records were compared with the schema"
    notes = f" Optional ones that never came: {', '.join(optional)}." if optional else ""
    if differences:
        return Check(name, "warning", f"{looked_at}; {'; '.join(differences)}.{notes}", _REPORT)
    return Check(name, "ok", f"{looked_at}, and have its form.{notes}")


def _is_tree(stream: str, config: Mapping[str, Any]) -> bool:
    takes_format = "response_format" in EXPORTS[stream].query
    return takes_format and config["task_profile_format"] == "hierarchy"


def _schema(stream: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of the records as the API sends them."""
    schema = read_schema(stream)
    unused = {"exported_at"}
    if "hierarchy" in schema["properties"]:
        unused |= {"tasks", "hierarchy"} if _is_tree(stream, config) else {"hierarchy"}
    for column in unused:
        del schema["properties"][column]
    return schema


def _known_part(stream: str, record: Record, config: Mapping[str, Any]) -> Record:
    """Leave out a tree, whose form is not documented."""
    return {"external_id": record["external_id"]} if _is_tree(stream, config) else record


def _differences(form: _Form) -> Iterable[str]:
    for place, names in sorted(form.unknown.items()):
        yield f"unknown {_below(place)}: {', '.join(shown_names(names))}"
    for place, kinds in sorted(form.other_types.items()):
        yield f"of another type: {place} ({', '.join(sorted(kinds))})"
    for place, words in sorted(form.words.items()):
        yield f"new values of {place}: {', '.join(shown_words(words))}"


def _missing(form: _Form, includes: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return what never came although its parent did: the expected and the optional properties."""
    not_asked_for = {*EMPLOYEE_INCLUDES, *JOB_INCLUDES} - set(includes)
    missing: list[str] = []
    optional: list[str] = []
    for place, names in sorted(form.expected.items()):
        for one in sorted(names - form.came[place] - not_asked_for):
            target = optional if one in _OPTIONAL else missing
            target.append(f"{place}.{one}".lstrip("."))
    return missing, optional


def _below(place: str) -> str:
    return f"below {place}" if place else "columns"
