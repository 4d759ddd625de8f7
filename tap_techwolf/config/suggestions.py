"""Suggest the name that a misspelled one was probably meant to be."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Finds `pagesize` and `job_families`, but no setting for an unrelated word.
_SIMILARITY = 0.8


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most similar.

    Args:
        name: A name that is not known.
        known: The names that are.

    Returns:
        The most similar one, or None if none is similar enough to be meant.
    """
    return next(iter(get_close_matches(name, known, n=1, cutoff=_SIMILARITY)), None)
