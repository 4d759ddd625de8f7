"""The invented organisational units, and where people work."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from sandbox.entities import Unit
from sandbox.vocabulary import slug

if TYPE_CHECKING:
    import random
    from datetime import datetime

# Each unit with its parent, and the job families of the people who belong to the unit itself.
# Names are not unique, may hold a slash, and units may be empty or closed.
_UNITS: tuple[tuple[str, str | None, str], ...] = (
    ("Corporate Functions", None, ""),
    ("Finance", "Corporate Functions", "Finance"),
    ("Finance / Controlling", "Finance", "Finance"),
    ("Accounting", "Finance", "Finance"),
    ("Payroll", "Accounting", "Finance"),
    ("People and Culture", "Corporate Functions", "People"),
    ("Legal", "Corporate Functions", "Legal"),
    ("Product and Technology", None, ""),
    ("Engineering", "Product and Technology", "Software Engineering"),
    ("Platform", "Engineering", "Software Engineering"),
    ("Site Reliability", "Platform", "Software Engineering"),
    ("Mainframe Operations", "Platform", "Software Engineering"),
    ("Data", "Product and Technology", "Data and AI"),
    ("AI Lab", "Data", "Data and AI"),
    ("Markets", None, ""),
    ("Sales", "Markets", "Sales"),
    ("Sales Americas", "Sales", "Sales"),
    ("Sales Europe", "Sales", "Sales"),
    ("Planning", "Sales", ""),
    ("Customer Support", "Markets", "Customer Support"),
    ("Second-Level Support", "Customer Support", "Customer Support"),
    ("Operations", None, ""),
    ("Logistics", "Operations", "Logistics"),
    ("Warehouse North", "Logistics", "Logistics"),
    ("Warehouse Süd", "Logistics", "Logistics"),
    ("Planning", "Logistics", ""),
    ("Fax Desk", "Operations", ""),
    ("Works Council", None, ""),
)
_CLOSED = ("Mainframe Operations", "Fax Desk")

LOCATIONS = (
    {"lat": 51.05, "lng": 3.72},
    {"lat": 48.14, "lng": 11.58},
    {"lat": 40.71, "lng": -74.01},
    {"lat": -33.87, "lng": 151.21},
    None,
)


def all_units(chance: random.Random, now: datetime) -> list[Unit]:
    """Return the units of the company; each was updated in the past three years."""
    ids = {name: f"OU-{number}" for number, (name, _, _) in enumerate(_UNITS, 100)}
    return [
        Unit(
            external_id=f"OU-{number}",
            name=name,
            is_active=name not in _CLOSED,
            parent_id=None if parent is None else ids[parent],
            last_updated=now - timedelta(minutes=chance.randint(1, 3 * 365 * 24 * 60)),
        )
        for number, (name, parent, _) in enumerate(_UNITS, 100)
    ]


@cache
def units_of(job_family_id: str) -> tuple[str, ...]:
    """Return the ids of the units that people of a job family belong to."""
    return tuple(
        f"OU-{number}"
        for number, (_, _, family) in enumerate(_UNITS, 100)
        if slug(family) == job_family_id
    )
