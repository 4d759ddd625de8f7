"""Who counts as removed. Each history begins with empty tables.

The tables are the loaders' own, the models are built once, and are views.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.dbt.histories import (
    ALL,
    EMPLOYEES,
    FEWER,
    FUTURE,
    GOALS,
    HISTORIES,
    JOBS,
    LEFT,
    MANY,
    MISSING,
    NEVER,
    OPTIONAL,
    OVERTAKEN,
    QUERIES,
    ROUNDS,
    SCOPE,
    START,
    History,
    full_passes,
    judged,
    moment,
    people,
)
from tests.dbt.singer import Row, lines
from tests.dbt.warehouses import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dbt.warehouses import Project, Warehouse

JUDGES = (
    *QUERIES.values(),
    "techwolf_volume_drops",
    "techwolf_exports_without_full_pass",
)
TABLES = (EMPLOYEES, GOALS, JOBS, *OPTIONAL, "completed_passes")
MODELS = {
    EMPLOYEES: ("techwolf_employee_tasks", "employee_id"),
    GOALS: ("techwolf_ai_goals", "employee_id"),
    JOBS: ("techwolf_job_ai_exposure", "job_id"),
}


@pytest.fixture(scope="module")
def project(views: Project) -> Project:
    return views


@pytest.fixture(scope="module", autouse=True)
def judge(warehouse: Warehouse, project: Project) -> Callable[[str], list[Row]]:
    """Ask what a test of the package finds, with all models built on the loaders' empty tables."""
    filler = {"external_id": "x", "exported_at": START}
    warehouse.load(
        lines(
            {
                EMPLOYEES: [{**filler, "tasks": [{"task_id": "t"}]}],
                GOALS: [{**filler, "version": 1}],
                JOBS: [{**filler, "tasks": []}],
                **{
                    stream: [{column: "x", "exported_at": START}]
                    for stream, column in OPTIONAL.items()
                },
                "completed_passes": [
                    {
                        **dict.fromkeys(("began_at", "completed_at"), START),
                        **dict.fromkeys(("record_count", "page_count", "run_count"), 1),
                        "stream": JOBS,
                        "replication_method": "FULL_TABLE",
                        "is_full": True,
                        "scope_hash": "all",
                        "loaded_at": None,
                    }
                ],
            }
        )
    )
    selected = ("resource_type:model", *JUDGES)
    project("build", "--indirect-selection", "empty", "--select", *selected)
    compiled = {name: project.compiled_test(name) for name in JUDGES}
    return lambda name: warehouse.query(f"select * from ({compiled[name]}) as found")  # noqa: S608


@pytest.fixture
def tell(warehouse: Warehouse) -> Callable[..., None]:
    """Fill the tables with histories."""

    def fill(*histories: History) -> None:
        empty = "; ".join(f"delete from {table}" for table in TABLES)  # noqa: S608
        told = "; ".join(history.statements() for history in histories)
        warehouse.execute(f"{empty}; {told}; {give_tasks(warehouse)}")

    return fill


def give_tasks(warehouse: Warehouse) -> str:
    """Return the statement that gives each employee a task, to be seen in the model of tasks."""
    task = '\'[{"task_id": "t"}]\''
    if warehouse.name == "postgres":
        task = 'array[\'{"task_id": "t"}\'::jsonb]'
    return f"update {EMPLOYEES} set tasks = {task}; update {JOBS} set tasks = null"  # noqa: S608


@pytest.mark.parametrize("number", range(len(ROUNDS)))
def test_who_is_removed(
    warehouse: Warehouse,
    tell: Callable[..., None],
    judge: Callable[[str], list[Row]],
    number: int,
) -> None:
    told = ROUNDS[number]
    tell(*(case.history for case in told.values()))
    found = {key: judge(name) for key, name in QUERIES.items()}
    for stream, case in told.items():
        assert judged(stream, found) == case.expected()
        if stream in MODELS:
            model, key = MODELS[stream]
            shown = {row[key] for row in warehouse.query(f"select * from {model}")}  # noqa: S608
            assert shown == {entity for entity, _ in case.history.rows} - case.removed


