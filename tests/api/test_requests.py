"""Each documented request form, exactly as it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from sandbox.app import OPTIONAL_PATHS
from tap_techwolf.version import VERSION
from tests.harness import STREAMS, body_sent, settings, sync

if TYPE_CHECKING:
    from requests_mock import Mocker

API = "https://acme.eu3.techwolf.ai"
AUTH = "https://techwolf.eu.auth0.com/oauth/token"
GOALS = "/export/employees/ai_goals"
EMPLOYEES = "/export/employees/task_profiles"
JOBS = "/job_architecture/export/jobs/task_profiles"
PATHS = (GOALS, EMPLOYEES, JOBS)
LAST_PAGE = {"has_next": False, "records": []}
DATE = {"Date": "Sun, 22 Nov 2026 10:00:00 GMT"}
EMPLOYEE_INCLUDES = ["ai_impact", "linked_skills", "source_events", "weekly_hours"]
JOB_INCLUDES = ["ai_impact", "linked_skills", "source_data", "weekly_hours"]


def live(**overrides: Any) -> dict[str, Any]:
    """Settings without any address."""
    fixed: dict[str, Any] = {"tenant": "acme", "api_url": None, "auth_url": None}
    return settings("", **fixed | overrides)


def answer(mock: Mocker, api: str = API, auth: str = AUTH) -> None:
    mock.post(auth, json={"access_token": "token-1", "expires_in": 10800}, headers=DATE)
    for path in PATHS:
        mock.post(api + path, json=LAST_PAGE, headers=DATE)


def asked(mock: Mocker, path: str, position: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    """The query and the body of a request."""
    requests = [one for one in mock.request_history if urlsplit(one.url).path == path]
    query = parse_qs(urlsplit(requests[position].url).query)
    return {name: values[0] for name, values in query.items()}, body_sent(requests[position])


def test_a_sync_with_defaults_sends_only_what_has_a_value(requests_mock: Mocker) -> None:
    answer(requests_mock)
    sync(live())
    assert asked(requests_mock, GOALS) == ({}, {"limit": 100})
    assert asked(requests_mock, EMPLOYEES) == ({}, {"limit": 100, "include": EMPLOYEE_INCLUDES})
    assert asked(requests_mock, JOBS) == ({}, {"limit": 100, "include": JOB_INCLUDES})


def test_optional_exports_send_only_what_their_pages_show(requests_mock: Mocker) -> None:
    answer(requests_mock)
    paths = OPTIONAL_PATHS.values()
    for path in paths:
        requests_mock.post(API + path, json=LAST_PAGE, headers=DATE)
        requests_mock.get(API + path, json={"count": 0, "results": []}, headers=DATE)
    sync(live(optional_streams=list(OPTIONAL_PATHS)))
    bodies: dict[str, dict[str, Any]] = {
        "skills": {},
        "employee_position_matches": {},
        "employee_skill_profiles": {"include": ["skill_validation_state"]},
        "job_skill_profiles": {"include": ["critical", "proficiency_level"]},
    }
    for stream, body in bodies.items():
        assert asked(requests_mock, OPTIONAL_PATHS[stream]) == ({}, {"limit": 100, **body})
    for stream in ("employees", "organisational_units"):
        path = OPTIONAL_PATHS[stream]
        [request] = [one for one in requests_mock.request_history if one.path == path]
        assert (request.method, request.query, request.body) == ("GET", "limit=200&offset=0", None)


def test_the_token_request_has_the_documented_json_body(requests_mock: Mocker) -> None:
    answer(requests_mock)
    sync(live())
    request = requests_mock.request_history[0]
    assert request.url == AUTH
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept"] == "application/json"
    assert request.json() == {
        "grant_type": "client_credentials",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "audience": "eu3.techwolf.ai",
        "tenant": "acme",
        "scopes": ["read"],
    }


def test_an_empty_list_of_scopes_asks_for_none(requests_mock: Mocker) -> None:
    answer(requests_mock)
    sync(live(scopes=[]))
    assert "scopes" not in requests_mock.request_history[0].json()


def test_every_page_request_carries_token_agent_and_type(requests_mock: Mocker) -> None:
    answer(requests_mock)
    sync(live(api_version="2024-12-05"))
    for request in requests_mock.request_history[1:]:
        assert request.headers["Authorization"] == "Bearer token-1"
        assert request.headers["User-Agent"] == f"tap-techwolf/{VERSION}"
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["X-API-Version"] == "2024-12-05"
        assert request.method == "POST"


def test_no_version_header_is_sent_unless_it_is_set(requests_mock: Mocker) -> None:
    answer(requests_mock)
    sync(live(user_agent="nightly sync"))
    assert "X-API-Version" not in requests_mock.request_history[-1].headers
    assert {one.headers["User-Agent"] for one in requests_mock.request_history} == {"nightly sync"}


def test_the_settings_shape_query_and_body(requests_mock: Mocker) -> None:
    answer(requests_mock)
    sync(
        live(
            page_size=7,
            is_active=False,
            external_vendor="workday",
            ai_goal_versions="all",
            task_profile_format="hierarchy",
            employee_task_includes=["rejected_tasks", "ai_impact"],
            job_task_includes=[],
            job_family_ids=["sales", "legal"],
        )
    )
    inactive = {"filter": "is_active", "is_active": False}
    families = {"filter": "job_family_id_is_in_list", "job_family_ids": ["legal", "sales"]}
    vendor = {"external_vendor": "workday"}
    assert asked(requests_mock, GOALS) == (
        vendor | {"versions": "all"},
        {"limit": 7, "filters": [inactive]},
    )
    assert asked(requests_mock, EMPLOYEES) == (
        vendor | {"response_format": "hierarchy"},
        {"limit": 7, "include": ["ai_impact", "rejected_tasks"], "filters": [inactive]},
    )
    assert asked(requests_mock, JOBS) == (
        vendor | {"response_format": "hierarchy"},
        {"limit": 7, "filters": [families]},
    )


def test_the_next_page_is_asked_for_with_the_cursor_and_nothing_else_changed(
    requests_mock: Mocker,
) -> None:
    answer(requests_mock)
    first = {
        "has_next": True,
        "next_starting_after": "cursor-1",
        "records": [{"external_id": "not-the-cursor"}],
    }
    requests_mock.post(
        API + JOBS, [{"json": first, "headers": DATE}, {"json": LAST_PAGE, "headers": DATE}]
    )
    sync(live(job_family_ids=["sales"], external_vendor="workday"))
    query, body = asked(requests_mock, JOBS)
    assert asked(requests_mock, JOBS, 1) == (query, body | {"starting_after": "cursor-1"})


def test_all_streams_share_one_token(requests_mock: Mocker) -> None:
    answer(requests_mock)
    output = sync(live())
    tokens = [one for one in requests_mock.request_history if one.url == AUTH]
    assert len(tokens) == 1
    assert len(output.of_type("SCHEMA")) == len(STREAMS) + 1
