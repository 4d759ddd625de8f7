"""Parses date-times."""

from __future__ import annotations

from datetime import UTC, datetime


def parse_date_time(text: object) -> datetime:
    """Read a moment.

    Args:
        text: An ISO 8601 date-time or date; UTC where it names no offset.

    Returns:
        The moment in UTC.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(text, str):
        message = "not a text"
        raise ValueError(message)  # noqa: TRY004 - one kind of error for all that is unreadable
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        message = "outside the years 1 to 9999"
        raise ValueError(message) from error
