"""A page of an export: its cursor, which is known at once, and its records."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from decimal import Decimal, DecimalException
from typing import TYPE_CHECKING, Any, Self

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

# Decimals keep numbers as the API wrote them, 1.10 and 1E+400 included.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

_UTF_8 = codecs.getincrementaldecoder("utf-8")
_CHECKED_AT_ONCE = 1 << 16  # bytes

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SURROGATES = re.compile("[\ud800-\udfff]")
# An escaped backslash and a whole pair are stepped over, so that only a half one is found.
_SURROGATE_ESCAPES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)

Record = dict[str, Any]

BROKEN_PAGE_HINT = "To go on could lose records: ask TechWolf, or look for a newer tap."


class NoPageError(ValueError):
    """A response is not a JSON object: cut short, or not the API's. It is asked for again."""


class BrokenPageError(ValueError):
    """A page breaks the documented form: going on could lose records without a word."""


class _Envelope(msgspec.Struct):
    """A page whose records were checked for their syntax, but not built yet."""

    has_next: Any = None
    next_starting_after: Any = None
    records: msgspec.Raw = msgspec.Raw(b"null")


_ENVELOPES = msgspec.json.Decoder(_Envelope)


@dataclass(frozen=True, slots=True)
class Clock:
    """When a page was asked for.

    Attributes:
        machine: This machine's time.
        api: The API's time; None where its response did not tell.
    """

    machine: datetime
    api: datetime | None

    @property
    def earlier(self) -> datetime:
        """The earlier of the two: what changed since then is surely not in the page."""
        return self.machine if self.api is None else min(self.machine, self.api)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an export.

    Its records are built when they are asked for: meanwhile the next page is under way.

    Attributes:
        next_cursor: The next request's `starting_after`; None on the last page.
        requested_at: When the page was asked for; None for a page that was only parsed.
        was_repaired: Whether half characters had to be replaced.
        size: How many bytes the response's body had.
    """

    next_cursor: str | None
    records_json: msgspec.Raw = field(repr=False)
    requested_at: Clock | None = None
    was_repaired: bool = False
    size: int = 0

    @classmethod
    def parse(cls, body: bytes, requested_at: Clock | None = None) -> Self:
        """Read a page's cursor.

        `has_next` alone decides whether the export goes on: a page may be empty in the
        middle of it, as employees without an AI goal are left out. The cursor is never
        taken from a record, for the same reason.

        Args:
            body: The body of the API's response.
            requested_at: When the page was asked for.

        Returns:
            The page.

        Raises:
            NoPageError: The body is not a JSON object.
            BrokenPageError: The object does not say whether and where the export goes on.
        """
        was_repaired = False
        try:
            envelope = _decode(body)
        except NoPageError:
            repaired = _without_lone_surrogates(body)
            if repaired == body:
                raise
            envelope = _decode(repaired)
            was_repaired = True
        return cls(_next_cursor(envelope), envelope.records, requested_at, was_repaired, len(body))

    def records(self, keys: Mapping[str, type]) -> list[Record]:
        """Build the page's records.

        Args:
            keys: The properties that identify a record, and the type of each.

        Returns:
            The records, each an object that has its key.

        Raises:
            BrokenPageError: They are no list, or one of them is no record.
        """
        try:
            records = _DECODER.decode(self.records_json)
        except (ValueError, DecimalException, RecursionError) as error:
            raise BrokenPageError("a record holds a number that is too large to read") from error
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

    def ids(self) -> frozenset[str]:
        """Return the ids of the page's records, as far as they can be read."""
        try:
            records = _DECODER.decode(self.records_json)
        except (ValueError, DecimalException, RecursionError):
            return frozenset()
        found = (one.get("external_id") for one in records or () if isinstance(one, dict))
        return frozenset(one for one in found if isinstance(one, str))


def _decode(body: bytes) -> _Envelope:
    try:
        _check_encoding(body)  # msgspec does not check this where it skips.
        return _ENVELOPES.decode(body)
    except RecursionError as error:
        raise BrokenPageError("the response is nested too deeply to read") from error
    except msgspec.ValidationError as error:
        raise NoPageError("the response is not a JSON object") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NoPageError("the response is not JSON, or cut short") from error


def _check_encoding(body: bytes) -> None:
    """Raise UnicodeDecodeError where a body is not UTF-8, without a copy of it as text."""
    decoder = _UTF_8()
    with memoryview(body) as view:
        for start in range(0, len(view), _CHECKED_AT_ONCE):
            decoder.decode(view[start : start + _CHECKED_AT_ONCE])
    decoder.decode(b"", final=True)


def _without_lone_surrogates(body: bytes) -> bytes:
    r"""Replace halves of characters, such as "\ud83d", which some JSON writers produce."""
    try:
        text = body.decode(errors="surrogatepass")
    except UnicodeDecodeError:
        return body
    text = _SURROGATES.sub(_REPLACEMENT, text)
    text = _SURROGATE_ESCAPES.sub(lambda match: _REPLACEMENT if match[1] else match[0], text)
    return text.encode()


def _next_cursor(envelope: _Envelope) -> str | None:
    if not isinstance(envelope.has_next, bool):
        raise BrokenPageError("'has_next' is missing or neither true nor false")
    if not envelope.has_next:
        return None
    cursor = envelope.next_starting_after
    if not isinstance(cursor, str) or not cursor:
        raise BrokenPageError("'has_next' is true, but 'next_starting_after' names no page")
    return cursor
