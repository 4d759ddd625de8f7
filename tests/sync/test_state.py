"""Which states a run takes, and where they make a pass start."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from tap_techwolf.dates import format_date_time
from tap_techwolf.errors import StateError
from tap_techwolf.sync.pass_settings import PassSettings
from tap_techwolf.sync.start import new_pass, next_began_at, plan_pass
from tap_techwolf.sync.state import Checkpoint, read_state

STATE: dict[str, Any] = {"bookmarks": {"jobs": {"replication_key": "exported_at"}}}


@pytest.mark.parametrize(
    "state",
    [
        STATE,
        {"singer_state": STATE},
        {**STATE, "more": 5},
        {**STATE, "singer_state": {}},
        {"bookmarks": {**STATE["bookmarks"], "others": {}}},
    ],
    ids=["bare", "wrapped", "more", "beside", "others"],
)
def test_a_state_is_read_bare_and_as_meltano_prints_it(state: dict[str, Any]) -> None:
    found = read_state(state, {"jobs"})
    found["bookmarks"].pop("others", None)
    assert found == STATE


@pytest.mark.parametrize("state", [{}, {"singer_state": {}}, {"bookmarks": {}}], ids=str)
def test_a_state_may_be_empty(state: dict[str, Any]) -> None:
    assert read_state(state, {"jobs"}) == {"bookmarks": {}}


def test_partitions_of_another_tap_are_left_out() -> None:
    one = {**STATE["bookmarks"]["jobs"], "partitions": None}
    assert read_state({"bookmarks": {"jobs": one}}, {"jobs"}) == STATE


@pytest.mark.parametrize(
    "state",
    [
        5,
        "abc",
        None,
        [],
        {"bookmarks": None},
        {"bookmarks": []},
        {"bookmarks": {"jobs": "page 3"}},
        {"singer_state": None},
        {"singer_state": 5},
        {"value": STATE},
        {"type": "STATE", "value": STATE},
        {"completed": {"singer_state": STATE}, "partial": {}},
        {"singer_state": {"singer_state": STATE}},
        {"jobs": STATE["bookmarks"]["jobs"]},
    ],
    ids=str,
)
def test_what_is_no_state_is_refused(state: Any) -> None:
    with pytest.raises(StateError, match="bookmarks"):
        read_state(state, {"jobs"})


@pytest.mark.parametrize("name", ["bookmarks", "value", "JOBS", "main-jobs"])
def test_a_state_that_names_no_stream_of_this_tap_is_refused(name: str) -> None:
    with pytest.raises(StateError, match="none of this tap's streams"):
        read_state({"bookmarks": {name: STATE["bookmarks"]["jobs"]}}, {"jobs"})


# Where a pass starts

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
SETTINGS = PassSettings(
    stream="jobs",
    replication_method="INCREMENTAL",
    start_date=None,
    lookback_days=1,
    tenant="a tenant",
    fingerprint="some columns",
    scope_hash="some jobs",
    resume_hash="as before",
)
FULL_TABLE = PassSettings("jobs", "FULL_TABLE", None, 1, "a tenant", "some columns", "", "")
FULL = Checkpoint(
    began_at=NOW - DAY,
    continues=None,
    filter_date=None,
    starting_after="job-7",
    page=3,
    records=200,
    runs=1,
    replication_method="INCREMENTAL",
    scope_hash="some jobs",
    resume_hash="as before",
)
INCREMENTAL = replace(FULL, continues=NOW - 2 * DAY, filter_date="2026-11-01")


def stored(
    bookmark: datetime | None = None, checkpoint: Checkpoint | None = None, **changes: Any
) -> dict[str, Any]:
    """A stream's state, as a run gets it."""
    state: dict[str, Any] = {}
    if checkpoint is not None:
        checkpoint.write(state)
    if bookmark is not None:
        state["replication_key"] = "exported_at"
        state["replication_key_value"] = format_date_time(bookmark)
        state |= {"tenant": "a tenant", "fingerprint": "some columns"}
    return state | changes


@pytest.mark.parametrize(
    ("state", "continues"),
    [
        (stored(), None),
        (stored(NOW - DAY), NOW - DAY),
        (stored(NOW - DAY, replace(FULL, starting_after=None)), NOW - DAY),
        (stored(NOW - 5 * DAY, replace(FULL, starting_after=None)), NOW - 5 * DAY),
        (stored(NOW - 5 * DAY, replace(INCREMENTAL, starting_after=None)), NOW - 5 * DAY),
        (stored(NOW - DAY, FULL), NOW - DAY),
        (stored(NOW, FULL), NOW),
        (stored(NOW, INCREMENTAL), NOW),
    ],
    ids=[
        *("first", "bookmark", "complete", "complete, moved back", "incremental, moved back"),
        *("replaced", "replaced long ago", "replaced incremental"),
    ],
)
def test_a_new_pass_continues_the_bookmark_beside_a_pass_that_is_over(
    state: dict[str, Any], continues: datetime | None
) -> None:
    start, warnings = plan_pass(SETTINGS, state)
    assert (start.starting_after, start.page, start.records, start.runs) == (None, 1, 0, 1)
    assert start.continues == continues
    assert (start.filter_date is None) is (continues is None)
    assert not warnings


