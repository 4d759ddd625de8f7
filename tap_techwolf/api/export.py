"""What an export is asked for: documented request forms, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_techwolf.api.page import Record

Filter = dict[str, Any]

_API_DEFAULTS = {"external_vendor": "techwolf", "versions": "latest", "response_format": "list"}


def by_entity(config: Mapping[str, Any]) -> dict[str, type]:
    """Return the key of an export with one record per employee or job.

    Args:
        config: The settings; not used.

    Returns:
        The key's properties, and the type of each.
    """
    del config
    return {"external_id": str}


def by_goal_version(config: Mapping[str, Any]) -> dict[str, type]:
    """Return the key of AI goals: the version is part of it where all of them are asked for.

    Args:
        config: The settings.

    Returns:
        The key's properties, and the type of each.
    """
    key = by_entity(config)
    return {**key, "version": int} if config.get("ai_goal_versions") == "all" else key


def active_employees(config: Mapping[str, Any]) -> Filter | None:
    """Return the filter for active or for inactive employees.

    Args:
        config: The settings.

    Returns:
        The filter; None where the settings ask for all.
    """
    is_active = config.get("is_active")
    return None if is_active is None else {"filter": "is_active", "is_active": is_active}


def job_families(config: Mapping[str, Any]) -> Filter | None:
    """Return the filter for the jobs of some job families.

    Args:
        config: The settings.

    Returns:
        The filter; None where the settings name no job family.
    """
    families = sorted(set(config.get("job_family_ids") or []))
    return {"filter": "job_family_id_is_in_list", "job_family_ids": families} if families else None


def as_sent(record: Record, config: Mapping[str, Any]) -> Record:
    """Return a record as the API sent it.

    Args:
        record: The record.
        config: The settings; not used.
    """
    del config
    return record


def task_profile(record: Record, config: Mapping[str, Any]) -> Record:
    """Return a task profile with the columns of both formats, the unused one null.

    So that nothing stale is left in a table after the format was changed. The form of a
    hierarchy is not documented: all of it goes into one column as it is.

    Args:
        record: A record as the API sent it.
        config: The settings.
    """
    if config.get("task_profile_format") == "hierarchy":
        external_id = record.pop("external_id")
        return {"external_id": external_id, "tasks": None, "hierarchy": record}
    return {"tasks": None, "hierarchy": None, **record}


def updated_after(date: str) -> Filter:
    """Return the filter for entities that were updated after a date.

    Args:
        date: A plain date, the only form that the documentation shows.
    """
    return {"filter": "last_updated", "operator": "gt", "value": date}


@dataclass(frozen=True, slots=True)
class Export:
    """One of the API's exports, and which settings shape its requests.

    Attributes:
        path: The path of the export.
        query: The query parameters, and the setting that each is taken from.
        include: The setting that lists what each record includes; None where there is no choice.
        filters: Makes the filters that follow from the settings.
        key: Makes the key's properties, and the type of each, from the settings.
        row: Makes the row of a record, from the record and the settings.
    """

    path: str
    query: Mapping[str, str] = field(default_factory=lambda: {"external_vendor": "external_vendor"})
    include: str | None = None
    filters: tuple[Callable[[Mapping[str, Any]], Filter | None], ...] = ()
    key: Callable[[Mapping[str, Any]], dict[str, type]] = by_entity
    row: Callable[[Record, Mapping[str, Any]], Record] = as_sent

    def params(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the query parameters; the API's defaults are left out.

        Args:
            config: The settings.
        """
        values = {name: config.get(setting) for name, setting in self.query.items()}
        return {
            name: value
            for name, value in values.items()
            if value not in (None, _API_DEFAULTS.get(name))
        }

    def scope(self, config: Mapping[str, Any]) -> list[Filter]:
        """Return the filters that follow from the settings: which entities the export brings.

        Args:
            config: The settings.
        """
        filters = (make(config) for make in self.filters)
        return [one for one in filters if one is not None]

    def includes(self, config: Mapping[str, Any]) -> list[str]:
        """Return what each record is to include.

        Args:
            config: The settings.
        """
        return sorted(set(config.get(self.include) or [])) if self.include else []

    def body(
        self, config: Mapping[str, Any], filter_date: str | None, cursor: str | None
    ) -> dict[str, Any]:
        """Return the body of the request for a page; keys without a value are left out.

        Args:
            config: The settings.
            filter_date: Brings only what was updated after this date; None for everything.
            cursor: The page's cursor; None for the first page.
        """
        filters = self.scope(config)
        if filter_date is not None:
            filters = [*filters, updated_after(filter_date)]
        body: dict[str, Any] = {"limit": config["page_size"]}
        if includes := self.includes(config):
            body["include"] = includes
        if filters:
            body["filters"] = filters
        if cursor is not None:
            body["starting_after"] = cursor
        return body


def headers(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of every request to the API, but for the token.

    Args:
        config: The settings.
    """
    found = {"Accept": "application/json"}
    if api_version := config.get("api_version"):
        found["X-API-Version"] = api_version
    return found
