"""What the models of the optional streams have to show of given records, without SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Row = dict[str, Any]
Exports = Mapping[str, list[Row]]
DEEPEST = 50
LEVELS = ("h1", "h2", "h3", "other")
OF_EMPLOYEES = ("employee_ai_goals", "employee_task_profiles", "employee_skill_profiles")


def optional_models(
    exports: Exports,
    names: Mapping[str, str | None],
    exposure: Callable[[Row], Row],
    *,
    keep_rejected: bool = False,
) -> dict[str, list[Row]]:
    """Return the rows of each model that the optional streams add.

    Args:
        exports: The records of all streams, which are all current.
        names: The names of the skills, by their ids.
        exposure: Makes the columns of AI exposure from a task profile.
        keep_rejected: Whether rejected skills are shown.
    """
    records = {stream: exports.get(stream, []) for stream in _STREAMS}
    employees = list(_employees({**exports, **records}))
    units = list(_units(records["organisational_units"]))
    profiles = {one["external_id"]: one for one in exports["employee_task_profiles"]}
    nothing = dict.fromkeys(exposure({"external_id": None}))
    exposures = [
        {
            **(exposure(profiles[key]) if (key := one["employee_id"]) in profiles else nothing),
            **_of(one, "employee_id", "is_active", "organisational_unit_id"),
        }
        for one in employees
    ]
    return {
        "techwolf_employees": employees,
        "techwolf_organisational_units": units,
        "techwolf_employee_skills": [
            {
                "employee_id": record["external_id"],
                "skill": names.get(skill["skill_id"]),
                "proficiency_level": _first(
                    skill.get("self_rated_proficiency_level"),
                    skill.get("inferred_proficiency_level"),
                ),
                "exported_at": record["exported_at"],
                **_of(skill, "skill_id", "validation_state"),
            }
            for record in records["employee_skill_profiles"]
            for skill in skills_of(record)
            if keep_rejected or not _is_rejected(skill)
        ],
        "techwolf_job_skills": [
            {
                "job_id": record["external_id"],
                "skill": names.get(skill["skill_id"]),
                "is_critical": skill.get("critical"),
                "exported_at": record["exported_at"],
                **_of(skill, "skill_id", "validation_state", "proficiency_level"),
            }
            for record in records["job_skill_profiles"]
            for skill in skills_of(record)
            if keep_rejected or not _is_rejected(skill)
        ],
        "techwolf_skill_gaps": list(_gaps(records, names)),
        "techwolf_jobs": list(_jobs({**exports, **records})),
        "techwolf_employee_ai_exposure": exposures,
        "techwolf_unit_ai_exposure": [_unit_exposure(one, units, exposures) for one in units],
    }


_STREAMS = (
    "skills",
    "employees",
    "organisational_units",
    "employee_skill_profiles",
    "job_skill_profiles",
    "employee_position_matches",
)


def skills_of(record: Row) -> list[Row]:
    """Return the skills of a profile, each once: the first that is not rejected, else the first."""
    listed = [
        skill
        for skill in record.get("skills") or []
        if isinstance(skill, dict) and skill.get("skill_id") is not None
    ]
    found: dict[str, Row] = {}
    for skill in sorted(listed, key=_is_rejected):
        found.setdefault(skill["skill_id"], skill)
    return list(found.values())


def _is_rejected(skill: Row) -> bool:
    return skill.get("validation_state") == "rejected"


def _of(row: Row, *columns: str) -> Row:
    return {column: row.get(column) for column in columns}


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _employees(exports: Exports) -> Iterator[Row]:
    listed = {one["external_id"]: one for one in exports["employees"]}
    matches = {one["employee_id"]: one for one in exports["employee_position_matches"]}
    profiles = {one["external_id"]: one for one in exports["employee_skill_profiles"]}
    units = {one["external_id"]: one for one in exports["organisational_units"]}
    moments: dict[str, list[Any]] = {}
    for stream in (*OF_EMPLOYEES, "employees"):
        for record in exports[stream]:
            moments.setdefault(record["external_id"], []).append(record["exported_at"])
    for key, record in matches.items():
        moments.setdefault(key, []).append(record["exported_at"])
    for key, exported in moments.items():
        one, match = listed.get(key, {}), matches.get(key, {})
        unit = one.get("organisational_unit")
        yield {
            "employee_id": key,
            "is_active": one.get("active"),
            "organisational_unit_id": unit,
            "organisational_unit": units.get(unit, {}).get("name"),
            "job_id": match.get("job_id"),
            "job_match_score": match.get("score"),
            "has_low_data": _first(
                one.get("low_data_availability"),
                profiles.get(key, {}).get("low_data_availability"),
            ),
            "exported_at": max(exported),
            **_of(one, "assigned_position", "last_updated"),
        }


def _units(records: list[Row]) -> Iterator[Row]:
    units = {one["external_id"]: one for one in records}
    for one in records:
        names, above = [_first(one.get("name"), one["external_id"])], one
        while above.get("parent_id") in units and len(names) <= DEEPEST:
            above = units[above["parent_id"]]
            names.append(_first(above.get("name"), above["external_id"]))
        yield {
            "organisational_unit_id": one["external_id"],
            "organisational_unit": one.get("name"),
            "parent_id": one.get("parent_id"),
            "path": " / ".join(reversed(names)),
            "depth": len(names) - 1,
            "is_active": one.get("active"),
            "total_employees": one.get("total_nr_of_employees"),
            "exported_at": one["exported_at"],
        }


def _gaps(exports: Exports, names: Mapping[str, str | None]) -> Iterator[Row]:
    held = {
        record["external_id"]: {
            skill["skill_id"] for skill in skills_of(record) if not _is_rejected(skill)
        }
        for record in exports["employee_skill_profiles"]
    }
    asked = {record["external_id"]: skills_of(record) for record in exports["job_skill_profiles"]}
    vocabulary = {record["skill_id"] for record in exports["skills"]}
    if not vocabulary & {skill["skill_id"] for skills in asked.values() for skill in skills}:
        return
    for match in exports["employee_position_matches"]:
        employee, job = match["employee_id"], match["job_id"]
        if employee not in held:
            continue
        for skill in asked.get(job, []):
            if skill["skill_id"] not in held[employee] and not _is_rejected(skill):
                yield {
                    "employee_id": employee,
                    "job_id": job,
                    "skill_id": skill["skill_id"],
                    "skill": names.get(skill["skill_id"]),
                    "is_critical": skill.get("critical"),
                }


def _jobs(exports: Exports) -> Iterator[Row]:
    positions = {one["external_id"]: one.get("assigned_position") for one in exports["employees"]}
    profiles = (*exports["job_task_profiles"], *exports["job_skill_profiles"])
    holders: dict[str, list[str]] = {record["external_id"]: [] for record in profiles}
    for match in exports["employee_position_matches"]:
        if match["job_id"] is not None:
            holders.setdefault(match["job_id"], []).append(match["employee_id"])
    for job, employees in holders.items():
        counts = Counter(name for one in employees if (name := positions.get(one)) is not None)
        names = sorted(counts, key=lambda name: (-counts[name], name))
        yield {"job_id": job, "job": names[0] if names else None, "holders": len(employees)}


def _unit_exposure(unit: Row, units: list[Row], exposures: list[Row]) -> Row:
    parents = {one["organisational_unit_id"]: one["parent_id"] for one in units}
    key = unit["organisational_unit_id"]

    def is_inside(below: str) -> bool:
        above: list[str | None] = [below]
        while above[-1] in parents and len(above) <= DEEPEST:
            above.append(parents[above[-1]])
        return key in above

    inside = [
        one
        for one in exposures
        if one["is_active"] is not False
        and one["organisational_unit_id"] in parents
        and is_inside(one["organisational_unit_id"])
    ]
    estimated = [one for one in inside if one["weekly_hours"] is not None]
    total = sum(one["weekly_hours"] for one in estimated) if estimated else None
    hours = {
        level: sum(one[f"hours_{level}"] for one in estimated) if estimated else None
        for level in LEVELS
    }
    return {
        **_of(unit, "organisational_unit_id", "organisational_unit", "path"),
        "employees": len(inside),
        "weekly_hours": total,
        **{f"hours_{level}": value for level, value in hours.items()},
        **{
            f"share_{level}": value / total if value is not None and total else None
            for level, value in hours.items()
        },
    }
