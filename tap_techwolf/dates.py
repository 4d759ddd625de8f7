"""Parse and format date-times: of settings, of the state, and of records."""

import re
from datetime import UTC, date, datetime, timedelta

# Nothing is updated before 1970. Earlier dates would only risk an overflow.
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

# Allows for two clocks that differ a little, and for a server that rounds.
_MARGIN = timedelta(hours=1)

# In these forms, every warehouse reads a date-time.
_USUAL_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII
)


def parse_date_time(text: object) -> datetime:
    """Parse an ISO 8601 date or date-time, and convert it to UTC.

    Without an offset it is taken as UTC.

    Raises:
        ValueError: It is not a string, not a date-time, or not in the years 1 to 9999.
    """
    if not isinstance(text, str):
        raise ValueError("not a string")  # noqa: TRY004 - callers handle all bad input alike
    parsed = datetime.fromisoformat(text.strip())
    if parsed.tzinfo is None:
        return parsed.replace(tzinfo=UTC)
    try:
        return parsed.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999") from error


def format_date_time(moment: datetime) -> str:
    """Format a date-time as, for example, `2026-04-17T09:12:43.521000+00:00`.

    Precision and offset are always the same, because loaders compare bookmarks as text.
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def filter_date(moment: datetime, lookback_days: int) -> str:
    """Return the date (`YYYY-MM-DD`) to filter by, so that no record updated since is missed.

    TechWolf does not document how the API compares a plain date. This date is early enough, with
    an hour to spare, whether "greater" means after that day's midnight in UTC or on a later day:
    it is at least one day back.
    """
    day = (max(moment, _EARLIEST).astimezone(UTC) - _MARGIN).toordinal() - lookback_days
    return date.fromordinal(max(day, _EARLIEST.toordinal())).isoformat()


def to_date_time(value: object) -> str | None:
    """Return a date-time of the years 1 to 9999, in a form that every warehouse reads.

    A usual form stays as it was sent: DuckDB reads no other, such as `20260131T10Z`. None for
    anything that is no date-time.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            moment = moment.astimezone(UTC)  # Fails if that is in another year than 1 to 9999.
    except (ValueError, OverflowError):
        return None
    return value if _USUAL_DATE_TIME.fullmatch(value) else moment.isoformat()
