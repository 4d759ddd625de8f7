"""Date-times as bookmarks hold them, and the plain dates that the API's filter takes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

# No employee or job was updated before there were computers to note it.
_EARLIEST = date(1970, 1, 1)

# For two clocks that both claim to be right, and a server that rounds.
_SPARE = timedelta(hours=1)


def format_date_time(moment: datetime) -> str:
    """Format a date-time, always with the same precision and offset.

    Texts then sort as the moments do: loaders compare bookmarks as text.

    Args:
        moment: A date-time with a time zone.

    Returns:
        For example `2026-04-17T09:12:43.521000+00:00`.
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def filter_date(moment: datetime, lookback_days: int) -> str:
    """Return the date that makes the API's `last_updated` filter bring all changes since a moment.

    How the API compares a plain date is not documented. With this date nothing is lost,
    with an hour to spare, whether "greater" means after that day's midnight in UTC or
    on a later day.

    Args:
        moment: What changed since then must come.
        lookback_days: Days to go back, at least 1.

    Returns:
        A date as `YYYY-MM-DD`.
    """
    if moment.year < _EARLIEST.year:
        return _EARLIEST.isoformat()
    day = (moment.astimezone(UTC) - _SPARE).toordinal() - lookback_days
    return date.fromordinal(max(day, _EARLIEST.toordinal())).isoformat()
