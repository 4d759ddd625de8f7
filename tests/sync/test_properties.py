"""Random companies, faults, kills and changes: in the end everything has arrived."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout, suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, get_args
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests_mock
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tap_techwolf.pagination import BrokenPageError, CursorChain, NoPageError, Page

from sandbox.app import TOKEN_PATH
from sandbox.company import Company
from sandbox.exports import FORMS, PATHS, DateReading, export_page
from sandbox.requests import read_request
from tap_techwolf.tap import TapTechWolf
from tests.harness import Output, body_sent, discover, selecting, settings

STREAM = "employee_ai_goals"
PATH = PATHS[STREAM]
NOW = datetime(2026, 11, 22, tzinfo=UTC)
KINDS = ("fine", "fine", "fine", "fault", "kill", "change", "refuse token")


class Killed(BaseException):
    """Stands for SIGKILL: nothing gets to run after it."""


class World:
    """An API that follows a script, and a warehouse that takes what a STATE covers."""

    def __init__(self, has_goals: list[bool], script: list[str], reading: DateReading) -> None:
        self.company = Company(employees=0, jobs=1)
        for number, with_goals in enumerate(has_goals, start=1000 if has_goals else 0):
            employee = self.company._employee(number)
            if not with_goals:
                employee.goals.clear()
            elif not employee.goals:
                employee.goals.append(self.company._goal(1, None, employee.tasks, NOW))
            self.company.employees.append(employee)
        self.script = iter(script)
        self.reading = reading
        self.requests = 0
        self.state: dict[str, Any] = {}
        self.warehouse: dict[str, int] = {}

    def answer(self, request: Any, context: Any) -> Any:
        self.requests += 1
        context.headers["Date"] = format_datetime(self.company.now(), usegmt=True)
        event = next(self.script, "fine")
        if event == "kill":
            raise Killed
        if event == "fault":
            context.status_code = 503
            return []
        if event == "refuse token":
            context.status_code = 401
            return []
        if event == "change" and self.company.employees:
            employees = self.company.employees
            self.company.change(employees[self.requests % len(employees)])
        query = parse_qsl(urlsplit(request.url).query)
        asked = read_request(FORMS[PATH], query, body_sent(request))
        return export_page(self.company, PATH, asked, self.reading)

    def run(self, page_size: int) -> bool:
        """Run the tap once; tell whether it came to the end."""
        stdout = io.TextIOWrapper(io.BytesIO())
        config = settings("http://127.0.0.1", page_size=page_size, max_attempts=3)
        with (
            requests_mock.Mocker() as mock,
            redirect_stdout(stdout),
            patch("time.sleep"),
            suppress(Exception, Killed),
        ):
            mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": "t"})
            mock.post("http://127.0.0.1" + PATH, json=self.answer)
            tap = TapTechWolf(config=config, state=self.state, catalog=json.loads(CATALOG))
            tap.sync_all()
        covered: list[bytes] = []
        lines = stdout.buffer.getvalue().splitlines()
        for position, line in enumerate(lines):
            if line.startswith(b'{"type":"STATE"'):
                covered = lines[: position + 1]
        output = Output.parse(covered)
        for record in output.records[STREAM]:
            self.warehouse[record["external_id"]] = record["version"]
        if covered:
            self.state = output.state
        bookmark = self.state.get("bookmarks", {}).get(STREAM, {})
        return "replication_key_value" in bookmark and "checkpoint" not in bookmark

    @property
    def truth(self) -> dict[str, int]:
        return {
            one.external_id: one.goals[-1].version for one in self.company.employees if one.goals
        }


CATALOG = json.dumps(selecting(discover(), STREAM))

scripts = st.lists(st.sampled_from(KINDS), max_size=25)


@hypothesis_settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(
    has_goals=st.lists(st.booleans(), max_size=30),
    scripts=st.lists(scripts, min_size=1, max_size=4),
    page_sizes=st.lists(st.integers(1, 7), min_size=1, max_size=4),
    reading=st.sampled_from(get_args(DateReading)),
)
def test_whatever_happens_everything_arrives_in_the_end(
    has_goals: list[bool],
    scripts: list[list[str]],
    page_sizes: list[int],
    reading: DateReading,
) -> None:
    world = World(has_goals, [], reading)
    for script, page_size in zip(scripts, page_sizes * len(scripts), strict=False):
        world.script = iter(script)
        world.run(page_size)
    world.script = iter(())
    calm = world.requests
    while not world.run(page_sizes[0]):
        assert world.requests - calm < 500
    world.run(page_sizes[0])  # What changed on pages that were delivered before.
    assert world.warehouse == world.truth
    pages = len(has_goals) // page_sizes[0] + 1
    assert world.requests - calm <= 2 * (pages + 1) + 1


@hypothesis_settings(deadline=None, max_examples=60)
@given(has_goals=st.lists(st.booleans(), min_size=1, max_size=30), page_size=st.integers(1, 7))
def test_a_calm_pass_asks_for_each_page_once(has_goals: list[bool], page_size: int) -> None:
    world = World(has_goals, [], "moment")
    assert world.run(page_size)
    assert world.warehouse == world.truth
    assert world.requests == -(-len(has_goals) // page_size)


def page_with(cursor: str | None) -> Page:
    body: dict[str, Any] = {
        "has_next": cursor is not None,
        "next_starting_after": cursor,
        "records": [],
    }
    return Page.parse(json.dumps(body).encode(), NOW)


cursors = st.text(min_size=1, max_size=2, alphabet="abc")


@given(st.lists(cursors, min_size=1, max_size=12), st.none() | cursors)
def test_a_chain_of_cursors_never_visits_a_page_twice(names: list[str], first: str | None) -> None:
    chain = CursorChain(first)
    seen = {first}
    for name in names:
        page = page_with(name)
        if name in seen:
            with pytest.raises(BrokenPageError):
                chain.follow(page)
            return
        assert chain.follow(page) == name
        seen.add(name)
    assert chain.follow(page_with(None)) is None


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
        page = Page.parse(body, NOW)
        records = page.records({"external_id": str})
    except (NoPageError, BrokenPageError):
        return
    assert answer["has_next"] is (page.next_cursor is not None)
    assert [record["external_id"] for record in records] == [
        record["external_id"] for record in answer["records"]
    ]


@given(st.binary())
def test_bytes_that_are_no_json_are_worth_another_try(body: bytes) -> None:
    with pytest.raises((NoPageError, BrokenPageError)):
        Page.parse(body, NOW)
