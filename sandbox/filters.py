"""The filters of an export: their documented forms, and which entities they match."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.entities import Entity
    from sandbox.variants import Variants

DateReading = Literal["moment", "day"]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(_DATE.pattern + r"T[0-9:]{8}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")


def is_well_formed(one: Mapping[str, Any], variants: Variants) -> bool:
    """Return whether a filter has its documented form.

    Args:
        one: The filter, one of the kinds that the export accepts.
        variants: What is accepted beyond the documentation.
    """
    if one["filter"] == "is_active":
        return one.keys() == {"filter", "is_active"} and isinstance(one["is_active"], bool)
    if one["filter"] == "job_family_id_is_in_list":
        return one.keys() == {"filter", "job_family_ids"} and _is_texts(one["job_family_ids"])
    operators = ("gt", "lt", "gte") if variants.accepts_gte else ("gt", "lt")
    return (
        one.keys() == {"filter", "operator", "value"}
        and one["operator"] in operators
        and _is_date(one["value"], variants)
    )


def _is_date(value: object, variants: Variants) -> bool:
    pattern = _DATE
    if variants.accepts_date_times and isinstance(value, str) and "T" in value:
        pattern = _DATE_TIME
    if not isinstance(value, str) or not pattern.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(text, str) for text in value)


def matcher(
    filters: Mapping[str, Mapping[str, Any]], date_reading: DateReading
) -> Callable[[Entity], bool]:
    """Return a function that tells whether an entity passes all filters.

    Args:
        filters: The filters by their kind.
        date_reading: How the plain date of a filter is read.
    """
    checks: list[Callable[[Entity], bool]] = []
    if one := filters.get("is_active"):
        wanted = one["is_active"]
        checks.append(lambda entity: entity.is_active is wanted)
    if one := filters.get("job_family_id_is_in_list"):
        families = set(one["job_family_ids"])
        checks.append(lambda entity: entity.job_family_id in families)
    if one := filters.get("last_updated"):
        checks.append(_updated(one["operator"], one["value"], date_reading))
    return lambda entity: all(check(entity) for check in checks)


def _updated(operator: str, value: str, date_reading: DateReading) -> Callable[[Entity], bool]:
    whole_day = date_reading == "day"
    if "T" in value:
        start, whole_day = datetime.fromisoformat(value), False
    else:
        start = datetime.combine(date.fromisoformat(value), time(), UTC)
    if operator == "lt":
        return lambda entity: entity.last_updated < start
    if operator == "gt" and not whole_day:
        return lambda entity: entity.last_updated > start
    begin = start + timedelta(days=1) if operator == "gt" else start
    return lambda entity: entity.last_updated >= begin
