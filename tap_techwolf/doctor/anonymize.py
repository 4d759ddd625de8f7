"""Decide which names of the API's responses may be shown; all others could be data.

An API may use data as names: `{"jane_doe": {"payroll": ...}}` looks like any other object.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

# So many names are hardly those of properties.
_MOST_ROOT_NAMES = 30

_ROOT_NAME = re.compile(r"[a-z_]{1,40}")

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
    """Return whether a name at the root of a record or of the settings looks like a property.

    The tap's warnings show such names as well.
    """
    return _ROOT_NAME.fullmatch(name) is not None


def safe_root_names(names: Collection[str]) -> set[str]:
    """Return those of the names at the root of records that may be shown."""
    shown = set(names) & documented_names()
    if len(names) <= _MOST_ROOT_NAMES:
        shown |= {name for name in names if is_safe_root_name(name)}
    return shown


@cache
def documented_names() -> frozenset[str]:
    """Return the names of properties that may be shown anywhere."""
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
