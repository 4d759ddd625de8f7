"""Decide which names of the API's responses may be shown; all others could be data.

An API may use data as names: `{"jane_doe": {"payroll": ...}}` looks like any other object.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

# More names at one place are hardly names of properties.
_MOST_ROOT_NAMES = 30

_ROOT_NAME = re.compile(r"[a-z_]{1,40}")
_REGION = re.compile(r"[a-z]{2,3}[0-9]{1,2}")

# Names of properties in TechWolf's documentation, beside those in the tap's schemas, and the
# plurals of its taxonomy's levels.
_DOCUMENTED = """
    active canonical_task canonical_tasks category children cluster clusters critical
    current_skills data domain domain_id domain_name domains enrichment_status group id
    job_family low_data_availability name num_skill_events organisational_structure
    organisational_unit peer_group peer_groups proficiency proficiency_level related_skills score
    seniority skill_clusters skill_types skills source sources state subdomain subdomain_id
    subdomains suggestion_type task_source type
"""

#: The documented values of properties that have a few fixed ones.
DOCUMENTED_VALUES: Mapping[str, frozenset[str]] = {
    "level": frozenset({"H1", "H2", "H3"}),
    "validation_state": frozenset({"initially_validated", "rejected", "suggested", "validated"}),
    "event_type": frozenset(
        {
            *("certificate", "education_history", "feedback", "goal", "job", "learning"),
            *("project", "resume_document", "skill_notes", "skill_profile_feedback", "ticket"),
            "working_history",
        }
    ),
}


def is_safe_root_name(name: str) -> bool:
    """Return whether a name at the root of a record or of the settings looks like a property."""
    return _ROOT_NAME.fullmatch(name) is not None


def split_names(names: Collection[str], *, is_root: bool) -> tuple[list[str], list[str]]:
    """Return the names at one place that may be shown, and those that may not, both sorted.

    Args:
        names: The names, as the API sent them.
        is_root: Whether they are at the root of a record. There the tap's warnings show them as
            well; below, only documented names are shown.
    """
    documented = _documented_names()
    shows_others = is_root and len(names) <= _MOST_ROOT_NAMES
    shown = {
        name for name in names if name in documented or (shows_others and is_safe_root_name(name))
    }
    return sorted(shown), sorted(set(names) - shown)


def safe_region(region: str) -> str:
    """Return a region if it looks like TechWolf's, such as `eu3`."""
    return region if _REGION.fullmatch(region) else "of another form"


@cache
def _documented_names() -> frozenset[str]:
    schemas = (
        file for file in files("tap_techwolf.schemas").iterdir() if file.name[-5:] == ".json"
    )
    names = (name for file in schemas for name in _property_names(json.loads(file.read_bytes())))
    return frozenset(_DOCUMENTED.split()).union(names)


def _property_names(schema: Mapping[str, Any]) -> Iterator[str]:
    for name, below in schema.get("properties", {}).items():
        yield name
        yield from _property_names(below)
    if "items" in schema:
        yield from _property_names(schema["items"])
