"""What changed over time: five passes, and the histories that are built after each of them.

Pass 3 is never known to be loaded, and 3 and 5 are incremental. Each has the number of the day of
January on which it began.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.dbt.warehouses import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dbt.singer import Row
    from tests.dbt.warehouses import Project, Warehouse

EMPLOYEES, JOBS = "employee_task_profiles", "job_task_profiles"
NEWEST, FULL, NOT_LOADED = 5, {1, 2, 4}, 3
HISTORIES = ("run", "--select", "techwolf.history")
JUDGES = LEFT_OPEN, NOT_KEPT = ("techwolf_task_history_left_open", "techwolf_task_ids_not_kept")
# There are few jobs here, and many of them are removed.
VARIABLES = {"techwolf_history": True, "techwolf_max_removed_share": 1}
VIEWS = {"+materialized": "view", "history": {"+materialized": "incremental"}}
TABLES = f"""
    create table {SCHEMA}.{EMPLOYEES} (external_id varchar, tasks varchar, exported_at timestamp);
    create table {SCHEMA}.{JOBS} (external_id varchar, tasks varchar, exported_at timestamp);
    create table {SCHEMA}.employees as
        select 'p' || n as external_id, 'unit' as organisational_unit, true as active,
            {{day}} as exported_at
        from generate_series(0, 9) as numbers (n);
    create table {SCHEMA}.organisational_units as
        select 'unit' as external_id, 'Unit' as name, {{day}} as exported_at;
    create table {SCHEMA}.completed_passes (
        stream varchar, began_at timestamp, completed_at timestamp, is_full boolean,
        record_count bigint, scope_hash varchar, loaded_at timestamp
    )
