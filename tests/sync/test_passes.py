"""A pass alone, between pages in memory and an output that keeps what it is given."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Semaphore
from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.api.export import Export
from tap_techwolf.api.page import BROKEN_PAGE_HINT, Clock, Page
from tap_techwolf.api.paginator import ExportPaginator
from tap_techwolf.dates import format_date_time
from tap_techwolf.errors import ExportError
from tap_techwolf.sync import passes as module
from tap_techwolf.sync.checkpoint import Checkpoint, complete
from tap_techwolf.sync.notices import Notices
from tap_techwolf.sync.pass_settings import PassSettings
from tap_techwolf.sync.passes import Pass, Source
from tap_techwolf.sync.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_techwolf.sync.completed_pass import CompletedPass

pytestmark = pytest.mark.usefixtures("waits")

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
BEGAN = format_date_time(NOW)
EARLIER = NOW - timedelta(days=7)
SECOND = timedelta(seconds=1)
SETTINGS = PassSettings(
    stream="jobs",
    export=Export(path="/jobs"),
    config={"tenant": "acme", "region": "eu3", "lookback_days": 1},
    replication_method="INCREMENTAL",
    columns=(["external_id"], []),
)
PAGES = {None: ["a", "b"], "b": [], "c": ["d"]}
CURSORS = {None: "b", "b": "c", "c": None}


class AtTen(datetime):
    """This machine's clock: it stands still at NOW, in Tokyo."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return NOW.astimezone(tz) if tz else (NOW + timedelta(hours=9)).replace(tzinfo=None)


@dataclass
class Run:
    """One run of a pass over pages in memory.

    Attributes:
        state: The stream's part of the state.
        settings: The pass's settings.
        clock: When the pages are said to be asked for; None where the response does not tell.
        errors: By cursor, the status of the next responses; 200 brings the page.
        bodies: By cursor, what comes in the place of a page.
        is_test: Whether it is a test run.
        waits_for_next: Whether a page is written only when the next one was asked for.
        events: What happened, in order.
        states: The state after each page.
    """

    state: dict[str, Any] = field(default_factory=dict)
    settings: PassSettings = SETTINGS
    clock: Clock | None = field(default_factory=lambda: Clock(NOW, None))
    errors: dict[str | None, list[int]] = field(default_factory=dict)
    bodies: dict[str | None, bytes] = field(default_factory=dict)
    is_test: bool = False
    events: list[Any] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)
    completed: CompletedPass | None = None
    hidden: list[Any] = field(default_factory=list)
    exported_at: str = ""
    waits_for_next: bool = False
    _held: list[str] = field(default_factory=list)
    _pages: Semaphore = field(default_factory=lambda: Semaphore(0))

    def go(self) -> Run:
        """Go through the pass."""
        one = Pass(
            self.settings,
            Source(
                get_page=self._get_page,
                try_page=self._try_page,
                new_paginator=ExportPaginator,
                key={"external_id": str},
                page_error=lambda number, text: ExportError(f"page {number}: {text}"),
                hide_ids=self._hide_ids,
            ),
            self,
            Progress(self.settings.stream),
            Notices(),
            is_test=self.is_test,
        )
        for record in one.records(self.state):
            self._held.append(record["external_id"])
            self.events.append(f"record {record['external_id']}")
        self.exported_at = one.exported_at
        return self

    @property
    def asked(self) -> list[Any]:
        """The cursors that were asked for."""
        return [event[1] for event in self.events if event[0] in ("get", "try")]

    @property
    def written(self) -> list[list[str]]:
        """The ids on each page that was written."""
        return [event[1] for event in self.events if event[0] == "write"]

    # The source

    def _get_page(self, checkpoint: Checkpoint) -> Page:
        self.events.append(("get", checkpoint.starting_after, checkpoint.filter_date))
        return self._page(checkpoint.starting_after)

    def _try_page(self, checkpoint: Checkpoint) -> Page:
        self.events.append(("try", checkpoint.starting_after, checkpoint.filter_date))
        return self._page(checkpoint.starting_after)

    def _page(self, cursor: str | None) -> Page:
        waiting = self.errors.get(cursor, [])
        if waiting and (status := waiting.pop(0)) != 200:
            raise ExportError(f"refused with {status}", status or None)
        page = {
            "has_next": CURSORS[cursor] is not None,
            "next_starting_after": CURSORS[cursor],
            "records": [{"external_id": one} for one in PAGES[cursor]],
        }
        self._pages.release()
        body = self.bodies.get(cursor) or json.dumps(page).encode()
        return Page.parse(body, self.clock)

    def _hide_ids(self, page: Page | None, cursor: str | None) -> None:
        self.hidden.append((sorted(page.ids()) if page else None, cursor))

    # The output

    def begin_page(self) -> None:
        self.events.append("begin")
        self._held.clear()

    def count(self) -> int:
        return len(self._held)

    def write_page(self, update_state: Callable[[], None], completed: CompletedPass | None) -> None:
        if self.waits_for_next and completed is None:
            for _ in ("this one", "the next one"):
                assert self._pages.acquire(timeout=10)
            self._pages.release()
        self.events.append(("write", list(self._held)))
        update_state()
        self.states.append(deepcopy(self.state))
        self.completed = completed

    def flush(self) -> None:
        self.events.append("flush")


