"""Follows an export's cursors from page to page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.pagination import BaseAPIPaginator

from tap_techwolf.api.page import BrokenPageError, Page

if TYPE_CHECKING:
    import requests


class ExportPaginator(BaseAPIPaginator[str | None]):
    """Follows `next_starting_after` for as long as `has_next` is true.

    The SDK's own paginators end at a page without a cursor or without records, and recognize
    a loop only where a cursor is followed by itself.
    """

    def __init__(self, start_value: str | None = None) -> None:
        """Start at the first page, or where an interrupted pass goes on.

        Args:
            start_value: The cursor of the first page to ask for; None for the export's first.
        """
        super().__init__(start_value)
        self._seen = {start_value}

    def has_more(self, response: requests.Response | Page) -> bool:
        """Return whether the export goes on after this page.

        Args:
            response: The page, or the API's response that holds it.
        """
        return _page(response).next_cursor is not None

    def get_next(self, response: requests.Response | Page) -> str | None:
        """Return the cursor of the page after this one.

        Args:
            response: The page, or the API's response that holds it.

        Returns:
            The cursor; None after the last page.

        Raises:
            BrokenPageError: The cursor was used before: the pages would never end.
        """
        cursor = _page(response).next_cursor
        if cursor is not None and cursor in self._seen:
            raise BrokenPageError("'next_starting_after' leads back to an earlier page")
        self._seen.add(cursor)
        return cursor

    def advance(self, response: requests.Response | Page) -> None:
        """Go to the page after this one.

        Args:
            response: The page, or the API's response that holds it.

        Raises:
            BrokenPageError: The cursor was used before: the pages would never end.
        """
        super().advance(_page(response))  # type: ignore[arg-type]  # it reaches the methods above


def _page(response: requests.Response | Page) -> Page:
    return response if isinstance(response, Page) else Page.parse(response.content)
