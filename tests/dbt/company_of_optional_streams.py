"""Records of the six optional exports, with all that may be odd about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

Row = dict[str, Any]

FIRST = datetime(2026, 3, 2, 23, 30, 0, 123456, tzinfo=UTC)
SECOND = FIRST + timedelta(days=1)
IN_INDIA = datetime.fromisoformat("2026-03-05T02:15:00+05:30")


def vocabulary_skill(key: str, name: str | None, **others: str | None) -> Row:
    return {"skill_id": key, "skill_name": name, **others, "exported_at": FIRST}


SKILLS: list[Row] = [
    vocabulary_skill(
        "s-python",
        "Python, the language",
        skill_description='Writes "Python"\r\n\u00e9 \U0001f600 \\ \u2028',
        skill_source="vocabulary",
        default_skill_name="Python",
        techwolf_domain="Software",
        taxonomy_domain_name="IT",
    ),
    vocabulary_skill("S-PYTHON", "Another id, by its case", skill_source="custom"),
    vocabulary_skill("s-git", None, techwolf_domain="Software"),
    vocabulary_skill("s-goal", "Only a goal has it"),
    vocabulary_skill("s-nobody", "Nobody has it"),
]


def employee(key: str, unit: str | None, position: str | None, *, active: bool | None) -> Row:
    return {
        "external_id": key,
        "active": active,
        "location": {"lat": 50.8, "lng": 4},
        "assigned_position": position,
        "low_data_availability": False,
        "organisational_unit": unit,
        "last_updated": IN_INDIA,
        "exported_at": SECOND,
    }


EMPLOYEES: list[Row] = [
    employee("anna", "team", 'Engineer "I"', active=True),
    employee("Anna", "team", "Engineer", active=False),
    employee("bert", "nowhere", None, active=True),
    employee("dora", "finance", "Manager", active=None),
    {**employee("o'neil \u00e9", "loop-a", "Writer", active=True), "low_data_availability": None},
    employee("hank", "corp", "Analyst", active=True),
    employee("ivy", None, "Writer", active=False),
    {"external_id": "bare", "exported_at": FIRST},
]


def unit(key: str, name: str | None, parent: str | None, **others: Any) -> Row:
    return {
        "external_id": key,
        "name": name,
        "active": True,
        "parent_id": parent,
        "total_nr_of_employees": 18,
        **others,
        "exported_at": FIRST,
    }


UNITS: list[Row] = [
    unit("team", None, "finance"),
    unit("finance", "Finance / Controlling", "corp", active=False),
    unit("corp", "Corp", None, total_nr_of_employees=100),
    unit("lost", "Lost", "not-there"),
    unit("below", "Below the lost", "lost", active=None, total_nr_of_employees=None),
    unit("loop-a", "A", "loop-b"),
    unit("loop-b", "B", "loop-a"),
    unit("self", "Self", "self"),
    unit("below-loop", "Below", "loop-b"),
]


def held(key: str | None, name: str | None = None, state: str | None = None, **others: Any) -> Row:
    return {"skill_id": key, "skill": name, "validation_state": state, **others}


def levels(chosen: float | None, inferred: float | None) -> Row:
    return {"self_rated_proficiency_level": chosen, "inferred_proficiency_level": inferred}


EMPLOYEE_SKILLS: list[Row] = [
    {
        "external_id": "anna",
        "skills": [
            held("s-python", "Python", "validated", **levels(4, 2)),
            held("s-python", "The same again", "validated", **levels(1, 1)),
            held("s-git", "Git, of employees", "suggested", **levels(None, 3)),
            held("s-first-rejected", "Rejected at first", "rejected", **levels(5, 5)),
            held("s-first-rejected", "Then not", "suggested"),
            held("s-no", "Not my skill", "rejected"),
            {"skill_id": "s-unknown", "skill": "In no vocabulary", "validation_state": None},
            {"skill_id": "s-bare"},
            held("s-odd", state="dreamt", self_rated_proficiency_level=2.5),
            None,
            {},
            {"skill": "No id"},
            held(None, "Null id"),
        ],
        "low_data_availability": True,
        "exported_at": SECOND,
    },
    {"external_id": "Anna", "skills": [], "low_data_availability": None, "exported_at": FIRST},
    {"external_id": "bert", "skills": None, "exported_at": FIRST},
    {"external_id": "dora", "skills": [held("s-python")], "exported_at": FIRST},
    {
        "external_id": "o'neil \u00e9",
        "skills": [held("s-git", "Git, newest")],
        "low_data_availability": True,
        "exported_at": IN_INDIA,
    },
    {
        "external_id": "only-skills",
        "skills": [held("S-PYTHON", state="validated"), held("s-asked-too", state="rejected")],
        "low_data_availability": True,
        "exported_at": FIRST,
    },
]

JOB_SKILLS: list[Row] = [
    {
        "external_id": "engineer",
        "skills": [
            held("s-python", "Python", "initially_validated", proficiency_level=2, critical=True),
            held("s-git", "Git", "validated", proficiency_level=1.5, critical=None),
            held("s-no", "Git", "validated", critical=False),
            held("s-twice", "Rejected", "rejected", critical=True),
            held("s-twice", "Twice", "suggested", critical=False),
            held("s-twice", "Thrice", "validated", critical=True),
            held("s-refused", "Not asked for", "rejected"),
            {"skill_id": "s-bare"},
            held("s-odd", None, "sometimes", proficiency_level=None),
            None,
            {},
            held(None),
        ],
        "exported_at": SECOND,
    },
    {"external_id": "idle", "skills": [], "exported_at": FIRST},
    {"external_id": "tree", "skills": None, "exported_at": FIRST},
    {
        "external_id": "only-skills",
        "skills": [held("S-PYTHON"), held("s-asked-too", critical=True)],
        "exported_at": FIRST,
    },
]


def match(employee_id: str, job_id: str | None, score: float | None) -> Row:
    return {"employee_id": employee_id, "job_id": job_id, "score": score, "exported_at": FIRST}


MATCHES: list[Row] = [
    match("anna", "engineer", 0.81),
    match("Anna", "engineer", 1),
    match("bert", "engineer", None),
    match("cleo", "engineer", 0),
    match("dora", "only-held", 0.5),
    match("o'neil \u00e9", "idle", 0.25),
    match("ivy", "idle", 0.25),
    match("hank", "idle", 0.25),
    match("only-skills", "only-skills", 0.5),
    match("only-matched", None, None),
]

OPTIONAL_EXPORTS = {
    "skills": SKILLS,
    "employees": EMPLOYEES,
    "organisational_units": UNITS,
    "employee_skill_profiles": EMPLOYEE_SKILLS,
    "job_skill_profiles": JOB_SKILLS,
    "employee_position_matches": MATCHES,
}