"""  # noqa: S608


def moment(day: float) -> datetime:
    return datetime(2025, 12, 31) + timedelta(days=day)  # noqa: DTZ001 - in UTC, as in the tables


def literal(value: object) -> str:
    if value is None or isinstance(value, bool | int):
        return "null" if value is None else str(value)
    return f"'{value}'"


def t(key: str, hours: float | None = 5, level: str | None = "H1", **more: Any) -> Row:
    """Return a task as the API does."""
    impact = {"level": level, "rationale": "Because."} if level else None
    return {"task_id": key, "weekly_hours": hours, "ai_impact": impact, **more}


class At(NamedTuple):
    """Tasks of a pass whose clock was wrong."""

    day: float | None
    tasks: list[Row]


class State(NamedTuple):
    """A row of the history of tasks, as expected."""

    task_id: str
    began: float
    ended: float | None = None
    hours: float | None = 5
    level: str | None = "H1"
    task: str | None = None
    validation: str | None = None


GONE, DELETED = "gone", "deleted"
UNREADABLE = "[{"


class Story(NamedTuple):
    """What passes return of an employee or job, if it differs from the pass before; its history."""

    returned: dict[int, Any]
    history: list[State]


JOB_STORIES = {
    "same": Story({1: [t("a")]}, [State("a", 1)]),
    "changed": Story(
        {
            1: [t("a"), t("b")],
            2: [t("a", 6), t("b")],
            3: [t("a", 6, task="Read"), t("b")],
            4: [t("a", 6, "H2", task="Read"), t("b")],
            5: [t("a", 6, "H2", task="Read", validation_state="validated"), t("b")],
        },
        [
            State("a", 1, 2),
            State("a", 2, 3, 6),
            State("a", 3, 4, 6, "H1", "Read"),
            State("a", 4, 5, 6, "H2", "Read"),
            State("a", 5, None, 6, "H2", "Read", "validated"),
            State("b", 1),
        ],
    ),
    "changed to what it was": Story(
        {1: [t("a")], 2: [t("a", 6)], 3: [t("a")]},
        [State("a", 1, 2), State("a", 2, 3, 6), State("a", 3)],
    ),
    "another rationale": Story(
        {1: [t("a")], 2: [{**t("a"), "ai_impact": {"level": "H1", "rationale": "Or so."}}]},
        [State("a", 1)],
    ),
    "rated later": Story(
        {1: [t("a", None, None)], 4: [t("a", 2, "H3")]},
        [State("a", 1, 4, None, None), State("a", 4, None, 2, "H3")],
    ),
    "rejected": Story(
        {1: [t("a")], 2: [t("a", validation_state="rejected")]},
        [State("a", 1, 2), State("a", 2, validation="rejected")],
    ),
    "listed twice": Story(
        {1: [t("a", 1, validation_state="rejected"), t("a", 2), t("a", 3), {"task": "No id"}]},
        [State("a", 1, None, 2)],
    ),
    "one vanished": Story({1: [t("a"), t("b")], 2: [t("a")]}, [State("a", 1), State("b", 1, 2)]),
    "all vanished, one came back": Story(
        {1: [t("a"), t("b")], 2: [], 5: [t("a")]},
        [State("a", 1, 2), State("b", 1, 2), State("a", 5)],
    ),
    "moved away": Story({1: [t("m"), t("a")], 2: [t("a")]}, [State("m", 1, 2), State("a", 1)]),
    "moved here": Story({1: [], 2: [t("m")]}, [State("m", 2)]),
    "came later": Story({3: [t("a")]}, [State("a", 3)]),
    "never had a list": Story({1: None}, []),
    # Nothing is known of what becomes of these tasks.
    "no list any more": Story({1: [t("a")], 2: None}, [State("a", 1)]),
    "unreadable": Story({1: [t("a")], 2: UNREADABLE}, [State("a", 1)]),
    "row deleted": Story({1: [t("a")], 3: DELETED}, [State("a", 1)]),
    # Clocks.
    "without a time": Story({1: At(None, [t("a")])}, []),
    "clock went back": Story(
        {1: [t("a"), t("b")], 2: At(0.5, [t("a", 9), t("c")]), 4: [t("a", 9)]},
        [State("a", 1, 4), State("b", 1, 4), State("a", 4, None, 9)],
    ),
    "clock was far ahead": Story(
        {1: [t("a")], 2: At(3000, [t("a", 9)]), 4: [t("a", 6)]},
        [State("a", 1, 4), State("a", 4, None, 6)],
    ),
    # Removals: noticed by pass 2, which the run of pass 3 finds to be loaded, or by pass 4.
    "left": Story({1: [t("a"), t("b")], 2: GONE}, [State("a", 1, 2), State("b", 1, 2)]),
    "left after a change": Story(
        {1: [t("a"), t("b")], 3: [t("a", 6), t("c")], 4: GONE},
        [State("a", 1, 3), State("b", 1, 3), State("a", 3, 4, 6), State("c", 3, 4)],
    ),
    "left and came back": Story(
        {1: [t("a"), t("b")], 2: GONE, 5: [t("a")]},
        [State("a", 1, 2), State("b", 1, 2), State("a", 5)],
    ),
}
# With techwolf_keep_removed from the fifth pass on, removed jobs have an end from the beginning.
KEPT = {
    "left": [State("a", 1, 2), State("b", 1, 2)],
    "left after a change": [State("a", 3, 4, 6), State("c", 3, 4)],
    "left and came back": [State("a", 5)],
}
EMPLOYEE_STORIES = {
    # TechWolf gives most of their tasks new ids.
    **{f"p{n}": Story({1: [t(f"t{n}")], 5: [t(f"new{n}", 4)]}, []) for n in range(6)},
    **{f"p{n}": Story({1: [t(f"t{n}")], 5: [t(f"t{n}")]}, []) for n in range(6, 10)},
    "idle": Story({1: [t("a")], 2: []}, []),
    "leaver": Story({1: [t("a"), t("b")], 2: [t("a", 6)], 4: GONE}, []),
    "erased early": Story({1: [t("a")], 2: GONE, 5: DELETED}, []),
    "lost": Story({1: [t("a")], 5: DELETED}, []),
    "back": Story({1: [t("a")], 2: GONE, 5: [t("a")]}, []),
}
STORIES = {JOBS: JOB_STORIES, EMPLOYEES: EMPLOYEE_STORIES}


@dataclass
class Tables:
    """The loaded tables."""

    warehouse: Warehouse
    current: dict[tuple[str, str], Any] = field(default_factory=dict)
    counts: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.warehouse.execute(TABLES.format(day=f"cast('{moment(1)}' as timestamp)"))

    def load(self, day: int) -> None:
        """Load a pass; the log says which of those before it are loaded."""
        statements = ["delete from completed_passes"]
        for stream, stories in STORIES.items():
            returned = 0
            for key, story in stories.items():
                if day in story.returned:
                    self.current[stream, key] = story.returned[day]
                elif day not in FULL:
                    continue
                current = self.current.get((stream, key), GONE)
                if current == GONE:
                    continue
                statements.append(f"delete from {stream} where external_id = '{key}'")  # noqa: S608
                if current == DELETED:
                    continue
                at, tasks = current if isinstance(current, At) else (day, current)
                text = tasks if isinstance(tasks, str | None) else json.dumps(tasks)
                exported_at = None if at is None else moment(at)
                values = ", ".join(map(literal, (key, text, exported_at)))
                statements.append(f"insert into {stream} values ({values})")  # noqa: S608
                returned += 1
            self.counts[stream, day] = returned
        self.warehouse.execute("; ".join([*statements, *self.log(day)]))

    def log(self, day: int) -> list[str]:
        """Return the statements that log the passes up to this one."""
        return [
            _logged(stream, one, count, loaded=one < day and one != NOT_LOADED)
            for (stream, one), count in self.counts.items()
        ]


def _logged(stream: str, day: float, count: int, *, loaded: bool) -> str:
    moments = (moment(day), moment(day + 0.1))
    values = (stream, *moments, day in FULL, count, "all", moment(day + 1) if loaded else None)
    return f"insert into completed_passes values ({', '.join(map(literal, values))})"  # noqa: S608


def states(warehouse: Warehouse, kind: str = "job") -> dict[str, list[State]]:
    """Return the history of tasks, by job or employee."""
    found: dict[str, list[State]] = {}
    for row in warehouse.query(f"select * from techwolf_{kind}_task_history"):  # noqa: S608
        state = State(
            row["task_id"],
            day(row["valid_from"]),
            None if row["valid_to"] is None else day(row["valid_to"]),
            row["weekly_hours"],
            row["ai_impact_level"],
            row["task"],
            row["validation_state"],
        )
        found.setdefault(row[f"{kind}_id"], []).append(state)
    return {key: sorted(found[key], key=str) for key in sorted(found)}


def day(value: datetime | str) -> float:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return round((at - moment(0)) / timedelta(days=1), 6)


def told(stories: dict[str, list[State]]) -> dict[str, list[State]]:
    return {key: sorted(stories[key], key=str) for key in sorted(stories) if stories[key]}


def passes(warehouse: Warehouse, kind: str) -> list[float]:
    """Return the passes whose exposure is kept, each job or unit once."""
    key = "job_id" if kind == "job" else "organisational_unit_id"
    rows = warehouse.query(
        f"select as_of, count(*) - count(distinct {key}) as again"  # noqa: S608
        f" from techwolf_{kind}_ai_exposure_history group by as_of"
    )
    assert {row["again"] for row in rows} == {0}
    return sorted(day(row["as_of"]) for row in rows)


def judged(warehouse: Warehouse, project: Project, name: str) -> set[tuple[Any, ...]]:
    query = f"select * from ({project.compiled_test(name)}) as found"  # noqa: S608
    return {tuple(row.values()) for row in warehouse.query(query)}


@dataclass
class Built:
    """What the histories and their tests say after each pass."""

    tables: Tables
    columns: dict[str, list[str]] = field(default_factory=dict)
    jobs: dict[int, dict[str, list[State]]] = field(default_factory=dict)
    passes: dict[int, list[list[float]]] = field(default_factory=dict)
    judged: dict[int, dict[str, set[tuple[Any, ...]]]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def project(warehouse: Warehouse, make_project: Callable[[Warehouse], Project]) -> Project:
    project = make_project(warehouse)
    project.configure({"models": {"techwolf": VIEWS}, "vars": VARIABLES})
    return project


@pytest.fixture(scope="module", autouse=True)
def built(warehouse: Warehouse, project: Project) -> Built:
    found = Built(Tables(warehouse))
    for number in range(1, NEWEST + 1):
        found.tables.load(number)
        if number == 1:
            views = ("+techwolf.history", "techwolf_ai_exposure_changes", *JUDGES)
            ended = project.build("--indirect-selection", "empty", "--select", *views)
            assert set(ended.values()) == {"success", "pass"}
            nodes = project.manifest()["nodes"].values()
            found.columns = {
                node["name"]: list(node["columns"])
                for node in nodes
                if "models/history/" in (node.get("patch_path") or "")
            }
        else:
            project(*HISTORIES)
        found.jobs[number] = states(warehouse)
        found.passes[number] = [passes(warehouse, kind) for kind in ("job", "unit")]
        found.judged[number] = {name: judged(warehouse, project, name) for name in JUDGES}
    return found


def test_each_state_of_a_task_is_kept_with_the_passes_in_which_it_held(built: Built) -> None:
    expected = told({key: story.history for key, story in JOB_STORIES.items()})
    assert built.jobs[NEWEST] == expected


def test_the_first_build_has_the_states_of_that_pass(built: Built) -> None:
    first = {
        key: [state._replace(ended=None) for state in story.history if state.began == 1]
        for key, story in JOB_STORIES.items()
    }
    assert built.jobs[1] == told(first)


def test_a_removal_ends_tasks_once_it_is_known(built: Built) -> None:
    assert [state.ended for state in built.jobs[2]["left"]] == [None, None]
    assert [state.ended for state in built.jobs[3]["left"]] == [2, 2]
    assert {state.ended for state in built.jobs[4]["left after a change"]} == {None, 3}


def test_exposure_is_kept_for_each_pass_that_is_or_may_be_loaded(built: Built) -> None:
    expected = {1: [1], 2: [1, 2], 3: [1, 2, 3], 4: [1, 2, 3, 4], 5: [1, 2, 4, 5]}
    assert built.passes == {number: [days, days] for number, days in expected.items()}


def test_what_was_not_seen_to_end_is_told(built: Built) -> None:
    assert built.judged[1][LEFT_OPEN] == set()
    assert built.judged[NEWEST][LEFT_OPEN] == {
        (JOBS, "no list of tasks", 2),
        (JOBS, "no row", 1),
        (EMPLOYEES, "no row", 1),
    }


def test_new_ids_for_most_tasks_are_told(built: Built) -> None:
    assert built.judged[NEWEST][NOT_KEPT] == {(EMPLOYEES, 10, 4)}
    assert [built.judged[number][NOT_KEPT] for number in range(1, NEWEST)] == [set()] * 4


def test_exposure_is_that_of_the_model_at_that_time(warehouse: Warehouse) -> None:
    rows = warehouse.query(
        "select as_of, tasks, weekly_hours, hours_h1, share_h2"
        " from techwolf_job_ai_exposure_history where job_id = 'changed' order by as_of"
    )
    assert [(day(row.pop("as_of")), *row.values()) for row in rows] == [
        (1, 2, 10, 10, 0),
        (2, 2, 11, 11, 0),
        (4, 2, 11, 5, 6 / 11),
        (5, 2, 11, 5, 6 / 11),
    ]
    rows = warehouse.query(
        "select as_of, employees, weekly_hours"
        " from techwolf_unit_ai_exposure_history order by as_of"
    )
    assert [(day(row.pop("as_of")), *row.values()) for row in rows] == [
        *((number, 10, 50) for number in (1, 2, 4)),
        (5, 10, 44),
    ]


def test_every_model_and_column_is_described_and_there(warehouse: Warehouse, built: Built) -> None:
    assert len(built.columns) == 5
    for name, described in built.columns.items():
        rows = warehouse.query(
            "select column_name from information_schema.columns"  # noqa: S608
            f" where table_schema = '{SCHEMA}' and table_name = '{name}' order by ordinal_position"
        )
        assert [row["column_name"] for row in rows] == described


CHANGES = (
    "select job_id, weekly_hours_before, weekly_hours_after, weekly_hours_difference,"
    " hours_h1_difference, round(cast(share_h2_after as numeric), 2) as share,"
    " tasks_appeared, tasks_vanished, tasks_moved from techwolf_ai_exposure_changes"
)
SIDES = "select distinct as_of_before, as_of_after from techwolf_ai_exposure_changes"


def changes(warehouse: Warehouse) -> dict[str, tuple[Any, ...]]:
    rows = [tuple(row.values()) for row in warehouse.query(CHANGES)]
    return {key: tuple(None if v is None else float(v) for v in values) for key, *values in rows}


def test_two_days_are_compared_by_default_the_newest_and_a_month_before(
    warehouse: Warehouse,
) -> None:
    [sides] = warehouse.query(SIDES)
    assert [day(side) for side in sides.values()] == [1, 5]
    found = changes(warehouse)
    assert found["same"] == (5, 5, 0, 0, 0, 0, 0, 0)
    assert found["changed"] == (10, 11, 1, -5, 0.55, 0, 0, 1)
    assert found["rated later"] == (None, 2, None, None, 0, 0, 0, 1)
    assert found["rejected"] == (5, None, None, None, None, 0, 1, 0)
    assert found["one vanished"] == (10, 5, -5, -5, 0, 0, 1, 0)
    assert found["all vanished, one came back"] == (10, 5, -5, -5, 0, 0, 1, 0)
    assert found["moved here"] == (None, 5, None, None, 0, 1, 0, 0)
    assert found["came later"] == (None, 5, None, None, 0, 1, 0, 0)
    assert found["left"] == (10, None, None, None, None, 0, 2, 0)
    assert found.keys() == JOB_STORIES.keys()


def test_other_days_are_compared(warehouse: Warehouse, project: Project) -> None:
    days = "{techwolf_changes_from: 2026-01-03, techwolf_changes_to: '2026-01-04'}"
    project("run", "--select", "techwolf_ai_exposure_changes", "--vars", days)
    [sides] = warehouse.query(SIDES)
    assert [day(side) for side in sides.values()] == [2, 4]
    assert changes(warehouse)["changed"] == (11, 11, 0, -6, 0.55, 0, 0, 1)


@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True, scope="module")
def test_a_day_is_compared_with_the_newest(warehouse: Warehouse, project: Project) -> None:
    days = "{techwolf_changes_from: 2026-01-04}"
    project("run", "--select", "techwolf_ai_exposure_changes", "--vars", days)
    [sides] = warehouse.query(SIDES)
    assert [day(side) for side in sides.values()] == [4, 5]


# How PostgreSQL writes a history shows above; this is about which rows are chosen.
@pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True, scope="module")
def test_what_is_removed_is_not_reopened_nor_what_came_back_removed(
    warehouse: Warehouse, make_project: Callable[[Warehouse], Project]
) -> None:
    job = f"update {SCHEMA}.{JOBS} set tasks = '{{}}', exported_at = '{{}}'"  # noqa: S608
    same, here = (f"{job} where external_id = '{key}'" for key in ("same", "moved here"))
    newest = f"update {SCHEMA}.completed_passes set is_full = {{}}, loaded_at = {{}}"  # noqa: S608
    newest += f" where stream = '{JOBS}' and began_at = '{moment(5)}'"
    warehouse.schema = "kept"
    try:
        project = make_project(warehouse)
        variables = VARIABLES | {"techwolf_keep_removed": True, "techwolf_schema": SCHEMA}
        project.configure({"vars": variables})
        models = ("stg_techwolf__job_task_profiles", "techwolf_job_task_history")
        project("run", "--select", "techwolf_removed", "stg_techwolf__job_tasks", *models)
        first = states(warehouse)
        assert {key: first[key] for key in KEPT} == KEPT
        # A load between the builds of two tables: nothing is known of the job until the next build.
        warehouse.execute(same.format(json.dumps([t("a", 6)]), moment(7)))
        # Another job was removed when techwolf_removed was built, and has come back.
        removed = ", ".join(map(literal, (JOBS, "moved here", moment(4), moment(5.1))))
        warehouse.execute(
            f"insert into kept.techwolf_removed values ({removed});"  # noqa: S608
            f"{newest.format('true', literal(moment(6)))};"
            f"{here.format(json.dumps([t('m')]), moment(7))}"
        )
        project("run", "--select", *models)
        assert states(warehouse) == first
        project("run", "--select", "stg_techwolf__job_tasks", *models)
        assert states(warehouse) == first | {"same": [State("a", 4, 7), State("a", 7, None, 6)]}
    finally:
        warehouse.schema = SCHEMA
        warehouse.execute(same.format(json.dumps([t("a")]), moment(4)))
        warehouse.execute(here.format(json.dumps([t("m")]), moment(4)))
        warehouse.execute(newest.format("false", "null"))


def test_removed_employees_are_deleted_from_their_history(
    warehouse: Warehouse, project: Project
) -> None:
    employees, jobs = states(warehouse, "employee"), states(warehouse)
    line = "techwolf_employee_task_history: {} rows of {} removed employees"
    scope = f"update completed_passes set scope_hash = '{{}}' where began_at = '{moment(4)}'"  # noqa: S608
    # Where no full pass is loaded, nobody is known to be gone.
    turn = "update completed_passes set record_count = -record_count"
    warehouse.execute(turn)
    assert line.format(0, 0) in project("run-operation", "techwolf_delete_removed")
    warehouse.execute(turn)
    # In doubt, an employee without a row may be one whose row was lost.
    warehouse.execute(scope.format("other"))
    said = project("run-operation", "techwolf_delete_removed")
    assert line.format(0, 0) in said
    assert states(warehouse, "employee") == employees
    warehouse.execute(scope.format("all"))
    dry_run = ("--args", "{dry_run: true}")
    assert line.format(4, 2) in project("run-operation", "techwolf_delete_removed", *dry_run)
    assert states(warehouse, "employee") == employees
    # The table is there, even if the history is not built any more.
    off = ("--vars", "{techwolf_history: false}")
    assert line.format(4, 2) in project("run-operation", "techwolf_delete_removed", *off)
    gone = {"leaver", "erased early"}
    assert gone < employees.keys()
    assert states(warehouse, "employee") == {
        key: found for key, found in employees.items() if key not in gone
    }
    assert states(warehouse) == jobs
    rows = warehouse.query(f"select external_id from {EMPLOYEES}")  # noqa: S608
    assert {row["external_id"] for row in rows} == {*employees} - gone - {"lost"}


def test_a_full_refresh_keeps_everything_and_a_pass_counts_once_it_is_there(
    warehouse: Warehouse, project: Project
) -> None:
    before = states(warehouse)
    days = f"'{moment(1)}', '{moment(2)}'"
    is_loaded = f"loaded_at = '{moment(6)}' where began_at = '{moment(5)}'"
    log = [
        f"delete from completed_passes where began_at in ({days})",  # noqa: S608
        f"update completed_passes set {is_loaded}",  # noqa: S608
        _logged(JOBS, 6, 3, loaded=False),
        _logged(EMPLOYEES, 6, 0, loaded=False),
    ]
    warehouse.execute("; ".join(log))
    project(*HISTORIES, "--full-refresh")
    assert states(warehouse) == before
    # What is no longer in the log is kept. The pass over employees returned nothing, and is there.
    assert passes(warehouse, "job") == [1, 2, 4, 5]
    assert passes(warehouse, "unit") == [1, 2, 4, 5, 6]


def test_in_hierarchy_format_nothing_ends_and_nothing_is_added(
    warehouse: Warehouse, project: Project
) -> None:
    before = states(warehouse)
    warehouse.execute(f"update {JOBS} set tasks = null, exported_at = '{moment(6)}'")  # noqa: S608
    project(*HISTORIES)
    assert states(warehouse) == before
    assert passes(warehouse, "job") == [1, 2, 4, 5]
    holding = {key for key, found in before.items() if any(one.ended is None for one in found)}
    gone = {"row deleted"}
    assert (JOBS, "no list of tasks", len(holding - gone)) in judged(warehouse, project, LEFT_OPEN)
