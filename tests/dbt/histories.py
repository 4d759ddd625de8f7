"""Who counts as removed, told as histories of passes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

Row = dict[str, Any]
START = datetime(2026, 1, 1, tzinfo=UTC)
EMPLOYEES, GOALS, JOBS = "employee_task_profiles", "employee_ai_goals", "job_task_profiles"
# The column that identifies an entity, for each of the optional streams.
OPTIONAL = {
    "skills": "skill_id",
    "employees": "external_id",
    "organisational_units": "external_id",
    "employee_skill_profiles": "external_id",
    "job_skill_profiles": "external_id",
    "employee_position_matches": "employee_id",
}
# Of the optional streams, each pass of which is full, other passes are of interest.
CORE = (EMPLOYEES, JOBS, GOALS)
STREAMS = (*CORE, *OPTIONAL)
FUTURE = "its last loaded full pass began in the future"
SCOPE = "the settings that limit its passes have changed since the loaded full pass before"
MISSING = "its table holds too few rows of its last loaded full pass and later ones"
FEWER = "its last loaded full pass returned far fewer records than those before"
MANY = "its last loaded full pass would remove too many at once"
NEVER = "no full pass of it is known to be loaded"
OVERTAKEN = "a full pass with an earlier start was confirmed after its last loaded full pass"


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
        loaded: float | bool = True,
        writes: bool = True,
        logs: bool = True,
    ) -> History:
        """Let a pass bring entities, in all or in part; the next day's run finds it loaded."""
        keys = [(one, None) if isinstance(one, str) else one for one in entities]
        if writes:
            self.rows |= dict.fromkeys(keys, began)
        if logs:
            self.log[began] = {
                "is_full": full,
                "completed_at": began + 0.1 if completed is None else completed,
                "record_count": len(keys) if counted is None else counted,
                "scope_hash": scope,
                "loaded_at": (began + 1 if loaded else None)
                if isinstance(loaded, bool)
                else loaded,
            }
        return self

    def full(self, began: float, *entities: str | tuple[str, int], **options: Any) -> History:
        return self.pass_(began, *entities, full=True, **options)

    def killed(self, began: float, *entities: str | tuple[str, int]) -> History:
        return self.pass_(began, *entities, logs=False)

    def tables(self) -> dict[str, list[Row]]:
        """Return the rows of the export and of the log."""
        column = OPTIONAL.get(self.stream, "external_id")
        exported = [
            {
                column: key,
                **({"version": version or 0} if self.stream == GOALS else {}),
                "exported_at": _moment(at),
            }
            for (key, version), at in self.rows.items()
        ]
        moments = ("completed_at", "loaded_at")
        logged = [
            {
                "stream": self.stream,
                "began_at": moment(began),
                **{
                    key: _moment(value) if key in moments else value for key, value in entry.items()
                },
            }
            for began, entry in self.log.items()
        ]
        return {self.stream: exported, "completed_passes": logged}

    def statements(self) -> str:
        """Return what writes them."""
        inserts = [
            f"insert into {table} ({', '.join(row)})"  # noqa: S608
            f" values ({', '.join(map(_literal, row.values()))})"
            for table, rows in self.tables().items()
            for row in rows
        ]
        return "; ".join(inserts)


