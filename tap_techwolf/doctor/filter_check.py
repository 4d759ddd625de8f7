"""Check whether an export's `last_updated` filter works, and whether it finds changed goals."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from tap_techwolf.api.export import Export
from tap_techwolf.dates import parse_date_time
from tap_techwolf.doctor.client import LimitedClient, SamplePage
from tap_techwolf.doctor.report import CheckSkippedError, Finding
from tap_techwolf.errors import ExportError

_BEGINNING = "1970-01-01"

_MOST_PAGES = 5
_RECENT = timedelta(days=14)
_ONE_DAY = timedelta(days=1)
_NEVER = datetime.min.replace(tzinfo=UTC)


def check_filter(client: LimitedClient, export: Export) -> Finding:
    """Compare the first page without the filter with two filtered ones."""
    first_page = client.first_page(export)
    try:
        future, everything = (
            client.get_sample(export, export.request(client.config, filter_date=date))
            for date in (client.tomorrow(), _BEGINNING)
        )
    except ExportError as error:
        problem = f"The export cannot be read with the filter: {error.reason}."
        remedy = f"{error.advice} Without the filter, sync this stream as FULL_TABLE."
        return Finding("error", problem, remedy)
    seen, advice = [], []
    if not future.records and future.next_position is None:
        seen.append("A date after tomorrow returns no records, as expected.")
    else:
        seen.append("A date after tomorrow still returns records: the filter has no effect.")
        advice.append("Incremental syncs load everything each time. Please report this line.")
    is_same = everything.next_position == first_page.next_position
    if is_same and everything.keys == first_page.keys:
        seen.append("A date in 1970 returns the same first page as no filter, as expected.")
    else:
        seen.append("A date in 1970 returns another first page than no filter.")
        advice.append(
            "Unless something changed just now, incremental syncs miss some records: run a full "
            "sync daily, and report this line."
        )
    return Finding("warning" if advice else "ok", " ".join(seen), " ".join(advice))


def check_goals(client: LimitedClient, export: Export) -> Finding:
    """Look for the recently changed goals among what the filter returns.

    The filtered export is a part of the whole one, in the same order. So its first pages hold
    all of the whole one's first pages that passes the filter.
    """
    now = client.now()
    pages = list(_pages(client, client.first_page(export), _MOST_PAGES))
    changed_at = _changes(pages)
    recent = {one: when for one, when in changed_at.items() if when >= now - _RECENT}
    place = f"the first {len(pages)} pages" if len(pages) > 1 else "the first page"
    if not recent:
        raise CheckSkippedError(f"On {place}, no goal changed within 14 days.")
    filter_date = (min(now, *recent.values()) - _ONE_DAY).date().isoformat()
    request = export.request(client.config, filter_date=filter_date)
    filtered_page = client.get_sample(export, request)
    returned = _changes(_pages(client, filtered_page, len(pages), filter_date)).keys()
    missing = len(recent.keys() - returned)
    others = changed_at.keys() - recent.keys()
    count, unchanged = len(recent), len(others & returned)
    seen = (
        f"On {place}, {count} {'employee has' if count == 1 else 'employees have'} a goal that "
        f"changed within 14 days. The filter returns {count - missing} of them, and {unchanged} "
        f"of {len(others)} employees without such a goal."
    )
    advice = ""
    if missing:
        advice = "Run a full sync daily: incremental syncs miss changed goals."
    elif unchanged * 2 > len(others):
        advice = (
            "This proves little: most employees were updated in this time, for example because "
            "an HR system updates every record each night. Keep a regular full sync."
        )
    return Finding("warning" if missing else "ok", seen, advice)


def _changes(pages: Iterable[SamplePage]) -> dict[object, datetime]:
    """Return when the goals of each employee changed last; each version has a record."""
    changed_at: dict[object, datetime] = {}
    for page in pages:
        for (employee, *_), record in zip(page.keys, page.records, strict=True):
            changed_at.setdefault(employee, _NEVER)
            with suppress(ValueError):
                moment = parse_date_time(record.get("last_updated"))
                changed_at[employee] = max(moment, changed_at[employee])
    return changed_at


def _pages(
    client: LimitedClient, page: SamplePage, most: int, filter_date: str | None = None
) -> Iterator[SamplePage]:
    """Yield a page and those that follow it."""
    yield page
    while page.next_position is not None and (most := most - 1) > 0:
        request = page.export.request(
            client.config, filter_date=filter_date, position=page.next_position
        )
        page = client.get_sample(page.export, request)
        yield page
