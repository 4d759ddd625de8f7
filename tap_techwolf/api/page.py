"""Parse a page of an export: what it says about paging at once, its records on demand."""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, DecimalException
from typing import Any, Self

import msgspec

# Decimals keep numbers as the API wrote them, 1.10 and 1E+400 included.
_DECODER = msgspec.json.Decoder(float_hook=Decimal)

# The syntax of everything is checked, but only what is needed is built.
_ENVELOPES = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LISTS = msgspec.json.Decoder(list[msgspec.Raw])

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

_NULL = msgspec.Raw(b"null")


class NoPageError(ValueError):
    """Retried: the response is not a JSON object. It may be cut short, or not the API's."""


class BrokenPageError(ValueError):
    """Not retried: the page breaks the documented format.

    Continuing could silently lose records.
    """


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an export.

    Its records are built when they are asked for: meanwhile the next page is under way.

    Attributes:
        members: The members of the response, as JSON.
        records_member: The one that holds the records.
        requested_at: A moment before the API read the page's data, by the earlier of this
            machine's clock and the API's: no later change is missing from the page by mistake.
        seconds: How long the request took.
        size: The bytes of the response's body.
        was_repaired: Whether half characters were replaced.
    """

    members: Mapping[str, msgspec.Raw] = field(repr=False)
    records_member: str
    requested_at: datetime
    seconds: float
    size: int
    was_repaired: bool

    @classmethod
    def parse(
        cls, body: bytes, records_member: str, requested_at: datetime, seconds: float = 0.0
    ) -> Self:
        """Parse the body of a response.

        Raises:
            NoPageError: The body is not a JSON object.
            BrokenPageError: It is nested too deeply to read.
        """
        was_repaired = False
        try:
            members = _decode(body)
        except NoPageError:
            repaired = _without_lone_surrogates(body)
            if repaired == body:
                raise
            members = _decode(repaired)
            was_repaired = True
        return cls(members, records_member, requested_at, seconds, len(body), was_repaired)

    def member(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return the value of a member of the response; None if it is missing or unreadable."""
        try:
            return _DECODER.decode(self.members.get(name, _NULL))
        except (ValueError, DecimalException, RecursionError):
            return None

    @property
    def records_json(self) -> msgspec.Raw:
        """The records, as JSON."""
        return self.members.get(self.records_member, _NULL)

    @property
    def record_count(self) -> int:
        """How many records the page has.

        Raises:
            BrokenPageError: The records are not a list.
        """
        try:
            return len(_LISTS.decode(self.records_json))
        except msgspec.ValidationError as error:
            raise BrokenPageError(f"{self.records_member!r} is missing or not a list") from error

    def records(self, key: Mapping[str, type]) -> list[Record]:
        """Build the page's records, each an object that has its key.

        Raises:
            BrokenPageError: The records are not a list, or one is not an object with its key.
        """
        try:
            records = _DECODER.decode(self.records_json)
        except (ValueError, DecimalException, RecursionError) as error:
            raise BrokenPageError("a record holds a number that is too large to read") from error
        if not isinstance(records, list):
            raise BrokenPageError(f"{self.records_member!r} is missing or not a list")
        for position, record in enumerate(records, start=1):
            if not isinstance(record, dict):
                raise BrokenPageError(f"record {position} is not an object")
            for name, kind in key.items():
                # Not isinstance(): true is an int to Python. An empty text identifies nothing.
                if type(value := record.get(name)) is not kind or value == "":
                    raise BrokenPageError(f"record {position} lacks its key {name!r}")
        return records


def _decode(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        _check_encoding(body)  # msgspec does not check what it skips.
        return _ENVELOPES.decode(body)
    except RecursionError as error:
        raise BrokenPageError("the response is nested too deeply to read") from error
    except msgspec.ValidationError as error:
        raise NoPageError("the response is not a JSON object") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NoPageError("the response is not JSON, or cut short") from error


def _check_encoding(body: bytes) -> None:
    """Raise UnicodeDecodeError if a body is not UTF-8, without a copy of it as text."""
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
