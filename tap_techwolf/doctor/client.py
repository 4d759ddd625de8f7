"""Use the tap's client within the doctor's limits, and read sample pages with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tap_techwolf.api.client import ApiClient, ExportClient
from tap_techwolf.api.export import Export, Request
from tap_techwolf.api.page import BrokenPageError, Page, Record
from tap_techwolf.api.pagination import Position
from tap_techwolf.api.transport import Response
from tap_techwolf.doctor.report import CheckSkippedError

#: All requests together, those for tokens and repeated ones included.
REQUESTS = 30
_SECONDS_PER_REQUEST = 40
_SECONDS_PER_LOOK = 10
_LONGEST_WAIT = 10.0
_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class SamplePage:
    """A page of an export, and where the next one is: None after the last page.

    Attributes:
        records: The records, whether they have their key or not.
    """

    export: Export
    page: Page
    records: list[Record]
    next_position: Position

    @property
    def keys(self) -> list[tuple[object, ...]]:
        """What identifies each record, in order; a BrokenPageError if one lacks its key."""
        key = self.export.key
        return [tuple(record[name] for name in key) for record in self.page.records(key)]


class LimitedClient(ApiClient):
    """The tap's client, with limits on the number of all requests and the time of each.

    Attributes:
        first_pages: The first page of each export that could be read, by the export's name.
    """

    def __init__(self, config: Mapping[str, Any], requests: int) -> None:
        """Prepare the client; no request is sent yet."""
        timeout = min(config["request_timeout"], _SECONDS_PER_REQUEST)
        limits = {"max_attempts": _ATTEMPTS, "request_timeout": timeout}
        super().__init__({**config, **limits}, requests, _LONGEST_WAIT)
        self.first_pages: dict[str, SamplePage] = {}
        self._asks_once = False

    def limit_further(self) -> None:
        """Ask once, with the token that there is, and wait less: what follows is not worth more."""
        self._asks_once = True
        self.transport.timeout = min(self.transport.timeout, _SECONDS_PER_LOOK)

    def send(self, request: Request) -> Response:
        """Send a request; if the API rejects the token, perhaps once more with a new one."""
        return self._send_once(request) if self._asks_once else super().send(request)

    def get_sample(self, export: Export, request: Request | None = None) -> SamplePage:
        """Read a page of an export: the first one, unless another is requested."""
        client = ExportClient(self, export)
        request = request or export.request(self.config)
        page = client.get_page(request, 1, max_attempts=1 if self._asks_once else None)
        try:
            # Of a list by offset, only first pages are read.
            next_position = export.pagination.next_position(page, None)
            return SamplePage(export, page, page.records({}), next_position)
        except BrokenPageError as error:
            raise client.broken_page_error(1, error) from error

    def first_page(self, export: Export) -> SamplePage:
        """Return the first page of an export that was checked before."""
        if export.name not in self.first_pages:
            raise CheckSkippedError("The export cannot be read.")
        return self.first_pages[export.name]

    def now(self) -> datetime:
        """Return the time by the API's clock, as far as it is known."""
        return datetime.now(UTC) + (self.transport.clock_difference or timedelta(0))

    def tomorrow(self) -> str:
        """Return a date after which nothing can have been updated, by either clock."""
        return (max(self.now(), datetime.now(UTC)) + timedelta(days=1)).date().isoformat()