def test_each_doubt_has_advice_of_its_own(
    tell: Callable[..., None], judge: Callable[[str], list[Row]]
) -> None:
    advice: dict[str, str] = {}
    for history, _, doubts, *_ in HISTORIES.values():
        if doubts - advice.keys():
            tell(history)
            advice |= {row["doubt"]: row["advice"] for row in judge("techwolf_removals_in_doubt")}
    assert advice.keys() == {FUTURE, SCOPE, MISSING, FEWER, MANY, NEVER, OVERTAKEN}
    assert len(set(advice.values())) == len(advice)
    assert "replication-method: FULL_TABLE" in advice[NEVER]


def test_an_export_that_was_never_loaded_in_full_is_told(
    tell: Callable[..., None], judge: Callable[[str], list[Row]]
) -> None:
    tell(
        History().pass_(1, "a").pass_(2),  # In a new table, with the state of an old one.
        History(GOALS).full(1, loaded=False).pass_(2),
    )
    assert judge("techwolf_exports_without_full_pass") == [{"stream": EMPLOYEES}]


VOLUMES = {
    "a fifth fewer": (full_passes(10, 8), []),
    "more than a fifth fewer": (full_passes(100, 79), [(79, 100)]),
    "more than a fifth fewer, some passes ago": (full_passes(100, 79, 79), []),
    "nothing any more": (full_passes(10, 0), [(0, 10)]),
    "with another filter": (full_passes(10).full(2, "p0", scope="x"), []),
    "than before another filter": (full_passes(10).full(2, scope="x").full(3, "p0"), [(1, 10)]),
    "in a pass that is not known to be loaded": (full_passes(10).full(2, "p0", loaded=False), []),
    "than in such a pass": (full_passes(2).full(2, *ALL, loaded=False).full(3, "p0", "p1"), []),
    "in an incremental pass": (full_passes(10).pass_(2, "p0"), []),
}


@pytest.mark.parametrize("name", VOLUMES)
def test_a_drop_in_the_number_of_records_is_told(
    tell: Callable[..., None], judge: Callable[[str], list[Row]], name: str
) -> None:
    history, drops = VOLUMES[name]
    tell(history, History(JOBS).full(1, *ALL).full(2, *ALL))
    columns = ("stream", "record_count", "earlier_record_count")
    expected = [dict(zip(columns, (EMPLOYEES, *drop), strict=True)) for drop in drops]
    assert judge("techwolf_volume_drops") == expected


def test_when_it_was_noticed(warehouse: Warehouse, tell: Callable[..., None]) -> None:
    tell(
        History()
        .full(1, *ALL)
        .pass_(2, "a", "b")
        .full(3, counted=0)
        .full(4, *LEFT, loaded=False, writes=False)
        .full(5, *LEFT, completed=6.5)
        .full(7, *people(8))
        .full(8, *people(8))
    )
    found = warehouse.query("select * from techwolf_removed order by external_id")
    assert [{**row, **_days(row)} for row in found] == [
        {"stream": EMPLOYEES, "external_id": "a", "last_exported_at": 2, "noticed_at": 6.5},
        {"stream": EMPLOYEES, "external_id": "b", "last_exported_at": 5, "noticed_at": 7.1},
    ]


def _days(row: Row) -> dict[str, float]:
    return {
        key: round((row[key].replace(tzinfo=UTC) - START) / timedelta(days=1), 6)
        for key in ("last_exported_at", "noticed_at")
    }


def test_one_table_in_doubt_leaves_the_others(
    warehouse: Warehouse, tell: Callable[..., None]
) -> None:
    tell(
        History(EMPLOYEES).full(1, *ALL).full(2, *LEFT, scope="other"),
        History(JOBS).full(1, *ALL).full(2, *LEFT),
        History(GOALS).full(1, *ALL).full(2, *LEFT),
    )
    found = warehouse.query("select stream from techwolf_removed order by stream")
    assert [row["stream"] for row in found] == [GOALS, JOBS]


def test_another_streams_log_says_nothing(warehouse: Warehouse, tell: Callable[..., None]) -> None:
    tell(
        History(EMPLOYEES).full(1, *LEFT).killed(2, "a").full(3, *LEFT),
        History(JOBS).full(1, *ALL).full(2, *ALL),
    )
    assert warehouse.query("select * from techwolf_removed") == []


