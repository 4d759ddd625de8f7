"""Decide how an export is paged: what a request says, and where the next page is.

Each of the two ways names the HTTP method, and the member of a response that holds the records.
"""

import logging
from collections.abc import Mapping
from http import HTTPMethod
from typing import Any

from tap_techwolf.api.page import BrokenPageError, Page, Record

logger = logging.getLogger(__name__)

#: Where a page is: a cursor, or an offset. None is the first page.
Position = str | int | None

# The largest page that the documentation of the lists by offset allows.
_LARGEST_LIST_PAGE = 200
_LARGEST_EXPORT_PAGE = 100
_MOST_READINGS = 3


class NextStartingAfter:
    """A POST with a cursor: `starting_after` is the last response's `next_starting_after`."""

    method = HTTPMethod.POST
    records = "records"

    def parameters(self, page_size: int, position: Position) -> dict[str, Any]:
        """Return the members of the body that ask for the page at a position."""
        parameters: dict[str, Any] = {"limit": page_size}
        if position is not None:
            parameters["starting_after"] = position
        return parameters

    def next_position(self, page: Page, _position: Position = None) -> Position:
        """Return the cursor of the next page; None after the last page.

        `has_next` alone decides: a page in the middle of an export may be empty, as employees
        without an AI goal are left out. For the same reason the cursor is never taken from a
        record.
        """
        has_next, cursor = page.member("has_next"), page.member("next_starting_after")
        if not isinstance(has_next, bool):
            raise BrokenPageError("'has_next' is missing or neither true nor false")
        if not has_next:
            return None
        if not isinstance(cursor, str) or not cursor:
            raise BrokenPageError("'has_next' is true, but 'next_starting_after' names no page")
        return cursor


class LimitOffset:
    """A GET with `limit` and `offset`; the response has a `count` of all results.

    Each page repeats the last row of the one before: `ListPaginator` compares the two.
    """

    method = HTTPMethod.GET
    records = "results"

    def parameters(self, page_size: int, position: Position) -> dict[str, Any]:
        """Return the query parameters that ask for the page at a position."""
        # 'page_size' ends at the largest page of an export. There it means: as large as possible.
        limit = page_size if page_size < _LARGEST_EXPORT_PAGE else _LARGEST_LIST_PAGE
        # A single row would only be the repeated one.
        return {"limit": limit if position is None else max(limit, 2), "offset": position or 0}

    def next_position(self, page: Page, position: Position) -> Position:
        """Return the offset of the next page; None after the last page.

        `count` decides, and not a short page: the API may return fewer results than `limit`. A
        page that leads no further is the end, too: the list has become shorter meanwhile.
        """
        results = len(page.records({}))
        end = int(position or 0) + results
        if end < self.count(page) and not results and position is None:
            raise BrokenPageError("'count' promises more results, but the page has none")
        leads_further = position is None or end - 1 > int(position)
        return end - 1 if end < self.count(page) and leads_further else None

    def count(self, page: Page) -> int:
        """Return how many results there are, as a page says."""
        count = page.member("count")
        if type(count) is not int or count < 0:  # Not isinstance(): true is an int to Python.
            raise BrokenPageError("'count' is missing or not a number of results")
        return count


class Paginator:
    """Follow an export from page to page, by `next_starting_after`.

    Attributes:
        is_whole: Whether no record can be missing, once there is no further page.
    """

    is_whole = True

    def __init__(self, start: Position, key: Mapping[str, type]) -> None:
        self._key = key
        self._seen = {start}

    def position_after(self, page: Page) -> Position:
        """Return where the next page is, which was never read before; None after the last page."""
        position = NEXT_STARTING_AFTER.next_position(page)
        if position is not None and position in self._seen:
            raise BrokenPageError("'next_starting_after' leads back to an earlier page")
        self._seen.add(position)
        return position

    def records(self, page: Page) -> list[Record]:
        """Return the page's records, each an object that has its key."""
        return page.records(self._key)


class ListPaginator:
    """Follow a list by offset until it was read as a whole, though it moves meanwhile.

    A list is ordered by `last_updated`: whoever changes or leaves between two pages shifts the
    others, so that one of them is skipped. A reading is clean if each page begins with the row that
    ended the one before, unchanged, and all name one `count`, which is that of the rows. It is
    whole if no id is there twice. If it is not, the list is read once more from its beginning, up
    to three times in all; what was read is kept.

    Attributes:
        is_whole: Whether no record can be missing, once there is no further page.
    """

    def __init__(self, stream: str, key: Mapping[str, type], page_size: int) -> None:
        self._stream, self._key, self._page_size = stream, key, page_size
        self._ids: set[object] = set()
        self._new: list[Record] = []
        self._largest_count = self._readings = 0
        self._position: Position = None
        self._start_reading()

    def _start_reading(self) -> None:
        self._readings += 1
        self._ids_of_reading: set[object] = set()
        self._last: Record | None = None
        self._counts: set[int] = set()
        self._is_clean = self.is_whole = True

    def position_after(self, page: Page) -> Position:
        """Advance beyond a page, and return the offset of the next one; None after the last page.

        Raises:
            BrokenPageError: The page is not one of a list; or the list has changed during each
                reading, and records are missing.
        """
        records = page.records(self._key)
        known = len(self._ids_of_reading)
        self._counts.add(LIMIT_OFFSET.count(page))
        self._is_clean &= self._last in (None, *records[:1])
        self._new = []
        for record in records:
            identity = tuple(record[name] for name in self._key)
            if identity not in self._ids:
                self._new.append(record)
            self._ids.add(identity)
            self._ids_of_reading.add(identity)
        end = int(self._position or 0) + len(records)
        limit = LIMIT_OFFSET.parameters(self._page_size, self._position)["limit"]
        self._position = LIMIT_OFFSET.next_position(page, self._position)
        # `count` may be wrong: after a full page there may be another one.
        if self._position is None and len(records) >= limit and len(self._ids_of_reading) > known:
            self._position = end - 1
        if self._position is None:
            return self._end_reading(end)
        self._last = dict(records[-1])  # The record itself becomes a row.
        return self._position

    def _end_reading(self, end: int) -> Position:
        self._is_clean &= self._counts == {end}
        self.is_whole = self._is_clean and len(self._ids_of_reading) == end
        self._largest_count = max(self._largest_count, *self._counts)
        if not self.is_whole and self._readings < _MOST_READINGS:
            logger.info("%s: the list changed while it was read; reading it again", self._stream)
            self._start_reading()
            self._position = 0
        elif not self._is_clean and len(self._ids) < self._largest_count:
            raise BrokenPageError(
                f"the list changed each time it was read, and {len(self._ids)} of "
                f"{self._largest_count} records were found",
                "Run again when fewer records change; contact TechWolf if the problem persists.",
            )
        return self._position

    def records(self, page: Page) -> list[Record]:
        """Return those of the newest page's records that no page before had."""
        del page
        new, self._new = self._new, []
        return new


Pagination = NextStartingAfter | LimitOffset
NEXT_STARTING_AFTER = NextStartingAfter()
LIMIT_OFFSET = LimitOffset()
