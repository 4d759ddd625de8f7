"""Pages of an export, and the chain of cursors that leads through them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# Decimals keep numbers as the API wrote them, 1.10 and 1E+400 included.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

Record = dict[str, Any]


class NoPageError(ValueError):
    """An answer is no JSON object: cut short, or not the API's. Worth another try."""


class BrokenPageError(ValueError):
    """A page breaks the documented form: going on could lose records unseen."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an export.

    Attributes:
        records: The records, each an object that has its key.
        next_cursor: What the next request's `starting_after` is; None on the last page.
        requested_at: When the page was asked for, by the server's clock.
    """

    records: list[Record]
    next_cursor: str | None
    requested_at: datetime

    @classmethod
    def parse(cls, body: bytes, keys: Mapping[str, type], requested_at: datetime) -> Self:
        """Read a page, once for its records and its cursor.

        `has_next` alone decides whether the export goes on: a page may be empty in the
        middle of it, as employees without an AI goal are left out. The cursor is never
        taken from a record, for the same reason.

        Args:
            body: The body of the API's answer.
            keys: The properties that identify a record, and the type of each.
            requested_at: When the page was asked for, by the server's clock.

        Returns:
            The page.

        Raises:
            NoPageError: The body is not a JSON object.
            BrokenPageError: The object is not a page that can be trusted to be whole.
        """
        try:
            answer = _DECODER.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            message = "the answer is not JSON, or cut short"
            raise NoPageError(message) from error
        if not isinstance(answer, dict):
            message = "the answer is not a JSON object"
            raise NoPageError(message)
        return cls(_records(answer, keys), _next_cursor(answer), requested_at)


def _records(answer: dict[str, Any], keys: Mapping[str, type]) -> list[Record]:
    records = answer.get("records")
    if not isinstance(records, list):
        message = "'records' is missing or not a list"
        raise BrokenPageError(message)
    for position, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            message = f"record {position} is not an object"
            raise BrokenPageError(message)
        for key, kind in keys.items():
            # Not isinstance(): true is an int to Python. An empty text identifies nothing.
            if type(value := record.get(key)) is not kind or value == "":
                message = f"record {position} lacks its key {key!r}"
                raise BrokenPageError(message)
    return records


def _next_cursor(answer: dict[str, Any]) -> str | None:
    has_next = answer.get("has_next")
    if not isinstance(has_next, bool):
        message = "'has_next' is missing or neither true nor false"
        raise BrokenPageError(message)
    if not has_next:
        return None
    cursor = answer.get("next_starting_after")
    if not isinstance(cursor, str) or not cursor:
        message = "'has_next' is true, but 'next_starting_after' names no page"
        raise BrokenPageError(message)
    return cursor


class CursorChain:
    """The cursors of a pass, each of which leads to a page only once."""

    def __init__(self, starting_after: str | None) -> None:
        """Start the chain.

        Args:
            starting_after: The cursor that the pass is resumed at; None at its beginning.
        """
        self._seen = {starting_after}

    def follow(self, page: Page) -> str | None:
        """Find the next page.

        Args:
            page: The page at hand.

        Returns:
            The next page's cursor, or None after the last page.

        Raises:
            BrokenPageError: The cursor was there before: the pages go round in circles.
        """
        cursor = page.next_cursor
        if cursor is not None and cursor in self._seen:
            message = "'next_starting_after' leads back to a page that was there before"
            raise BrokenPageError(message)
        self._seen.add(cursor)
        return cursor