def test_the_optional_streams_follow_the_same_rules(
    warehouse: Warehouse,
    project: Project,
    tell: Callable[..., None],
    judge: Callable[[str], list[Row]],
) -> None:
    doubtful, *others = OPTIONAL
    tell(
        History(doubtful).full(1, *ALL).full(2, *LEFT, scope="other"),
        *(History(stream).full(1, *ALL).full(2, *LEFT) for stream in others),
    )
    removed = "select stream, external_id from techwolf_removed order by stream"
    assert [tuple(row.values()) for row in warehouse.query(removed)] == [
        (stream, "a") for stream in sorted(others)
    ]
    assert [row["stream"] for row in judge("techwolf_removals_in_doubt")] == [doubtful]
    for model, column, gone in (
        ("techwolf_skills", "skill_id", set()),
        ("techwolf_employees", "employee_id", {"a"}),
        ("techwolf_organisational_units", "organisational_unit_id", {"a"}),
        ("techwolf_jobs", "job_id", {"a"}),
    ):
        shown = warehouse.query(f"select {column} from {model}")  # noqa: S608
        assert {row[column] for row in shown} == set(ALL) - gone
    said = project("run-operation", "techwolf_delete_removed")
    for stream, column in OPTIONAL.items():
        rows = warehouse.query(f"select {column} from {SCHEMA}.{stream}")  # noqa: S608
        is_left = stream == doubtful
        assert {row[column] for row in rows} == set(ALL if is_left else LEFT)
        assert f"{stream}: {0 if is_left else 1} rows of {0 if is_left else 1} removed" in said


def test_an_optional_stream_drops_and_is_not_loaded_as_the_others(
    tell: Callable[..., None], judge: Callable[[str], list[Row]]
) -> None:
    few, lost, partial = list(OPTIONAL)[:3]
    tell(
        History(few).full(1, *people(100)).full(2, *people(79)),
        # Of the pass on day 1, no more is to be said: a full one that was loaded followed.
        History(lost)
        .full(1, *ALL, loaded=False)
        .full(2, *ALL)
        .full(3, *ALL, loaded=False)
        .full(4, *ALL, loaded=False),
        History(partial).pass_(1, *ALL),  # Of a list that moved while it was read.
    )
    assert [row["stream"] for row in judge("techwolf_volume_drops")] == [few]
    [row] = judge("techwolf_full_passes_not_loaded")
    assert (row["stream"], row["began_at"].replace(tzinfo=UTC)) == (lost, moment(3))
    assert judge("techwolf_exports_without_full_pass") == [{"stream": partial}]


def test_the_operation_deletes_the_removed_rows_and_no_others(
    warehouse: Warehouse, project: Project, tell: Callable[..., None]
) -> None:
    tell(
        History(EMPLOYEES).full(1, *ALL).full(2, *LEFT),
        History(GOALS)
        .full(1, ("a", 1), ("a", 2), *[(one, 1) for one in LEFT])
        .full(2, *[(one, 1) for one in LEFT]),
        History(JOBS).full(1, *ALL).full(2, *LEFT, scope="other"),
    )
    before = _ids(warehouse)
    shown = project("run-operation", "techwolf_delete_removed", "--args", "{dry_run: true}")
    assert f"{EMPLOYEES}: 1 rows of 1 removed employees" in shown
    assert f"{GOALS}: 2 rows of 1 removed employees" in shown
    assert f"{JOBS}: 0 rows of 0 removed jobs" in shown
    assert f"{JOBS}: in doubt, as {SCOPE}. Run a full sync once more" in shown
    assert _ids(warehouse) == before
    shown = project("run-operation", "techwolf_delete_removed")
    assert f"{GOALS}: 2 rows of 1 removed employees" in shown
    assert _ids(warehouse) == {EMPLOYEES: sorted(LEFT), GOALS: sorted(LEFT), JOBS: sorted(ALL)}
    assert warehouse.query("select * from techwolf_removed") == []


def _ids(warehouse: Warehouse) -> dict[str, list[str]]:
    return {
        table: sorted(
            row["external_id"]
            for row in warehouse.query(f"select external_id from {SCHEMA}.{table}")  # noqa: S608
        )
        for table in (EMPLOYEES, GOALS, JOBS)
    }
