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


class _Envelope(msgspec.Struct):
    """A page whose records are checked for their syntax, but not built yet."""

    has_next: Any = None
    next_starting_after: Any = None
    records: msgspec.Raw = msgspec.Raw(b"null")


_ENVELOPES = msgspec.json.Decoder(_Envelope)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an export.

    Its cursor is known at once. Its records are built when they are asked for: until then
    the next page is under way already.

    Attributes:
        next_cursor: What the next request's `starting_after` is; None on the last page.
        requested_at: When the page was asked for, by the server's clock.
    """

    next_cursor: str | None
    requested_at: datetime
    _records: msgspec.Raw

    @classmethod
    def parse(cls, body: bytes, requested_at: datetime) -> Self:
        """Read a page's cursor.

        `has_next` alone decides whether the export goes on: a page may be empty in the
        middle of it, as employees without an AI goal are left out. The cursor is never
        taken from a record, for the same reason.

        Args:
            body: The body of the API's answer.
            requested_at: When the page was asked for, by the server's clock.

        Returns:
            The page.

        Raises:
            NoPageError: The body is not a JSON object.
            BrokenPageError: The object does not say whether and where the export goes on.
        """
        try:
            body.decode()  # What is skipped for now is not checked for this.
            envelope = _ENVELOPES.decode(body)
        except msgspec.ValidationError as error:
            raise NoPageError("the answer is not a JSON object") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise NoPageError("the answer is not JSON, or cut short") from error
        return cls(_next_cursor(envelope), requested_at, envelope.records)

    def records(self, keys: Mapping[str, type]) -> list[Record]:
        """Build the page's records.

        Args:
            keys: The properties that identify a record, and the type of each.

        Returns:
            The records, each an object that has its key.

        Raises:
            BrokenPageError: They are no list, or one of them is no record.
        """
        records = _DECODER.decode(self._records)
        if not isinstance(records, list):
            raise BrokenPageError("'records' is missing or not a list")
        for position, record in enumerate(records, start=1):
            if not isinstance(record, dict):
                raise BrokenPageError(f"record {position} is not an object")
            for key, kind in keys.items():
                # Not isinstance(): true is an int to Python. An empty text identifies nothing.
                if type(value := record.get(key)) is not kind or value == "":
                    raise BrokenPageError(f"record {position} lacks its key {key!r}")
        return records


def _next_cursor(envelope: _Envelope) -> str | None:
    if not isinstance(envelope.has_next, bool):
        raise BrokenPageError("'has_next' is missing or neither true nor false")
    if not envelope.has_next:
        return None
    cursor = envelope.next_starting_after
    if not isinstance(cursor, str) or not cursor:
        raise BrokenPageError("'has_next' is true, but 'next_starting_after' names no page")
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
            raise BrokenPageError(
                "'next_starting_after' leads back to a page that was there before"
            )
        self._seen.add(cursor)
        return cursor