def _literal(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return f"'{value.replace(tzinfo=None).isoformat(' ')}'"
    return f"'{value}'" if isinstance(value, str) else str(value)


def moment(days: float) -> datetime:
    return START + timedelta(days=days)


def _moment(days: float | None) -> datetime | None:
    return None if days is None else moment(days)


def people(count: int, beside: str = "") -> list[str]:
    """Return the ids of so many employees, and of some by name."""
    return [f"p{number}" for number in range(count)] + list(beside)


NOW = (datetime.now(tz=UTC) - START) / timedelta(days=1)
ALL = people(8, "ab")
LEFT = people(8, "b")  # without a


class Case(NamedTuple):
    """A history, and what is to be said of it."""

    history: History
    removed: AbstractSet[str] = frozenset()
    doubts: AbstractSet[str] = frozenset()
    # How many are not removed for lack of proof.
    unproven: int = 0
    # Full passes that are not loaded, by when they began.
    not_loaded: tuple[float, ...] = ()

    def expected(self) -> Judged:
        """Return what is to be found."""
        began = [moment(days) for days in self.not_loaded]
        return Judged(sorted(self.removed), sorted(self.doubts), self.unproven, began)


class Judged(NamedTuple):
    """What the queries have found of a stream: as in a case, with moments, and in order."""

    removed: list[str]
    doubts: list[str]
    unproven: int
    not_loaded: list[datetime]


# The queries that judge, by where a case says what they are to find.
QUERIES = {
    "removed": "techwolf_removed",
    "doubts": "techwolf_removals_in_doubt",
    "unproven": "techwolf_removals_without_proof",
    "not_loaded": "techwolf_full_passes_not_loaded",
}


def judged(stream: str, found: Mapping[str, list[Row]]) -> Judged:
    """Return what the queries have found of a stream."""
    rows = {key: [row for row in found[key] if row["stream"] == stream] for key in QUERIES}
    began = [row["began_at"].replace(tzinfo=UTC) for row in rows["not_loaded"]]
    return Judged(
        sorted(row["external_id"] for row in rows["removed"]),
        sorted(row["doubt"] for row in rows["doubts"]),
        sum(row["entities"] for row in rows["unproven"]),
        sorted(began) if stream in CORE else [],
    )


def full_passes(*counts: int, first: float = 1, **options: Any) -> History:
    """Return a history of full passes, one a day, that bring so many people each."""
    history = History()
    for day, count in enumerate(counts):
        history.full(first + day, *people(count), **options)
    return history


HISTORIES = {
    "nothing logged": Case(History().killed(1, *ALL).killed(2, *LEFT)),
    "first load": Case(History().full(1, *ALL)),
    "nobody left": Case(History().full(1, *ALL).full(2, *ALL)),
    "one left": Case(History().full(1, *ALL).full(2, *LEFT), {"a"}),
    "one left, still gone after incremental passes": Case(
        History().full(1, *ALL).full(2, *LEFT).pass_(3, "p1").pass_(4, "new"), {"a"}
    ),
    "one left after an incremental pass": Case(
        History().full(1, *ALL).pass_(2, "a").full(3, *LEFT), {"a"}
    ),
    "one left after an incremental pass that nobody knows to be loaded": Case(
        # A full refresh has no state in which it could find that pass.
        History().full(1, *ALL).pass_(2, "a", loaded=False).full(3, *LEFT),
        {"a"},
    ),
    "no full pass since": Case(History().full(1, *ALL).pass_(2, *LEFT)),
    "one came back": Case(History().full(1, *ALL).full(2, *LEFT).pass_(3, "a")),
    "one came back and left again": Case(
        History().full(1, *ALL).full(2, *LEFT).pass_(3, "a").full(4, *LEFT), {"a"}
    ),
    "two left, one after the other": Case(
        History().full(1, *ALL).full(2, *LEFT).full(3, *people(8)), {"a", "b"}
    ),
    "a full pass that brought nothing": Case(History().full(1, *ALL).full(2, *LEFT).full(3), {"a"}),
    "only full passes that brought nothing": Case(History().full(1).killed(0, "a")),
    "with a start date no pass is full": Case(History().pass_(1, *ALL).pass_(2, *LEFT)),
    "a refresh with a start date after a full pass": Case(
        History().full(1, *ALL).pass_(2, *people(2))
    ),
    # Loaded, or only sent.
    "the first full pass is not known to be loaded": Case(
        History().full(1, *ALL, loaded=False), doubts={NEVER}
    ),
    "no full pass is known to be loaded": Case(
        History().full(1, *ALL, loaded=False).full(2, *LEFT, loaded=False),
        doubts={NEVER},
        not_loaded=(1,),
    ),
    "an incremental pass is known to be loaded, no full one is": Case(
        History().full(1, *ALL, loaded=False).pass_(2, "b"), doubts={NEVER}, not_loaded=(1,)
    ),
    "the last full pass is not known to be loaded yet": Case(
        History().full(1, *ALL).full(2, *LEFT, loaded=False)
    ),
    "the last full pass is not known to be loaded, and later ones are": Case(
        History().full(1, *ALL).full(2, *LEFT, loaded=False).pass_(3, "p1").pass_(4, "p2"),
        not_loaded=(2,),
    ),
    "some rows of a full pass and its log, then newcomers": Case(
        # Its last batch failed: p5, p6 and p7 are still there.
        History()
        .full(1, *people(8))
        .full(2, *people(5), counted=8, loaded=False)
        .pass_(3, "new", "newer", "newest", loaded=False),
        not_loaded=(2,),
    ),
    "only the last full pass is known to be loaded": Case(
        History().full(1, *ALL, loaded=False).full(2, *LEFT), {"a"}, not_loaded=(1,)
    ),
    "full passes before the last two that were loaded do not matter": Case(
        History().full(1, *ALL, loaded=False).full(2, *LEFT).full(3, *LEFT), {"a"}
    ),
    "one left after a full pass that is not known to be loaded": Case(
        History().full(1, *LEFT).full(2, *ALL, loaded=False).full(3, *LEFT),
        unproven=1,
        not_loaded=(2,),
    ),
    "the same after two loaded full passes": Case(
        History().full(1, *LEFT).full(2, *ALL, loaded=False).full(3, *LEFT).full(4, *LEFT), {"a"}
    ),
    # Passes that did not come to their end.
    "a full pass was killed": Case(History().full(1, *ALL).killed(2, *people(4))),
    "a killed full pass, and the next one": Case(
        History().full(1, *ALL).killed(2, *people(4)).full(3, *LEFT), {"a"}
    ),
    "a pass was killed after the one that decides": Case(
        History().full(1, *ALL).full(2, *LEFT).killed(3, "p1", "new"), {"a"}
    ),
    "an entity of a killed pass left": Case(
        History().full(1, *LEFT).killed(2, "a").full(3, *LEFT), unproven=1
    ),
    "an entity of a killed pass left, two full passes ago": Case(
        History().full(1, *LEFT).killed(2, "a").full(3, *LEFT).full(4, *LEFT), {"a"}
    ),
    "a pass was resumed and is one": Case(
        History().full(1, *ALL).full(2, *LEFT, completed=9), {"a"}
    ),
    "an old state was restored, and its pass resumed": Case(
        History().full(1, *ALL).full(3, *LEFT).killed(2, "p1").pass_(4, "new"), {"a"}, unproven=1
    ),
    "before the first full pass, rows of nobody knows which pass": Case(
        History().killed(0, "old").full(1, *ALL), unproven=1
    ),
    "such rows after the second full pass": Case(
        History().killed(0, "old").full(1, *ALL).full(2, *ALL), {"old"}
    ),
    "a pass that ended after the full one began": Case(
        History().full(1, *ALL).full(3, *LEFT).pass_(2, "p1", completed=3.05).pass_(4, "new"),
        {"a"},
        unproven=1,
    ),
    "a pass that never said when it was completed": Case(
        History().full(1, *ALL).full(3, *ALL).pass_(2, "p1").pass_(4, "new"), unproven=1
    ),
    "an older row of one who is not removed for lack of proof": Case(
        History(GOALS)
        .full(1, ("a", 1), *[(one, 1) for one in LEFT])
        .killed(2, ("a", 2))
        .full(3, *[(one, 1) for one in LEFT]),
        unproven=1,
    ),
    "a row has no moment": Case(History(rows={("a", None): None}).full(1, *LEFT).full(2, *LEFT)),
    # Clocks.
    "in the future": Case(
        History().full(1, *ALL).full(NOW + 0.25, *LEFT, completed=NOW + 0.3), doubts={FUTURE}
    ),
    "an hour ago, whatever the zone": Case(
        History().full(1, *ALL).full(NOW - 1 / 24, *LEFT, loaded=NOW - 1 / 48), {"a"}
    ),
    "a pass in the future that is not full": Case(
        History().full(1, *ALL).full(2, *LEFT).pass_(NOW + 0.25, "p1"), {"a"}
    ),
    "the clock went back": Case(History().full(2, *ALL).full(1, *LEFT), doubts={MISSING, MANY}),
    "the clock went back by more than a full pass": Case(
        # Newcomers make it look as if the full pass had left rows.
        History().full(2, *ALL).full(3, *ALL).full(1, *ALL).pass_(4, "new", "newer"),
        doubts={MISSING},
    ),
    "the clock went back, and the next full pass": Case(
        History().full(2, *ALL).full(1, *LEFT).full(3, *LEFT), {"a"}
    ),
    # Rows that are not there.
    "an empty table": Case(History().full(1, *ALL, writes=False), doubts={MISSING}),
    "a restored warehouse": Case(
        History().full(1, *ALL).full(2, *LEFT, writes=False), doubts={MISSING, MANY}
    ),
    "a restored warehouse, and newcomers": Case(
        History()
        .full(1, *ALL)
        .full(2, *LEFT, writes=False)
        .pass_(3, *(f"new{number}" for number in range(9))),
        doubts={MANY},
    ),
    "records that the full pass returned twice": Case(
        History().full(1, *ALL).full(2, *LEFT, counted=18), {"a"}
    ),
    "more records than twice the rows": Case(
        History().full(1, *ALL).full(2, *LEFT, counted=19), doubts={MISSING}
    ),
    # Many at once.
    "a fifth fewer": Case(full_passes(10, 8), {"p8", "p9"}),
    "more than a fifth fewer": Case(full_passes(10, 7), doubts={FEWER, MANY}),
    "more than a fifth fewer than three passes ago": Case(full_passes(10, 9, 8, 7), doubts={FEWER}),
    "more than a fifth others": Case(
        History().full(1, *people(10)).full(2, *people(7, "xyz")), doubts={MANY}
    ),
    "more than a fifth others, beside leavers of earlier years": Case(
        History()
        .pass_(0, *(f"old{year}" for year in range(9)))
        .full(1, *people(10))
        .full(2, *people(7, "xyz")),
        doubts={MANY},
    ),
    "more than a fifth fewer than the tenth pass before": Case(
        full_passes(10, *[8] * 9, 7), doubts={FEWER}
    ),
    "more than a fifth fewer than the eleventh pass before": Case(
        full_passes(10, *[8] * 10, 7), {"p7", "p8", "p9"}
    ),
    "more than a fifth fewer than a pass that is not known to be loaded": Case(
        History().full(1, *people(10), loaded=False, writes=False).full(2, *people(7)),
        doubts={FEWER},
        not_loaded=(1,),
    ),
    "the same eleven passes ago": Case(
        # No pass is known to be loaded, so that each counts.
        History(log=full_passes(10, *[8] * 10, loaded=False).log).full(12, *people(7)),
        doubts={FEWER},
        not_loaded=tuple(range(1, 12)),
    ),
    "fewer than a pass that was not loaded, not fewer than one that was": Case(
        History(log=full_passes(20, loaded=False).log).full(2, *people(10)).full(3, *people(9)),
        {"p9"},
    ),
    "many leavers in all, few in each pass": Case(full_passes(10, 9, 8), {"p8", "p9"}),
    "leavers of earlier years do not count": Case(
        History().pass_(0, *(f"old{year}" for year in range(9))).full(1, *ALL).full(2, *LEFT),
        {"a", *(f"old{year}" for year in range(9))},
    ),
    "empty full passes do not hide how many there were": Case(
        History().full(1, *people(10)).full(2).full(3, *people(7)), doubts={FEWER, MANY}
    ),
    "the first full pass removes a fifth": Case(
        History().pass_(1, *people(10)).full(2, *people(8)), {"p8", "p9"}
    ),
    "the first full pass removes more than a fifth": Case(
        History().pass_(1, *people(10)).full(2, *people(7)), doubts={MANY}
    ),
    "more than a fifth without proof": Case(
        History().full(1, *ALL).killed(2, *people(3)).full(3, *LEFT[3:]),
        doubts={FEWER, MANY},
        unproven=3,
    ),
    # Filters.
    "another filter": Case(History().full(1, *ALL).full(2, *LEFT, scope="active"), doubts={SCOPE}),
    "another filter for an incremental pass between": Case(
        History().full(1, *ALL).pass_(2, "b", scope="active").full(3, *LEFT), doubts={SCOPE}
    ),
    "another filter for a pass between that is not known to be loaded": Case(
        History().full(1, *ALL).pass_(2, "b", scope="x", loaded=False).full(3, *LEFT),
        doubts={SCOPE},
    ),
    "another filter since": Case(
        History().full(1, *ALL).full(2, *LEFT).pass_(3, "p1", scope="active"), {"a"}
    ),
    "another filter before the full pass before": Case(
        History().pass_(1, *ALL, scope="active").full(2, *LEFT).full(3, *LEFT), {"a"}
    ),
    "another filter before the only full pass": Case(
        History().pass_(1, *ALL, scope="active").full(2, *LEFT), doubts={SCOPE}
    ),
    "two full passes with a narrower filter": Case(
        History()
        .full(1, *people(10))
        .full(2, *people(2), scope="x")
        .full(3, "p0", "p1", scope="x"),
        {f"p{number}" for number in range(2, 10)},
    ),
    "two full passes with a narrower filter, of which one is known to be loaded": Case(
        History()
        .full(1, *people(10))
        .full(2, *people(2), scope="x", loaded=False)
        .full(3, "p0", "p1", scope="x"),
        doubts={SCOPE, MANY},
        not_loaded=(2,),
    ),
    "nobody knows the filter of the full pass before": Case(
        History().full(1, *ALL, scope=None).full(2, *LEFT), doubts={SCOPE}
    ),
    "nobody knows the filter": Case(
        History().full(1, *ALL, scope=None).full(2, *LEFT, scope=None), doubts={SCOPE}
    ),
    # Other tables.
    "a version of an AI goal was retracted": Case(
        History(GOALS)
        .full(1, ("a", 1), ("a", 2), *[(p, 1) for p in people(8)])
        .full(2, ("a", 1), *[(p, 1) for p in people(8)])
    ),
    "all versions of an AI goal are gone": Case(
        History(GOALS)
        .full(1, ("a", 1), *[(p, 1) for p in people(8)])
        .pass_(2, ("a", 2))
        .full(3, *[(p, 1) for p in people(8)]),
        {"a"},
    ),
    "most are updated after a full pass under a clock that went back": Case(
        History()
        .full(5, *people(100), loaded=6)
        .full(3, *people(100), loaded=7)
        .pass_(8, *people(90)),
        doubts={OVERTAKEN},
    ),
    "the clock is right again": Case(
        History()
        .full(5, *people(100), "a", loaded=6)
        .full(3, *people(100), "a", loaded=7)
        .full(8, *people(100)),
        {"a"},
    ),
    "an old state resumes a pass of before the last two full ones": Case(
        History().full(2, *ALL).full(4, *ALL).pass_(1, "a", completed=5), unproven=1
    ),
    "a job is gone": Case(History(JOBS).full(1, *ALL).full(2, *LEFT), {"a"}),
}
HISTORIES["a pass that never said when it was completed"].history.log[2]["completed_at"] = None


def _rounds() -> list[dict[str, Case]]:
    """Tell the histories side by side, each in a stream of its own."""
    rounds: list[dict[str, Case]] = []
    for case in sorted(HISTORIES.values(), key=lambda case: not case.not_loaded):
        streams = CORE if case.not_loaded else STREAMS
        if case.history.stream == GOALS:  # It has versions.
            streams = (GOALS,)
        free = ((told, stream) for told in rounds for stream in streams if stream not in told)
        told, stream = next(free, ({}, streams[0]))
        if not told:
            rounds.append(told)
        told[stream] = case._replace(history=replace(case.history, stream=stream))
    return rounds


# Streams do not depend on each other, so that one query judges several histories.
ROUNDS = _rounds()
