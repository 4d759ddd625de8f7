"""What the models have to show of given records, worked out without SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from tests.dbt.expected_of_optional_streams import optional_models, skills_of

Row = dict[str, Any]
Exports = Mapping[str, list[Row]]
TASK_EXPORTS = {
    "employee": ("employee_task_profiles", "source_events"),
    "job": ("job_task_profiles", "source_data"),
}


def models(exports: Exports, *, keep_rejected: bool = False) -> dict[str, list[Row]]:
    """Return the rows of each model but techwolf_removed, for records that are all current."""
    found: dict[str, list[Row]] = {}
    vocabulary = {record["skill_id"]: record for record in exports.get("skills", [])}
    skills = _skill_names(exports, vocabulary)
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
                "skill_id": skill["skill_id"],
                "skill": skills[skill["skill_id"]],
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
    names = _newest(_named_by_tasks(exports, lambda task: [(task["task_id"], task.get("task"))]))
    goals = exports["employee_ai_goals"]
    found["techwolf_skills"] = [
        {
            "skill_id": key,
            "skill": name,
            "description": vocabulary.get(key, {}).get("skill_description"),
            "domain": vocabulary.get(key, {}).get("techwolf_domain"),
            "source": vocabulary.get(key, {}).get("skill_source"),
        }
        for key, name in skills.items()
    ]
    found["techwolf_ai_goals"] = list(_goals(goals))
    found["techwolf_ai_goal_skills"] = list(_targets(goals, "skill", skills))
    found["techwolf_ai_goal_tasks"] = list(_targets(goals, "task", names))
    found["techwolf_job_ai_exposure"] = [
        {"job_id": job["external_id"], **_exposure(job)} for job in exports["job_task_profiles"]
    ]
    return found | optional_models(exports, skills, _exposure, keep_rejected=keep_rejected)


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


Named = Iterator[tuple[datetime, str, str | None]]


def _named_by_tasks(
    exports: Exports, named: Callable[[Row], list[tuple[str, str | None]]]
) -> Named:
    for stream, _ in TASK_EXPORTS.values():
        for record, task in _tasks(exports[stream]):
            for key, name in named(task):
                yield record["exported_at"], key, name


def _named_by_skill_profiles(exports: Exports) -> Named:
    for entity in TASK_EXPORTS:
        for record in exports.get(f"{entity}_skill_profiles", []):
            for skill in skills_of(record):
                yield record["exported_at"], skill["skill_id"], skill.get("skill")


def _newest(named: Named) -> dict[str, str | None]:
    """Return the newest name of each id, of several in one pass the first in the alphabet."""
    found: dict[str, tuple[datetime, str] | None] = {}
    for moment, key, name in sorted(named, key=lambda one: one[2] or "", reverse=True):
        known = found.setdefault(key, None)
        if name is not None and (known is None or moment >= known[0]):
            found[key] = (moment, name)
    return {key: known and known[1] for key, known in found.items()}


def _skill_names(exports: Exports, vocabulary: Mapping[str, Row]) -> dict[str, str | None]:
    names: dict[str, str | None] = {
        target["skill_id"]: None
        for goal in exports["employee_ai_goals"]
        for target in _identified(goal.get("target_skills"), "skill_id")
    }
    profiles = (_named_by_tasks(exports, _named_skills), _named_by_skill_profiles(exports))
    names |= _newest(chain(*profiles))
    for key, record in vocabulary.items():
        names[key] = names.get(key) if record["skill_name"] is None else record["skill_name"]
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


def _exposure(profile: Row) -> Row:
    tasks = [task for _, task in _tasks([profile]) if not _is_rejected(task)]
    is_list = profile.get("tasks") is not None
    hours: dict[str, float] = dict.fromkeys(("h1", "h2", "h3", "other"), 0)
    estimated = [task for task in tasks if task.get("weekly_hours") is not None]
    for task in estimated:
        level = (task.get("ai_impact") or {}).get("level")
        hours[level.lower() if level in {"H1", "H2", "H3"} else "other"] += task["weekly_hours"]
    total = sum(hours.values()) if estimated else None
    return {
        "tasks": len(tasks) if is_list else None,
        "tasks_without_hours": len(tasks) - len(estimated) if is_list else None,
        "weekly_hours": total,
        **{f"hours_{level}": value if estimated else None for level, value in hours.items()},
        **{f"share_{level}": value / total if total else None for level, value in hours.items()},
    }