@pytest.mark.parametrize(
    "state",
    [
        stored(None, FULL),
        stored(NOW - 2 * DAY, FULL),
        stored(NOW - 2 * DAY, INCREMENTAL),
        # A full refresh for another tenant, merged with that of before.
        stored(NOW - 2 * DAY, FULL, tenant="another"),
    ],
    ids=["first", "full refresh", "incremental", "another tenant"],
)
def test_an_interrupted_pass_resumes(state: dict[str, Any]) -> None:
    start, warnings = plan_pass(SETTINGS, state)
    assert start.starting_after == "job-7"
    assert (start.page, start.records, start.runs) == (3, 200, 2)
    assert not warnings


@pytest.mark.parametrize(
    ("state", "is_full"),
    [
        (stored(NOW - 2 * DAY, replace(FULL, resume_hash="others")), True),
        (stored(NOW - 2 * DAY, replace(INCREMENTAL, resume_hash="others")), False),
        (stored(NOW - 3 * DAY, INCREMENTAL), False),
        (stored(None, INCREMENTAL), True),
    ],
    ids=["full", "incremental", "moved bookmark", "removed bookmark"],
)
def test_what_is_given_up_begins_again_with_a_warning(
    state: dict[str, Any], *, is_full: bool
) -> None:
    start, [warning] = plan_pass(SETTINGS, state)
    assert start.starting_after is None
    assert (start.filter_date is None) is is_full
    assert "starts over" in warning


