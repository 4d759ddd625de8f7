"""Decide how an export is paged: what a request says, and where the next page is."""

from abc import ABC, abstractmethod
from http import HTTPMethod
from typing import Any, ClassVar

from singer_sdk.pagination import BaseAPIPaginator
from typing_extensions import override

from tap_techwolf.api.page import BrokenPageError, Page

#: Where a page is: a cursor, or an offset. None is the first page.
Position = str | int | None

# The largest page that the documentation of the lists by offset allows.
_LARGEST_LIST_PAGE = 200
_LARGEST_EXPORT_PAGE = 100


class Pagination(ABC):
    """How an export is paged.

    Attributes:
        method: The HTTP method. The parameters of a page are members of a POST's JSON body, and
            query parameters of a GET.
        records: The member of a response that holds the records.
        is_resumable: Whether a position still means the same page in a later run.
    """

    method: ClassVar[HTTPMethod]
    records: ClassVar[str]
    is_resumable: ClassVar[bool]

    @abstractmethod
    def parameters(self, page_size: int, position: Position) -> dict[str, Any]:
        """Return the parameters that ask for the page at a position."""

    @abstractmethod
    def next_position(self, page: Page, position: Position) -> Position:
        """Return where the page after the one at a position is; None after the last page.

        Raises:
            BrokenPageError: The page does not say whether or where there is another one.
        """


class NextStartingAfter(Pagination):
    """A POST with a cursor: `starting_after` is the last response's `next_starting_after`."""

    method = HTTPMethod.POST
    records = "records"
    is_resumable = True

    @override
    def parameters(self, page_size: int, position: Position) -> dict[str, Any]:
        parameters: dict[str, Any] = {"limit": page_size}
        if position is not None:
            parameters["starting_after"] = position
        return parameters

    @override
    def next_position(self, page: Page, position: Position) -> Position:
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


class LimitOffset(Pagination):
    """A GET with `limit` and `offset`; the response has a `count` of all results."""

    method = HTTPMethod.GET
    records = "results"
    # Records that were added or removed in between shift the offsets.
    is_resumable = False

    @override
    def parameters(self, page_size: int, position: Position) -> dict[str, Any]:
        # 'page_size' ends at the largest page of an export. There it means: as large as possible.
        limit = page_size if page_size < _LARGEST_EXPORT_PAGE else _LARGEST_LIST_PAGE
        return {"limit": limit, "offset": position or 0}

    @override
    def next_position(self, page: Page, position: Position) -> Position:
        """Return the offset of the next page; None after the last page.

        `count` decides, and not a short page: the API may return fewer results than `limit`.
        """
        count = page.member("count")
        if type(count) is not int or count < 0:  # Not isinstance(): true is an int to Python.
            raise BrokenPageError("'count' is missing or not a number of results")
        end = int(position or 0) + page.record_count
        if end >= count:
            return None
        if not page.record_count:
            raise BrokenPageError("'count' promises more results, but the page has none")
        return end


class Paginator(BaseAPIPaginator[Position]):
    """Follow an export from page to page, by `next_starting_after` or by offset.

    The SDK's own paginators end at a page without a cursor or without records, and notice a loop
    only if a cursor is followed by itself. This one takes pages in place of responses, so that
    each response is parsed once.
    """

    def __init__(self, pagination: Pagination, start_value: Position) -> None:
        super().__init__(start_value)
        self._pagination = pagination
        self._seen = {start_value}

    @override
    def has_more(self, response: Page) -> bool:  # type: ignore[override]
        """Return whether there is a page after this one."""
        return self._pagination.next_position(response, self.current_value) is not None

    @override
    def get_next(self, response: Page) -> Position:  # type: ignore[override]
        """Return where the next page is.

        Raises:
            BrokenPageError: The pages would never end, as this position was read before.
        """
        position = self._pagination.next_position(response, self.current_value)
        if position in self._seen:
            raise BrokenPageError("'next_starting_after' leads back to an earlier page")
        self._seen.add(position)
        return position

    def position_after(self, page: Page) -> Position:
        """Advance beyond a page, and return where the next one is; None after the last page.

        Raises:
            BrokenPageError: The page does not say where the next one is, or the pages would never
                end.
        """
        self.advance(page)  # type: ignore[arg-type]  # It only reaches the methods above.
        return None if self.finished else self.current_value


#: The two ways in which TechWolf's endpoints are paged.
NEXT_STARTING_AFTER = NextStartingAfter()
LIMIT_OFFSET = LimitOffset()
