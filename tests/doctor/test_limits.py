"""At most 30 requests and three minutes, whatever the API does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.config.settings import SETTINGS
from tap_techwolf.config.validation import complete
from tap_techwolf.doctor import cli, client
from tests.doctor.conftest import verdicts
from tests.gateway import gateway
from tests.harness import settings

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from tests.doctor.conftest import Examine
    from tests.gateway import Kind

ALL = (TOKEN_PATH, *PATHS.values())


def test_the_limits_are_those_that_are_promised() -> None:
    assert client.REQUESTS == 30
    assert cli.SECONDS <= 172


@pytest.mark.parametrize("most", range(0, 27, 2))
def test_no_request_goes_beyond_the_budget(sandbox: Sandbox, examine: Examine, most: int) -> None:
    sandbox.company.change_some(10)
    checks = examine(requests=most)
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


@pytest.mark.parametrize("kind", ["stale", "stale_reset"])
def test_requests_on_a_connection_that_was_closed_count_too(
    url: str, examine: Examine, kind: Kind
) -> None:
    with gateway(url) as (address, gate):
        for path in ALL:
            gate.breaks[path] = [kind] * 50
        checks = examine(api_url=address, auth_url=address + TOKEN_PATH)
        assert checks["export:job_task_profiles"].verdict == "ok"
        assert len(gate.requests) + len(gate.unanswered) <= 30


def test_a_request_that_takes_too_long_is_repeated_once(url: str, examine: Examine) -> None:
    with gateway(url) as (address, gate):
        gate.breaks[PATHS["employee_ai_goals"]] = ["silent"] * 2
        checks = examine(api_url=address, auth_url=address + TOKEN_PATH, request_timeout=1)
        assert gate.requests.count(PATHS["employee_ai_goals"]) == 2
    assert checks["export:employee_ai_goals"].verdict == "error"
    assert "no response in time" in checks["export:employee_ai_goals"].seen
    assert checks["export:job_task_profiles"].verdict == "ok"


@pytest.mark.parametrize(("timeout", "expected"), [(5, 5), (300, 40)])
def test_a_request_may_take_forty_seconds(url: str, timeout: float, expected: float) -> None:
    config = complete(settings(url, request_timeout=timeout), SETTINGS.to_dict())
    limited = client.LimitedClient(config, requests=30)
    assert limited.transport.timeout == expected


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
    assert 1 <= waited[0] <= 1.5
    assert max(waited) == 10
