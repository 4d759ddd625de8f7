"""Bring values that the API sends to the types that it documents, where nothing is lost."""

import re
from datetime import UTC, datetime
from decimal import Decimal

#: What a column of integers holds in every warehouse.
_INTEGERS = range(-(2**63), 2**63)
_MOST_DIGITS = 19

_USUAL_DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII
)


def to_text(value: object) -> str | None:
    """Return a number or boolean as the text that stands for it in JSON; None for other types."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | Decimal) else None


def to_integer(value: object) -> int | None:
    """Return a whole number of at most 64 bits as an integer; None for anything else."""
    # 1E+9999999 has few digits as a decimal, and would fill the memory as an integer.
    if isinstance(value, Decimal) and value.adjusted() < _MOST_DIGITS and value == int(value):
        value = int(value)
    return value if type(value) is int and value in _INTEGERS else None


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
