"""The lists by offset: what each accepts, and what a page holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.requests import refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sandbox.company import Company

_DEFAULT_LIMIT = 100
_LARGEST_LIMIT = 200


@dataclass(frozen=True, slots=True)
class List:
    """A list that a GET reads.

    Attributes:
        stream: The stream that reads it.
        results: Makes all of its records.
    """

    stream: str
    results: Callable[[Company], Sequence[dict[str, Any]]]


#: The lists, by their paths.
LISTS: dict[str, List] = {}


def read_window(query: Mapping[str, str], others: set[str] | None = None) -> slice:
    """Return the part of a list that a request asks for.

    Args:
        query: The query parameters.
        others: The names of parameters that the endpoint takes beside `limit` and `offset`.

    Raises:
        Refused: A parameter is unknown, or not what the documentation shows.
    """
    if unknown := query.keys() - {"limit", "offset"} - (others or set()):
        raise refuse(f"Unknown query parameters: {sorted(unknown)}")
    limit = _integer(query.get("limit", str(_DEFAULT_LIMIT)))
    offset = _integer(query.get("offset", "0"))
    if not 1 <= limit <= _LARGEST_LIMIT:
        raise refuse("limit must be from 1 to 200.")
    return slice(offset, offset + limit)


def list_page(results: Sequence[dict[str, Any]], window: slice) -> dict[str, Any]:
    """Return a page of a list."""
    return {"count": len(results), "results": results[window]}


def _integer(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise refuse("limit and offset must be integers.")
    return int(text)
