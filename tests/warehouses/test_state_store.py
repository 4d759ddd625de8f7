"""Meltano's state store, which merges what some runs leave: no change is late, none is lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psutil
import pytest

from demo.meltano import MeltanoError
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tests.harness import STREAMS, discover
from tests.warehouses.stores import DuckDB
from tests.warehouses.test_loads import check, load

if TYPE_CHECKING:
    from pathlib import Path

    from demo.meltano import Meltano
    from sandbox.app import Sandbox
    from tests.warehouses.stores import Store

PATH = PATHS["employee_task_profiles"]
MERGE = ("--state-strategy", "merge")
START_DATE = {"TAP_TECHWOLF_START_DATE": "2020-01-01T00:00:00Z"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A warehouse whose loader acknowledges states while a stream is under way."""
    return DuckDB(tmp_path / "techwolf.duckdb", batch_size=50)


@pytest.fixture(autouse=True)
def _catalog(meltano: Meltano, tmp_path: Path) -> None:
    """The same for each run, so that Meltano need not start the tap twice."""
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps(discover()))
    meltano.variables["TAP_TECHWOLF__CATALOG"] = str(file)


def first_cursors(sandbox: Sandbox) -> set[str | None]:
    """The cursor that each stream began at."""
    return {
        next(page.starting_after for asked, page in sandbox.pages if asked == PATHS[stream])
        for stream in STREAMS
    }


def change_many(sandbox: Sandbox) -> None:
    """Change more than two pages of employees."""
    for employee in sandbox.company.employees[:250]:
        sandbox.company.change(employee)


def test_a_finished_full_refresh_is_not_resumed(
    meltano: Meltano, sandbox: Sandbox, store: Store
) -> None:
    load(meltano, store)
    load(meltano, store, "--full-refresh")
    sandbox.company.change_some(7)
    sandbox.pages.clear()
    log = load(meltano, store)
    assert first_cursors(sandbox) == {None}, log
    check(store, sandbox)


def test_an_interrupted_full_refresh_is_resumed(
    meltano: Meltano, sandbox: Sandbox, store: Store
) -> None:
    load(meltano, store, **START_DATE)
    sandbox.conditions.faults.append(Fault(PATH, status=403, skip=3))
    with pytest.raises(MeltanoError, match="403"):
        load(meltano, store, "--full-refresh", **START_DATE)
    sandbox.conditions.faults.clear()
    sandbox.company.change_some(7)
    sandbox.pages.clear()
    log = load(meltano, store, **START_DATE)
    cursors = [page.starting_after for asked, page in sandbox.pages if asked == PATH]
    assert cursors[0] is not None, log
    sandbox.pages.clear()
    load(meltano, store, **START_DATE)
    assert first_cursors(sandbox) == {None}
    check(store, sandbox)


def test_where_states_are_always_merged_changes_come_at_once_and_a_killed_run_loses_nothing(
    meltano: Meltano, sandbox: Sandbox, store: Store
) -> None:
    load(meltano, store, *MERGE)
    change_many(sandbox)
    sandbox.pages.clear()
    log = load(meltano, store, *MERGE)
    assert first_cursors(sandbox) == {None}, log
    check(store, sandbox)
    change_many(sandbox)
    sandbox.pages.clear()
    before = sandbox.requests[PATH]

    def kill(asked: str) -> None:
        if asked == PATH and sandbox.requests[PATH] == before + 3:
            for process in psutil.Process().children(recursive=True):
                if any("extractors/tap-techwolf" in part for part in process.cmdline()):
                    process.kill()

    sandbox.before_page = kill
    with pytest.raises(MeltanoError):
        load(meltano, store, *MERGE)
    assert first_cursors(sandbox) == {None}
    sandbox.before_page = lambda _: None
    sandbox.company.change_some(7)
    load(meltano, store, *MERGE)
    load(meltano, store, *MERGE)  # It brings what changed on pages that were delivered before.
    check(store, sandbox)
