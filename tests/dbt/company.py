"""Records of all exports, with all that may be odd about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.dbt.company_of_optional_streams import OPTIONAL_EXPORTS

Row = dict[str, Any]

FIRST = datetime(2026, 3, 1, 23, 30, 0, 123456, tzinfo=UTC)
SECOND = FIRST + timedelta(days=1)
LATER_IN_INDIA = datetime.fromisoformat("2026-03-04T02:15:00+05:30")


def skill(key: str, name: str | None) -> Row:
    return {"skill_id": key, "skill": name}


PYTHON = skill("s-python", "Python")

EMPLOYEES: list[Row] = [
    {
        "external_id": "anna",
        "tasks": [
            {
                "task_id": "write",
                "task": 'Write "tests"\r\n\t\u00e9 \U0001f600 \\ \u2028',
                "validation_state": "validated",
                "weekly_hours": 5,
                "ai_impact": {"level": "H2", "rationale": "Partly."},
                "linked_skills": [
                    PYTHON,
                    skill("s-python", "The same again"),
                    skill("s-git", "Git"),
                ],
                "source_events": [
                    {"external_id": "ev-1", "event_type": "project"},
                    {"external_id": "ev-1", "event_type": "job"},
                    {"external_id": "ev-2", "event_type": None},
                    {"external_id": "ev-3", "source": "workday"},
                ],
            },
            {
                "task_id": "write",
                "task": "A task with the same id",
                "weekly_hours": 9,
                "linked_skills": [skill("s-only-there", "Only of the second")],
                "source_events": [{"external_id": "ev-only-there"}],
            },
            {"task_id": "WRITE", "task": "Another id, by its case", "weekly_hours": 0.1},
            {"task_id": "bare"},
            {
                "task_id": "no",
                "task": "Not my task",
                "validation_state": "rejected",
                "linked_skills": [PYTHON],
                "source_events": [{"external_id": "ev-rejected"}],
            },
            {
                "task_id": "all-null",
                "task": None,
                "validation_state": None,
                "weekly_hours": None,
                "ai_impact": None,
                "linked_skills": None,
                "source_events": None,
            },
            {
                "task_id": "empty",
                "ai_impact": {},
                "linked_skills": [],
                "source_events": [],
            },
            {
                "task_id": "odd-parts",
                "ai_impact": {"level": "H7", "rationale": None},
                "validation_state": "dreamt",
                "linked_skills": [
                    None,
                    {},
                    {"skill_id": None},
                    {"skill": "No id"},
                    skill("s-x", None),
                ],
                "source_events": [None, {}, {"external_id": None, "event_type": "job"}],
            },
            None,
            {},
            {"task": "No id", "linked_skills": [skill("s-lost", "Lost")]},
            {"task_id": None, "task": "Null id"},
        ],
        "hierarchy": None,
        "exported_at": FIRST,
    },
    {"external_id": "Anna", "tasks": [], "hierarchy": None, "exported_at": FIRST},
    {"external_id": "bert", "tasks": None, "hierarchy": {"tasks": [1]}, "exported_at": SECOND},
    {"external_id": "cleo", "exported_at": SECOND},
    {
        "external_id": "o'neil \u00e9",
        "tasks": [{"task_id": "write", "task": "Newest name", "linked_skills": [PYTHON]}],
        "hierarchy": None,
        "exported_at": LATER_IN_INDIA,
    },
]

JOBS: list[Row] = [
    {
        "external_id": "engineer",
        "tasks": [
            {
                "task_id": "build",
                "task": "Build",
                "weekly_hours": 12.5,
                "ai_impact": {"level": "H1"},
                "linked_skills": [skill("s-python", "Python 3"), skill("s-git", None)],
                "source_data": [{"external_id": "d-1"}, {"external_id": "d-1"}, None, {}],
            },
            {"task_id": "meet", "weekly_hours": 10, "ai_impact": {"level": "H3"}},
            {"task_id": "new", "weekly_hours": 2.5, "ai_impact": {"level": "H4"}},
            {"task_id": "unrated", "weekly_hours": 15, "ai_impact": None},
            {"task_id": "no-hours", "ai_impact": {"level": "H1"}},
            {
                "task_id": "no",
                "weekly_hours": 99,
                "validation_state": "rejected",
                "linked_skills": [skill("s-rejected", "Of a task that was rejected")],
                "source_data": [{"external_id": "d-rejected"}],
            },
            {"task_id": "twice", "weekly_hours": 4, "validation_state": "rejected"},
            {"task_id": "twice", "weekly_hours": 1, "validation_state": "suggested"},
            {"task_id": "twice", "weekly_hours": 2, "validation_state": "validated"},
        ],
        "hierarchy": None,
        "exported_at": SECOND,
    },
    {"external_id": "idle", "tasks": [], "hierarchy": None, "exported_at": FIRST},
    {"external_id": "tree", "tasks": None, "hierarchy": {}, "exported_at": FIRST},
    {
        "external_id": "unpaid",
        "tasks": [{"task_id": "wait", "weekly_hours": 0, "ai_impact": {"level": "H2"}}],
        "hierarchy": None,
        "exported_at": FIRST,
    },
    {
        "external_id": "unknown",
        "tasks": [{"task_id": "guess", "validation_state": "suggested"}],
        "hierarchy": None,
        "exported_at": FIRST,
    },
]

GOALS: list[Row] = [
    {
        "external_id": "anna",
        "goal": "Learn",
        "description": "Learn more.",
        "target_skills": [
            {"skill_id": "s-python"},
            {"skill_id": "s-python"},
            {"skill_id": "s-nobody-has"},
            None,
            {},
        ],
        "target_tasks": [
            {"task_id": "write"},
            {"task_id": "no"},
            {"task_id": "nobody-does"},
            {"task_id": None},
        ],
        "job_id": "engineer",
        "version": 2,
        "created_on": FIRST,
        "last_updated": LATER_IN_INDIA,
        "exported_at": SECOND,
    },
    {
        "external_id": "anna",
        "goal": "Learn a little",
        "version": 1,
        "target_skills": [],
        "exported_at": SECOND,
    },
    # A version that was retracted: passes since then have not brought it.
    {"external_id": "anna", "goal": None, "version": 3, "exported_at": FIRST},
    {"external_id": "bert", "version": 1, "job_id": "nowhere", "exported_at": SECOND},
]

EXPORTS = {
    "employee_ai_goals": GOALS,
    "employee_task_profiles": EMPLOYEES,
    "job_task_profiles": JOBS,
    **OPTIONAL_EXPORTS,
}
