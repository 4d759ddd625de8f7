"""The lists by offset: what each accepts, and what a page holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sandbox.records import show
from sandbox.requests import PageRequest, refuse
from sandbox.variants import Variants

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sandbox.company import Company
    from sandbox.entities import Entity, Unit

_DEFAULT_LIMIT = 100
_LARGEST_LIMIT = 200


@dataclass(frozen=True, slots=True)
class List:
    """A list that a GET reads.

    Attributes:
        stream: The stream that reads it.
        entities: Whose records it has.
        show: Makes a record.
        filters: Query parameters that filter; each function tells whether a record stays.
        includes: The values of `include`.
    """

    stream: str
    entities: Literal["employees", "units"]
    show: Callable[[Company, Any, PageRequest], dict[str, Any]]
    filters: Mapping[str, Callable[[Any, str], bool]] = field(default_factory=dict)
    includes: frozenset[str] = frozenset()


def _employee(_: Company, one: Entity, request: PageRequest) -> dict[str, Any]:
    record = {
        "external_id": one.external_id,
        "active": one.is_active,
        "location": one.location and dict(one.location),
        "assigned_position": one.position,
        "low_data_availability": one.has_low_data,
        "organisational_unit": one.unit_id,
        "last_updated": f"{one.last_updated:%Y-%m-%dT%H:%M:%SZ}",
    }
    if "custom_properties" in request.include:
        cost_centre = {"property_name": "cost_centre", "property_value": one.job_family_id}
        record["custom_properties"] = [cost_centre]
    return record


def _unit(company: Company, one: Unit, request: PageRequest) -> dict[str, Any]:
    del request
    return {
        "external_id": one.external_id,
        "name": one.name,
        "active": one.is_active,
        "parent_id": one.parent_id,
        "total_nr_of_employees": company.headcounts()[one.external_id],
    }


def _is_active(one: Entity, value: str) -> bool:
    if value not in {"true", "false"}:
        raise refuse("is_active must be true or false.")
    return one.is_active is (value == "true")


def _has_skill(one: Entity, value: str) -> bool:
    return any(held.skill.external_id == value for held in one.skills)


#: The lists, by their paths.
LISTS: dict[str, List] = {
    "/employees": List(
        stream="employees",
        entities="employees",
        show=_employee,
        filters={
            "is_active": _is_active,
            "organisational_unit": lambda one, value: (one.unit_id or "null") == value,
            "skill_id": _has_skill,
        },
        includes=frozenset({"custom_properties"}),
    ),
    "/organisational_units": List(
        stream="organisational_units",
        entities="units",
        show=_unit,
        filters={"parent_id": lambda one, value: (one.parent_id or "null") == value},
    ),
}

#: What the documentation of a single employee shows beyond `GET /employees`; the list may have it
#: too. For `Variants.set_properties`.
MORE_OF_AN_EMPLOYEE: dict[str, Any] = {
    "assigned_position_id": "JOB-4711",
    "working_history": [
        {
            "start_date": "2019-04-01",
            "end_date": None,
            "company": "Example Ltd",
            "job_title": "Clerk",
            "job_description": "Wrote letters.",
        }
    ],
    "education_history": [
        {
            "start_date": "2012-10-01",
            "end_date": "2015-09-30",
            "school": "Example University",
            "degree_name": "BA",
        }
    ],
    "languages": [{"language": "nl", "level": "native"}],
    "desired_functions": [{"title": "Controller", "importance": 1}],
    "non_desired_functions": [],
    "custom_properties": [{"property_name": "cost_centre", "property_value": 4711}],
}


def read_list_request(path: str, query: Sequence[tuple[str, str]]) -> PageRequest:
    """Validate a request to a list.

    Args:
        path: The list's path.
        query: The query parameters.

    Returns:
        The request.

    Raises:
        Refused: A parameter is unknown or repeated, or not what the documentation shows.
    """
    form = LISTS[path]
    values: dict[str, str] = {}
    include: set[str] = set()
    for name, value in query:
        if name == "include" and value in form.includes:
            include.add(value)
        elif name in {"limit", "offset", *form.filters} and name not in values:
            values[name] = value
        else:
            raise refuse(f"Query parameter {name!r} is unknown, repeated or has an unknown value.")
    limit = _integer(values.pop("limit", str(_DEFAULT_LIMIT)))
    offset = _integer(values.pop("offset", "0"))
    if not 1 <= limit <= _LARGEST_LIMIT:
        raise refuse("limit must be from 1 to 200.")
    return PageRequest(limit, None, frozenset(include), {}, values, offset)


def list_page(
    company: Company, path: str, request: PageRequest, variants: Variants | None = None
) -> dict[str, Any]:
    """Return a page of a list.

    Args:
        company: The company.
        path: The list's path.
        request: The request.
        variants: How the answer differs from the documentation.

    Raises:
        Refused: The value of a filter is not valid.
    """
    variants = variants or Variants()
    form = LISTS[path]
    everybody = in_order(company, path, variants)
    found = [
        one
        for one in everybody
        if all(form.filters[name](one, value) for name, value in request.query.items())
    ]
    limit = min(request.limit, variants.longest_list_page or request.limit)
    window = found[request.offset : request.offset + limit]
    results = show(path, [form.show(company, one, request) for one in window], variants)
    counted = everybody if variants.count_ignores_filters else found
    return {"count": len(counted), "results": results}


def in_order(company: Company, path: str, variants: Variants) -> list[Any]:
    """Return what a list lists, ordered by `last_updated` and `external_id`."""
    return sorted(
        getattr(company, LISTS[path].entities),
        key=lambda one: (one.last_updated, one.external_id),
        reverse=variants.list_order == "descending",
    )


def _integer(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise refuse("limit and offset must be integers.")
    return int(text)
