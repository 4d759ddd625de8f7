"""Checks requests as strictly as the documentation allows: what it does not show is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_PER_PAGE = 100
LONGEST_CURSOR = 100


class Refused(Exception):  # noqa: N818 - an answer of the API rather than a fault of the sandbox
    """The API answers with an error.

    Attributes:
        status: The HTTP status.
        title: The error's title.
    """

    def __init__(self, status: int, title: str, description: str) -> None:
        """Keep what the answer says."""
        super().__init__(description)
        self.status = status
        self.title = title


def refuse(description: str) -> Refused:
    """Make the documented 400."""
    return Refused(400, "400 Bad Request", description)


@dataclass(frozen=True, slots=True)
class Form:
    """What one export takes.

    Attributes:
        query: Query parameters, and the values of each; the first is the default.
        includes: The values of `include`; empty where there is no such field.
        filters: The kinds of filters.
    """

    query: Mapping[str, tuple[str, ...]]
    includes: frozenset[str]
    filters: frozenset[str]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request that was found right."""

    limit: int
    starting_after: str | None
    include: frozenset[str]
    filters: Mapping[str, Mapping[str, Any]]
    query: Mapping[str, str]


def read_request(form: Form, query: Sequence[tuple[str, str]], body: object) -> PageRequest:
    """Check a request.

    Args:
        form: What the export takes.
        query: The query parameters.
        body: The JSON body.

    Returns:
        The request.

    Raises:
        Refused: It holds something that the documentation does not show.
    """
    if not isinstance(body, dict):
        raise refuse("The request body was not structured correctly.")
    fields = {"limit", "starting_after", "filters"} | ({"include"} if form.includes else set())
    if unknown := body.keys() - fields:
        raise refuse(f"Unknown fields: {sorted(unknown)}")
    limit = body.get("limit")
    if type(limit) is not int or not 1 <= limit <= MOST_PER_PAGE:
        raise refuse("limit must be an integer from 1 to 100.")
    cursor = body.get("starting_after")
    if "starting_after" in body and not (
        isinstance(cursor, str) and 1 <= len(cursor) <= LONGEST_CURSOR
    ):
        raise refuse("starting_after must be a string of 1 to 100 characters.")
    return PageRequest(
        limit=limit,
        starting_after=cursor,
        include=_include(form, body),
        filters=_filters(form, body),
        query=_query(form, query),
    )


def _include(form: Form, body: Mapping[str, Any]) -> frozenset[str]:
    if "include" not in body:
        return frozenset()
    include = body["include"]
    if not isinstance(include, list) or not include:
        raise refuse("include must be a list with at least one value.")
    if any(not isinstance(value, str) or value not in form.includes for value in include):
        raise refuse(f"include takes: {sorted(form.includes)}")
    return frozenset(include)


def _filters(form: Form, body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    if "filters" not in body:
        return {}
    filters = body["filters"]
    if not isinstance(filters, list) or not filters:
        raise refuse("filters must be a list with at least one filter.")
    found: dict[str, Mapping[str, Any]] = {}
    for one in filters:
        kind = one.get("filter") if isinstance(one, dict) else None
        if kind not in form.filters or kind in found or not _FILTER_CHECKS[kind](one):
            raise refuse("A filter is unknown here, doubled or not structured correctly.")
        found[kind] = one
    return found


def _is_date(value: object) -> bool:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(text, str) for text in value)


_FILTER_CHECKS: dict[Any, Any] = {
    "is_active": lambda one: (
        one.keys() == {"filter", "is_active"} and isinstance(one["is_active"], bool)
    ),
    "last_updated": lambda one: (
        one.keys() == {"filter", "operator", "value"}
        and one["operator"] in ("gt", "lt")
        and _is_date(one["value"])
    ),
    "job_family_id_is_in_list": lambda one: (
        one.keys() == {"filter", "job_family_ids"} and _is_texts(one["job_family_ids"])
    ),
}


def _query(form: Form, query: Sequence[tuple[str, str]]) -> dict[str, str]:
    values = {name: choices[0] for name, choices in form.query.items()}
    seen: set[str] = set()
    for name, value in query:
        if name in seen or value not in form.query.get(name, ()):
            raise refuse(f"Query parameter {name!r} is unknown, doubled or has an unknown value.")
        seen.add(name)
        values[name] = value
    return values
