"""Check whether an export's `last_updated` filter works, and whether it finds changed goals."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from tap_techwolf.api.page import Record
from tap_techwolf.dates import parse_date_time
from tap_techwolf.doctor.client import LimitedClient, SamplePage
from tap_techwolf.doctor.report import Check, CheckSkippedError, Verdict
from tap_techwolf.errors import ExportError

#: The check of changed goals, and the stream that it is about.
GOALS_MOVE_FILTER = "goals_move_filter"
GOALS_STREAM = "employee_ai_goals"

_BEGINNING = "1970-01-01"

_MOST_PAGES = 5
_RECENT = timedelta(days=14)
_ONE_DAY = timedelta(days=1)


def check_filter(client: LimitedClient, first_page: SamplePage) -> Check:
    """Compare the first page without the filter with two filtered ones."""
    export = first_page.export
    name = f"filter:{export.name}"
    # After it, nothing can have been updated, by either clock.
    tomorrow = (max(client.now(), datetime.now(UTC)) + _ONE_DAY).date().isoformat()
    try:
        future = client.get_sample(export, tomorrow)
        everything = client.get_sample(export, _BEGINNING)
    except ExportError as error:
        return Check(
            name,
            "error",
            f"The export cannot be read with the filter: {error.reason}.",
            f"{error.advice} Without the filter, sync this stream as FULL_TABLE.",
        )
    seen, advice = [], []
    if not future.records and future.next_position is None:
        seen.append("A date after tomorrow returns no records, as expected.")
    else:
        seen.append("A date after tomorrow still returns records: the filter has no effect.")
        advice.append("Incremental syncs load everything each time. Please report this line.")
    is_same = everything.next_position == first_page.next_position
    if is_same and not everything.problem and everything.keys == first_page.keys:
        seen.append("A date in 1970 returns the same first page as no filter, as expected.")
    else:
        seen.append("A date in 1970 returns another first page than no filter.")
        advice.append(
            "Unless something changed just now, incremental syncs miss some records: run a full "
            "sync daily, and report this line."
        )
    verdict: Verdict = "warning" if advice else "ok"
    return Check(name, verdict, " ".join(seen), " ".join(advice))


@dataclass(slots=True)
class _Goals:
    """The employees on some pages, by how recently their goal changed."""

    recent: dict[object, datetime] = field(default_factory=dict)
    others: set[object] = field(default_factory=set)

    @classmethod
    def on(cls, pages: Iterable[SamplePage], since: datetime) -> Self:
        """Find the goals on some pages; with all versions, an employee has several records."""
        goals = cls()
        for page in pages:
            if page.problem:
                raise CheckSkippedError(f"A page cannot be read: {page.problem}.")
            for (employee, *_), record in zip(page.keys, page.records, strict=True):
                changed_at = _changed_at(record)
                if changed_at >= since:
                    latest = goals.recent.get(employee, changed_at)
                    goals.recent[employee] = max(changed_at, latest)
                else:
                    goals.others.add(employee)
        goals.others -= goals.recent.keys()
        return goals


def _changed_at(record: Record) -> datetime:
    try:
        return parse_date_time(record.get("last_updated"))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def check_goals(client: LimitedClient, first_page: SamplePage) -> Check:
    """Look for the recently changed goals among what the filter returns.

    The filtered export is a part of the whole one, in the same order. So its first pages hold
    all of the whole one's first pages that passes the filter.
    """
    most_pages = max(1, min(_MOST_PAGES, (client.requests_left + 1) // 2))
    try:
        return _compare(client, first_page, most_pages)
    except ExportError as error:
        raise CheckSkippedError(f"A page cannot be read: {error.reason}.") from error


def _compare(client: LimitedClient, first_page: SamplePage, most_pages: int) -> Check:
    now = client.now()
    since = now - _RECENT
    pages = list(_pages(client, first_page, most_pages))
    found = _Goals.on(pages, since)
    place = f"the first {len(pages)} pages" if len(pages) > 1 else "the first page"
    if not found.recent:
        raise CheckSkippedError(f"On {place}, no goal changed within 14 days.")
    filter_date = (min(now, *found.recent.values()) - _ONE_DAY).date().isoformat()
    filtered_page = client.get_sample(first_page.export, filter_date)
    filtered_pages = _pages(client, filtered_page, len(pages), filter_date)
    return _judge(found, _Goals.on(filtered_pages, since), place)


def _pages(
    client: LimitedClient, page: SamplePage, most: int, filter_date: str | None = None
) -> Iterator[SamplePage]:
    """Yield a page and those that follow it."""
    yield page
    while page.next_position is not None and (most := most - 1) > 0:
        page = client.get_sample(page.export, filter_date, page.next_position)
        yield page


def _judge(found: _Goals, returned: _Goals, place: str) -> Check:
    count = len(found.recent)
    missing = len(found.recent.keys() - returned.recent.keys() - returned.others)
    others = len(found.others & returned.others)
    seen = (
        f"On {place}, {count} {'employee has' if count == 1 else 'employees have'} a goal that "
        f"changed within 14 days. The filter returns {count - missing} of them, and {others} of "
        f"{len(found.others)} employees without such a goal."
    )
    if missing:
        advice = "Run a full sync daily: incremental syncs miss changed goals."
        return Check(GOALS_MOVE_FILTER, "warning", seen, advice)
    if others * 2 > len(found.others):
        advice = (
            "This proves little: most employees were updated in this time, for example because "
            "an HR system updates every record each night. Keep a regular full sync."
        )
        return Check(GOALS_MOVE_FILTER, "ok", seen, advice)
    return Check(GOALS_MOVE_FILTER, "ok", seen)
