"""The three exports: which entities a page holds, and how each is shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sandbox.company import rationale, skill_id, slug
from sandbox.requests import Form, PageRequest, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sandbox.company import Company, Entity, Goal, Task

DateReading = Literal["moment", "day"]

_VENDORS = ("techwolf", "workday", "sap_attribute_library")
_FORMATS = ("list", "hierarchy")
_TASK_INCLUDES = frozenset({"ai_impact", "linked_skills", "rejected_tasks", "weekly_hours"})

FORMS = {
    "/export/employees/ai_goals": Form(
        {"external_vendor": _VENDORS, "versions": ("latest", "all")},
        frozenset(),
        frozenset({"is_active", "last_updated"}),
    ),
    "/export/employees/task_profiles": Form(
        {"external_vendor": _VENDORS, "response_format": _FORMATS},
        _TASK_INCLUDES | {"source_events"},
        frozenset({"is_active", "last_updated"}),
    ),
    "/job_architecture/export/jobs/task_profiles": Form(
        {"external_vendor": _VENDORS, "response_format": _FORMATS},
        _TASK_INCLUDES | {"source_data"},
        frozenset({"last_updated", "job_family_id_is_in_list"}),
    ),
}

_STREAMS = {
    "/export/employees/ai_goals": "employee_ai_goals",
    "/export/employees/task_profiles": "employee_task_profiles",
    "/job_architecture/export/jobs/task_profiles": "job_task_profiles",
}
PATHS = {stream: path for path, stream in _STREAMS.items()}


def export_page(
    company: Company, path: str, request: PageRequest, date_reading: DateReading
) -> dict[str, Any]:
    """Make one page.

    The page's window counts employees or jobs, shown or not: employees without an AI goal
    are left out of `records`, and with all versions there may be more records than
    `limit`. The next cursor is the last one of the window.

    Args:
        company: Whose data.
        path: The export's path.
        request: The request.
        date_reading: How a plain date in a filter is compared: as the moment at which
            that day begins in UTC, or as a whole day.

    Returns:
        The page.

    Raises:
        Refused: The cursor is unknown.
    """
    entities = company.employees if "/employees/" in path else company.jobs
    start = 0
    if request.starting_after is not None:
        ids = [entity.external_id for entity in entities]
        if request.starting_after not in ids:
            raise refuse("starting_after is unknown.")
        start = ids.index(request.starting_after) + 1
    matches = _matcher(request, date_reading)
    window: list[Entity] = []
    has_next = False
    for entity in entities[start:]:
        if matches(entity):
            if len(window) == request.limit:
                has_next = True
                break
            window.append(entity)
    records = [record for entity in window for record in _show(path, entity, request)]
    page: dict[str, Any] = {"has_next": has_next, "records": records}
    if has_next:
        page["next_starting_after"] = window[-1].external_id
    return page


def _matcher(request: PageRequest, date_reading: DateReading) -> Callable[[Entity], bool]:
    checks: list[Callable[[Entity], bool]] = []
    if one := request.filters.get("is_active"):
        wanted = one["is_active"]
        checks.append(lambda entity: entity.is_active is wanted)
    if one := request.filters.get("job_family_id_is_in_list"):
        families = set(one["job_family_ids"])
        checks.append(lambda entity: entity.job_family_id in families)
    if one := request.filters.get("last_updated"):
        start = datetime.combine(date.fromisoformat(one["value"]), time(), UTC)
        if one["operator"] == "lt":
            checks.append(lambda entity: entity.last_updated < start)
        elif date_reading == "moment":
            checks.append(lambda entity: entity.last_updated > start)
        else:
            checks.append(lambda entity: entity.last_updated >= start + timedelta(days=1))
    return lambda entity: all(check(entity) for check in checks)


def _show(path: str, entity: Entity, request: PageRequest) -> Sequence[dict[str, Any]]:
    if path.endswith("/ai_goals"):
        newest_first = entity.goals[::-1]
        goals = newest_first if request.query["versions"] == "all" else newest_first[:1]
        return [_show_goal(entity, goal) for goal in goals]
    tasks = [
        task
        for task in entity.tasks
        if task.state != "rejected" or "rejected_tasks" in request.include
    ]
    shown = [_show_task(task, request) for task in tasks]
    record: dict[str, Any] = {"external_id": entity.external_id}
    if request.query["response_format"] == "list":
        return [record | {"tasks": shown}]
    return [record | _tree(entity, tasks, shown)]


def _show_goal(entity: Entity, goal: Goal) -> dict[str, Any]:
    record = {
        "external_id": entity.external_id,
        "goal": goal.title,
        "description": goal.description,
        "target_skills": [{"skill_id": one} for one in goal.skill_ids],
        "target_tasks": [{"task_id": one} for one in goal.task_ids],
        "version": goal.version,
        "created_on": goal.created_on.isoformat(timespec="microseconds"),
        "last_updated": goal.last_updated.isoformat(timespec="microseconds"),
    }
    return record if goal.job_id is None else record | {"job_id": goal.job_id}


def _show_task(task: Task, request: PageRequest) -> dict[str, Any]:
    vendor = request.query["external_vendor"]
    shown: dict[str, Any] = {
        "task_id": task.task_id,
        "task": task.kind.name,
        "validation_state": task.state,
    }
    if "weekly_hours" in request.include and task.kind.hours is not None:
        shown["weekly_hours"] = task.kind.hours
    if "ai_impact" in request.include:
        shown["ai_impact"] = {"level": task.kind.level, "rationale": rationale(task.kind)}
    if "linked_skills" in request.include:
        suffix = "" if vendor == "techwolf" else f" ({vendor})"
        shown["linked_skills"] = [
            {"skill_id": skill_id(skill), "skill": skill + suffix} for skill in task.kind.skills
        ]
    if "source_events" in request.include:
        shown["source_events"] = [task.source]
    if "source_data" in request.include:
        shown["source_data"] = [{"external_id": task.source["external_id"]}]
    return shown


def _tree(entity: Entity, tasks: Sequence[Task], shown: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Invent a tree: its documented levels are domain, subdomain, cluster and task."""
    clusters: dict[str, list[dict[str, Any]]] = {}
    for task, one in zip(tasks, shown, strict=True):
        clusters.setdefault(slug(task.kind.skills[0]), []).append(one)
    children = [{"cluster": name, "tasks": inside} for name, inside in clusters.items()]
    return {
        "domains": [{"domain": entity.job_family_id, "subdomains": [{"clusters": children}]}],
        "num_tasks": len(tasks),
    }
