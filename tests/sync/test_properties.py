"""Random companies, faults, kills, clocks and state stores: in the end everything has arrived."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import ExitStack, contextmanager, redirect_stdout
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Lock
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, get_args
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests_mock
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sandbox.app import TOKEN_PATH
from sandbox.company import Company
from sandbox.exports import FORMS, PATHS, DateReading, export_page
from sandbox.requests import read_request
from tap_techwolf.api.page import BrokenPageError, NoPageError, Page
from tap_techwolf.api.pagination import NEXT_STARTING_AFTER, Paginator
from tap_techwolf.errors import StateError
from tap_techwolf.tap import TapTechWolf
from tests.harness import LOG, STREAMS, Output, body_sent, discover, selecting, settings, sync_tap

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KINDS = ("fine", "fine", "fine", "fine", "fault", "kill", "change", "refuse token", "forbidden")
MODULES = ("api.transport", "sync.start")

# How far the API's clock and this machine's are off. One of them may be ahead, but not both:
# a bookmark would be in the future, and what changes until then is missed (with a warning).
CLOCKS = tuple(
    (timedelta(hours=api), timedelta(hours=machine))
    for api, machine in ((0, 0), (10_000, 0), (0, 10_000), (0, -80), (2, -1))
)
# What happens to the state between two runs.
EDITS = ("none", "none", "moved back", "another tenant")
CATALOG = json.dumps(selecting(discover(), *STREAMS, LOG))
INCLUDES = {
    "employee_ai_goals": [],
    "employee_task_profiles": ["ai_impact", "linked_skills", "source_events", "weekly_hours"],
    "job_task_profiles": ["ai_impact", "linked_skills", "source_data", "weekly_hours"],
}


class Killed(BaseException):
    """Stands for SIGKILL: nothing gets to run after it."""


class Stdout:
    """A raw stdout that takes a few bytes at a time, until the process is killed."""

    def __init__(self, takes: int) -> None:
        self.buffer = self
        self.takes = takes
        self.content = bytearray()
        self.is_cut = False

    def write(self, data: memoryview) -> int:
        part = data[: self.takes]
        if not self.is_cut:
            self.content += part
        return len(part)


def merge(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Merge states as Meltano does: deeply, so that nothing is ever removed."""
    merged = dict(old)
    for name, value in new.items():
        kept = merged.get(name)
        both = isinstance(value, dict) and isinstance(kept, dict)
        merged[name] = merge(kept, value) if both and kept is not None else value
    return merged