def bookmarked(moment: datetime = EARLIER) -> dict[str, Any]:
    state: dict[str, Any] = {}
    complete(state, format_date_time(moment), SETTINGS.tenant, brought_everything="then")
    return state


def interrupted(state: dict[str, Any] | None = None, settings: PassSettings = SETTINGS) -> Run:
    """A run that was ended by an error on its third page."""
    run = Run(state if state is not None else {}, settings, errors={"c": [403]})
    with pytest.raises(ExportError, match="403"):
        run.go()
    assert run.written == [["a", "b"], []]
    return run


def test_every_page_is_written_with_a_state_that_covers_it() -> None:
    run = Run().go()
    assert run.exported_at == BEGAN
    assert run.written == [["a", "b"], [], ["d"]]
    unchanged = SETTINGS.unchanged(continues_bookmark=False)
    common: dict[str, Any] = {"began_at": BEGAN, "continues": None, "filter_date": None, "runs": 1}
    common["unchanged"] = unchanged
    first, second, last = run.states
    assert first == {"checkpoint": {**common, "starting_after": "b", "page": 2, "records": 2}}
    assert second == {"checkpoint": {**common, "starting_after": "c", "page": 3, "records": 2}}
    assert last == {
        "replication_key": "exported_at",
        "replication_key_value": BEGAN,
        "completed_pass": BEGAN,
        "tenant": SETTINGS.tenant,
        "fingerprint": SETTINGS.record_settings,
    }


def test_the_next_page_is_asked_for_before_this_one_is_written() -> None:
    assert Run(waits_for_next=True).go().written == [["a", "b"], [], ["d"]]


def test_a_test_run_asks_for_nothing_ahead_and_holds_nothing_back() -> None:
    events = Run(is_test=True).go().events
    assert events == [
        ("get", None, None),
        *("begin", "record a", "flush", "record b", "flush", ("write", ["a", "b"])),
        *(("get", "b", None), "begin", ("write", [])),
        *(("get", "c", None), "begin", "record d", "flush", ("write", ["d"])),
    ]


def test_the_ids_of_each_page_and_of_the_next_cursor_are_hidden() -> None:
    assert Run().go().hidden == [(["a", "b"], "b"), ([], "c"), (["d"], None)]
    left = interrupted().state
    assert Run(left).go().hidden == [(None, "c"), (["d"], None)]


def test_a_pass_continues_its_bookmark() -> None:
    state = bookmarked()
    run = Run(state).go()
    assert run.events[0] == ("get", None, "2026-11-14")
    assert run.states[0]["checkpoint"]["continues"] == format_date_time(EARLIER)
    assert run.states[0]["replication_key_value"] == format_date_time(EARLIER)
    assert run.states[-1]["replication_key_value"] == BEGAN
    assert run.states[-1]["fingerprint"] == "then"  # It did not bring everything.


def test_a_full_pass_makes_the_settings_those_of_everything() -> None:
    full = replace(SETTINGS, replication_method="FULL_TABLE")
    assert Run(bookmarked(), full).go().state["fingerprint"] == SETTINGS.record_settings
    since = replace(SETTINGS, config={**SETTINGS.config, "start_date": "2026-05-01"})
    assert Run({}, since).go().state["fingerprint"] == since.record_settings


def test_an_interrupted_pass_goes_on_and_counts_on() -> None:
    left = interrupted()
    run = Run(left.state, clock=Clock(NOW + 9 * SECOND, None)).go()
    assert run.asked == ["c"]
    assert run.exported_at == BEGAN
    assert run.state["replication_key_value"] == BEGAN
    assert run.completed is not None
    counts = (run.completed.record_count, run.completed.page_count, run.completed.run_count)
    assert counts == (3, 3, 2)


def test_the_progress_is_told_from_the_start_to_the_end(caplog: pytest.LogCaptureFixture) -> None:
    left = interrupted()
    assert caplog.messages == ["jobs: full pass (no bookmark)"]
    Run(left.state).go()
    _, start, end = caplog.messages
    assert start == "jobs: full pass (no bookmark), resumed at page 3 after 2 records"
    assert end.startswith("jobs: done, 1 page, 1 record in ")
    assert end.endswith("; the whole pass: 3 pages, 3 records in 2 runs")
    Run({}, replace(SETTINGS, replication_method="FULL_TABLE")).go()
    assert "jobs: full pass (FULL_TABLE)" in caplog.messages


START_OVER = "jobs: the API refuses the cursor of the checkpoint; the pass starts over"


@pytest.mark.parametrize("status", [400, 410, 422])
def test_a_refused_cursor_starts_the_pass_over(
    status: int, caplog: pytest.LogCaptureFixture, waits: list[float]
) -> None:
    run = Run(interrupted(bookmarked()).state, errors={"c": [status]}).go()
    assert run.events[:2] == [("get", "c", "2026-11-14"), ("get", None, "2026-11-14")]
    assert run.written == [["a", "b"], [], ["d"]]
    assert caplog.messages.count(START_OVER) == 1
    assert not waits


