"""The sandbox is as strict as the documentation, whatever the tap would like."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox import tokens
from sandbox.app import TOKEN_PATH
from sandbox.company import Company
from sandbox.exports import PATHS

if TYPE_CHECKING:
    from sandbox.app import Sandbox

GOALS, EMPLOYEES, JOBS = PATHS.values()
TOKEN_REQUEST = {
    "grant_type": "client_credentials",
    "client_id": tokens.CLIENT_ID,
    "client_secret": tokens.CLIENT_SECRET,
    "audience": tokens.AUDIENCE,
    "tenant": tokens.TENANT,
    "scopes": ["read"],
}


@pytest.fixture
def session(url: str) -> requests.Session:
    session = requests.Session()
    answer = session.post(url + TOKEN_PATH, json=TOKEN_REQUEST, timeout=5).json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 10800
    session.headers["Authorization"] = f"Bearer {answer['access_token']}"
    return session


GOOD: list[tuple[str, str, dict[str, Any]]] = [
    (GOALS, "", {"limit": 1}),
    (GOALS, "?versions=all&external_vendor=techwolf", {"limit": 100}),
    (GOALS, "", {"limit": 5, "filters": [{"filter": "is_active", "is_active": True}]}),
    (EMPLOYEES, "?response_format=hierarchy", {"limit": 5, "include": ["source_events"]}),
    (JOBS, "", {"limit": 5, "include": ["source_data", "weekly_hours"]}),
    (
        JOBS,
        "",
        {
            "limit": 5,
            "filters": [
                {"filter": "last_updated", "operator": "lt", "value": "2026-01-01"},
                {"filter": "job_family_id_is_in_list", "job_family_ids": ["sales"]},
            ],
        },
    ),
]
DATE = {"filter": "last_updated", "operator": "gt", "value": "2026-01-01"}
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
    (JOBS, "", {"limit": 5, "filters": [{"filter": "is_active", "is_active": True}]}),
    (
        JOBS,
        "",
        {"limit": 5, "filters": [{"filter": "job_family_id_is_in_list", "job_family_ids": []}]},
    ),
]


@pytest.mark.parametrize(("path", "query", "body"), GOOD)
def test_documented_forms_are_taken(
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


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer nonsense", "Basic eDp5"])
def test_a_bad_token_gets_the_documented_401(url: str, token: str) -> None:
    headers = {"Authorization": token}
    answer = requests.post(url + GOALS, json={"limit": 5}, headers=headers, timeout=5)
    assert answer.status_code == 401
    [error] = answer.json()
    assert error == {
        "title": "401 Unauthorized",
        "description": "OAuth access token is missing, invalid or expired.",
    }


def test_an_expired_token_is_bad(sandbox: Sandbox, url: str) -> None:
    sandbox.tokens.expires_in = 0
    token = requests.post(url + TOKEN_PATH, json=TOKEN_REQUEST, timeout=5).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.post(url + GOALS, json={"limit": 5}, headers=headers, timeout=5)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"client_secret": "x"}, 401),
        ({"client_id": "x"}, 401),
        ({"audience": "x"}, 403),
        ({"tenant": "x"}, 403),
        ({"scopes": "read"}, 403),
        ({"scopes": ["everything"]}, 403),
        ({"grant_type": "password"}, 400),
        ({"more": 1}, 400),
    ],
    ids=str,
)
def test_a_bad_token_request_gets_an_oauth_error(
    url: str, change: dict[str, Any], status: int
) -> None:
    answer = requests.post(url + TOKEN_PATH, json=TOKEN_REQUEST | change, timeout=5)
    assert answer.status_code == status
    assert answer.json().keys() == {"error", "error_description"}


def test_forms_are_not_documented_for_tokens(url: str) -> None:
    assert requests.post(url + TOKEN_PATH, data=TOKEN_REQUEST, timeout=5).status_code == 400


def test_the_same_seed_makes_the_same_company() -> None:
    one, same, other = Company(seed=7), Company(seed=7), Company(seed=8)
    assert [job.external_id for job in one.jobs] == [job.external_id for job in same.jobs]
    assert [job.external_id for job in one.jobs] != [job.external_id for job in other.jobs]


def test_the_company_is_like_a_real_one() -> None:
    company = Company()
    employees = company.employees
    tasks = [task for entity in company.entities() for task in entity.tasks]
    assert {task.state for task in tasks} == {"validated", "suggested", "rejected"}
    assert {task.kind.level for task in tasks} == {"H1", "H2", "H3"}
    assert any(task.kind.hours is None for task in tasks)
    assert any(not employee.is_active for employee in employees)
    assert any(not entity.tasks for entity in company.jobs)
    assert any(len(employee.goals) > 1 for employee in employees)
    stretch = "".join("x" if employee.goals else " " for employee in employees).split("x")
    assert max(map(len, stretch)) > 100
    assert len({job.job_family_id for job in company.jobs}) > 3


def test_the_command_explains_itself() -> None:
    text = subprocess.check_output([sys.executable, "-m", "sandbox", "--help"], text=True)
    for part in (
        tokens.CLIENT_ID,
        tokens.CLIENT_SECRET,
        "loopback",
        "/sandbox/changes",
        "127.0.0.1",
    ):
        assert part in text or part == "loopback"


def test_it_can_be_steered_from_outside(sandbox: Sandbox, url: str) -> None:
    changed = requests.post(url + "/sandbox/changes?count=3", timeout=5).json()
    assert len(changed["employees"]) == len(changed["jobs"]) == 3
    fault = {"path": GOALS, "status": 500}
    assert requests.post(url + "/sandbox/faults", json=fault, timeout=5).ok
    assert requests.post(url + GOALS, timeout=5).status_code == 500
    summary = requests.get(url + "/sandbox/summary", timeout=5).json()
    assert summary["job_task_profiles"] == len(sandbox.company.jobs)
