"""Pages that JSON allows, but that a parser may refuse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.records import set_property

if TYPE_CHECKING:
    from sandbox.faults import Fault

# Python writes integers of up to 4,300 digits and can read nesting of up to about 1,000.
_DIGITS = 5000
_DEPTH = 1100
_MARK = "the odd value goes here"

# The JSON text of each kind's value, and where it stands in AI goals and in task profiles
# unless the fault says so.
_VALUES = {
    "lone_surrogate": (r'"Half an emoji: \ud83d"', "goal", "tasks.task"),
    "huge_integer": ("7" * _DIGITS, "version", "tasks.weekly_hours"),
    "huge_exponent": ("1e9999999999999999999", "version", "tasks.weekly_hours"),
    "deep_nesting": ("[" * _DEPTH + "]" * _DEPTH, "target_skills", "tasks.linked_skills"),
}
ODD_PAGES = frozenset(_VALUES) | {"value"}


def odd_page(fault: Fault, body: bytes) -> bytes:
    """Return a page with an odd value in the first record that has a place for it.

    Args:
        fault: Which value, and where.
        body: The page; one without records stays as it is, and so does an error.
    """
    page = json.loads(body)
    records = isinstance(page, dict) and (page.get("records") or page.get("results"))
    if not records:
        return body
    value, in_goals, in_profiles = _VALUES.get(fault.kind, (fault.body, "goal", "tasks.task"))
    default = in_goals if fault.path.endswith("/ai_goals") else in_profiles
    for record in records:
        set_property(record, (fault.at or default).split("."), _MARK)
        if _MARK in json.dumps(record):  # A record without tasks has no place for it.
            break
    text = json.dumps(page, ensure_ascii=False, separators=(",", ":"))
    return text.replace(f'"{_MARK}"', value).encode()
