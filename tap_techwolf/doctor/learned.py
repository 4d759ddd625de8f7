"""What the documentation leaves open, and the tap's makers would like to learn."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tap_techwolf.doctor.filter_check import is_empty, tomorrow
from tap_techwolf.doctor.hierarchy import describe_form
from tap_techwolf.doctor.pages import (
    EMPLOYEE_TASKS,
    EXPORTS,
    GOALS,
    NoPageHereError,
    ReadPage,
    get_page,
    send_page_request,
)
from tap_techwolf.doctor.report import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_techwolf.doctor.contact import Contact


DATE_TIME = "learned:date_time"
GTE = "learned:gte"
HIERARCHY = "learned:hierarchy"
RATE_LIMIT = "learned:rate_limit"
INACTIVE = "learned:inactive"
ORDER = "learned:order"

TOPICS = (DATE_TIME, GTE, HIERARCHY, RATE_LIMIT, INACTIVE, ORDER)

#: How many requests they take.
REQUESTS = 4

_FOR_US = "For us to learn: "

# What is tried, as words, operator and time of day.
_PROBES = {
    DATE_TIME: ("a date-time as the filter's value", "gt", "T12:00:00Z"),
    GTE: ("the operator gte", "gte", ""),
}

# Whatever the records hold that could order them.
_ORDER_KEYS = {GOALS: ("external_id", "created_on", "last_updated")}


def _learned(topic: str, seen: str) -> Check:
    return Check(topic, "ok", f"{_FOR_US}{seen}")


def probe_filter(
    topic: str, contact: Contact, config: Mapping[str, Any], pages: Mapping[str, ReadPage]
) -> Check:
    """Ask once with a filter of a form that the documentation does not show.

    Args:
        topic: Which form: a date-time as the value, or the operator `gte`.
        contact: The way to the API.
        config: Valid settings, defaults included.
        pages: The first page of each export that could be read.

    Returns:
        The check's entry.
    """
    stream = next(iter(pages), None)
    if stream is None:
        return Check(topic, "skipped", "No export can be read.")
    what, operator, time = _PROBES[topic]
    value = f"{tomorrow(contact)}{time}"
    probe = {"filter": "last_updated", "operator": operator, "value": value}
    filters = [*EXPORTS[stream].scope(config), probe]
    body = EXPORTS[stream].body(config, None, None) | {"filters": filters}
    try:
        page = send_page_request(contact, stream, config, body, attempts=1)
    except NoPageHereError as error:
        return _learned(topic, f"{what} is not taken: {stream} {error.seen}.")
    effect = "filters" if is_empty(page) else "does not filter"
    return _learned(topic, f"{what} is taken by {stream}, and {effect}.")


def learn_hierarchy(
    contact: Contact, config: Mapping[str, Any], pages: Mapping[str, ReadPage]
) -> Check:
    """Describe the form of a hierarchy.

    Args:
        contact: The way to the API.
        config: Valid settings, defaults included.
        pages: The first page of each export that could be read.

    Returns:
        The check's entry.
    """
    stream = next((one for one in pages if "response_format" in EXPORTS[one].query), None)
    if stream is None:
        return Check(HIERARCHY, "skipped", "No task profiles can be read.")
    page = pages[stream]
    if config["task_profile_format"] != "hierarchy":
        try:
            page = get_page(contact, stream, {**config, "task_profile_format": "hierarchy"})
        except NoPageHereError as error:
            return _learned(HIERARCHY, f"with hierarchies, {stream} {error.seen}.")
    if not page.records:
        return Check(HIERARCHY, "skipped", f"The first page of {stream} holds no records.")
    return _learned(HIERARCHY, f"the form of {stream}: {describe_form(page.records)}.")


def learn_rate_limit(contact: Contact) -> Check:
    """Name the headers of a rate limit.

    Args:
        contact: The way to the API.

    Returns:
        The check's entry.
    """
    if not contact.has_answered:
        return Check(RATE_LIMIT, "skipped", "The API gave no answer.")
    names = ", ".join(sorted(contact.rate_limit_headers))
    return _learned(RATE_LIMIT, f"headers of a rate limit: {names or 'none'}.")


def learn_inactive(
    contact: Contact, config: Mapping[str, Any], pages: Mapping[str, ReadPage]
) -> Check:
    """Find out whether inactive employees come where no filter asks for them.

    Args:
        contact: The way to the API.
        config: Valid settings, defaults included.
        pages: The first page of each export that could be read.

    Returns:
        The check's entry.
    """
    if "is_active" in config:
        return Check(INACTIVE, "skipped", "The setting 'is_active' decides which employees come.")
    # Every employee has a task profile, and only some have a goal.
    stream = next((one for one in (EMPLOYEE_TASKS, GOALS) if one in pages), None)
    if stream is None:
        return Check(INACTIVE, "skipped", "No export of employees can be read.")
    try:
        inactive = get_page(contact, stream, {**config, "is_active": False})
    except NoPageHereError as error:
        return _learned(INACTIVE, f"asked for inactive employees, {stream} {error.seen}.")
    if not inactive.records:
        return _learned(INACTIVE, "there is no inactive employee to tell by.")
    common = set(inactive.ids) & set(pages[stream].ids)
    if common:
        return _learned(INACTIVE, "inactive employees come by default.")
    return _learned(INACTIVE, "no inactive employee came by default on the first page.")


def learn_order(pages: Mapping[str, ReadPage]) -> Check:
    """Find out what the exports are ordered by, as far as the records tell.

    Args:
        pages: The first page of each export that could be read.

    Returns:
        The check's entry.
    """
    found = [
        f"{stream} by {key}: {_direction(page, key)}"
        for stream, page in pages.items()
        for key in _ORDER_KEYS.get(stream, ("external_id",))
    ]
    if not found:
        return Check(ORDER, "skipped", "No export can be read.")
    return _learned(ORDER, f"{'; '.join(found)}.")


def _direction(page: ReadPage, key: str) -> str:
    values = [record.get(key) for record in page.records]
    texts = [value for value in values if isinstance(value, str)]
    pairs = list(pairwise(dict.fromkeys(texts)))
    if not pairs:
        return "unknown"
    if all(one < other for one, other in pairs):
        return "ascending"
    if all(one > other for one, other in pairs):
        return "descending"
    return "neither ascending nor descending"
