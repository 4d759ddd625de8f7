"""How the endpoints show employees and jobs as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.vocabulary import rationale, skill_id, slug

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.entities import Entity, Goal, Task
    from sandbox.requests import PageRequest
    from sandbox.variants import Variants


def show(
    path: str, records: Sequence[dict[str, Any]], variants: Variants
) -> Sequence[dict[str, Any]]:
    """Return records of an endpoint with the properties that its variants set or omit."""
    for record in records:
        for name, value in variants.set_properties.get(path, {}).items():
            set_property(record, name.split("."), value)
        for name in variants.omitted_properties.get(path, ()):
            _omit_property(record, name.split("."))
    return records


def set_property(value: object, path: Sequence[str], new: object) -> None:
    """Set a property of an object, or of each object in a list, if what holds it is there.

    Args:
        value: The object or list.
        path: The names that lead to the property.
        new: The property's value.
    """
    for holder in _holders(value, path[:-1]):
        holder[path[-1]] = new


def _omit_property(value: object, path: Sequence[str]) -> None:
    for holder in _holders(value, path[:-1]):
        holder.pop(path[-1], None)


def _holders(value: object, path: Sequence[str]) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [holder for one in value for holder in _holders(one, path)]
    if not isinstance(value, dict):
        return []
    return _holders(value.get(path[0]), path[1:]) if path else [value]


def goals(entity: Entity, request: PageRequest) -> Sequence[dict[str, Any]]:
    """Return an employee's AI goals: the newest version, or all of them, the newest first."""
    newest_first = entity.goals[::-1]
    shown = newest_first if request.query["versions"] == "all" else newest_first[:1]
    return [_show_goal(entity, goal) for goal in shown]


def task_profile(entity: Entity, request: PageRequest) -> Sequence[dict[str, Any]]:
    """Return the task profile of an employee or a job, in the format that is asked for."""
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
        shown["source_events"] = [dict(task.source)]
    if "source_data" in request.include:
        shown["source_data"] = [{"external_id": task.source["external_id"]}]
    return shown


def _tree(entity: Entity, tasks: Sequence[Task], shown: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return an invented tree; the documented levels are domain, subdomain, cluster, task."""
    clusters: dict[str, list[dict[str, Any]]] = {}
    for task, one in zip(tasks, shown, strict=True):
        clusters.setdefault(slug(task.kind.skills[0]), []).append(one)
    children = [{"cluster": name, "tasks": inside} for name, inside in clusters.items()]
    return {
        "domains": [{"domain": entity.job_family_id, "subdomains": [{"clusters": children}]}],
        "num_tasks": len(tasks),
    }
