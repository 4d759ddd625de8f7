"""Parse a page of an export: what it says about paging at once, its records on demand."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, DecimalException
from typing import Any, Self

import msgspec

# Decimals keep numbers as the API wrote them, 1.10 and 1E+400 included.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

# The syntax of everything is checked, but only what is needed is built.
_ENVELOPES = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OBJECTS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}".encode()
_SURROGATES = re.compile("[\ud800-\udfff]")
# An escaped backslash and a whole pair are stepped over, so that only a half one is found.
_SURROGATE_ESCAPES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_NUL = rb"\u0000"
_NULS = re.compile(rb"\\\\|(\\u0000)")

# What a column of integers holds in every warehouse.
_INTEGERS = range(-(2**63), 2**63)
_MOST_DIGITS = 19

Record = dict[str, Any]

_NULL = msgspec.Raw(b"null")


class NoPageError(ValueError):
    """Retried: the response is not a JSON object. It may be cut short, or not the API's."""


class BrokenPageError(ValueError):
    """Not retried: the page breaks the documented format.

    Continuing could silently lose records.

    Attributes:
        advice: What to do about it; empty if there is nothing special to do.
    """

    def __init__(self, text: str, advice: str = "") -> None:
        super().__init__(text)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an export.

    Its records are built when they are asked for: meanwhile the next page is under way.

    Attributes:
        records_member: The member of the response that holds the records.
        requested_at: A moment before the API read the page's data, by the earlier of this
            machine's clock and the API's: no later change is missing from the page by mistake.
        seconds: How long the request took.
        size: The bytes of the response's body.
        replaced_in: The first property in which half a character or a NUL was replaced, which no
            loader can store; None if there was none.
    """

    members: Mapping[str, msgspec.Raw] = field(repr=False)
    records_member: str
    requested_at: datetime
    seconds: float
    size: int
    replaced_in: str | None

    @classmethod
    def parse(
        cls, body: bytes, records_member: str, requested_at: datetime, seconds: float = 0.0
    ) -> Self:
        """Parse the body of a response; see the two errors above for what it raises."""
        try:
            members = _decode(body)
        except NoPageError:
            members = _decode(_with_nuls_for_surrogates(body))
        replaced_in = None
        records = bytes(members.get(records_member, _NULL))
        # Of the records only: a cursor is sent back as it came.
        # A single byte is found fifty times as fast.
        has_nul = b"\\" in records and _NUL in records
        if has_nul and (cleaned := _without_nuls(records)) != records:
            members[records_member] = msgspec.Raw(cleaned)
            replaced_in = _property_with_nul(records)
        return cls(members, records_member, requested_at, seconds, len(body), replaced_in)

    def member(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value of a member of the response; None if it is missing or unreadable."""
        try:
            return _DECODER.decode(self.members.get(name, _NULL))
        except (ValueError, DecimalException, RecursionError):
            return None

    def records(self, key: Mapping[str, type]) -> list[Record]:
        """Build the page's records, each an object that has its key."""
        try:
            records = _DECODER.decode(self.members.get(self.records_member, _NULL))
        except (ValueError, DecimalException, RecursionError) as error:
            raise BrokenPageError("a record holds a number that is too large to read") from error
        if not isinstance(records, list):
            raise BrokenPageError(f"{self.records_member!r} is missing or not a list")
        for position, record in enumerate(records, start=1):
            if not isinstance(record, dict):
                raise BrokenPageError(f"record {position} is not an object")
            for name, kind in key.items():
                value = record.get(name)
                if type(value) is not kind or value == "" or kind is int:
                    record[name] = _key(value, kind)
                if record[name] is None:
                    raise BrokenPageError(f"record {position} lacks its key {name!r}")
        return records


def to_text(value: object) -> str | None:
    """Return a number or boolean as the text that stands for it in JSON; None for other types."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | Decimal) else None


def to_integer(value: object) -> int | None:
    """Return a whole number of at most 64 bits as an integer; None for anything else."""
    # 1E+9999999 has few digits as a decimal, and would fill the memory as an integer.
    if isinstance(value, Decimal) and value.adjusted() < _MOST_DIGITS and value == int(value):
        value = int(value)
    return value if type(value) is int and value in _INTEGERS else None


def _key(value: object, kind: type) -> Any:  # noqa: ANN401 - of that kind, or None
    """Return a key's value as its type writes it; None for what identifies nothing."""
    if value == "" or isinstance(value, bool):
        return None
    return to_integer(value) if kind is int else to_text(value)


def _decode(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        body.decode()  # msgspec does not check the encoding of what it skips.
        return _ENVELOPES.decode(body)
    except RecursionError as error:
        raise BrokenPageError("the response is nested too deeply to read") from error
    except msgspec.ValidationError as error:
        raise NoPageError("the response is not a JSON object") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NoPageError("the response is not JSON, or cut short") from error


def _with_nuls_for_surrogates(body: bytes) -> bytes:
    r"""Put NULs for halves of characters, such as "\ud83d", which some JSON writers produce."""
    try:
        text = body.decode(errors="surrogatepass")
    except UnicodeDecodeError:
        return body
    nul = _NUL.decode()
    text = _SURROGATES.sub(lambda _: nul, text)
    return _SURROGATE_ESCAPES.sub(lambda match: nul if match[1] else match[0], text).encode()


def _without_nuls(json: bytes) -> bytes:
    """Replace NULs, which PostgreSQL and others cannot store."""
    return _NULS.sub(lambda match: _REPLACEMENT if match[1] else match[0], json)


def _property_with_nul(records: bytes) -> str | None:
    """Find the first property of a record that holds a NUL, however deep."""
    with suppress(msgspec.DecodeError):
        for record in _OBJECTS.decode(records):
            for name, value in record.items():
                if _without_nuls(json := bytes(value)) != json:
                    return name
    return None
