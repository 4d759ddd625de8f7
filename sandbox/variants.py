"""How a tenant's API may differ from what the documentation shows. All of it is off by default."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

EndpointAnswer = Literal["not_found", "not_allowed", "html", "forbidden", "json"]
Order = Literal["created", "newest_first", "last_updated", "external_id"]


@dataclass
class Variants:
    """The differences that a test or a user can switch on.

    Keys and members that name an export or a list are its path. A
    property is a dotted path such as `tasks.ai_impact.level`; lists are passed through.

    Attributes:
        accepts_date_times: The `last_updated` filter takes date-times with an offset, too.
        accepts_gte: The `last_updated` filter takes the operator `gte`, too.
        refused_filters: Filters that an export refuses (400) although they are documented.
        forbidden_exports: Exports and lists that answer 403.
        version_endpoint: How `GET /version` answers.
        version_body: What it answers with `json`; its form is not documented.
        set_properties: For an export, properties that every record has, with their values:
            unknown ones, unknown enum values, values of another type.
        omitted_properties: For an export, properties that no record has.
        rate_limit: The limit that `X-RateLimit-Limit` announces, with `-Remaining` and
            `-Reset`; no such headers if None. The limit itself is not enforced.
        excludes_inactive: Exports of employees leave out inactive ones unless the filter
            `is_active` asks for them.
        order: The order of every export.
        shows_null_matches: Employees without a job have a match, whose job and score are null.
        list_order: The direction in which lists are ordered by `last_updated`.
        longest_list_page: The most records that a page of a list has, whatever was asked for.
        count_ignores_filters: The `count` of a list is that of the unfiltered list.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    accepts_date_times: bool = False
    accepts_gte: bool = False
    refused_filters: dict[str, set[str]] = field(default_factory=dict)
    forbidden_exports: set[str] = field(default_factory=set)
    version_endpoint: EndpointAnswer = "not_found"
    version_body: Any = field(default_factory=lambda: {"version": "2024-12-05"})
    set_properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    omitted_properties: dict[str, set[str]] = field(default_factory=dict)
    rate_limit: int | None = None
    excludes_inactive: bool = False
    order: Order = "created"
    shows_null_matches: bool = False
    list_order: Literal["ascending", "descending"] = "ascending"
    longest_list_page: int | None = None
    count_ignores_filters: bool = False
