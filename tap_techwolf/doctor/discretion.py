"""Decides which words of the API's answers may be shown: names of a schema, but never data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

KEY = "<key>"
VALUE = "<value>"

MOST_SIBLINGS = 30
_MOST_WORDS = 10

_PROPERTY_NAME = re.compile(r"[a-z_]{1,40}")
_ENUM_WORD = re.compile(r"[a-z_]{1,20}|H[0-9]")
_REGION = re.compile(r"[a-z]{2,3}[0-9]{1,2}")
_RATE_LIMIT_HEADER = re.compile(
    r"retry-after|(x-)?rate-?limit(-(limit|remaining|reset|used|policy|resource|retry-after))?"
)


def shown_name(name: str, sibling_count: int = 0) -> str:
    """Return a property's name, or a placeholder where it could be data.

    Args:
        name: The name, as the API sent it.
        sibling_count: How many different names there are at its place, itself included.

    Returns:
        The name, or `<key>`.
    """
    if sibling_count > MOST_SIBLINGS or not _PROPERTY_NAME.fullmatch(name):
        return KEY
    return name


def shown_names(names: Collection[str]) -> list[str]:
    """Return the names of properties at one place, sorted, each of them safe to show.

    Args:
        names: The names, as the API sent them.
    """
    return sorted({shown_name(name, len(names)) for name in names})


def shown_words(values: Collection[str]) -> list[str]:
    """Return the words of an enum, sorted; a placeholder stands for what could be data.

    Args:
        values: The different values at one place, as the API sent them.
    """
    if len(values) > _MOST_WORDS:  # Not an enum.
        return [VALUE]
    return sorted({value if _ENUM_WORD.fullmatch(value) else VALUE for value in values})


def shown_region(region: str) -> str:
    """Return the region if it looks like TechWolf's.

    Args:
        region: The setting.

    Returns:
        For example `eu3`, or words that stand for a region of another form.
    """
    return region if _REGION.fullmatch(region) else "of another form"


def rate_limit_headers(names: Iterable[str]) -> set[str]:
    """Return the names of headers that tell a rate limit.

    Args:
        names: The names of a response's headers.
    """
    return {name.lower() for name in names if _RATE_LIMIT_HEADER.fullmatch(name.lower())}
