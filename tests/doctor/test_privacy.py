"""Whatever the API answers, neither the report nor the log shows any of it."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from tap_techwolf.doctor.report import as_json, as_text
from tap_techwolf.doctor.runner import Runner
from tests.doctor.conftest import server
from tests.doctor.test_command import run
from tests.harness import settings

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "Distinctive-4711"
#: Words that look like names of properties, or like documented values.
WORDS = ("by_manager", "jane_doe", "payroll", "pregnant")
STATUSES = (200, 201, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503)


def page(record: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"has_next": False, "records": [record] * 3, **more}


RECORDS: list[dict[str, Any]] = [
    {"external_id": SECRET},
    {"external_id": SECRET, SECRET: SECRET, "goal": {SECRET: SECRET}, "target_skills": [SECRET]},
    {"external_id": SECRET, "last_updated": SECRET, "created_on": [SECRET], "version": SECRET},
    {
        "external_id": SECRET,
        "tasks": [
            {
                SECRET: {SECRET: SECRET},
                "validation_state": SECRET,
                "ai_impact": {"level": SECRET, SECRET: 1, "rationale": [SECRET]},
                "source_events": [{"event_type": SECRET, "external_id": {SECRET: 1}}],
                "weekly_hours": SECRET,
            }
        ],
    },
    {"external_id": SECRET, "tasks": {SECRET: {SECRET: [SECRET]}}, "domains": [{SECRET: SECRET}]},
    {
        "external_id": SECRET,
        "goal": {"by_manager": {"jane_doe": {"payroll": ["pregnant"]}}},
        "target_skills": [{"jane_doe": "pregnant", "skill_id": {"by_manager": "jane_doe"}}],
    },
    {
        "external_id": SECRET,
        "tasks": [
            {
                "by_manager": {"jane_doe": "pregnant"},
                "validation_state": "pregnant",
                "ai_impact": {"level": "pregnant", "jane_doe": [{"payroll": 1}]},
                "source_events": [{"event_type": "jane_doe", "payroll": None}],
            }
        ],
        "hierarchy": {"by_manager": {"jane_doe": {"payroll": [{"tasks": "pregnant"}]}}},
    },
    {"external_id": {SECRET: SECRET}},
    {SECRET: SECRET},
]
BODIES: list[Any] = [
    *(page(record) for record in RECORDS),
    *(page(record, has_next=True, next_starting_after=SECRET) for record in RECORDS[:2]),
    page({}, has_next=SECRET),
    {"records": SECRET, "has_next": False},
    {"count": SECRET, "results": [SECRET], "version": SECRET, SECRET: SECRET},
    [{"title": SECRET, "description": SECRET}],
    SECRET,
]


#: Secrets in every header that a client might read.
HEADERS = {
    SECRET: SECRET,
    f"X-RateLimit-{SECRET}": SECRET,
    "Location": SECRET,
    "Date": SECRET,
    "Retry-After": "0",
}


def token(content: Any = None) -> dict[str, Any]:
    given = {"access_token": SECRET, "expires_in": 100, "scope": f"read {SECRET}", SECRET: SECRET}
    return given | (content or {})


def write_settings(folder: Path, address: str) -> Path:
    """Write settings that hold secrets, too."""
    file = folder / f"{SECRET}.json"
    config = settings(
        address,
        auth_url=f"{address}{TOKEN_PATH}",
        tenant=SECRET,
        client_id=f"client-{SECRET}",
        client_secret=f"secret-{SECRET}",
        job_family_ids=[SECRET],
        user_agent=SECRET,
    )
    file.write_text(json.dumps(config))
    return file


def check(folder: Path, address: str, caplog: pytest.LogCaptureFixture) -> None:
    file = write_settings(folder, address)
    with caplog.at_level(logging.DEBUG, "tap_techwolf"):
        runner = Runner()
        runner.run([str(file)])
    found = runner.findings
    expect_nothing(as_json(found) + as_text(found) + caplog.text, address)


def expect_nothing(shown: str, address: str) -> None:
    port = address.rpartition(":")[2]
    for part in (SECRET, SECRET.lower(), "istinctive", "4711", "127.0.0.1", port, *WORDS):
        assert part not in shown, shown
    assert "Unexpected" not in shown, shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_no_content_shows(tmp_path: Path, caplog: pytest.LogCaptureFixture, number: int) -> None:
    def answer(path: str) -> tuple[int, Any]:
        return 200, token() if path == TOKEN_PATH else BODIES[number]

    with server(answer, HEADERS) as address:
        check(tmp_path, address, caplog)


@pytest.mark.parametrize("status", STATUSES)
def test_no_error_shows(tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int) -> None:
    def answer(path: str) -> tuple[int, Any]:
        return (200, token()) if path == TOKEN_PATH else (status, BODIES[-2])

    with server(answer, HEADERS) as address:
        check(tmp_path, address, caplog)


@pytest.mark.parametrize("status", [200, 302, 401, 403, 429, 500])
def test_no_word_of_the_token_endpoint_shows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    def answer(_: str) -> tuple[int, Any]:
        return status, {"error": SECRET, "error_description": SECRET, "access_token": [SECRET]}

    with server(answer, HEADERS) as address:
        check(tmp_path, address, caplog)


@pytest.mark.parametrize("lifetime", [SECRET, -1, True, 1e400, [SECRET], 10**400], ids=range(6))
def test_an_odd_lifetime_does_not_show(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lifetime: Any
) -> None:
    def answer(path: str) -> tuple[int, Any]:
        found = token({"expires_in": lifetime, "scope": lifetime})
        return 200, found if path == TOKEN_PATH else page(RECORDS[0])

    with server(answer, HEADERS) as address:
        check(tmp_path, address, caplog)


def test_pages_that_follow_do_not_show_either(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    record = {"external_id": SECRET, "last_updated": "9999-12-31T23:59:59.999999-23:59"}

    def answer(path: str) -> tuple[int, Any]:
        if path == TOKEN_PATH:
            return 200, token()
        if path in PATHS.values():
            return 200, page(record, has_next=True, next_starting_after=SECRET)
        return 200, {"count": 10**400}

    with server(answer, HEADERS) as address:
        check(tmp_path, address, caplog)


@pytest.mark.parametrize("option", ["--json", "--config=ENV"])
def test_the_process_shows_nothing_either(tmp_path: Path, option: str) -> None:
    def answer(path: str) -> tuple[int, Any]:
        return 200, token() if path == TOKEN_PATH else BODIES[3]

    with server(answer, HEADERS) as address:
        file = write_settings(tmp_path, address)
        done = run("--config", str(file), option, TAP_TECHWOLF_LOGLEVEL="DEBUG")
        expect_nothing(done.stdout + done.stderr, address)
    assert done.stdout
    assert "Checking" in done.stderr


def test_a_wrong_setting_does_not_show(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"page_sise": SECRET, "page_size": SECRET, "private_key": SECRET}))
    done = run("--config", str(file))
    assert done.returncode == 1
    assert SECRET not in done.stdout + done.stderr
