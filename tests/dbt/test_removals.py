"""Who counts as removed, told as histories of passes; each history begins with empty tables.

The tables are the loaders' own, the models are built once, and are views.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.singer import Row, lines
from tests.dbt.warehouses import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dbt.warehouses import Project, Warehouse

START = datetime(2026, 1, 1, tzinfo=UTC)
EMPLOYEES, GOALS, JOBS = "employee_task_profiles", "employee_ai_goals", "job_task_profiles"
TABLES = (EMPLOYEES, GOALS, JOBS, "completed_passes")
MODELS = {
    EMPLOYEES: ("techwolf_employee_tasks", "employee_id"),
    GOALS: ("techwolf_ai_goals", "employee_id"),
    JOBS: ("techwolf_job_ai_exposure", "job_id"),
}
FUTURE = "its last full pass began in the future"
PARTIAL = "rows of its last full pass are missing"
FEWER = "its last full pass brought far fewer records than expected"
SCOPE = "its passes differ in what they let through"
UNLOGGED = "an unfinished pass has overwritten rows"


@dataclass
class History:
    """Tables of one stream after some passes. Moments are in days since the start."""

    stream: str = EMPLOYEES
    rows: dict[tuple[str, int | None], float | None] = field(default_factory=dict)
    log: dict[float, Row] = field(default_factory=dict)

    def pass_(
        self,
        began: float,
        *entities: str | tuple[str, int],
        full: bool = False,
        completed: float | None = None,
        scope: str | None = "all",
        counted: int | None = None,
        writes: bool = True,
        logs: bool = True,
    ) -> History:
        """Let a pass bring entities, in all or in part."""
        keys = [(one, None) if isinstance(one, str) else one for one in entities]
        if writes:
            self.rows |= dict.fromkeys(keys, began)
        if logs:
            self.log[began] = {
                "is_full": full,
                "completed_at": began + 0.1 if completed is None else completed,
                "record_count": len(keys) if counted is None else counted,
                "scope_hash": scope,
            }
        return self

    def full(self, began: float, *entities: str | tuple[str, int], **options: Any) -> History:
        return self.pass_(began, *entities, full=True, **options)

    def killed(self, began: float, *entities: str | tuple[str, int]) -> History:
        return self.pass_(began, *entities, logs=False)

    def statements(self) -> str:
        inserts = [
            f"insert into {self.stream} (external_id{', version' if self.stream == GOALS else ''},"  # noqa: S608
            f" exported_at) values ('{key}'{f', {version or 0}' if self.stream == GOALS else ''},"
            f" {_literal(at)})"
            for (key, version), at in self.rows.items()
        ]
        inserts += [
            "insert into completed_passes"  # noqa: S608
            " (stream, began_at, completed_at, is_full, record_count, scope_hash) values"
            f" ('{self.stream}', {_literal(began)}, {_literal(entry['completed_at'])},"
            f" {entry['is_full']}, {entry['record_count']},"
            f" {_text(entry['scope_hash'])})"
            for began, entry in self.log.items()
        ]
        return "; ".join(inserts)


def _literal(days: float | None) -> str:
    return "null" if days is None else f"'{moment(days).replace(tzinfo=None).isoformat(' ')}'"


def _text(value: str | None) -> str:
    return "null" if value is None else f"'{value}'"


def moment(days: float) -> datetime:
    return START + timedelta(days=days)


def people(count: int, beside: str = "") -> list[str]:
    """Return the ids of so many employees, and of some by name."""
    return [f"p{number}" for number in range(count)] + list(beside)


NOW = (datetime.now(tz=UTC) - START) / timedelta(days=1)
ALL = people(8, "ab")
LEFT = people(8, "b")  # without a

# A history, the entities that are removed in it, and the doubts.
HISTORIES: dict[str, tuple[History, set[str], set[str]]] = {
    "nothing logged": (History().killed(1, *ALL).killed(2, *LEFT), set(), set()),
    "first load": (History().full(1, *ALL), set(), set()),
    "nobody left": (History().full(1, *ALL).full(2, *ALL), set(), set()),
    "one left": (History().full(1, *ALL).full(2, *LEFT), {"a"}, set()),
    "one left, still gone after incremental passes": (
        History().full(1, *ALL).full(2, *LEFT).pass_(3, "p1").pass_(4, "new"),
        {"a"},
        set(),
    ),
    "one left after an incremental pass": (
        History().full(1, *ALL).pass_(2, "a").full(3, *LEFT),
        {"a"},
        set(),
    ),
    "no full pass since": (History().full(1, *ALL).pass_(2, *LEFT), set(), set()),
    "an incremental pass that brought nothing": (
        History().full(1, *ALL).full(2, *LEFT).pass_(3),
        {"a"},
        set(),
    ),
    "one came back": (History().full(1, *ALL).full(2, *LEFT).pass_(3, "a"), set(), set()),
    "one came back and left again": (
        History().full(1, *ALL).full(2, *LEFT).pass_(3, "a").full(4, *LEFT),
        {"a"},
        set(),
    ),
    "two left, one after the other": (
        History().full(1, *ALL).full(2, *LEFT).full(3, *people(8)),
        {"a", "b"},
        set(),
    ),
    "a full pass that brought nothing": (
        History().full(1, *ALL).full(2, *LEFT).full(3),
        {"a"},
        set(),
    ),
    "only full passes that brought nothing": (History().full(1).killed(0, "a"), set(), set()),
    "an empty table": (History().full(1, *ALL, writes=False), set(), {PARTIAL}),
    "with a start date no pass is full": (
        History().pass_(1, *ALL).pass_(2, *LEFT),
        set(),
        set(),
    ),
    "a refresh with a start date after a full pass": (
        History().full(1, *ALL).pass_(2, *people(2)),
        set(),
        set(),
    ),
    "a full pass was killed": (History().full(1, *ALL).killed(2, *people(4)), set(), set()),
    "a killed full pass, and the next one": (
        History().full(1, *ALL).killed(2, *people(4)).full(3, *LEFT),
        {"a"},
        set(),
    ),
    "a pass was killed after the one that decides": (
        History().full(1, *ALL).full(2, *LEFT).killed(3, "p1", "new"),
        {"a"},
        set(),
    ),
    "an entity of a killed pass left": (
        History().full(1, *LEFT).killed(2, "a").full(3, *LEFT),
        set(),
        {UNLOGGED},
    ),
    "an entity of a killed pass left, two full passes ago": (
        History().full(1, *LEFT).killed(2, "a").full(3, *LEFT).full(4, *LEFT),
        {"a"},
        set(),
    ),
    "a pass was resumed and is one": (
        History().full(1, *ALL).full(2, *LEFT, completed=9),
        {"a"},
        set(),
    ),
    "a killed pass wrote on after the full one": (
        History().full(1, *ALL).full(3, *ALL).killed(2, "p1").pass_(4, "new"),
        set(),
        {UNLOGGED},
    ),
    "before the first full pass, rows of nobody knows which pass": (
        History().killed(0, "old").full(1, *ALL),
        set(),
        {UNLOGGED},
    ),
    "such rows after the second full pass": (
        History().killed(0, "old").full(1, *ALL).full(2, *ALL),
        {"old"},
        set(),
    ),
    "an incremental pass beside the full one": (
        # It wrote p1 after the full pass had; a newcomer makes up for p1's row.
        History().full(1, *ALL).full(3, *LEFT).pass_(2, "p1", completed=3.05).pass_(4, "new"),
        {"a"},
        set(),
    ),
    "a pass that never said when it was completed": (
        History().full(1, *ALL).full(3, *ALL).pass_(2, "p1").pass_(4, "new"),
        set(),
        set(),
    ),
    "the second extractor has a state of its own": (
        History().full(1, *ALL).full(1.05, *ALL).pass_(2, "p1").full(3, *LEFT).pass_(3.5, "p1"),
        {"a"},
        set(),
    ),
    "the second extractor has another filter": (
        History().full(1, *ALL).full(2, *LEFT).pass_(3, "p1", scope="active"),
        set(),
        {SCOPE},
    ),
    "a row has no moment": (
        History(rows={("a", None): None}).full(1, *LEFT).full(2, *LEFT),
        set(),
        set(),
    ),
    "in the future": (
        History().full(1, *ALL).full(NOW + 0.25, *LEFT, completed=NOW + 0.3),
        set(),
        {FUTURE},
    ),
    "an hour ago, whatever the zone": (
        History().full(1, *ALL).full(NOW - 1 / 24, *LEFT),
        {"a"},
        set(),
    ),
    "a pass in the future that is not full": (
        History().full(1, *ALL).full(2, *LEFT).pass_(NOW + 0.25, "p1"),
        {"a"},
        set(),
    ),
    "the clock went back": (History().full(2, *ALL).full(1, *LEFT), set(), {PARTIAL}),
    "the clock went back for an incremental pass": (
        History().full(1, *ALL).full(3, *LEFT).pass_(2, "p1"),
        set(),
        {PARTIAL},
    ),
    "the clock went back, and the next full pass": (
        History().full(2, *ALL).full(1, *LEFT).full(3, *LEFT),
        {"a"},
        set(),
    ),
    "the log arrived, the rows did not": (
        History().full(1, *ALL).full(2, *LEFT, writes=False),
        set(),
        {PARTIAL},
    ),
    "the log arrived, and all rows but one": (
        History().full(1, *ALL).full(2, *LEFT, counted=10),
        set(),
        {PARTIAL},
    ),
    "a fifth fewer": (
        History().full(1, *people(10)).full(2, *people(8)),
        {"p8", "p9"},
        set(),
    ),
    "more than a fifth fewer": (History().full(1, *people(10)).full(2, *people(7)), set(), {FEWER}),
    "more than a fifth fewer than the tenth pass before": (
        _shrinking := History().full(1, *people(10)),
        set(),
        {FEWER},
    ),
    "more than a fifth fewer than the eleventh pass before": (
        _shrunk := History().full(1, *people(10)),
        {"p7", "p8", "p9"},
        set(),
    ),
    "many leavers in all, few in each pass": (
        History().full(1, *people(10)).full(2, *people(9)).full(3, *people(8)),
        {"p8", "p9"},
        set(),
    ),
    "empty full passes do not hide how many there were": (
        History().full(1, *people(10)).full(2).full(3, *people(7)),
        set(),
        {FEWER},
    ),
    "the first full pass removes a fifth": (
        History().pass_(1, *people(10)).full(2, *people(8)),
        {"p8", "p9"},
        set(),
    ),
    "the first full pass removes more than a fifth": (
        History().pass_(1, *people(10)).full(2, *people(7)),
        set(),
        {FEWER},
    ),
    "another filter": (
        History().full(1, *ALL).full(2, *LEFT, scope="active"),
        set(),
        {SCOPE},
    ),
    "another filter for an incremental pass between": (
        History().full(1, *ALL).pass_(2, "b", scope="active").full(3, *LEFT),
        set(),
        {SCOPE},
    ),
    "another filter before the full pass before": (
        History().pass_(1, *ALL, scope="active").full(2, *LEFT).full(3, *LEFT),
        {"a"},
        set(),
    ),
    "another filter before the only full pass": (
        History().pass_(1, *ALL, scope="active").full(2, *LEFT),
        set(),
        {SCOPE},
    ),
    "two full passes under the narrower filter": (
        History().full(1, *ALL).full(2, *LEFT, scope="x").full(3, *LEFT, scope="x"),
        {"a"},
        set(),
    ),
    "nobody knows the filter": (
        History().full(1, *ALL, scope=None).full(2, *LEFT, scope=None),
        set(),
        {SCOPE},
    ),
    "a version of an AI goal was retracted": (
        History(GOALS)
        .full(1, ("a", 1), ("a", 2), *[(p, 1) for p in people(8)])
        .full(2, ("a", 1), *[(p, 1) for p in people(8)]),
        set(),
        set(),
    ),
    "all versions of an AI goal are gone": (
        History(GOALS)
        .full(1, ("a", 1), *[(p, 1) for p in people(8)])
        .pass_(2, ("a", 2))
        .full(3, *[(p, 1) for p in people(8)]),
        {"a"},
        set(),
    ),
    "a job is gone": (History(JOBS).full(1, *ALL).full(2, *LEFT), {"a"}, set()),
}
for _day in range(2, 12):
    _shrunk.full(_day, *people(8))
_shrunk.full(12, *people(7))
for _day in range(2, 11):
    _shrinking.full(_day, *people(8))
_shrinking.full(11, *people(7))
HISTORIES["a pass that never said when it was completed"][0].log[2]["completed_at"] = None


@pytest.fixture(scope="module", autouse=True)
def doubts(warehouse: Warehouse, project: Project) -> str:
    """The query of the test that warns, with all models built on the loaders' empty tables."""
    filler = {"external_id": "x", "exported_at": START}
    warehouse.load(
        lines(
            {
                EMPLOYEES: [{**filler, "tasks": [{"task_id": "t"}]}],
                GOALS: [{**filler, "version": 1}],
                JOBS: [{**filler, "tasks": []}],
                "completed_passes": [
                    {
                        **dict.fromkeys(("began_at", "completed_at"), START),
                        **dict.fromkeys(("record_count", "page_count", "run_count"), 1),
                        "stream": JOBS,
                        "replication_method": "FULL_TABLE",
                        "is_full": True,
                        "scope_hash": "all",
                    }
                ],
            }
        )
    )
    selected = ("resource_type:model", "techwolf_removals_in_doubt")
    project("build", "--indirect-selection", "empty", "--select", *selected)
    return project.compiled_test("techwolf_removals_in_doubt")


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


@pytest.mark.parametrize("name", HISTORIES)
def test_who_is_removed(
    warehouse: Warehouse, tell: Callable[..., None], doubts: str, name: str
) -> None:
    history, removed, in_doubt = HISTORIES[name]
    tell(history)
    found = warehouse.query("select * from techwolf_removed")
    assert [row["stream"] for row in found] == [history.stream] * len(removed)
    assert {row["external_id"] for row in found} == removed
    assert warehouse.query(f"select * from ({doubts}) as doubts") == [  # noqa: S608
        {"stream": history.stream, "doubt": doubt} for doubt in in_doubt
    ]
    model, key = MODELS[history.stream]
    shown = {row[key] for row in warehouse.query(f"select * from {model}")}  # noqa: S608
    assert shown == {entity for entity, _ in history.rows} - removed


def test_when_it_was_noticed(warehouse: Warehouse, tell: Callable[..., None]) -> None:
    tell(
        History()
        .full(1, *ALL)
        .pass_(2, "a", "b")
        .full(3, counted=0)
        .pass_(4, "p1")
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
    assert f"{JOBS}: in doubt, as {SCOPE}" in shown
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
