"""Checks whether an export takes the `last_updated` filter, and whether it filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_techwolf.doctor.pages import NoPageHereError, ReadPage, get_page
from tap_techwolf.doctor.report import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_techwolf.doctor.contact import Contact


BEGINNING = "1970-01-01"


def check_filter(
    contact: Contact, stream: str, config: Mapping[str, Any], first_page: ReadPage
) -> Check:
    """Ask for what was updated after tomorrow, and for what was updated since 1970.

    Args:
        contact: The way to the API.
        stream: The stream's name.
        config: Valid settings, defaults included.
        first_page: The export's first page, without a filter.

    Returns:
        The check's entry.

    Raises:
        NotReachedError: There was no request or time left.
    """
    name = f"filter:{stream}"
    try:
        future = get_page(contact, stream, config, tomorrow(contact))
        everything = get_page(contact, stream, config, BEGINNING)
    except NoPageHereError as error:
        advice = f"{error.advice} Without the filter, sync this stream as FULL_TABLE."
        verb = "Refused" if error.status is not None else "No page"
        return Check(name, "error", f"{verb}: with the filter, the export {error.seen}.", advice)
    seen: list[str] = []
    advice_parts: list[str] = []
    if is_empty(future):
        seen.append('"After tomorrow" brings nothing.')
    else:
        seen.append('"After tomorrow" brings records: the filter does not filter.')
        advice_parts.append("Incremental syncs bring everything each time. Please report this.")
    if everything.is_same_as(first_page):
        seen.append('"After 1970-01-01" brings the same first page as no filter.')
    else:
        seen.append('"After 1970-01-01" brings another first page than no filter.')
        advice_parts.append(
            "Unless something changed just now, incremental syncs miss some records: run a full "
            "sync daily, and please report this."
        )
    verdict: Any = "warning" if advice_parts else "ok"
    return Check(name, verdict, f"Taken. {' '.join(seen)}", " ".join(advice_parts))


def tomorrow(contact: Contact) -> str:
    """Return a date after which nothing can have been updated, by either clock.

    Args:
        contact: The way to the API, which knows its clock.

    Returns:
        The date, as YYYY-MM-DD.
    """
    ahead = max(contact.clock_difference or timedelta(0), timedelta(0))
    return (datetime.now(UTC) + ahead + timedelta(days=1)).date().isoformat()


def is_empty(page: ReadPage) -> bool:
    """Return whether a page is the last one, without a record.

    Args:
        page: A page.
    """
    return page.next_cursor is None and not page.records and not page.problem
