"""Gets pages of the exports as the tap would, and tells what is wrong where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_techwolf.api.client import Request
from tap_techwolf.api.export import headers
from tap_techwolf.api.page import BrokenPageError, NoPageError, Page, Record
from tap_techwolf.doctor.advice import NO_ANSWER, advice_for, answered
from tap_techwolf.doctor.contact import Contact, NoAnswerError
from tap_techwolf.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_techwolf.api.export import Export

#: The exports, by the names of their streams.
EXPORTS: dict[str, Export] = {vars(stream)["name"]: stream.export for stream in STREAMS}

GOALS, EMPLOYEE_TASKS, JOB_TASKS = EXPORTS

_BROKEN = "Please report this: the tap cannot read such a page."
_NO_PAGE = "Check 'api_url', or run again later."


class NoPageHereError(Exception):
    """There is no page; both texts are safe to publish.

    Attributes:
        seen: What came instead, without a full stop.
        advice: What to do.
        status: The HTTP status of the answer; None where there was no answer.
    """

    def __init__(self, seen: str, advice: str, status: int | None = None) -> None:
        """Keep what is known.

        Args:
            seen: What came instead, without a full stop.
            advice: What to do.
            status: The HTTP status of the answer; None where there was no answer.
        """
        super().__init__(seen)
        self.seen = seen
        self.advice = advice
        self.status = status


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page with its records.

    Attributes:
        records: The records; empty where they cannot be read.
        next_cursor: The next page's cursor; None on the last page.
        problem: Why the records cannot be read; None where they can.
        seconds: How long the page took.
        size: How many bytes it had.
        raw_records: The records as the API sent them.
    """

    records: list[Record]
    next_cursor: str | None
    problem: str | None
    seconds: float
    size: int
    raw_records: bytes

    @property
    def ids(self) -> list[str]:
        """The ids of the records, in order."""
        return [record["external_id"] for record in self.records]

    def is_same_as(self, other: ReadPage) -> bool:
        """Return whether two pages bring the same entities and go on at the same place.

        Args:
            other: Another page of the same export.
        """
        if self.problem or other.problem:
            return self.raw_records == other.raw_records
        return (self.ids, self.next_cursor) == (other.ids, other.next_cursor)


def get_page(
    contact: Contact,
    stream: str,
    config: Mapping[str, Any],
    filter_date: str | None = None,
    cursor: str | None = None,
) -> ReadPage:
    """Get a page in the form that the tap asks for.

    Args:
        contact: The way to the API.
        stream: The stream's name.
        config: Valid settings, defaults included.
        filter_date: Brings only what was updated after this date; None for everything.
        cursor: The page's cursor; None for the first page.

    Returns:
        The page.

    Raises:
        NotReachedError: There was no request or time left.
        NoPageHereError: There is no such page.
    """
    body = EXPORTS[stream].body(config, filter_date, cursor)
    return send_page_request(contact, stream, config, body)


def send_page_request(
    contact: Contact,
    stream: str,
    config: Mapping[str, Any],
    body: Mapping[str, Any],
    attempts: int = 2,
) -> ReadPage:
    """Get a page with a body of the caller's.

    Args:
        contact: The way to the API.
        stream: The stream's name.
        config: Valid settings, defaults included.
        body: The body of the request.
        attempts: How often it may be sent while the API's answer is a transient error.

    Returns:
        The page.

    Raises:
        NotReachedError: There was no request or time left.
        NoPageHereError: There is no such page.
    """
    export = EXPORTS[stream]
    request = Request(
        contact.url(export.path), "POST", export.params(config), headers(config), body
    )
    try:
        answer = contact.ask(request, attempts=attempts)
    except NoAnswerError as error:
        raise NoPageHereError(f"gave no answer: {error}", NO_ANSWER) from error
    if not answer.is_success:
        raise NoPageHereError(answered(answer.status), advice_for(answer.status), answer.status)
    try:
        page = Page.parse(answer.body)
    except NoPageError as error:
        seen = f"{answered(answer.status)}, but {error}"
        raise NoPageHereError(seen, _NO_PAGE, answer.status) from error
    except BrokenPageError as error:
        seen = f"{answered(answer.status)}, but {error}"
        raise NoPageHereError(seen, _BROKEN, answer.status) from error
    records: list[Record] = []
    problem = None
    try:
        records = page.records(export.key(config))
    except BrokenPageError as error:
        problem = str(error)
    return ReadPage(
        records, page.next_cursor, problem, answer.seconds, page.size, bytes(page.records_json)
    )
