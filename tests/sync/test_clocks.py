"""Clocks that are wrong, that differ, that stand still or go back: no change is ever missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

import pytest

from sandbox.exports import DateReading
from tests.harness import LOG, arguments, discover, run, selecting, settings
from tests.runs import (
    PROFILES,
    MeltanoStore,
    all_ids,
    asked,
    attempt,
    bookmark,
    cut_off,
    only,
    warnings_in,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox

READINGS = get_args(DateReading)
A_SECOND = timedelta(seconds=1)  # A Date header has no parts of a second.
FAR = [
    timedelta(hours=2),
    timedelta(days=3),
    timedelta(days=800),
    timedelta(hours=-2),
    timedelta(days=-3),
]
NEAR = [timedelta(0), timedelta(minutes=20), timedelta(minutes=-20)]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def bookmarked(when: datetime) -> dict[str, Any]:
    one = {"replication_key": "exported_at", "replication_key_value": when.isoformat()}
    return {"bookmarks": {PROFILES: one}}


def change(sandbox: Sandbox, *positions: int, at: datetime | None = None) -> list[str]:
    for position in positions:
        sandbox.company.change(sandbox.company.employees[position], at)
    return [sandbox.company.employees[position].external_id for position in positions]


def test_a_date_in_a_far_future_stores_no_bookmark_there(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    sandbox.company.clock_offset = datetime(2999, 1, 1, tzinfo=UTC) - datetime.now(UTC)
    first = run(arguments(tmp_path, settings(url), catalog=only(PROFILES)))
    assert first.exit_status == 0, first.log
    assert moment(bookmark(first)) < datetime.now(UTC)
    assert {one["exported_at"] for one in first.records[PROFILES]} == {bookmark(first)}
    sandbox.company.clock_offset = timedelta(0)
    changed = change(sandbox, 3)
    second = run(arguments(tmp_path, settings(url), first.state, only(PROFILES)))
    assert second.ids(PROFILES) == changed


@pytest.mark.parametrize("offset", [*FAR, *NEAR], ids=str)
def test_a_pass_begins_at_the_earlier_clock_before_its_first_page(
    sandbox: Sandbox, url: str, offset: timedelta
) -> None:
    sandbox.company.clock_offset = offset
    asked_at: list[datetime] = []
    sandbox.before_page = lambda _: asked_at.append(datetime.now(UTC))
    started = datetime.now(UTC)
    output = attempt(settings(url), catalog=only(PROFILES))
    began = moment(bookmark(output))
    earlier = min(offset, timedelta(0))
    assert started + earlier - 2 * A_SECOND <= began <= asked_at[0] + earlier


@pytest.mark.parametrize("offset", [*FAR, *NEAR], ids=str)
def test_a_pass_is_completed_by_the_clock_by_which_it_began(
    sandbox: Sandbox, url: str, offset: timedelta
) -> None:
    sandbox.company.clock_offset = offset
    output = attempt(settings(url), catalog=selecting(discover(), PROFILES, LOG))
    ended = datetime.now(UTC)
    [row] = output.records[LOG]
    assert moment(row["began_at"]) <= moment(row["completed_at"])
    assert moment(row["completed_at"]) <= ended + min(offset, timedelta(0)) + A_SECOND
    assert ended - moment(row["completed_at"]) < timedelta(minutes=1) - min(offset, timedelta(0))


@pytest.mark.parametrize("offset", [timedelta(0), timedelta(days=3), timedelta(days=-3)], ids=str)
def test_a_slow_first_page_does_not_move_the_beginning(
    sandbox: Sandbox, url: str, offset: timedelta
) -> None:
    sandbox.company.clock_offset = offset
    sandbox.conditions.delay = 0.3
    asked_at: list[datetime] = []
    sandbox.before_page = lambda _: asked_at.append(datetime.now(UTC))
    output = attempt(settings(url), catalog=only(PROFILES))
    assert moment(bookmark(output)) <= asked_at[0] + min(offset, timedelta(0))


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("ahead", [timedelta(minutes=10), timedelta(minutes=50)], ids=str)
def test_a_bookmark_a_little_ahead_is_not_moved_back(
    sandbox: Sandbox, url: str, reading: DateReading, ahead: timedelta
) -> None:
    sandbox.date_reading = reading
    stored = datetime.now(UTC) + ahead
    changed = change(sandbox, 3)
    output = attempt(settings(url), bookmarked(stored), only(PROFILES))
    assert moment(bookmark(output)) >= stored
    assert moment(bookmark(output)) <= stored + A_SECOND
    assert output.ids(PROFILES) == changed


@pytest.mark.parametrize(
    "ahead", [timedelta(hours=30), timedelta(days=3), timedelta(days=365_000)], ids=str
)
def test_a_bookmark_in_the_future_leads_to_a_full_pass_that_begins_after_it(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture, ahead: timedelta
) -> None:
    last = datetime.now(UTC) + ahead
    state = bookmarked(last)
    for _ in range(2):
        caplog.clear()
        sandbox.pages.clear()
        output = attempt(settings(url), state, only(PROFILES))
        assert output.ids(PROFILES) == all_ids(sandbox)
        assert asked(sandbox)[1] == (None, None)
        [warning] = warnings_in(caplog)
        assert PROFILES in warning
        assert "clock" in warning
        assert moment(bookmark(output)) > last
        state, last = output.state, moment(bookmark(output))
    assert "'replication_key_value'" in warning
    assert "'began_at'" in warning
    now = datetime.now(UTC).isoformat()
    state["bookmarks"][PROFILES]["replication_key_value"] = now
    state["bookmarks"][PROFILES]["checkpoint"]["began_at"] = now
    changed = change(sandbox, 3)
    again = attempt(settings(url), state, only(PROFILES))
    assert again.ids(PROFILES) == changed
    assert timedelta(0) < moment(bookmark(again)) - moment(now) < timedelta(minutes=10)


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(hours=3), timedelta(days=2)])
def test_a_clock_that_goes_back_moves_no_bookmark_back(
    sandbox: Sandbox, url: str, back: timedelta
) -> None:
    state = None
    last = datetime(2000, 1, 1, tzinfo=UTC)
    for offset in (timedelta(0), -back, -2 * back, -back):
        sandbox.company.clock_offset = offset
        changed = change(sandbox, 3)
        output = attempt(settings(url), state, only(PROFILES))
        if state:
            assert set(changed) <= set(output.ids(PROFILES))
        assert moment(bookmark(output)) > last
        last, state = moment(bookmark(output)), output.state
        assert {one["exported_at"] for one in output.records[PROFILES]} <= {bookmark(output)}


@pytest.mark.parametrize(
    "steps",
    [
        [timedelta(0), timedelta(0), timedelta(0), timedelta(0)],
        [timedelta(0), timedelta(hours=-2), timedelta(hours=-2), timedelta(hours=-3)],
        [timedelta(0), timedelta(minutes=-10), timedelta(minutes=-5), timedelta(minutes=-7)],
    ],
    ids=["still", "hours back", "minutes back"],
)
@pytest.mark.parametrize("mode", [{"merging": True}, {"full_refresh": True}], ids=str)
def test_a_stale_checkpoint_is_not_resumed_whatever_the_clocks_do(
    sandbox: Sandbox,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    steps: list[timedelta],
    mode: dict[str, bool],
) -> None:
    noon = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)
    now = noon
    monkeypatch.setattr(sandbox.company, "now", lambda: now)
    store, catalog = MeltanoStore(), only(PROFILES)
    store.run(settings(url), catalog, **mode)
    for position, step in enumerate(steps):
        now = noon + step
        changed = change(sandbox, position, *range(150, 400), at=noon + timedelta(minutes=1))
        sandbox.pages.clear()
        output = store.run(settings(url), catalog, merging=True)
        assert output.error is None
        assert asked(sandbox)[0][0] is None
        assert set(changed) <= set(output.ids(PROFILES))


def test_a_checkpoint_is_resumed_although_the_clocks_stand_still(
    sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    still = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=6)
    monkeypatch.setattr(sandbox.company, "now", lambda: still)
    cut = cut_off(sandbox, settings(url))
    resumed = attempt(settings(url), cut.state, only(PROFILES))
    assert resumed.ids(PROFILES) == all_ids(sandbox)[200:]
    change(sandbox, *range(250))
    again = cut_off(sandbox, settings(url), resumed.state, pages=1)
    rest = attempt(settings(url), again.state, only(PROFILES))
    assert rest.ids(PROFILES) == all_ids(sandbox)[100:250]
    assert asked(sandbox)[0][0] is not None
