"""A model of a company, its tap and a loader, and of all that may go wrong between them.

The tap is as its documentation says: it keeps its state, resumes a pass that was interrupted,
begins each pass after those in its state, and logs a pass as loaded once a state holds it. The
loader commits tables in any order, late, in part or never. Ids never come back, so that whoever is
there has always been there since.

Some things the model leaves out, as nothing in a warehouse can show them: an old state of which the
pass was already complete, or older than the last full passes; a run without a state while the clock
is behind these; a warehouse that is restored while a pass is under way, and a full sync after it
that loads in part.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

Row = dict[str, Any]
START = datetime(2026, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
PAGE = 5


@dataclass(frozen=True)
class Pass:
    """A pass: `position` is the last id that it has read, and None once it is complete."""

    began_at: datetime
    is_full: bool
    # When it really began, whatever the clock said; an incremental one brings what changed since.
    really_began_at: datetime
    since: datetime | None
    position: str | None = ""
    records: int = 0
    completed_at: datetime | None = None

    def row(self, stream: str, loaded_at: datetime | None = None) -> Row:
        return {
            "stream": stream,
            "began_at": self.began_at,
            "completed_at": self.completed_at,
            "is_full": self.is_full,
            "record_count": self.records,
            "scope_hash": "all",
            "loaded_at": loaded_at,
        }


@dataclass(frozen=True)
class State:
    """What the tap is given: the pass it resumes or knows to be loaded, and the bookmark."""

    here: Pass | None = None
    bookmark: Pass | None = None


@dataclass(frozen=True)
class Message:
    """Something that the tap writes: a row of a table, or a state."""

    table: str
    content: Any


@dataclass
class Warehouse:
    """Two tables, of which each row has a key; a loader that only appends keeps all rows."""

    appends: bool
    export: list[tuple[str, datetime]] = field(default_factory=list)
    log: list[Row] = field(default_factory=list)

    def add(self, message: Message) -> None:
        if message.table == "export":
            if not self.appends:
                self.export = [row for row in self.export if row[0] != message.content[0]]
            self.export.append(message.content)
        else:
            if not self.appends:
                began_at = message.content["began_at"]
                self.log = [row for row in self.log if row["began_at"] != began_at]
            self.log.append(message.content)


class Life:
    """A history: iterate over `live()`, and look at the tables at each step."""

    def __init__(self, random: Random, stream: str) -> None:
        self.random = random
        self.stream = stream
        self.warehouse = Warehouse(appends=random.random() < 0.3)
        self.now = START
        self.offset = timedelta()
        self.changed = {f"{number:06}": START for number in random.sample(range(10**6), 40)}
        self.gone: set[str] = set()
        self.state: State | None = None
        self.late: list[Message] = []
        self.earlier_states: list[State] = []
        self.backups: list[Warehouse] = []
        self.refreshes = random.random() < 0.5
        self.is_calm = False
        self.story: list[str] = []

    def live(self, steps: int = 24) -> Iterator[None]:
        """Let things happen."""
        for _ in range(steps):
            self.now += DAY * self.random.choice((0.01, 0.3, 1, 1, 2))
            self._company()
            if self.random.random() < 0.04 and self.backups and self._is_complete():
                self.warehouse = deepcopy(self.random.choice(self.backups))
                self.story.append("the warehouse is restored")
                for _ in range(self.random.randint(0, 2)):
                    yield from self._run(is_full=False)
                yield from self._full_sync()
            else:
                self._mishap()
                yield from self._run(is_full=self.random.random() < 0.4)
        yield from self.calm()

    def calm(self) -> Iterator[None]:
        """Let all go well for two full passes, and for the run that finds the second one loaded."""
        self.story.append("calm")
        self.offset = timedelta()
        self.now += 60 * DAY
        self.late = []
        self.is_calm = True
        yield from self._full_sync()
        for is_full in (True, False):
            self.now += DAY
            yield from self._run(is_full=is_full, goes_well=True)

    def _full_sync(self) -> Iterator[None]:
        if not self._is_complete():
            yield from self._run(is_full=False, goes_well=True)
        yield from self._run(is_full=True, goes_well=True)

    def _is_complete(self) -> bool:
        """Return whether the state holds no pass that is under way."""
        return not (self.state and self.state.here and self.state.here.position is not None)

    def left_behind(self) -> set[str]:
        """Return the ids in the table of those who are gone."""
        return {key for key, _ in self.warehouse.export} & self.gone

    def clock(self) -> datetime:
        return self.now + self.offset

    def _company(self) -> None:
        if self.is_calm:
            return
        for key in self.random.sample(sorted(self.changed), self.random.randint(0, 2)):
            self.changed[key] = self.now
        for _ in range(self.random.choice((0, 0, 1, 1))):
            key = self.random.choice(sorted(self.changed))
            del self.changed[key]
            self.gone.add(key)
        while len(self.changed) < self.random.randint(37, 43):
            self.changed[f"{self.random.randrange(10**6):06}"] = self.now

    def _mishap(self) -> None:
        what = self.random.random()
        if what < 0.12:
            back = (timedelta(seconds=3), timedelta(hours=5), 3 * DAY, -3 * DAY, timedelta())
            self.offset = -self.random.choice(back)
            self.story.append(f"the clock is off by {self.offset}")
        elif what < 0.18 and self._is_clock_ahead(1) and not self.late:
            states = [one for one in self.earlier_states if self._may_be_put_back(one)]
            if states:
                self.state = self.random.choice(states)
                self.earlier_states = self.earlier_states[: self.earlier_states.index(self.state)]
                self.story.append(f"an old state: {self.state}")

    def _full_passes(self) -> list[datetime]:
        """Return when the full passes began that are loaded, or soon will be, newest first."""
        known = {
            row["began_at"] for row in self.warehouse.log if row["is_full"] and row["loaded_at"]
        }
        here = self.state and self.state.here
        if here and here.is_full and here.position is None:
            known.add(here.began_at)
        return sorted(known, reverse=True)

    def _is_clock_ahead(self, count: int) -> bool:
        """Return whether the clock is ahead of the last but `count - 1` full pass."""
        full_passes = self._full_passes()
        return len(full_passes) >= count and self.clock() > full_passes[count - 1]

    def _may_be_put_back(self, state: State) -> bool:
        here = state.here
        if here is None or here.position is None:
            return True
        is_logged = any(row["began_at"] == here.began_at for row in self.warehouse.log)
        return not is_logged and here.began_at > max(self._full_passes()[1:2], default=START)

    def _run(self, *, is_full: bool, goes_well: bool = False) -> Iterator[None]:
        has_state = not (is_full and self.refreshes) or goes_well or not self._is_clock_ahead(2)
        given = (self.state or State()) if has_state else State()
        page = -1 if goes_well else self.random.choice((-1, -1, -1, -1, -1, 0, 1, 3))
        messages = self._extract(given, page, is_full=is_full)
        self.story.append(
            f"{'full' if is_full else 'incremental'} with {given} brings "
            f"{[one.content for one in messages if one.table != 'state']}"
        )
        yield from self._load(messages, has_state=has_state, goes_well=goes_well)

    def _extract(self, given: State, last_page: int, *, is_full: bool) -> list[Message]:
        messages: list[Message] = []
        here, bookmark = given.here, given.bookmark
        if here and here.position is None:
            messages.append(Message("log", here.row(self.stream, self.clock())))
        if here is None or here.position is None:
            known = [one.began_at + TICK for one in (here, bookmark) if one]
            since = None if is_full or bookmark is None else bookmark.really_began_at
            began_at = max([self.clock(), *known])
            here = Pass(began_at, since is None, self.now, since)
        page = 0
        while here.position is not None and page != last_page:
            self.now += timedelta(minutes=self.random.choice((1, 1, 1, 700)))
            keys = [
                key
                for key, changed in sorted(self.changed.items())
                if key > here.position and (here.since is None or changed >= here.since)
            ][:PAGE]
            messages += [Message("export", (key, here.began_at)) for key in keys]
            here = replace(here, records=here.records + len(keys))
            if len(keys) < PAGE:
                completed_at = max(self.clock(), here.began_at)
                here = bookmark = replace(here, position=None, completed_at=completed_at)
                messages.append(Message("log", here.row(self.stream)))
            else:
                here = replace(here, position=keys[-1])
            messages.append(Message("state", State(here, bookmark)))
            page += 1
            if self.random.random() < 0.2:
                self._company()
        return messages

    def _load(self, messages: list[Message], *, has_state: bool, goes_well: bool) -> Iterator[None]:
        """Commit what the loader has committed in the end, table by table, and keep a state."""
        for message in self.late:
            self.warehouse.add(message)
        self.late = []
        fails = not goes_well and self.random.random() < 0.35
        acknowledged = len(messages)
        if fails:
            states = [number for number, one in enumerate(messages) if one.table == "state"]
            acknowledged = self.random.choice([0, 0, 0, *(number + 1 for number in states[:-1])])
        yield from self._commit(messages[:acknowledged])
        self._keep(messages[:acknowledged], has_state=has_state)
        if fails:
            self.story.append(f"the load fails after {acknowledged} of {len(messages)} messages")
            rest = messages[acknowledged:]
            # Tables commit each by themselves: the log may be there, and a few rows not.
            committed = {
                "export": self.random.choice((0, 0.5, 0.85, 0.95, 1)),
                "log": self.random.choice((0, 1, 1)),
            }
            done, self.late = [], []
            for table, share in committed.items():
                rows = [one for one in rest if one.table == table]
                done += rows[: round(len(rows) * share)]
                if self.random.random() < 0.2:
                    self.late += rows[round(len(rows) * share) :]
            self.story.append(f"yet it has committed {[one.content for one in done]}")
            yield from self._commit(done)
        elif self._is_complete():
            self.backups.append(deepcopy(self.warehouse))

    def _commit(self, messages: list[Message]) -> Iterator[None]:
        tables = ["export", "log"]
        self.random.shuffle(tables)
        for table in tables:
            for message in messages:
                if message.table == table:
                    self.warehouse.add(message)
            yield

    def _keep(self, messages: list[Message], *, has_state: bool) -> None:
        states = [one.content for one in messages if one.table == "state"]
        if not states:
            return
        if self.state:
            self.earlier_states.append(self.state)
        kept = states[-1]
        if not has_state and kept.bookmark is None and self.state:
            kept = State(kept.here, self.state.bookmark)  # Meltano merges what a refresh leaves.
        self.state = kept
