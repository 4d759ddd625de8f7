"""Bring values that the API sends to the types that it documents, where nothing is lost."""

from decimal import Decimal

#: What a column of integers holds in every warehouse.
_INTEGERS = range(-(2**63), 2**63)
_MOST_DIGITS = 19


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
