"""Three streams that ask at once are answered at once, and tests can see it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

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


def test_requests_at_once_are_counted_in_all_and_per_path(sandbox: Sandbox, ask: Ask) -> None:
    together = Barrier(4)  # No page is answered before the fourth request has arrived.
    sandbox.before_page = lambda _: asyncio.to_thread(together.wait, 10)
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(ask, (GOALS, EMPLOYEES, JOBS, JOBS)))
    assert all(answer.status_code == 200 for answer in answers)
    assert sandbox.most_at_once == 4
    assert sandbox.most_at_once_per_path == {GOALS: 1, EMPLOYEES: 1, JOBS: 2}


def test_requests_one_after_another_are_never_at_once(sandbox: Sandbox, ask: Ask) -> None:
    for path in (GOALS, JOBS, JOBS):
        ask(path)
    assert sandbox.most_at_once == 1
    assert sandbox.most_at_once_per_path == {GOALS: 1, JOBS: 1}


def test_each_request_leaves_its_time_of_arrival(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.conditions.faults = [Fault(JOBS, status=503)]
    sandbox.conditions.delay = 0.05
    for path in (JOBS, JOBS, GOALS):  # The first one fails, without the delay.
        ask(path)
    assert [path for path, _ in sandbox.arrivals] == [JOBS, JOBS, GOALS]
    assert sandbox.arrivals[2][1] - sandbox.arrivals[1][1] >= 0.05
