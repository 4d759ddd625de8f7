"""At most 30 requests and three minutes, whatever the API does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.doctor import cli, contact
from tests.doctor.conftest import verdicts
from tests.gateway import gateway

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from tests.doctor.conftest import Examine

ALL = (TOKEN_PATH, "/version", "/employees", *PATHS.values())


def test_the_limits_are_those_that_are_promised() -> None:
    assert contact.MOST_REQUESTS == 30
    assert contact.SECONDS < cli.SECONDS < 180


@pytest.mark.parametrize("most", range(0, 27, 2))
def test_no_request_goes_beyond_the_budget(sandbox: Sandbox, examine: Examine, most: int) -> None:
    sandbox.company.change_some(10)
    checks = examine(most_requests=most)
    assert sandbox.requests.total() <= most
    if most < 12:
        assert sandbox.requests.total() == most
        reasons = {checks[name].seen for name in verdicts(checks, "skipped")}
        assert f"Not reached within {most} requests." in reasons


def test_retries_and_tokens_count(
    url: str, sandbox: Sandbox, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    sandbox.company.change_some(10)
    with gateway(url) as (address, gate):
        for path in (TOKEN_PATH, *PATHS.values()):
            gate.breaks[path] = ["close", "none"] * 50
        examine(api_url=address, auth_url=address + TOKEN_PATH)
        assert len(gate.requests) == 30
        assert gate.requests.count(TOKEN_PATH) == 2


def test_a_connection_that_was_kept_alive_and_closed_is_not_used_again(
    url: str, examine: Examine
) -> None:
    with gateway(url) as (address, gate):
        for path in ALL:
            gate.breaks[path] = ["stale"] * 50
        checks = examine(api_url=address, auth_url=address + TOKEN_PATH)
        assert checks["export:job_task_profiles"].verdict == "ok"
        assert not gate.unanswered
        assert len(gate.requests) <= 30


def test_a_dripping_server_ends_nothing_but_the_checks(url: str, examine: Examine) -> None:
    with gateway(url) as (address, gate):
        for path in PATHS.values():
            gate.breaks[path] = ["drip_body"] * 50
        began = time.monotonic()
        checks = examine(api_url=address, auth_url=address + TOKEN_PATH, seconds=2.0)
        assert time.monotonic() - began < 5
    assert checks["token"].verdict == "ok"
    assert checks["export:employee_ai_goals"].seen == "Not reached in time."
    assert checks["learned:gte"].verdict == "skipped"


def test_a_request_that_takes_too_long_is_an_error(url: str, examine: Examine) -> None:
    with gateway(url) as (address, gate):
        gate.breaks[PATHS["employee_ai_goals"]] = ["silent"]
        checks = examine(api_url=address, auth_url=address + TOKEN_PATH, request_timeout=3)
        assert gate.requests.count(PATHS["employee_ai_goals"]) == 1
    assert checks["export:employee_ai_goals"].verdict == "error"
    assert "gave no answer: no response in time" in checks["export:employee_ai_goals"].seen
    assert checks["export:job_task_profiles"].verdict == "ok"


def test_a_silent_version_is_skipped(url: str, examine: Examine) -> None:
    with gateway(url) as (address, gate):
        gate.breaks["/version"] = ["silent"]
        gate.breaks["/employees"] = ["silent"]
        checks = examine(api_url=address, auth_url=address + TOKEN_PATH, request_timeout=3)
    assert checks["version"].verdict == "skipped"
    assert checks["export:employee_ai_goals"].verdict == "ok"


def test_a_long_pause_is_not_waited_for(
    sandbox: Sandbox, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    sandbox.conditions.faults += [
        Fault(PATHS["job_task_profiles"], status=429, times=1, retry_after="300"),
        Fault(PATHS["employee_ai_goals"], status=503),
    ]
    examine()
    assert waited == [1.0, 10.0]


def test_no_time_means_no_request(sandbox: Sandbox, examine: Examine) -> None:
    checks = examine(seconds=0.0)
    assert not sandbox.requests
    assert checks["token"].seen == "Not reached in time."


def test_a_proxy_that_cannot_be_used_is_told(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    checks = examine()
    assert checks["addresses"].verdict == "skipped"
    assert "the proxy that the environment names cannot be used" in checks["token"].seen
