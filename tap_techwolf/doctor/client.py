"""Use the tap's client within the doctor's limits, and read sample pages with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from http import HTTPMethod, HTTPStatus
from typing import Any, Self

import msgspec

from tap_techwolf.api.client import ApiClient, ExportClient
from tap_techwolf.api.export import Export, Request
from tap_techwolf.api.page import BrokenPageError, Record
from tap_techwolf.api.pagination import Position
from tap_techwolf.api.transport import Budget, BudgetSpentError, RequestError, Response

#: All requests together, those for tokens and repeated ones included.
REQUESTS = 30
#: All requests together. Starting the process and printing the report take the rest of three
#: minutes.
SECONDS = 165.0

_SECONDS_PER_REQUEST = 40.0
# For what is nice to know.
_SECONDS_PER_DETAIL = 10.0
_LONGEST_WAIT = 10.0
_ATTEMPTS = 2

_MOST_EMPLOYEES = 10**8


@dataclass(frozen=True, slots=True)
class SamplePage:
    """A page of an export.

    Attributes:
        records: The records, whether they have their key or not.
        problem: What keeps the tap from reading the records; empty if nothing does.
        next_position: Where the next page is; None after the last page.
        count: How many records the export has; None if the page does not say.
        seconds: How long the request took.
        size: The bytes of the response's body.
    """

    export: Export
    records: list[Record]
    problem: str
    next_position: Position
    count: int | None
    seconds: float
    size: int

    @property
    def keys(self) -> list[tuple[object, ...]]:
        """What identifies each record, in order."""
        return [tuple(record[name] for name in self.export.key) for record in self.records]

    @property
    def is_empty(self) -> bool:
        """Whether the page is the last one, and has no records."""
        return self.next_position is None and not self.records

    def is_same_as(self, other: Self) -> bool:
        """Return whether another page has the same records and the same next page."""
        return (self.keys, self.next_position) == (other.keys, other.next_position)


class LimitedClient(ApiClient):
    """The tap's client, with limits on the number and the time of all requests."""

    def __init__(self, config: Mapping[str, Any], requests: int, seconds: float) -> None:
        """Start the time; no request is sent yet."""
        limits = {
            "max_attempts": _ATTEMPTS,
            "request_timeout": min(config["request_timeout"], _SECONDS_PER_REQUEST),
        }
        super().__init__({**config, **limits}, Budget(requests, seconds, _LONGEST_WAIT))
        self._requests = requests

    @property
    def requests_left(self) -> int:
        """How many requests may still be sent."""
        return self._requests - self.transport.request_count

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Response:
        """Send a GET request that is not retried.

        Raises:
            RequestError: There was no response in time.
            AuthenticationError: There is no token.
            BudgetSpentError: The limits allow no further request.
        """
        seconds = min(_SECONDS_PER_DETAIL, self.transport.timeout)
        return self.send(Request(HTTPMethod.GET, path, params or {}), timeout=seconds)

    def get_sample(
        self,
        export: Export,
        request: Request,
        *,
        position: Position = None,
        max_attempts: int | None = None,
    ) -> SamplePage:
        """Read a page of an export.

        Raises:
            ExportError: There is no such page, or it breaks the documented format.
            AuthenticationError: There is no token.
            BudgetSpentError: The limits allow no further request.
        """
        client = ExportClient(self, export)
        page = client.get_page(request, number=1, max_attempts=max_attempts)
        problem = ""
        try:
            records = page.records({})
            next_position = export.pagination.next_position(page, position)
        except BrokenPageError as error:
            raise client.broken_page_error(1, error) from error
        try:
            page.records(export.key)
        except BrokenPageError as error:
            problem = str(error)
        count = _count(page.member("count"))
        return SamplePage(export, records, problem, next_position, count, page.seconds, page.size)

    @cached_property
    def employee_count(self) -> int | None:
        """How many employees `GET /employees` counts; None if it does not, or is not allowed."""
        params: dict[str, Any] = {"limit": 1}
        if "is_active" in self.config:
            params["is_active"] = str(self.config["is_active"]).lower()
        try:
            response = self.get("/employees", params)
            content = msgspec.json.decode(response.body)
        except (RequestError, BudgetSpentError, ValueError, RecursionError):
            return None
        if response.status != HTTPStatus.OK or not isinstance(content, dict):
            return None
        return _count(content.get("count"))

    def now(self) -> datetime:
        """Return the time by the API's clock, as far as it is known."""
        return datetime.now(UTC) + (self.transport.clock_difference or timedelta(0))

    def tomorrow(self) -> str:
        """Return a date after which nothing can have been updated, by either clock."""
        return (max(self.now(), datetime.now(UTC)) + timedelta(days=1)).date().isoformat()


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < _MOST_EMPLOYEES else None
