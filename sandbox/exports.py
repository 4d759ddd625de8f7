"""The exports: what each accepts, and which entities a page holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.filters import DateReading, matcher
from sandbox.records import (
    employee_skill_profile,
    goals,
    job_skill_profile,
    position_match,
    show,
    skill,
    task_profile,
)
from sandbox.requests import Form, PageRequest, read_request, refuse
from sandbox.variants import Variants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.company import Company
    from sandbox.entities import Entity

__all__ = ["FORMS", "PATHS", "DateReading", "export_page", "read_export_request"]

_VENDORS = ("techwolf", "workday", "sap_attribute_library")
_FORMATS = ("list", "hierarchy")
_TASK_INCLUDES = frozenset({"ai_impact", "linked_skills", "rejected_tasks", "weekly_hours"})

#: The exports, by their paths.
FORMS: dict[str, Form] = {
    "/export/employees/ai_goals": Form(
        stream="employee_ai_goals",
        entities="employees",
        show=goals,
        query={"external_vendor": _VENDORS, "versions": ("latest", "all")},
        filters=frozenset({"is_active", "last_updated"}),
    ),
    "/export/employees/task_profiles": Form(
        stream="employee_task_profiles",
        entities="employees",
        show=task_profile,
        query={"external_vendor": _VENDORS, "response_format": _FORMATS},
        includes=_TASK_INCLUDES | {"source_events"},
        filters=frozenset({"is_active", "last_updated"}),
    ),
    "/job_architecture/export/jobs/task_profiles": Form(
        stream="job_task_profiles",
        entities="jobs",
        show=task_profile,
        query={"external_vendor": _VENDORS, "response_format": _FORMATS},
        includes=_TASK_INCLUDES | {"source_data"},
        filters=frozenset({"last_updated", "job_family_id_is_in_list"}),
    ),
    # Of the exports below, only what their own pages show is accepted, and of that only what a
    # tap needs: not the formats of unknown shape, `output_skills_sorting` or `vocab_language`.
    "/export/skills": Form(
        stream="skills",
        entities="skills",
        show=skill,
        query={"external_vendor": _VENDORS},
        most_per_page=200,
        is_optional=True,
    ),
    "/export/employees/skill_profiles": Form(
        stream="employee_skill_profiles",
        entities="employees",
        show=employee_skill_profile,
        query={"external_vendor": _VENDORS, "response_format": ("list",)},
        includes=frozenset(
            {"skill_validation_state", "sources", "rejected_skills", "low_data_availability_flag"}
        ),
        filters=frozenset({"is_active"}),
        is_optional=True,
    ),
    "/job_architecture/export/jobs/skill_profiles": Form(
        stream="job_skill_profiles",
        entities="jobs",
        show=job_skill_profile,
        includes=frozenset(
            {"low_data_availability_flag", "proficiency_level", "proficiency_float", "critical"}
        ),
        filters=frozenset({"last_updated", "job_family_id_is_in_list"}),
        is_optional=True,
    ),
    "/export/employees/match_assigned_position": Form(
        stream="employee_position_matches",
        entities="employees",
        show=position_match,
        query={"external_vendor": _VENDORS, "response_format": ("simple",)},
        filters=frozenset({"is_active", "last_updated"}),
        is_optional=True,
    ),
}

#: Their paths, by the streams that read them; without those that the tap reads only if asked.
PATHS = {form.stream: path for path, form in FORMS.items() if not form.is_optional}


def read_export_request(
    path: str, query: Sequence[tuple[str, str]], body: object, variants: Variants
) -> PageRequest:
    """Validate a request to an export.

    Args:
        path: The export's path.
        query: The query parameters.
        body: The JSON body.
        variants: What is accepted or refused differently from the documentation.

    Returns:
        The request.

    Raises:
        Refused: It is not valid.
    """
    form = FORMS[path]
    refused = variants.refused_filters.get(path, set())
    return read_request(replace(form, filters=form.filters - refused), query, body, variants)


def export_page(
    company: Company,
    path: str,
    request: PageRequest,
    date_reading: DateReading,
    variants: Variants | None = None,
) -> dict[str, Any]:
    """Return a page.

    `limit` counts employees, jobs or skills, not records: employees without an AI goal or a job
    count but are left out of `records`, and with all versions an employee has several records.
    The next cursor is the last one that was counted, with records or without.

    Args:
        company: The company.
        path: The export's path.
        request: The request.
        date_reading: How the plain date of a filter is read: as the moment at which that
            day begins in UTC, or as the whole day.
        variants: How the answer differs from the documentation.

    Returns:
        The page.

    Raises:
        Refused: The cursor is unknown.
    """
    variants = variants or Variants()
    form = FORMS[path]
    entities = _ordered(getattr(company, form.entities), variants)
    start = 0
    if request.starting_after is not None:
        ids = [entity.external_id for entity in entities]
        if request.starting_after not in ids:
            raise refuse("starting_after is unknown.")
        start = ids.index(request.starting_after) + 1
    matches = matcher(request.filters, date_reading)
    without_inactive = variants.excludes_inactive and "is_active" not in request.filters
    window: list[Entity] = []
    has_next = False
    for entity in entities[start:]:
        if matches(entity) and (entity.is_active or not without_inactive):
            if len(window) == request.limit:
                has_next = True
                break
            window.append(entity)
    records = [
        record
        for entity in window
        for record in form.show(entity, request)
        # Not documented: an employee without a job may have no match, or one without a job.
        if form.show is not position_match or record["job_id"] or variants.shows_null_matches
    ]
    page: dict[str, Any] = {"has_next": has_next, "records": show(path, records, variants)}
    if has_next:
        page["next_starting_after"] = window[-1].external_id
    return page


def _ordered(entities: list[Entity], variants: Variants) -> list[Entity]:
    if variants.order == "created":
        return entities
    if variants.order == "newest_first":
        return entities[::-1]
    key = variants.order
    return sorted(entities, key=lambda entity: (getattr(entity, key), entity.external_id))