@pytest.mark.parametrize(
    "change",
    [
        *({name: None} for name in ("began_at", "page", "records", "runs", "resume_hash")),
        {"began_at": "yesterday"},
        {"began_at": "9999-12-31T23:59:59.999999+00:00"},
        {"began_at": "0001-01-01T00:00:00+05:00"},
        {"continues": "0001-01-01T00:00:00+05:00"},
        {"continues": 5},
        {"filter_date": "last week"},
        {"starting_after": ""},
        {"starting_after": 7},
        {"page": 0},
        {"page": "3"},
        {"records": -1},
        {"runs": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("interrupted", [FULL, INCREMENTAL], ids=["full", "incremental"])
def test_a_checkpoint_that_cannot_be_read_starts_over(
    interrupted: Checkpoint, change: dict[str, Any]
) -> None:
    state = stored(NOW - 2 * DAY, interrupted)
    state["checkpoint"] |= change
    start, [warning] = plan_pass(SETTINGS, state)
    assert start.starting_after is None
    assert "cannot be read" in warning
    assert start.filter_date is None  # It may have been a full pass.


@pytest.mark.parametrize("checkpoint", [5, "page 3", [], {}], ids=str)
def test_a_checkpoint_that_is_none_starts_over_in_full(checkpoint: Any) -> None:
    start, [warning] = plan_pass(
        SETTINGS, stored(NOW - DAY, checkpoint=None) | {"checkpoint": checkpoint}
    )
    assert start.filter_date is None
    assert "cannot be read" in warning


def test_a_complete_checkpoint_that_cannot_be_read_changes_nothing() -> None:
    state = stored(NOW - DAY, replace(FULL, starting_after=None))
    del state["checkpoint"]["page"]
    start, warnings = plan_pass(SETTINGS, state)
    assert start.continues == NOW - DAY
    assert not warnings


def test_a_full_table_pass_continues_nothing_and_resumes() -> None:
    start, warnings = plan_pass(FULL_TABLE, stored(NOW - DAY))
    assert (start.continues, start.filter_date, warnings) == (None, None, [])
    interrupted = replace(FULL, resume_hash="", began_at=NOW)
    start, warnings = plan_pass(FULL_TABLE, stored(NOW - DAY, interrupted))
    assert (start.starting_after, warnings) == ("job-7", [])


@pytest.mark.parametrize(
    "change",
    [
        {"replication_key": "last_updated"},
        {"replication_key": None},
        {"replication_key_value": None},
        {"replication_key_value": "yesterday"},
        {"replication_key_value": 5},
        {"replication_key_value": "9999-12-31T23:59:59.999999+00:00"},
        {"tenant": "another"},
    ],
    ids=str,
)
def test_a_bookmark_that_cannot_be_used_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(StateError, match="jobs: the bookmark"):
        plan_pass(SETTINGS, stored(NOW - DAY, **change))


def test_changed_settings_are_warned_about_when_an_incremental_pass_starts() -> None:
    state = stored(NOW - DAY, fingerprint="other columns")
    start, [warning] = plan_pass(SETTINGS, state)
    assert start.continues == NOW - DAY
    assert "--full-refresh" in warning
    assert plan_pass(FULL_TABLE, state)[1] == []
    assert plan_pass(SETTINGS, {**state, "fingerprint": None})[1] == []


@pytest.mark.parametrize(
    ("given_up", "continues"), [(FULL, None), (INCREMENTAL, NOW - 2 * DAY)], ids=["full", "not"]
)
def test_a_pass_whose_cursor_is_rejected_begins_again_as_what_it_was(
    given_up: Checkpoint, continues: datetime | None
) -> None:
    is_full = given_up.continues is None
    start = new_pass(SETTINGS, stored(NOW - 2 * DAY), is_full=is_full)
    assert (start.continues, start.starting_after, start.page) == (continues, None, 1)


@pytest.mark.parametrize(
    "requested_at", [NOW, NOW - DAY, NOW - 900 * DAY], ids=["now", "a day ago", "years ago"]
)
def test_a_pass_begins_after_every_pass_in_the_state(requested_at: datetime) -> None:
    tick = timedelta(microseconds=1)
    for state, newest in (
        (stored(), requested_at - tick),
        (stored(NOW - DAY), NOW - DAY),
        (stored(NOW - 2 * DAY, INCREMENTAL), NOW - DAY),
        (stored(NOW - DAY, replace(FULL, began_at=NOW + 400 * DAY)), NOW + 400 * DAY),
        ({"checkpoint": {"began_at": format_date_time(NOW)}}, NOW),
    ):
        assert next_began_at(requested_at, state) == max(requested_at, newest + tick)


@pytest.mark.parametrize("interrupted", [FULL, INCREMENTAL], ids=["full", "incremental"])
def test_a_pass_that_began_over_seven_days_ago_starts_over(interrupted: Checkpoint) -> None:
    settings = dataclasses.replace(SETTINGS, start_date="2026-01-01")
    for days, is_resumed in ((6.9, True), (7.1, False)):
        began_at = NOW - days * DAY
        continues = interrupted.continues and began_at - DAY
        one = replace(interrupted, began_at=began_at, continues=continues)
        start, warnings = plan_pass(settings, stored(one.continues, one))
        assert (start.starting_after is not None) is is_resumed
        assert start.continues == one.continues
        assert [bool("seven days" in warning) for warning in warnings] == [True] * (not is_resumed)


def test_a_state_of_another_form_is_refused_instead_of_syncing_everything() -> None:
    with pytest.raises(StateError, match="not written by this tap"):
        plan_pass(SETTINGS, {"exported_at": format_date_time(NOW)})
    assert plan_pass(SETTINGS, {})[0].continues is None


def test_a_complete_pass_leaves_its_bookmark_and_no_cursor() -> None:
    state = stored(NOW - 2 * DAY, FULL)
    replace(FULL, starting_after=None, completed_at=NOW).complete(SETTINGS, state)
    assert state["checkpoint"]["starting_after"] is None
    began_at = format_date_time(NOW - DAY)
    assert state["replication_key_value"] == state["checkpoint"]["began_at"] == began_at
    assert (state["tenant"], state["fingerprint"]) == ("a tenant", "some columns")


def test_rows_of_several_settings_are_warned_about_until_everything_is_exported_anew() -> None:
    state = stored(NOW - 2 * DAY)
    others = dataclasses.replace(SETTINGS, fingerprint="other columns")
    INCREMENTAL.complete(others, state)
    for settings in (others, SETTINGS):  # Going back to the old settings heals nothing.
        start, [warning] = plan_pass(settings, state)
        assert start.continues == NOW - DAY
        assert "--full-refresh" in warning
    FULL.complete(others, state)
    assert plan_pass(others, state)[1] == []


def test_a_start_date_after_the_bookmark_narrows_no_full_pass_in_its_place() -> None:
    settings = dataclasses.replace(SETTINGS, start_date=format_date_time(NOW - DAY / 2))
    state = stored(NOW - 2 * DAY, replace(FULL, resume_hash="others"))
    start, [_] = plan_pass(settings, state)
    assert start.filter_date is None
    assert new_pass(settings, state, is_full=True).filter_date is None
    assert new_pass(settings, stored(), is_full=True).filter_date is not None
