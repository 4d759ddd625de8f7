"""What the models have to show of given records, worked out without SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Row = dict[str, Any]
Exports = Mapping[str, list[Row]]
TASK_EXPORTS = {
    "employee": ("employee_task_profiles", "source_events"),
    "job": ("job_task_profiles", "source_data"),
}


def models(exports: Exports, *, keep_rejected: bool = False) -> dict[str, list[Row]]:
    """Return the rows of each model but techwolf_removed, for records that are all current."""
    found: dict[str, list[Row]] = {}
    for entity, (stream, sources) in TASK_EXPORTS.items():
        tasks = [
            (record, task)
            for record, task in _tasks(exports[stream])
            if keep_rejected or not _is_rejected(task)
        ]
        key = f"{entity}_id"
        found[f"techwolf_{entity}_tasks"] = [_task(key, *task) for task in tasks]
        found[f"techwolf_{entity}_task_skills"] = [
            {
                key: record["external_id"],
                "task_id": task["task_id"],
                **_of(skill, "skill_id", "skill"),
            }
            for record, task in tasks
            for skill in _identified(task.get("linked_skills"), "skill_id")
        ]
        columns = ("event_type",) if entity == "employee" else ()
        found[f"techwolf_{entity}_task_sources"] = [
            {
                key: record["external_id"],
                "task_id": task["task_id"],
                "source_id": source["external_id"],
                **_of(source, *columns),
            }
            for record, task in tasks
            for source in _identified(task.get(sources), "external_id")
        ]
    skills = _newest_names(exports, _named_skills)
    names = _newest_names(exports, lambda task: [(task["task_id"], task.get("task"))])
    goals = exports["employee_ai_goals"]
    found["techwolf_skills"] = [{"skill_id": key, "skill": name} for key, name in skills.items()]
    found["techwolf_ai_goals"] = list(_goals(goals))
    found["techwolf_ai_goal_skills"] = list(_targets(goals, "skill", skills))
    found["techwolf_ai_goal_tasks"] = list(_targets(goals, "task", names))
    found["techwolf_job_ai_exposure"] = [_exposure(job) for job in exports["job_task_profiles"]]
    return found


def _of(element: Row, *columns: str) -> Row:
    return {column: element.get(column) for column in columns}


def _identified(elements: object, key: str) -> list[Row]:
    first: dict[str, Row] = {}
    for element in elements if isinstance(elements, list) else []:
        if isinstance(element, dict) and element.get(key) is not None:
            first.setdefault(element[key], element)
    return list(first.values())


def _is_rejected(task: Row) -> bool:
    return task.get("validation_state") == "rejected"


def _tasks(records: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    for record in records:
        tasks = [task for task in record.get("tasks") or [] if isinstance(task, dict)]
        for task in _identified(sorted(tasks, key=_is_rejected), "task_id"):
            yield record, task


def _task(key: str, record: Row, task: Row) -> Row:
    impact = task.get("ai_impact") or {}
    return {
        key: record["external_id"],
        **_of(task, "task_id", "task", "validation_state", "weekly_hours"),
        "ai_impact_level": impact.get("level"),
        "ai_impact_rationale": impact.get("rationale"),
        "exported_at": record["exported_at"],
    }


def _named_skills(task: Row) -> list[tuple[str, str | None]]:
    skills = _identified(task.get("linked_skills"), "skill_id")
    return [(skill["skill_id"], skill.get("skill")) for skill in skills]


def _newest_names(
    exports: Exports, named: Callable[[Row], list[tuple[str, str | None]]]
) -> dict[str, str | None]:
    records = [*exports["employee_task_profiles"], *exports["job_task_profiles"]]
    names: dict[str, str | None] = {}
    for _, task in _tasks(sorted(records, key=lambda record: record["exported_at"])):
        for key, name in named(task):
            names[key] = name if name is not None else names.get(key)
    return names


def _goals(records: list[Row]) -> Iterator[Row]:
    latest: dict[str, Row] = {}
    for record in sorted(records, key=lambda row: (row["exported_at"], row.get("version") or -1)):
        latest[record["external_id"]] = record
    for record in records:
        yield {
            "employee_id": record["external_id"],
            "is_latest": latest[record["external_id"]] is record,
            **_of(record, "version", "goal", "description", "job_id"),
            **_of(record, "created_on", "last_updated", "exported_at"),
        }


def _targets(records: list[Row], kind: str, names: Mapping[str, str | None]) -> Iterator[Row]:
    for record in records:
        for target in _identified(record.get(f"target_{kind}s"), f"{kind}_id"):
            key = target[f"{kind}_id"]
            yield {
                "employee_id": record["external_id"],
                "version": record.get("version"),
                f"{kind}_id": key,
                kind: names.get(key),
            }


def _exposure(job: Row) -> Row:
    tasks = [task for _, task in _tasks([job]) if not _is_rejected(task)]
    is_list = job.get("tasks") is not None
    hours: dict[str, float] = dict.fromkeys(("h1", "h2", "h3", "other"), 0)
    estimated = [task for task in tasks if task.get("weekly_hours") is not None]
    for task in estimated:
        level = (task.get("ai_impact") or {}).get("level")
        hours[level.lower() if level in {"H1", "H2", "H3"} else "other"] += task["weekly_hours"]
    total = sum(hours.values()) if estimated else None
    return {
        "job_id": job["external_id"],
        "tasks": len(tasks) if is_list else None,
        "tasks_without_hours": len(tasks) - len(estimated) if is_list else None,
        "weekly_hours": total,
        **{f"hours_{level}": value if estimated else None for level, value in hours.items()},
        **{f"share_{level}": value / total if total else None for level, value in hours.items()},
    }
