"""The sandbox is as strict as the documentation, whatever the tap would like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import OPTIONAL_PATHS
from sandbox.exports import PATHS

if TYPE_CHECKING:
    import requests

GOALS = PATHS["employee_ai_goals"]
EMPLOYEES = PATHS["employee_task_profiles"]
JOBS = PATHS["job_task_profiles"]
SKILLS = OPTIONAL_PATHS["skills"]
EMPLOYEE_SKILLS = OPTIONAL_PATHS["employee_skill_profiles"]
JOB_SKILLS = OPTIONAL_PATHS["job_skill_profiles"]
MATCHES = OPTIONAL_PATHS["employee_position_matches"]

DATE = {"filter": "last_updated", "operator": "gt", "value": "2026-01-01"}
ACTIVE = {"filter": "is_active", "is_active": True}
FAMILIES = {"filter": "job_family_id_is_in_list", "job_family_ids": ["sales"]}
GOOD: list[tuple[str, str, dict[str, Any]]] = [
    (GOALS, "", {"limit": 1}),
    (GOALS, "?versions=all&external_vendor=techwolf", {"limit": 100}),
    (GOALS, "", {"limit": 5, "filters": [ACTIVE]}),
    (EMPLOYEES, "?response_format=hierarchy", {"limit": 5, "include": ["source_events"]}),
    (JOBS, "", {"limit": 5, "include": ["source_data", "weekly_hours"]}),
    (
        JOBS,
        "",
        {
            "limit": 5,
            "filters": [
                {"filter": "last_updated", "operator": "lt", "value": "2026-01-01"},
                FAMILIES,
            ],
        },
    ),
    (SKILLS, "?external_vendor=workday", {"limit": 200}),
    (EMPLOYEE_SKILLS, "?external_vendor=techwolf", {"limit": 5, "include": ["sources"]}),
    (EMPLOYEE_SKILLS, "?response_format=list", {"limit": 5, "filters": [ACTIVE]}),
    (JOB_SKILLS, "", {"limit": 5, "include": ["critical"], "filters": [FAMILIES, DATE]}),
    (MATCHES, "?response_format=simple", {"limit": 5, "filters": [ACTIVE, DATE]}),
]
BAD: list[tuple[str, str, Any]] = [
    (GOALS, "", {}),
    (GOALS, "", []),
    (GOALS, "", {"limit": 0}),
    (GOALS, "", {"limit": 101}),
    (GOALS, "", {"limit": "5"}),
    (GOALS, "", {"limit": True}),
    (GOALS, "", {"limit": 5, "starting_after": None}),
    (GOALS, "", {"limit": 5, "starting_after": ""}),
    (GOALS, "", {"limit": 5, "starting_after": "x" * 101}),
    (GOALS, "", {"limit": 5, "starting_after": "nobody"}),
    (GOALS, "", {"limit": 5, "include": ["ai_impact"]}),
    (GOALS, "", {"limit": 5, "more": 1}),
    (GOALS, "?versions=newest", {"limit": 5}),
    (GOALS, "?versions=all&versions=all", {"limit": 5}),
    (GOALS, "?response_format=list", {"limit": 5}),
    (EMPLOYEES, "?versions=all", {"limit": 5}),
    (EMPLOYEES, "", {"limit": 5, "include": []}),
    (EMPLOYEES, "", {"limit": 5, "include": ["source_data"]}),
    (EMPLOYEES, "", {"limit": 5, "filters": []}),
    (EMPLOYEES, "", {"limit": 5, "filters": {"filters": [DATE]}}),
    (EMPLOYEES, "", {"limit": 5, "filters": [DATE, DATE]}),
    (EMPLOYEES, "", {"limit": 5, "filters": [DATE | {"operator": "gte"}]}),
    (EMPLOYEES, "", {"limit": 5, "filters": [DATE | {"value": "2026-01-01T00:00:00Z"}]}),
    (EMPLOYEES, "", {"limit": 5, "filters": [DATE | {"value": "2026-02-30"}]}),
    (EMPLOYEES, "", {"limit": 5, "filters": [{"filter": "is_active", "is_active": "true"}]}),
    (JOBS, "", {"limit": 5, "include": ["source_events"]}),
    (JOBS, "", {"limit": 5, "filters": [ACTIVE]}),
    (
        JOBS,
        "",
        {"limit": 5, "filters": [{"filter": "job_family_id_is_in_list", "job_family_ids": []}]},
    ),
    *((path, "", {}) for path in (SKILLS, EMPLOYEE_SKILLS, JOB_SKILLS, MATCHES)),
    (SKILLS, "", {"limit": 201}),
    (SKILLS, "", {"limit": 5, "filters": [ACTIVE]}),
    (SKILLS, "", {"limit": 5, "include": ["properties"]}),
    (EMPLOYEE_SKILLS, "", {"limit": 101}),
    (EMPLOYEE_SKILLS, "", {"limit": 5, "include": ["critical"]}),
    (EMPLOYEE_SKILLS, "", {"limit": 5, "filters": [DATE]}),
    (EMPLOYEE_SKILLS, "?response_format=hierarchy", {"limit": 5}),
    (JOB_SKILLS, "", {"limit": 5, "filters": [ACTIVE]}),
    (JOB_SKILLS, "", {"limit": 5, "include": ["skill_validation_state"]}),
    (JOB_SKILLS, "?external_vendor=techwolf", {"limit": 5}),
    (MATCHES, "", {"limit": 101}),
    (MATCHES, "", {"limit": 5, "include": ["sources"]}),
    (MATCHES, "", {"limit": 5, "filters": [FAMILIES]}),
]


@pytest.mark.parametrize(("path", "query", "body"), GOOD)
def test_documented_forms_are_accepted(
    url: str, session: requests.Session, path: str, query: str, body: dict[str, Any]
) -> None:
    answer = session.post(url + path + query, json=body, timeout=5)
    assert answer.status_code == 200
    assert answer.json().keys() >= {"has_next", "records"}
    assert answer.json()["has_next"] is ("next_starting_after" in answer.json())


@pytest.mark.parametrize(("path", "query", "body"), BAD)
def test_undocumented_forms_get_the_documented_400(
    url: str, session: requests.Session, path: str, query: str, body: Any
) -> None:
    answer = session.post(url + path + query, json=body, timeout=5)
    assert answer.status_code == 400
    [error] = answer.json()
    assert error["title"] == "400 Bad Request"