@pytest.mark.parametrize("status", [404, 409])
def test_a_refusal_that_may_pass_is_tried_three_times(
    status: int, caplog: pytest.LogCaptureFixture, waits: list[float]
) -> None:
    left = interrupted().state
    run = Run(deepcopy(left), errors={"c": [status] * 2}).go()
    assert run.asked == ["c"] * 3
    assert START_OVER not in caplog.messages
    assert waits == [1, 2]
    told = [line for line in caplog.messages if "attempt" in line]
    beginning = "jobs: the API refused the cursor of the checkpoint; attempt"
    assert told == [f"{beginning} 2 of 3 follows in 1.0 s", f"{beginning} 3 of 3 follows in 2.0 s"]
    run = Run(deepcopy(left), errors={"c": [status] * 3}).go()
    assert run.asked == ["c", "c", "c", None, "b", "c"]
    assert START_OVER in caplog.messages


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_at_a_cursor_starts_over_if_the_first_page_comes(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    left = interrupted(bookmarked()).state
    run = Run(deepcopy(left), errors={"c": [status]}).go()
    assert run.events[:2] == [("get", "c", "2026-11-14"), ("try", None, "2026-11-14")]
    assert run.written == [["a", "b"], [], ["d"]]
    assert START_OVER in caplog.messages


@pytest.mark.parametrize("first", [500, 403])
def test_a_server_error_everywhere_leaves_the_checkpoint(first: int) -> None:
    left = interrupted().state
    run = Run(deepcopy(left), errors={"c": [503], None: [first]})
    with pytest.raises(ExportError, match="refused with 503") as raised:
        run.go()
    assert raised.value.__cause__ is None
    assert run.state == left


@pytest.mark.parametrize("status", [0, 401, 403, 499])
def test_another_refusal_of_a_cursor_ends_the_stream(status: int) -> None:
    left = interrupted().state
    run = Run(deepcopy(left), errors={"c": [status]})
    with pytest.raises(ExportError, match=f"refused with {status}"):
        run.go()
    assert run.asked == ["c"]
    assert run.state == left


def test_a_refused_first_page_is_not_tried_again() -> None:
    run = Run(errors={None: [404]})
    with pytest.raises(ExportError, match="404"):
        run.go()
    assert run.asked == [None]


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b'{"has_next": true, "next_starting_after": "b", "records": []}', "back to an earlier"),
        (b'{"has_next": false, "records": [{"external_id": "d"}, 5]}', "record 2 is not an object"),
        (b'{"has_next": false}', "'records' is missing"),
    ],
)
def test_a_broken_page_ends_the_stream_with_its_number(body: bytes, what: str) -> None:
    run = Run(bodies={"c": body})
    with pytest.raises(ExportError) as raised:
        run.go()
    assert str(raised.value).startswith("page 3: ")
    assert what in str(raised.value)
    assert str(raised.value).endswith(f". {BROKEN_PAGE_HINT}")
    assert run.written == [["a", "b"], []]
    assert run.state["checkpoint"]["starting_after"] == "c"


# When a pass began, and when it was complete


def completed_at(clock: Clock | None, monkeypatch: pytest.MonkeyPatch) -> tuple[datetime, datetime]:
    monkeypatch.setattr(module, "datetime", AtTen)
    completed = Run(clock=clock).go().completed
    assert completed is not None
    began, ended = (
        datetime.fromisoformat(text) for text in (completed.began_at, completed.completed_at)
    )
    return began, ended


def test_a_pass_begins_and_is_complete_by_the_same_clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = NOW - 60 * SECOND
    assert completed_at(Clock(asked, None), monkeypatch) == (asked, NOW)
    assert completed_at(None, monkeypatch) == (NOW, NOW)
    # The API's clock is behind: it counts for both.
    for behind in (3 * SECOND, timedelta(minutes=20)):
        expected = (asked - behind, NOW - behind)
        assert completed_at(Clock(asked, asked - behind), monkeypatch) == expected
    # It tells whole seconds, so that a little is nothing; and ahead, it does not count.
    assert completed_at(Clock(asked, asked - 2 * SECOND), monkeypatch)[1] == NOW
    assert completed_at(Clock(asked, asked + 60 * SECOND), monkeypatch) == (asked, NOW)
    # No pass is complete before it began.
    later = NOW + 60 * SECOND
    assert completed_at(Clock(later, None), monkeypatch) == (later, later)


def test_a_completed_pass_is_described() -> None:
    run = Run(bookmarked()).go()
    assert run.completed is not None
    assert run.completed.replication_method == "INCREMENTAL"
    assert run.completed.updated_after == "2026-11-14"
    counts = (run.completed.record_count, run.completed.page_count, run.completed.run_count)
    assert counts == (3, 3, 1)
    full = Run({}, replace(SETTINGS, replication_method="FULL_TABLE")).go().completed
    assert full is not None
    assert (full.replication_method, full.updated_after) == ("FULL_TABLE", None)