class World:
    """An API that follows a script, and a warehouse that takes what a STATE covers."""

    def __init__(
        self,
        has_goals: list[bool],
        jobs: int,
        reading: DateReading,
        *,
        merges: bool = False,
        takes: int = 10**9,
    ) -> None:
        self.company = Company(employees=0, jobs=jobs)
        for number, with_goals in enumerate(has_goals, start=1000 if has_goals else 0):
            employee = self.company._employee(number)
            if not with_goals:
                employee.goals.clear()
            elif not employee.goals:
                employee.goals.append(self.company._goal(1, None, employee.tasks, NOW))
            self.company.employees.append(employee)
        self.script: Iterator[str] = iter(())
        self.reading = reading
        self.merges = merges
        self.takes = takes
        self.clocks = CLOCKS[0]
        self.runs = 0
        self.requests = 0
        self.lock = Lock()
        self.stdout = Stdout(takes)
        self.state: dict[str, Any] = {}
        self.warehouse: dict[str, dict[str, Any]] = {stream: {} for stream in STREAMS}
        self.rows: Counter[tuple[str, str]] = Counter()
        self.log: list[dict[str, Any]] = []

    def answer(self, request: Any, context: Any) -> Any:
        with self.lock:
            return self._answer(request, context)

    def _answer(self, request: Any, context: Any) -> Any:
        self.requests += 1
        context.headers["Date"] = format_datetime(self.company.now(), usegmt=True)
        event = next(self.script, "fine")
        if event == "kill":
            self.stdout.is_cut = True
            raise Killed
        if event in {"fault", "refuse token", "forbidden"}:
            context.status_code = {"fault": 503, "refuse token": 401}.get(event, 403)
            return []
        if event == "change":
            entities = [*self.company.employees, *self.company.jobs]
            self.company.change(entities[self.requests % len(entities)])
        address = urlsplit(request.url)
        asked = read_request(FORMS[address.path], parse_qsl(address.query), body_sent(request))
        return export_page(self.company, address.path, asked, self.reading)

    @contextmanager
    def surroundings(self) -> Iterator[None]:
        """The API, the clocks and stdout of a run; each run begins a minute after the last."""
        self.runs += 1
        passed = timedelta(minutes=self.runs)
        self.company.clock_offset = self.clocks[0] + passed
        machine = self.clocks[1] + passed
        now = SimpleNamespace(now=lambda zone: datetime.now(zone) + machine)
        self.stdout = Stdout(self.takes)
        with ExitStack() as stack:
            mock = stack.enter_context(requests_mock.Mocker())
            mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": "t"})
            for path in FORMS:
                mock.post("http://127.0.0.1" + path, json=self.answer)
            stack.enter_context(redirect_stdout(self.stdout))  # type: ignore[type-var]
            stack.enter_context(patch("time.sleep"))
            for module in MODULES:
                stack.enter_context(patch(f"tap_techwolf.{module}.datetime", now))
            yield

    def run(self, page_size: int, **overrides: Any) -> BaseException | None:
        """Run the tap once; return what ended it early."""
        config = settings(
            "http://127.0.0.1", **{"page_size": page_size, "max_attempts": 3, **overrides}
        )
        with self.surroundings():
            try:
                sync_tap(TapTechWolf(config=config, state=self.state, catalog=json.loads(CATALOG)))
            except (Exception, Killed) as error:  # noqa: BLE001 - the tests look at it
                return error
        return None

    def load(self) -> None:
        """Take what the last run has written, as far as a STATE covers it."""
        content = bytes(self.stdout.content)
        lines = content[: content.rfind(b"\n") + 1].splitlines()
        covered: list[bytes] = []
        for position, line in enumerate(lines):
            if line.startswith(b'{"type":"STATE"'):
                covered = lines[: position + 1]
        if not covered:
            return
        output = Output.parse(covered)
        for stream in STREAMS:
            for record in output.records[stream]:
                self.rows[stream, record["exported_at"]] += 1
                self.warehouse[stream][record["external_id"]] = essence(record)
        self.log += output.records[LOG]
        self.state = merge(self.state, output.state) if self.merges else output.state

    def edit(self, kind: str, page_size: int) -> None:
        """Do to the state what users do."""
        if kind == "moved back":
            for bookmark in self.state.get("bookmarks", {}).values():
                if moment := bookmark.get("replication_key_value"):
                    earlier = datetime.fromisoformat(moment) - timedelta(days=3)
                    bookmark["replication_key_value"] = earlier.isoformat()
        elif kind == "another tenant":
            self.script = iter(())
            self.check_another_tenant(page_size)

    def check_another_tenant(self, page_size: int) -> None:
        """Use the state for another tenant by mistake: it is refused, or nothing is left out."""
        before = json.dumps(self.state)
        error = self.run(page_size, tenant="another")
        bookmarks = self.state.get("bookmarks", {}).values()
        if any("replication_key_value" in one for one in bookmarks):
            assert isinstance(error, StateError)
            # Requests are not counted: a thread of the run that was killed may make one more.
            assert not self.stdout.content
        else:
            assert error is None
            output = Output.parse(bytes(self.stdout.content))
            for stream, records in self.truth.items():
                assert set(output.ids(stream)) == records.keys()
        assert json.dumps(self.state) == before

    @property
    def truth(self) -> dict[str, dict[str, Any]]:
        found = {}
        for stream, path in PATHS.items():
            body: dict[str, Any] = {"limit": 100}
            if INCLUDES[stream]:
                body["include"] = INCLUDES[stream]
            page = export_page(
                self.company, path, read_request(FORMS[path], [], body), self.reading
            )
            assert not page["has_next"]
            found[stream] = {one["external_id"]: essence(one) for one in page["records"]}
        return found

    def check_log(self) -> None:
        """Every complete pass is there once, counts its rows, and was loaded if that is said."""
        loaded: list[dict[str, Any]] = []
        for entry in self.log:
            if entry["loaded_at"] is not None:
                assert {**entry, "loaded_at": None} in loaded
                continue
            assert self.rows[entry["stream"], entry["began_at"]] == entry["record_count"]
            assert entry["began_at"] <= entry["completed_at"]
            loaded.append(entry)
        keys = [(entry["stream"], entry["began_at"]) for entry in loaded]
        assert len(set(keys)) == len(keys)


