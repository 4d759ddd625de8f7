"""Parse the date-times of settings, bookmarks and checkpoints."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_date_time(text: object) -> datetime:
    """Parse an ISO 8601 date or date-time.

    Args:
        text: What to parse. Without an offset it is taken as UTC.

    Returns:
        The date-time in UTC.

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
