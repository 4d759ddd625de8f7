"""Build requests for an export, using only documented parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPMethod
from typing import Any

from tap_techwolf.api.page import Record
from tap_techwolf.api.pagination import ListPaginator, Pagination, Paginator, Position
from tap_techwolf.config.settings import SETTING_NAMES


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter that a setting decides.

    Attributes:
        api_default: The value that the API uses by itself. It is not sent: the exports are
            experimental, and a request without parameters is the one least likely to be refused.
        decides_rows: Whether it decides which rows there are, and not only what they contain.
    """

    name: str
    setting: str
    api_default: str
    decides_rows: bool = True


EXTERNAL_VENDOR = Parameter("external_vendor", "external_vendor", api_default="techwolf")
VERSIONS = Parameter("versions", "ai_goal_versions", api_default="latest")
RESPONSE_FORMAT = Parameter("response_format", "task_profile_format", "list", decides_rows=False)


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter on the employees or jobs of an export.

    Attributes:
        member: The member of the filter that holds its value.
        setting: The setting that decides the value; None for a value that the pass decides.
    """

    name: str
    member: str
    setting: str | None
    operator: str | None = None

    def to_json(self, value: object) -> dict[str, Any]:
        """Return the filter as the API wants it."""
        operator = {"operator": self.operator} if self.operator else {}
        return {"filter": self.name, **operator, self.member: value}


IS_ACTIVE = Filter("is_active", "is_active", setting="is_active")
JOB_FAMILIES = Filter("job_family_id_is_in_list", "job_family_ids", setting="job_family_ids")
#: What changed after a date. Only plain dates are documented, and only this operator is certain.
LAST_UPDATED = Filter("last_updated", "value", setting=None, operator="gt")

# The settings that list what each record includes.
EMPLOYEE_TASK_INCLUDES = "employee_task_includes"
JOB_TASK_INCLUDES = "job_task_includes"
EMPLOYEE_SKILL_INCLUDES = "employee_skill_includes"
JOB_SKILL_INCLUDES = "job_skill_includes"


@dataclass(frozen=True, slots=True)
class Request:
    """A request, without what all requests have: the host, headers and the token."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """One of the API's exports, and which settings shape its requests.

    Attributes:
        name: The name of its stream.
        key: The properties that identify a record, and the Python type of each.
        include: The setting that lists what each record includes; None if there is no choice.
        filters: The filters that it accepts. Without `LAST_UPDATED` each pass is a full one.
        no_columns: Documented properties that are left out of the table.
    """

    name: str
    path: str
    key: Mapping[str, type]
    pagination: Pagination
    parameters: tuple[Parameter, ...] = ()
    include: str | None = None
    filters: tuple[Filter, ...] = ()
    no_columns: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Check that its settings exist, and that a request has a place for what they decide."""
        settings = {self.include, *(one.setting for one in self.parameters)}
        settings |= {one.setting for one in self.filters}
        if unknown := settings - SETTING_NAMES - {None}:
            raise ValueError(f"{self.name}: there is no setting {unknown.pop()!r}")
        if self.pagination.method is HTTPMethod.GET and (self.filters or self.include):
            raise ValueError(f"{self.name}: a GET has no body for filters and includes")

    def request(
        self,
        config: Mapping[str, Any],
        *,
        filter_date: str | None = None,
        position: Position = None,
    ) -> Request:
        """Build the request for the page at a position. Members without a value are left out.

        With a `filter_date`, as `YYYY-MM-DD`, it asks only for what was updated after it.
        """
        filters = self.settings_filters(config)
        if filter_date is not None:
            filters = [*filters, LAST_UPDATED.to_json(filter_date)]
        paging = self.pagination.parameters(config["page_size"], position)
        params = self.params(config)
        if self.pagination.method is HTTPMethod.GET:
            return Request(HTTPMethod.GET, self.path, params | paging)
        body = dict(paging)
        if includes := self.includes(config):
            body["include"] = includes
        if filters:
            body["filters"] = filters
        return Request(self.pagination.method, self.path, params, body)

    def paginator(self, position: Position, page_size: int) -> Paginator | ListPaginator:
        """Return what follows the export from page to page, from a position on."""
        if self.pagination.method is HTTPMethod.GET:
            return ListPaginator(self.name, self.key, page_size)
        return Paginator(position, self.key)

    def params(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the query parameters that the settings ask for."""
        values = ((one, config.get(one.setting)) for one in self.parameters)
        return {one.name: value for one, value in values if value not in {None, one.api_default}}

    def params_of_rows(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the query parameters that decide which rows there are."""
        return {one.name: config.get(one.setting) for one in self.parameters if one.decides_rows}

    def settings_filters(self, config: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the filters that the settings ask for.

        Lists are sorted, so that the same settings in another order make the same hash.
        """
        filters = []
        for one in self.filters:
            value = config.get(one.setting) if one.setting else None
            if isinstance(value, list):
                value = sorted(set(value)) or None
            if value is not None:
                filters.append(one.to_json(value))
        return filters

    def includes(self, config: Mapping[str, Any]) -> list[str]:
        """Return what each record is to include, sorted as the filters are."""
        return sorted(set(config.get(self.include) or [])) if self.include else []

    @property
    def has_last_updated(self) -> bool:
        """Whether the export can be asked for changes; otherwise every pass is full."""
        return LAST_UPDATED in self.filters

    @property
    def has_task_profiles(self) -> bool:
        """Whether the records are task profiles, which have two formats."""
        return RESPONSE_FORMAT in self.parameters

    def to_record(self, record: Record, config: Mapping[str, Any]) -> Record:
        """Return a record with the columns of the table.

        A task profile gets the columns of both formats, the unused one null, so that nothing
        stale is left in a table after the format was changed. The keys of a hierarchy are not
        documented: all of it goes into one column as it is.
        """
        if not self.has_task_profiles:
            return record
        if config.get("task_profile_format") == "hierarchy":
            external_id = record.pop("external_id")
            return {"external_id": external_id, "tasks": None, "hierarchy": record}
        return {"tasks": None, "hierarchy": None, **record}
