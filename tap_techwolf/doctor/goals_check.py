"""Checks whether a changed AI goal comes with the filter, which looks at the employee."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_techwolf.dates import parse_date_time
from tap_techwolf.doctor.pages import GOALS, NoPageHereError, ReadPage, get_page
from tap_techwolf.doctor.report import Check

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_techwolf.api.page import Record
    from tap_techwolf.doctor.contact import Contact

NAME = "goals_move_filter"
MOST_PAGES = 5

_RECENT = timedelta(days=14)
_A_DAY = timedelta(days=1)


@dataclass(slots=True)
class _Goals:
    """The employees on some pages, by how recently their goal changed."""

    recent: dict[str, datetime] = field(default_factory=dict)
    others: set[str] = field(default_factory=set)

    def add(self, records: Iterable[Record], since: datetime) -> None:
        for record in records:
            employee = record["external_id"]
            try:
                changed_at = parse_date_time(record.get("last_updated"))
            except (ValueError, OverflowError):
                changed_at = datetime.min.replace(tzinfo=UTC)
            if changed_at >= since:
                # With all versions, an employee has several records.
                self.recent[employee] = max(changed_at, self.recent.get(employee, changed_at))
            else:
                self.others.add(employee)
        self.others -= self.recent.keys()


def check_goals(
    contact: Contact, config: Mapping[str, Any], first_page: ReadPage, reserved_requests: int
) -> Check:
    """Look for the recently changed goals among what the filter brings.

    The filtered export is a part of the whole one, in the same order. So its first pages hold
    whatever of the whole one's first pages passes the filter.

    Args:
        contact: The way to the API.
        config: Valid settings, defaults included.
        first_page: The export's first page, without a filter.
        reserved_requests: How many requests are to be left for later checks.

    Returns:
        The check's entry.

    Raises:
        NotReachedError: There was no request or time left.
    """
    affordable = (contact.requests_left - reserved_requests + 1) // 2
    page_count = max(1, min(MOST_PAGES, affordable))
    try:
        return _compare(contact, config, first_page, page_count)
    except NoPageHereError as error:
        return Check(NAME, "skipped", f"A page was missing: the export {error.seen}.")


def _compare(
    contact: Contact, config: Mapping[str, Any], first_page: ReadPage, page_count: int
) -> Check:
    now = datetime.now(UTC) + (contact.clock_difference or timedelta(0))
    since = now - _RECENT
    found = _Goals()
    pages = 0
    page: ReadPage | None = first_page
    while page is not None:
        pages += 1
        found.add(page.records, since)
        page = _next(contact, config, page) if pages < page_count else None
    looked_at = f"the first {pages} pages" if pages > 1 else "the first page"
    if not found.recent:
        return Check(NAME, "skipped", f"On {looked_at}, no goal changed within 14 days.")
    oldest = min(now, *found.recent.values())
    filter_date = (oldest - _A_DAY).date().isoformat()
    came = _Goals()
    page = get_page(contact, GOALS, config, filter_date)
    for left in range(pages - 1, -1, -1):
        came.add(page.records, since)
        following = _next(contact, config, page, filter_date) if left else None
        if following is None:
            break
        page = following
    return _judge(found, came, looked_at)


def _next(
    contact: Contact, config: Mapping[str, Any], page: ReadPage, filter_date: str | None = None
) -> ReadPage | None:
    if page.next_cursor is None:
        return None
    return get_page(contact, GOALS, config, filter_date, page.next_cursor)


def _judge(found: _Goals, came: _Goals, looked_at: str) -> Check:
    missing = len(found.recent.keys() - came.recent.keys() - came.others)
    others = len(found.others & came.others)
    recent = len(found.recent)
    seen = (
        f"On {looked_at}, {recent} {'employee has' if recent == 1 else 'employees have'} a goal "
        "that changed within 14 days. "
        f"With the filter, {recent - missing} of them came, and {others} of "
        f"{len(found.others)} employees without such a goal came too."
    )
    if missing:
        advice = "Run a full sync daily: incremental ones miss changed goals."
        return Check(NAME, "warning", seen, advice)
    if others * 2 > len(found.others):
        advice = (
            "This proves little: most employees were updated in this time, perhaps by an HR "
            "system that touches everybody each night. Keep a regular full sync."
        )
        return Check(NAME, "ok", seen, advice)
    return Check(NAME, "ok", seen)
