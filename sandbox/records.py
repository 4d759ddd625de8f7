"""How the exports show employees, jobs and skills as records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.vocabulary import rationale, skill_id, slug

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.entities import Entity, Goal, ProfileSkill, Skill, Task
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


def skill(one: Skill, request: PageRequest) -> Sequence[dict[str, Any]]:
    """Return a skill of the vocabulary."""
    domain_id = cluster_id = domain = cluster = None
    if one.is_in_taxonomy:
        domain, cluster = one.domain, f"{one.domain} basics"
        domain_id, cluster_id = f"domain-{slug(domain)}", f"cluster-{slug(cluster)}"
    default = one.default_name
    record = {
        "skill_id": one.external_id,
        "skill_name": _skill_name(one, request),
        "skill_description": f"The ability to use {one.name} at work.",
        "skill_source": "vocabulary" if default else "custom",
        "inference_enabled": default is not None,
        "default_skill_name": default,
        "default_skill_description": default and f"The ability to use {default}.",
        "techwolf_domain": one.domain,
        "taxonomy_domain_id": domain_id,
        "taxonomy_domain_name": domain,
        "taxonomy_skill_cluster_id": cluster_id,
        "taxonomy_skill_cluster_name": cluster,
    }
    return [record]


def employee_skill_profile(entity: Entity, request: PageRequest) -> Sequence[dict[str, Any]]:
    """Return the skill profile of an employee."""
    record: dict[str, Any] = {
        "external_id": entity.external_id,
        "num_skill_events": sum(len(one.events) for one in entity.skills),
        "skills": [
            _show_employee_skill(one, request)
            for one in entity.skills
            if one.state != "rejected" or "rejected_skills" in request.include
        ],
    }
    if entity.skills:
        record["seniority"] = round(len(entity.skills) * 1.3, 1)
    if "low_data_availability_flag" in request.include:
        record["low_data_availability"] = entity.has_low_data
    return [record]


def job_skill_profile(entity: Entity, request: PageRequest) -> Sequence[dict[str, Any]]:
    """Return the skill profile of a job."""
    skills = [_show_job_skill(one, request) for one in entity.skills]
    record: dict[str, Any] = {"external_id": entity.external_id, "skills": skills}
    if "low_data_availability_flag" in request.include:
        record["low_data_availability"] = entity.has_low_data
    return [record]


def position_match(entity: Entity, request: PageRequest) -> Sequence[dict[str, Any]]:
    """Return how well an employee matches the job held; both are null without a job."""
    del request
    score = entity.match_score
    return [{"job_id": entity.job_id, "employee_id": entity.external_id, "score": score}]


def _show_employee_skill(one: ProfileSkill, request: PageRequest) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "skill_id": one.skill.external_id,
        "skill": _skill_name(one.skill, request),
        "self_rated_proficiency_level": one.self_rated,
        "self_rated_proficiency_float": _share(one.self_rated, 5),
        "inferred_proficiency_level": one.level,
        "inferred_proficiency_float": _share(one.level, 5),
    }
    if "skill_validation_state" in request.include:
        shown["validation_state"] = one.state
    if "sources" in request.include:
        shown["sources"] = sorted({event["event_type"] for event in one.events})
        shown["source_events"] = [dict(event) for event in one.events]
    return shown


def _show_job_skill(one: ProfileSkill, request: PageRequest) -> dict[str, Any]:
    if one.is_common is None:
        kind: dict[str, Any] = {"skill_type": "Family-Specific"}
    else:
        kind = {"skill_type": "Job-Specific", "is_common": one.is_common}
    shown: dict[str, Any] = {
        "skill_id": one.skill.external_id,
        "skill": _skill_name(one.skill, request),
        "skill_types": [kind],
        "domain_name": one.skill.domain,
        "validation_state": one.state,
    }
    if "proficiency_level" in request.include:
        shown["proficiency_level"] = one.level
    if "proficiency_float" in request.include:
        shown["proficiency_float"] = _share(one.level, 3)
    if "critical" in request.include:
        shown["critical"] = one.is_critical
    return shown


def _share(level: int | None, levels: int) -> float | None:
    """Return a level as a share of the highest; 1 is an integer, as in TechWolf's examples."""
    if level is None:
        return None
    return 1 if level == levels else level * 100 // levels / 100


def _skill_name(one: Skill, request: PageRequest) -> str:
    vendor = request.query.get("external_vendor", "techwolf")
    return one.name if vendor == "techwolf" else f"{one.name} ({vendor})"


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
