"""Where a pass starts, and when it began."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.api.export import Export
from tap_techwolf.api.page import Clock
from tap_techwolf.errors import StateError
from tap_techwolf.sync.checkpoint import Bookmark, Checkpoint, complete
from tap_techwolf.sync.dates import format_date_time
from tap_techwolf.sync.notices import Notices
from tap_techwolf.sync.pass_settings import PassSettings
from tap_techwolf.sync.start import began_at, begin_pass, find_start, read_bookmark

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
CONFIG: dict[str, Any] = {"tenant": "acme", "region": "eu3", "lookback_days": 1}
SETTINGS = PassSettings(
    stream="jobs",
    export=Export(path="/jobs", query={"response_format": "task_profile_format"}),
    config=CONFIG,
    replication_method="INCREMENTAL",
    columns=(["external_id"], []),
)


def with_config(settings: PassSettings = SETTINGS, **config: Any) -> PassSettings:
    return replace(settings, config={**settings.config, **config})


FULL = replace(SETTINGS, replication_method="FULL_TABLE")


def bookmarked(moment: datetime, **more: Any) -> dict[str, Any]:
    state: dict[str, Any] = {}
    complete(state, format_date_time(moment), SETTINGS.tenant, brought_everything=None)
    return state | more


def interrupted(settings: PassSettings, state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of a pass that was interrupted after its second page, an hour after NOW."""
    bookmark = read_bookmark(settings, state)
    here = begin_pass(settings, bookmark).after_page("a").after_page("b")
    there: dict[str, Any] = dict(state)
    replace(here, began_at=format_date_time(NOW + HOUR), records=200).write(there)
    return there


def start(settings: PassSettings, state: Mapping[str, Any]) -> Checkpoint:
    return find_start(settings, read_bookmark(settings, state), state)


@pytest.mark.parametrize("settings", [SETTINGS, FULL, with_config(start_date="2020-01-01")])
@pytest.mark.parametrize("state", [{}, bookmarked(NOW)], ids=["first", "later"])
def test_an_interrupted_pass_goes_on(
    settings: PassSettings, state: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    found = start(settings, interrupted(settings, state))
    assert (found.starting_after, found.page, found.records, found.runs) == ("b", 3, 200, 2)
    assert found.began_at == format_date_time(NOW + HOUR)
    assert not caplog.messages


CHANGES: dict[str, PassSettings] = {
    "'tenant' or 'audience'": with_config(tenant="other", api_url="https://acme.eu3.techwolf.ai"),
    "'api_url'": with_config(api_url="https://another.example"),
    "the replication method": FULL,
    "'start_date'": with_config(start_date="2020-01-01"),
    "'lookback_days'": with_config(lookback_days=2),
    "settings that shape the records": with_config(task_profile_format="hierarchy"),
    "the selected columns": replace(SETTINGS, columns=(["external_id", "tasks"], [])),
    "stream maps or flattening": with_config(stream_maps={"jobs": {"tasks": None}}),
}


@pytest.mark.parametrize("words", CHANGES)
def test_a_pass_starts_over_where_something_has_changed(
    words: str, caplog: pytest.LogCaptureFixture
) -> None:
    changed = CHANGES[words]
    found = start(changed, interrupted(SETTINGS, {}))
    assert found == begin_pass(changed, None)
    assert caplog.messages == [
        f"jobs: changed since the last pass was interrupted: {words}; the pass starts over"
    ]


def test_all_that_has_changed_is_named_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    changed = with_config(lookback_days=2, api_url="https://another.example")
    changed = replace(changed, columns=([], []))
    start(changed, interrupted(SETTINGS, {}))
    [line] = caplog.messages
    assert "interrupted: 'api_url', 'lookback_days', the selected columns; the pass" in line


def test_the_start_date_counts_only_where_no_bookmark_is_continued() -> None:
    state = interrupted(SETTINGS, bookmarked(NOW))
    assert start(with_config(start_date="2020-01-01"), state).page == 3
    assert start(with_config(FULL, start_date="2020-01-01"), interrupted(FULL, {})).page == 3


def test_an_older_fingerprint_is_a_remark_where_the_pass_starts_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    state = interrupted(SETTINGS, bookmarked(NOW, fingerprint="of other settings"))
    start(with_config(lookback_days=2), state)
    [line] = caplog.messages
    assert line.endswith(
        "the pass starts over; what does not change meanwhile keeps its old form until a full "
        "refresh"
    )


def test_a_bookmark_of_another_tenant_is_refused() -> None:
    state = bookmarked(NOW)
    with pytest.raises(StateError, match=r"^jobs: the bookmark in the state belongs to another"):
        read_bookmark(with_config(tenant="another"), state)
    del state["tenant"]  # As an older version, or another program, left it.
    bookmark = read_bookmark(with_config(tenant="another"), state)
    assert bookmark == Bookmark(NOW, None, None)


@pytest.mark.parametrize(
    ("moment", "date"), [(NOW, "2026-11-21"), (NOW + timedelta(days=365_000), None)]
)
def test_a_filter_date_is_never_in_the_future(moment: datetime, date: str | None) -> None:
    found = begin_pass(SETTINGS, Bookmark(moment, None, None)).filter_date
    today = datetime.now(UTC).date().isoformat()
    assert found is not None
    assert found < today
    assert date is None or found == min(date, found)


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


def test_two_passes_never_begin_at_the_same_moment() -> None:
    assert begin(NOW, None, None, bookmarked(NOW)) == NOW + TICK


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
    assert len(caplog.messages) == bool(text)
    assert not text or caplog.messages[0].startswith(text)


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
    assert len(caplog.messages) == bool(text)
    if text:
        [line] = caplog.messages
        assert line.startswith(f"jobs: the bookmark is {text} ahead of the API's clock and")
        assert "may be missing. Run once with --full-refresh" in line


@pytest.mark.parametrize("checkpoint", [{"page": 3}, "text"], ids=str)
def test_a_checkpoint_that_cannot_be_read_lets_no_other_tenant_in(checkpoint: Any) -> None:
    with pytest.raises(StateError, match="belongs to another tenant"):
        read_bookmark(with_config(tenant="another"), bookmarked(NOW, checkpoint=checkpoint))


def test_an_older_full_refresh_of_another_tenant_lets_it_in_no_more() -> None:
    another = with_config(FULL, tenant="another")
    there = interrupted(another, {})
    assert read_bookmark(another, bookmarked(NOW, **there)) is None
    later = bookmarked(NOW + 2 * HOUR, **there)
    del later["completed_pass"]
    with pytest.raises(StateError, match="belongs to another tenant"):
        read_bookmark(another, later)


def test_a_clock_at_the_end_of_the_calendar_is_compared_with_earlier_passes() -> None:
    state = {"completed_pass": "2999-01-01T00:00:00+00:00"}
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    began = began_at(begin_pass(SETTINGS, None), Clock(NOW, last), state, "jobs", Notices())
    assert began == "2999-01-01T00:00:00.000001+00:00"


def test_a_warning_for_the_whole_run_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    notices = Notices()
    for stream in ("goals", "jobs"):
        notices.warn_once("clocks", "The clocks differ, says %s", stream)
    notices.warn_once("another", "Another warning")
    assert caplog.messages == ["The clocks differ, says goals", "Another warning"]
