"""Odd answers reach the client byte for byte as they were asked for."""

from __future__ import annotations

import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.exports import PATHS
from sandbox.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from sandbox.app import Sandbox

    Ask = Callable[..., requests.Response]

GOALS = PATHS["employee_ai_goals"]
EMPLOYEES = PATHS["employee_task_profiles"]
JOBS = PATHS["job_task_profiles"]


def test_the_date_can_be_shifted_or_absent(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.conditions.faults = [Fault(JOBS, "date", date_offset=-7200), Fault(JOBS, "date")]
    shifted, absent, real = ask(JOBS), ask(JOBS), ask(JOBS)
    apart = sandbox.company.now() - parsedate_to_datetime(shifted.headers["Date"])
    assert timedelta(hours=2) <= apart < timedelta(hours=2, minutes=1)
    assert "Date" not in absent.headers
    assert "Date" in real.headers
    assert shifted.json() == absent.json() == real.json()


@pytest.mark.parametrize("path", [GOALS, EMPLOYEES, JOBS])
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("lone_surrogate", r'\ud83d"'),
        ("huge_integer", "7" * 5000),
        ("huge_exponent", ":1e9999999999999999999"),
        ("deep_nesting", "[" * 1100 + "]" * 1100),
    ],
)
def test_one_record_of_a_page_can_hold_an_odd_value(
    sandbox: Sandbox, ask: Ask, path: str, kind: Any, text: str
) -> None:
    sandbox.conditions.faults = [Fault(path, kind)]
    include: dict[str, Any] = {} if path == GOALS else {"include": ["linked_skills"]}
    assert text in ask(path, **include).text
    assert text not in ask(path, **include).text


def test_an_odd_value_can_be_put_anywhere(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.conditions.faults = [Fault(GOALS, "lone_surrogate", at="description")]
    record = ask(GOALS).json()["records"][0]
    assert record["description"].endswith("\ud83d")
    assert not record["goal"].endswith("\ud83d")


def test_a_record_can_hold_any_value(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.conditions.faults = [Fault(GOALS, "value", body=r'"a\u0000"', at="goal")]
    assert ask(GOALS).json()["records"][0]["goal"] == "a\0"


@pytest.mark.parametrize("body", ['{"detail": "No."}', '{"message": "No."}', "5"])
def test_an_error_can_have_any_body(sandbox: Sandbox, ask: Ask, body: str) -> None:
    sandbox.conditions.faults = [Fault(GOALS, "raw", status=422, body=body)]
    answer = ask(GOALS)
    assert (answer.status_code, answer.text) == (422, body)
    assert answer.headers["Content-Type"] == "application/json"


def test_a_body_can_be_dripped(sandbox: Sandbox, ask: Ask) -> None:
    expected = ask(JOBS, limit=1)
    sandbox.conditions.faults = [Fault(JOBS, "drip", pause=0.0005)]
    began = time.monotonic()
    dripped = ask(JOBS, limit=1)
    assert dripped.content == expected.content
    assert time.monotonic() - began >= 0.0005 * len(expected.content)


def test_faults_do_not_reach_the_endpoints_that_steer(
    sandbox: Sandbox, url: str, session: requests.Session
) -> None:
    sandbox.conditions.fault_rate = 1
    assert session.get(url + "/sandbox/summary", timeout=5).ok
