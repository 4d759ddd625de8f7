"""What changed over time: jobs before and after, and what is to be merged into the histories.

How it is merged is dbt's, and nothing here runs that.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from engines.package import DbtError
from engines.tables import Row, tables_of
from tests.dbt.histories import JOBS

if TYPE_CHECKING:
    from collections.abc import Callable

    from engines.engine import Engine
    from engines.package import Package

# In Tokyo, where the sessions are, another day has begun by then.
BEFORE, AFTER = datetime(2026, 1, 1, 20, tzinfo=UTC), datetime(2026, 2, 1, 20, tzinfo=UTC)


def _task(key: str, level: str, hours: float = 4) -> Row:
    return {"task_id": key, "weekly_hours": hours, "ai_impact": {"level": level}}


TASKS = {
    BEFORE: {
        "same": [_task("a", "H1")],
        "other": [_task("moved", "H1"), _task("gone", "H2")],
        "left": [_task("a", "H1")],
        **{f"job {number}": [_task("a", "H1")] for number in range(8)},
    },
    AFTER: {
        "same": [_task("a", "H1")],
        "other": [_task("moved", "H3"), _task("new", "H2", 8)],
        **{f"job {number}": [_task("a", "H1")] for number in range(8)},
    },
}
# What the second build writes: the states that end, and those that begin.
WRITTEN = {
    ("other", "moved", "H1", BEFORE, AFTER),
    ("other", "moved", "H3", AFTER, None),
    ("other", "gone", "H2", BEFORE, AFTER),
    ("other", "new", "H2", AFTER, None),
    ("left", "a", "H1", BEFORE, AFTER),
}


def load(engine: Engine, began: datetime) -> None:
    """Load what a full pass leaves, which the next run finds to be loaded."""
    began_last = {
        job: max(at for at in TASKS if at <= began and job in TASKS[at]) for job in TASKS[BEFORE]
    }
    profiles: list[Row] = [
        {"external_id": job, "tasks": TASKS[at][job], "exported_at": at}
        for job, at in began_last.items()
    ]
    passes: list[Row] = [
        {
            **dict.fromkeys(("began_at", "completed_at", "loaded_at"), at),
            "stream": JOBS,
            "is_full": True,
            "record_count": len(TASKS[at]),
            "scope_hash": "all",
        }
        for at in TASKS
        if at <= began
    ]
    tables = tables_of({JOBS: profiles, "completed_passes": passes})
    engine.load("changes", tables, engine.forms[0])


def states(rows: list[Row]) -> set[tuple[Any, ...]]:
    """Return rows of the history of tasks, as above."""
    columns = ("job_id", "task_id", "ai_impact_level", "valid_from", "valid_to")
    return {tuple(_in_utc(row[column]) for column in columns) for row in rows}


def _in_utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def test_what_a_second_build_merges_into_the_histories(
    engine: Engine, make_package: Callable[..., Package]
) -> None:
    load(engine, BEFORE)
    last_day = BEFORE.date().isoformat()
    package = make_package("changes", techwolf_history=True, techwolf_changes_to=last_day)
    models = ("--resource-type", "model")
    if not engine.keeps_histories:
        with pytest.raises(DbtError, match="file_format"):
            engine.build(package, *models)
        return
    assert set(engine.build(package, *models).values()) == {"success"}
    compared = engine.rows(package, "techwolf_ai_exposure_changes")
    assert {_in_utc(row["as_of_after"]) for row in compared} == {BEFORE}
    load(engine, AFTER)
    engine.build(package, *models, "--exclude", "techwolf.history+")
    package("compile", "--select", "techwolf.history")
    assert states(engine.found(package, "techwolf_job_task_history")) == WRITTEN
    added = engine.found(package, "techwolf_job_ai_exposure_history")
    assert {_in_utc(row["as_of"]) for row in added} == {AFTER}
