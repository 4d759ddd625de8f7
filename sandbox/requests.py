"""The validation of requests: anything that the documentation does not show is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sandbox.filters import is_well_formed
from sandbox.variants import Variants

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LONGEST_CURSOR = 100


class Refused(Exception):  # noqa: N818 - an answer of the API, not an error in the sandbox
    """The API answers with an error.

    Attributes:
        status: The HTTP status.
        title: The error's title.
    """

    def __init__(self, status: int, title: str, description: str) -> None:
        """Store what the answer says."""
        super().__init__(description)
        self.status = status
        self.title = title


def refuse(description: str) -> Refused:
    """Return the documented 400."""
    return Refused(400, "400 Bad Request", description)


@dataclass(frozen=True, slots=True)
class Form:
    """What an export accepts.

    Attributes:
        stream: The stream that reads the export.
        entities: Whose records it has.
        show: Makes the records of an employee, a job or a skill.
        query: Query parameters and the values of each; the first value is the default.
        includes: The values of `include`; empty if the export has no such field.
        filters: The kinds of filters; empty if it has no such field.
        most_per_page: The largest `limit`.
        is_optional: Whether the tap reads it only if asked.
    """

    stream: str
    entities: Literal["employees", "jobs", "skills"]
    show: Callable[[Any, PageRequest], Sequence[dict[str, Any]]]
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    includes: frozenset[str] = frozenset()
    filters: frozenset[str] = frozenset()
    most_per_page: int = 100
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A valid request; `offset` is of a list, `starting_after` and `filters` are of an export."""

    limit: int
    starting_after: str | None
    include: frozenset[str]
    filters: Mapping[str, Mapping[str, Any]]
    query: Mapping[str, str]
    offset: int = 0


def read_request(
    form: Form,
    query: Sequence[tuple[str, str]],
    body: object,
    variants: Variants | None = None,
) -> PageRequest:
    """Validate a request.

    Args:
        form: What the export accepts.
        query: The query parameters.
        body: The JSON body.
        variants: What is accepted beyond the documentation.

    Returns:
        The request.

    Raises:
        Refused: It holds something that the documentation does not show.
    """
    if not isinstance(body, dict):
        raise refuse("The request body was not structured correctly.")
    fields = {"limit", "starting_after"}
    fields |= {"filters"} if form.filters else set()
    fields |= {"include"} if form.includes else set()
    if unknown := body.keys() - fields:
        raise refuse(f"Unknown fields: {sorted(unknown)}")
    limit = body.get("limit")
    if type(limit) is not int or not 1 <= limit <= form.most_per_page:
        raise refuse(f"limit must be an integer from 1 to {form.most_per_page}.")
    cursor = body.get("starting_after")
    if "starting_after" in body and not (
        isinstance(cursor, str) and 1 <= len(cursor) <= LONGEST_CURSOR
    ):
        raise refuse("starting_after must be a string of 1 to 100 characters.")
    return PageRequest(
        limit=limit,
        starting_after=cursor,
        include=_include(form, body),
        filters=_filters(form, body, variants or Variants()),
        query=_query(form, query),
    )


def _include(form: Form, body: Mapping[str, Any]) -> frozenset[str]:
    if "include" not in body:
        return frozenset()
    include = body["include"]
    if not isinstance(include, list) or not include:
        raise refuse("include must be a list with at least one value.")
    if any(not isinstance(value, str) or value not in form.includes for value in include):
        raise refuse(f"include accepts: {sorted(form.includes)}")
    return frozenset(include)


def _filters(
    form: Form, body: Mapping[str, Any], variants: Variants
) -> dict[str, Mapping[str, Any]]:
    if "filters" not in body:
        return {}
    filters = body["filters"]
    if not isinstance(filters, list) or not filters:
        raise refuse("filters must be a list with at least one filter.")
    found: dict[str, Mapping[str, Any]] = {}
    for one in filters:
        kind = one.get("filter") if isinstance(one, dict) else None
        if kind not in form.filters or kind in found or not is_well_formed(one, variants):
            raise refuse("A filter is unknown, repeated or not structured correctly.")
        found[kind] = one
    return found


def _query(form: Form, query: Sequence[tuple[str, str]]) -> dict[str, str]:
    values = {name: choices[0] for name, choices in form.query.items()}
    seen: set[str] = set()
    for name, value in query:
        if name in seen or value not in form.query.get(name, ()):
            raise refuse(f"Query parameter {name!r} is unknown, repeated or has an unknown value.")
        seen.add(name)
        values[name] = value
    return values
