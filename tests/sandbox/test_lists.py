"""The lists by offset: what they accept and return, and how they move while they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

from sandbox.faults import Fault
from sandbox.lists import MORE_OF_AN_EMPLOYEE
from sandbox.moves import Move

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from sandbox.app import Sandbox

    Get = Callable[[str], Any]

UNITS: Literal["/organisational_units"] = "/organisational_units"
LISTS: tuple[Literal["/employees"], Literal["/organisational_units"]] = ("/employees", UNITS)


def pages(get: Get, path: str, size: int) -> tuple[list[str], list[int]]:
    """The ids of a list that is read page by page, and the count on each page."""
    found: list[str] = []
    counts: list[int] = []
    while not counts or len(found) < counts[-1]:
        page = get(f"{path}?limit={size}&offset={len(found)}")
        counts.append(page["count"])
        found += [record["external_id"] for record in page["results"]]
    return found, counts


def test_employees_have_seven_properties_and_leavers_are_among_them(
    sandbox: Sandbox, get: Get
) -> None:
    records = [
        one
        for offset in (0, 200, 400)
        for one in get(f"/employees?limit=200&offset={offset}")["results"]
    ]
    assert len({record["external_id"] for record in records}) == 430
    names = {"external_id", "active", "location", "assigned_position", "low_data_availability"}
    assert all(
        record.keys() == names | {"organisational_unit", "last_updated"} for record in records
    )
    active = sum(one.is_active for one in sandbox.company.employees)
    assert sum(record["active"] for record in records) == active < 430
    stamps = [record["last_updated"] for record in records]
    assert stamps == sorted(stamps)


def test_units_say_how_many_employees_they_have(sandbox: Sandbox, get: Get) -> None:
    page = get(UNITS)
    assert page["count"] == len(page["results"]) == len(sandbox.company.units)
    roots = [record for record in page["results"] if record["parent_id"] is None]
    with_unit = sum(one.unit_id is not None for one in sandbox.company.employees)
    assert sum(record["total_nr_of_employees"] for record in roots) == with_unit
    assert get(f"{UNITS}?parent_id=null")["count"] == len(roots)


def test_the_default_page_has_a_hundred_records(get: Get) -> None:
    assert len(get("/employees")["results"]) == 100
    assert get("/employees?offset=1000") == {"count": 430, "results": []}


def test_undocumented_parameters_are_refused(url: str, session: requests.Session) -> None:
    both = (
        *("limit=0", "limit=201", "limit=x", "offset=-1", "limit=1&limit=1", "more=1"),
        *("external_vendor=techwolf", "starting_after=x", "last_updated=2026-01-01"),
    )
    of_employees = ("is_active=1", "include=skills", "parent_id=null")
    of_units = ("is_active=true", "include=custom_properties")
    for path, queries in (("/employees", both + of_employees), (UNITS, both + of_units)):
        for query in queries:
            answer = session.get(f"{url}{path}?{query}", timeout=5)
            assert answer.status_code == 400, query


def test_employees_are_filtered_as_documented(sandbox: Sandbox, get: Get) -> None:
    employees = sandbox.company.employees
    skill = employees[0].skills[0].skill.external_id
    unit = next(one.unit_id for one in employees if one.unit_id)
    for query, expected in {
        "is_active=false": [one for one in employees if not one.is_active],
        "organisational_unit=null": [one for one in employees if one.unit_id is None],
        f"organisational_unit={unit}": [one for one in employees if one.unit_id == unit],
        f"skill_id={skill}": [
            one for one in employees if skill in {held.skill.external_id for held in one.skills}
        ],
    }.items():
        page = get(f"/employees?limit=200&{query}")
        assert page["count"] == len(expected) > 0
        found = [record["external_id"] for record in page["results"]]
        assert set(found) == {one.external_id for one in expected}
        assert len(found) == len(expected)
    [record] = get("/employees?limit=1&include=custom_properties")["results"]
    assert record["custom_properties"][0].keys() == {"property_name", "property_value"}


def test_a_list_can_say_more_cap_its_pages_and_count_otherwise(sandbox: Sandbox, get: Get) -> None:
    sandbox.variants.set_properties = {"/employees": MORE_OF_AN_EMPLOYEE}
    sandbox.variants.longest_list_page = 30
    sandbox.variants.count_ignores_filters = True
    page = get("/employees?limit=200&is_active=true")
    assert (page["count"], len(page["results"])) == (430, 30)
    assert all(record.keys() > MORE_OF_AN_EMPLOYEE.keys() for record in page["results"])
    assert len(get("/employees?limit=7")["results"]) == 7


@pytest.mark.parametrize("status", [403, 404])
def test_a_list_can_be_refused(
    sandbox: Sandbox, url: str, session: requests.Session, get: Get, status: int
) -> None:
    if status == 403:
        sandbox.variants.forbidden_exports = {"/employees"}
    else:
        sandbox.conditions.faults = [Fault("/employees", status=404, times=9)]
    assert session.get(url + "/employees", timeout=5).status_code == status
    assert get(UNITS)["count"]


def test_an_odd_value_can_be_put_into_a_list(
    sandbox: Sandbox, url: str, session: requests.Session
) -> None:
    sandbox.conditions.faults = [Fault(UNITS, "lone_surrogate", at="name")]
    assert r"\ud83d" in session.get(url + UNITS, timeout=5).text


@pytest.mark.parametrize(
    ("order", "action", "position", "missing", "repeated", "counts"),
    [
        # One of the first page moves to the end: the first of the second page is skipped.
        ("ascending", "change", 0, 1, 1, [0, 0]),
        ("ascending", "remove", 0, 1, 0, [0, -1]),
        ("ascending", "add", 0, 0, 0, [0, 1]),
        # One of the second page moves to the start: the last of the first page is repeated.
        ("descending", "change", -1, 1, 1, [0, 0]),
        ("descending", "remove", -1, 0, 0, [0, -1]),
        ("descending", "add", 0, 1, 1, [0, 1]),
    ],
)
def test_a_list_moves_between_its_pages(
    sandbox: Sandbox,
    get: Get,
    order: Any,
    action: Any,
    position: int,
    missing: int,
    repeated: int,
    counts: list[int],
) -> None:
    company = sandbox.company
    sandbox.variants.list_order = order
    sandbox.moves = [Move(path, action, position=position) for path in LISTS]
    lists: tuple[list[Any], ...] = (company.employees, company.units)
    for path, entities in zip(LISTS, lists, strict=True):
        del entities[20:]
        found, counted = pages(get, path, 11)
        assert len({one.external_id for one in entities} - set(found)) == missing
        assert len(found) - len(set(found)) == repeated
        assert [count - 20 for count in counted] == counts
