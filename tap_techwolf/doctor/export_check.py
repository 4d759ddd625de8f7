"""Checks whether an export can be read, and estimates how long a first sync takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from tap_techwolf.api.client import Request
from tap_techwolf.doctor.contact import Contact, NoAnswerError
from tap_techwolf.doctor.pages import JOB_TASKS, ReadPage
from tap_techwolf.doctor.report import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS_FOR_COUNT = 10.0
_MOST_EMPLOYEES = 10**8
_MEGABYTE = 1_000_000
_LONGEST_IN_SECONDS = 90
_LONGEST_IN_MINUTES = 90 * 60


def count_employees(contact: Contact, config: Mapping[str, Any]) -> int | None:
    """Ask how many employees there are, which not every client may.

    Args:
        contact: The way to the API.
        config: Valid settings, defaults included.

    Returns:
        The number; None where the API does not tell.

    Raises:
        NotReachedError: There was no request or time left.
    """
    params: dict[str, Any] = {"limit": 1}
    if "is_active" in config:
        params["is_active"] = str(config["is_active"]).lower()
    try:
        answer = contact.ask(
            Request(contact.url("/employees"), "GET", params),
            seconds=_SECONDS_FOR_COUNT,
            attempts=1,
        )
        content = msgspec.json.decode(answer.body) if answer.is_success else None
    except (NoAnswerError, ValueError, RecursionError):
        return None
    count = content.get("count") if isinstance(content, dict) else None
    return count if type(count) is int and 0 <= count < _MOST_EMPLOYEES else None


def describe_export(
    stream: str, page: ReadPage, config: Mapping[str, Any], employee_count: int | None
) -> Check:
    """Describe an export whose first page came.

    Args:
        stream: The stream's name.
        page: The first page.
        config: Valid settings, defaults included.
        employee_count: How many employees there are; None where that is not known.

    Returns:
        The check's entry.
    """
    records = "records that cannot be read" if page.problem else f"{len(page.records)} records"
    seen = (
        f"The first page came: {records}, {page.seconds:.2f} seconds, "
        f"{page.size / _MEGABYTE:.2f} MB."
    )
    return Check(
        f"export:{stream}", "ok", f"{seen} {_estimate(stream, page, config, employee_count)}"
    )


def _estimate(
    stream: str, page: ReadPage, config: Mapping[str, Any], employee_count: int | None
) -> str:
    if page.next_cursor is None:
        return "It is the only page."
    if stream == JOB_TASKS:
        return "More pages follow; the API does not tell how many."
    if employee_count is None:
        return "More pages follow; GET /employees does not tell how many."
    page_count = max(2, math.ceil(employee_count / config["page_size"]))
    return (
        f"A first sync has about {page_count} pages and takes about "
        f"{_duration(page_count * page.seconds)}."
    )


def _duration(seconds: float) -> str:
    if seconds < _LONGEST_IN_SECONDS:
        amount, unit = math.ceil(seconds), "second"
    elif seconds < _LONGEST_IN_MINUTES:
        amount, unit = math.ceil(seconds / 60), "minute"
    else:
        amount, unit = math.ceil(seconds / 3600), "hour"
    return f"{amount} {unit}" if amount == 1 else f"{amount} {unit}s"
