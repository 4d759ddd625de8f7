"""When a pass began, by two clocks of which either may be wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.api.export import Export
from tap_techwolf.api.page import Clock
from tap_techwolf.dates import format_date_time
from tap_techwolf.sync.checkpoint import Bookmark
from tap_techwolf.sync.notices import Notices
from tap_techwolf.sync.pass_settings import PassSettings
from tap_techwolf.sync.start import began_at, begin_pass

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
SETTINGS = PassSettings(
    stream="jobs",
    export=Export(path="/jobs"),
    config={"tenant": "acme", "region": "eu3", "lookback_days": 1},
    replication_method="INCREMENTAL",
    columns=(["external_id"], []),
)


def begin(
    machine: datetime,
    api: datetime | None,
    continues: datetime | None = None,
    state: Mapping[str, Any] | None = None,
) -> datetime:
    checkpoint = begin_pass(SETTINGS, Bookmark(continues, None, None) if continues else None)
    text = began_at(checkpoint, Clock(machine, api), state or {}, "jobs", Notices())
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("machine", "api", "continues", "began"),
    [
        # The earlier clock counts.
        (NOW, None, None, NOW),
        (NOW, NOW + MINUTE, None, NOW),
        (NOW, NOW - MINUTE, None, NOW - MINUTE),
        (NOW, NOW + timedelta(days=365_000), None, NOW),
        # Never before the bookmark, unless that is over an hour ahead of both.
        (NOW, NOW, NOW - HOUR, NOW),
        (NOW, NOW, NOW, NOW + TICK),
        (NOW, NOW, NOW + HOUR, NOW + HOUR + TICK),
        (NOW, NOW, NOW + HOUR + TICK, NOW),
        (NOW, NOW - 3 * HOUR, NOW - HOUR, NOW - HOUR + TICK),
        (NOW, NOW + 3 * HOUR, NOW + 4 * HOUR, NOW + 4 * HOUR + TICK),
    ],
)
def test_a_pass_begins_at_the_earlier_clock_and_not_before_its_bookmark(
    machine: datetime, api: datetime | None, continues: datetime | None, began: datetime
) -> None:
    assert begin(machine, api, continues) == began


@pytest.mark.parametrize(
    ("earlier", "began"),
    [
        (NOW - TICK, NOW),
        (NOW, NOW + TICK),
        (NOW + HOUR, NOW + HOUR + TICK),
        (NOW + HOUR + TICK, NOW),
    ],
)
@pytest.mark.parametrize("which", ["completed_pass", "checkpoint"])
def test_two_passes_never_begin_at_the_same_moment(
    which: str, earlier: datetime, began: datetime
) -> None:
    text = format_date_time(earlier)
    state = {which: text if which == "completed_pass" else {"began_at": text}}
    assert begin(NOW, NOW, None, state) == began


@pytest.mark.parametrize(
    ("api", "text"),
    [
        (NOW + HOUR, None),
        (NOW + timedelta(minutes=61), "The API's clock is 61 minutes ahead of this machine's"),
        (NOW - 5 * HOUR, "The API's clock is 5 hours behind this machine's"),
        (NOW + timedelta(days=3), "The API's clock is 3 days ahead of this machine's"),
    ],
)
def test_clocks_that_differ_by_more_than_an_hour_are_named(
    api: datetime, text: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    begin(NOW, api)
    rest = "; the earlier one counts. Check the machine's."
    assert caplog.messages == ([text + rest] if text else [])


@pytest.mark.parametrize(
    ("ahead", "text"),
    [
        (MINUTE, None),
        (2 * MINUTE, "2 minutes"),
        (119 * MINUTE, "119 minutes"),
        (2 * HOUR, "2 hours"),
        (47 * HOUR, "47 hours"),
        (48 * HOUR, "2 days"),
        (timedelta(days=400), "400 days"),
    ],
)
def test_a_bookmark_ahead_of_both_clocks_is_warned_of(
    ahead: timedelta, text: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    begin(NOW, NOW - MINUTE, NOW + ahead)
    told = (
        f"jobs: the bookmark is {text} ahead of the API's clock and this machine's: what changed "
        "since the sync that set it may be missing. Run once with --full-refresh, or set the "
        "bookmark back in the state."
    )
    assert caplog.messages == ([told] if text else [])


def test_a_clock_at_the_end_of_the_calendar_is_compared_with_earlier_passes() -> None:
    state = {"completed_pass": "2999-01-01T00:00:00+00:00"}
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    began = began_at(begin_pass(SETTINGS, None), Clock(NOW, last), state, "jobs", Notices())
    assert began == "2999-01-01T00:00:00.000001+00:00"


def test_a_warning_for_the_whole_run_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    notices = Notices()
    for stream in ("goals", "jobs"):
        notices.warn_once("The clocks differ, says %s", stream)
    notices.warn_once("Another warning")
    assert caplog.messages == ["The clocks differ, says goals", "Another warning"]
