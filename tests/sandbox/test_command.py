"""The sandbox as a command, and the endpoints that steer it while it runs."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import requests

from demo.meltano import running_sandbox
from sandbox import tokens
from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from tests.sandbox.conftest import TOKEN_REQUEST

if TYPE_CHECKING:
    from sandbox.app import Sandbox

GOALS = PATHS["employee_ai_goals"]


def test_the_command_explains_itself() -> None:
    text = subprocess.check_output([sys.executable, "-m", "sandbox", "--help"], text=True)
    for part in (
        tokens.CLIENT_ID,
        tokens.CLIENT_SECRET,
        "127.0.0.1",
        "/sandbox/changes",
        "/sandbox/removals",
        "/sandbox/moves",
        "/sandbox/variants",
    ):
        assert part in text


def test_the_command_takes_variants() -> None:
    options = ("--employees", "9", "--goals-do-not-move-filter", "--scopes-given", "read write")
    with running_sandbox(*options, "--variants", '{"version_endpoint": "html"}') as sandbox:
        assert requests.get(sandbox.url + "/version", timeout=5).text.startswith("<html>")
        answer = requests.post(sandbox.url + TOKEN_PATH, json=TOKEN_REQUEST, timeout=5).json()
        assert answer["scope"] == "read write"
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {answer['access_token']}"
        changed = requests.post(sandbox.url + "/sandbox/goal_changes?count=1", timeout=5).json()
        assert len(changed["with_goals"]) == 1
        yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
        one = {"filter": "last_updated", "operator": "gt", "value": yesterday}
        body = {"limit": 9, "filters": [one]}
        assert session.post(sandbox.url + GOALS, json=body, timeout=5).json()["records"] == []


def test_the_command_refuses_an_unknown_variant() -> None:
    command = [sys.executable, "-m", "sandbox", "--variants", '{"version": "html"}']
    done = subprocess.run(command, capture_output=True, check=False, timeout=30)
    assert done.returncode == 2


def test_changes_and_faults_can_be_made_from_outside(sandbox: Sandbox, url: str) -> None:
    changed = requests.post(url + "/sandbox/changes?count=3", timeout=5).json()
    assert len(changed["employees"]) == len(changed["jobs"]) == 3
    fault = {"path": GOALS, "status": 500}
    assert requests.post(url + "/sandbox/faults", json=fault, timeout=5).ok
    assert requests.post(url + GOALS, timeout=5).status_code == 500
    summary = requests.get(url + "/sandbox/summary", timeout=5).json()
    assert summary["job_task_profiles"] == len(sandbox.company.jobs)
    assert not requests.post(url + "/sandbox/faults", json=fault | {"x": 1}, timeout=5).ok


def test_employees_and_jobs_can_be_removed_from_outside(sandbox: Sandbox, url: str) -> None:
    before = requests.get(url + "/sandbox/summary", timeout=5).json()
    [leaver] = requests.post(url + "/sandbox/removals", timeout=5).json()["employees"]
    assert leaver not in [one.external_id for one in sandbox.company.employees]
    gone = requests.post(url + "/sandbox/removals?count=0&jobs=2", timeout=5).json()
    assert (len(gone["employees"]), len(gone["jobs"])) == (0, 2)
    after = requests.get(url + "/sandbox/summary", timeout=5).json()
    assert after["employee_task_profiles"] == before["employee_task_profiles"] - 1
    assert after["job_task_profiles"] == before["job_task_profiles"] - 2


def test_lists_can_be_moved_from_outside(
    sandbox: Sandbox, url: str, session: requests.Session
) -> None:
    move = {"path": "/employees", "action": "remove", "skip": 1}
    assert requests.post(url + "/sandbox/moves", json=move, timeout=5).ok
    pages = [session.get(url + "/employees?limit=5", timeout=5).json() for _ in range(3)]
    assert [page["count"] for page in pages] == [430, 429, 429]
    assert len(sandbox.company.employees) == 429
    for bad in ({"x": 1}, {"path": "/export/skills"}):
        assert not requests.post(url + "/sandbox/moves", json=move | bad, timeout=5).ok


def test_goals_can_be_changed_from_outside(url: str) -> None:
    before = requests.get(url + "/sandbox/summary", timeout=5).json()
    changed = requests.post(url + "/sandbox/goal_changes?count=2", timeout=5).json()
    assert len(changed["employees"]) == len(changed["with_goals"]) == 2
    after = requests.get(url + "/sandbox/summary", timeout=5).json()
    assert after["employee_ai_goal_versions"] == before["employee_ai_goal_versions"] + 2


def test_variants_can_be_set_from_outside(sandbox: Sandbox, url: str) -> None:
    variants = {"order": "newest_first", "refused_filters": {GOALS: ["last_updated"]}}
    assert requests.post(url + "/sandbox/variants", json=variants, timeout=5).ok
    assert sandbox.variants.order == "newest_first"
    assert sandbox.variants.refused_filters == {GOALS: {"last_updated"}}
    assert not requests.post(url + "/sandbox/variants", json={"x": 1}, timeout=5).ok