def essence(record: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in record.items() if name != "exported_at" and value is not None
    }


scripts = st.lists(st.sampled_from(KINDS), max_size=40)
runs = st.tuples(
    scripts, st.integers(1, 7), st.sampled_from(CLOCKS), st.sampled_from(EDITS), st.integers(1, 3)
)


@hypothesis_settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    has_goals=st.lists(st.booleans(), max_size=20),
    jobs=st.integers(1, 12),
    history=st.lists(runs, min_size=1, max_size=4),
    reading=st.sampled_from(get_args(DateReading)),
    merges=st.booleans(),
    takes=st.sampled_from([1, 100, 1000, 10**9]),
)
def test_whatever_happens_everything_arrives_in_the_end(
    has_goals: list[bool],
    jobs: int,
    history: list[tuple[list[str], int, Any, str, int]],
    reading: DateReading,
    merges: bool,
    takes: int,
) -> None:
    world = World(has_goals, jobs, reading, merges=merges, takes=takes if takes > 1 else 37)
    for script, page_size, clocks, edit, parallel_streams in history:
        world.script, world.clocks = iter(script), clocks
        world.run(page_size, parallel_streams=parallel_streams)
        world.load()
        world.edit(edit, page_size)
    world.script, world.clocks = iter(()), CLOCKS[0]
    page_size = history[0][1]
    calm = world.requests
    for _ in range(2):  # The second one brings what changed on pages that were written before.
        assert world.run(page_size) is None
        world.load()
    assert world.warehouse == world.truth
    world.check_log()
    pages = 2 * (len(has_goals) // page_size + 1) + jobs // page_size + 1
    assert world.requests - calm <= 2 * pages + len(STREAMS)


@hypothesis_settings(deadline=None, max_examples=30)
@given(
    has_goals=st.lists(st.booleans(), min_size=1, max_size=20),
    jobs=st.integers(1, 12),
    page_size=st.integers(1, 7),
    parallel_streams=st.integers(1, 3),
)
def test_a_calm_pass_asks_for_each_page_once(
    has_goals: list[bool], jobs: int, page_size: int, parallel_streams: int
) -> None:
    world = World(has_goals, jobs, "moment")
    assert world.run(page_size, parallel_streams=parallel_streams) is None
    world.load()
    assert world.warehouse == world.truth
    world.check_log()
    assert len(world.log) == len(STREAMS)
    assert world.requests == 2 * -(-len(has_goals) // page_size) + -(-jobs // page_size)


def page_with(cursor: str | None) -> Page:
    body: dict[str, Any] = {
        "has_next": cursor is not None,
        "next_starting_after": cursor,
        "records": [],
    }
    return Page.parse(json.dumps(body).encode(), "records", NOW)


cursors = st.text(min_size=1, max_size=2, alphabet="abc")


@given(st.lists(cursors, min_size=1, max_size=12), st.none() | cursors)
def test_a_paginator_never_visits_a_page_twice(names: list[str], first: str | None) -> None:
    paginator = Paginator(first, {"external_id": str})
    seen = {first}
    for name in names:
        page = page_with(name)
        if name in seen:
            with pytest.raises(BrokenPageError):
                paginator.position_after(page)
            return
        assert paginator.position_after(page) == name
        seen.add(name)
    assert paginator.position_after(page_with(None)) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
answers = st.dictionaries(
    st.sampled_from(["has_next", "next_starting_after", "records", "more"]), json_values
)


@given(answers | json_values)
def test_no_answer_is_taken_for_a_page_unless_it_is_one(answer: Any) -> None:
    body = json.dumps(answer).encode()
    try:
        page = Page.parse(body, "records", NOW)
        cursor = NEXT_STARTING_AFTER.next_position(page, None)
        records = page.records({"external_id": str})
    except (NoPageError, BrokenPageError):
        return
    assert answer["has_next"] is (cursor is not None)
    assert [record["external_id"] for record in records] == [
        record["external_id"] for record in answer["records"]
    ]


@given(st.binary())
def test_bytes_that_are_no_json_are_worth_another_try(body: bytes) -> None:
    with pytest.raises((NoPageError, BrokenPageError)):
        Page.parse(body, "records", NOW)
