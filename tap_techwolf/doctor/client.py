"""Use the tap's client within the doctor's limits, and read sample pages with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tap_techwolf.api.client import ApiClient, ExportClient
from tap_techwolf.api.export import Export, Request
from tap_techwolf.api.page import BrokenPageError, Record
from tap_techwolf.api.pagination import Position
from tap_techwolf.api.transport import Response

#: All requests together, those for tokens and repeated ones included.
REQUESTS = 30
_SECONDS_PER_REQUEST = 40
_SECONDS_PER_LOOK = 10
_LONGEST_WAIT = 10.0
_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class SamplePage:
    """A page of an export, and what its request took in seconds and bytes.

    Attributes:
        records: The records, whether they have their key or not.
        problem: What keeps the tap from reading the records; empty if nothing does.
        next_position: Where the next page is; None after the last page.
    """

    export: Export
    records: list[Record]
    problem: str
    next_position: Position
    seconds: float
    size: int

    @property
    def keys(self) -> list[tuple[object, ...]]:
        """What identifies each record, in order."""
        return [tuple(record[name] for name in self.export.key) for record in self.records]


class LimitedClient(ApiClient):
    """The tap's client, with limits on the number of all requests and the time of each."""

    def __init__(self, config: Mapping[str, Any], requests: int) -> None:
        """Prepare the client; no request is sent yet."""
        timeout = min(config["request_timeout"], _SECONDS_PER_REQUEST)
        limits = {"max_attempts": _ATTEMPTS, "request_timeout": timeout}
        super().__init__({**config, **limits}, requests, _LONGEST_WAIT)
        self._renews_token = True

    def limit_further(self) -> None:
        """Renew the token no more, and wait less: what follows is not worth more."""
        self._renews_token = False
        self.transport.timeout = min(self.transport.timeout, _SECONDS_PER_LOOK)

    def send(self, request: Request) -> Response:
        """Send a request; if the API rejects the token, perhaps once more with a new one."""
        return super().send(request) if self._renews_token else self._send_once(request)

    def get_sample(
        self,
        export: Export,
        request: Request | None = None,
        position: Position = None,
        max_attempts: int | None = None,
    ) -> SamplePage:
        """Read a page of an export: the first one, unless another is requested."""
        client = ExportClient(self, export)
        page = client.get_page(request or export.request(self.config), 1, max_attempts)
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
        return SamplePage(export, records, problem, next_position, page.seconds, page.size)

    def now(self) -> datetime:
        """Return the time by the API's clock, as far as it is known."""
        return datetime.now(UTC) + (self.transport.clock_difference or timedelta(0))

    def tomorrow(self) -> str:
        """Return a date after which nothing can have been updated, by either clock."""
        return (max(self.now(), datetime.now(UTC)) + timedelta(days=1)).date().isoformat()
