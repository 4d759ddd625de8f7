"""Where a pass starts, and when it began."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.api.export import Export
from tap_techwolf.dates import format_date_time
from tap_techwolf.errors import StateError
from tap_techwolf.sync.checkpoint import Bookmark, Checkpoint, complete
from tap_techwolf.sync.pass_settings import PassSettings
from tap_techwolf.sync.start import begin_pass, find_start, read_bookmark

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


@pytest.mark.parametrize(
    ("before", "after", "goes_on"),
    [
        ({}, {"flattening_enabled": True}, False),
        ({"flattening_max_depth": 1}, {"flattening_max_depth": 2}, False),
        ({"flattening_max_depth": 1}, {"flattening_max_depth": 1}, True),
        ({}, {"page_size": 50}, True),
    ],
)
def test_a_pass_goes_on_only_with_the_flattening_that_it_began_with(
    before: dict[str, Any], after: dict[str, Any], *, goes_on: bool
) -> None:
    state = interrupted(with_config(**before), {})
    assert (start(with_config(**after), state).starting_after == "b") is goes_on


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


OLD_FORM = "; what does not change meanwhile keeps its old form until a full refresh"
ANOTHER_BOOKMARK = (
    "jobs: the state's bookmark is not the one that the interrupted pass continued; the pass "
    "starts over from the bookmark that stands there"
)
UNREADABLE = (
    "jobs: the checkpoint in the state cannot be read, or is an older version's; the pass starts "
    "over"
)


@pytest.mark.parametrize(("mark", "remark"), [({}, ""), ({"fingerprint": "another"}, OLD_FORM)])
def test_settings_of_before_are_a_remark_where_a_pass_starts_over(
    mark: dict[str, Any], remark: str, caplog: pytest.LogCaptureFixture
) -> None:
    state = interrupted(SETTINGS, bookmarked(NOW, **mark))
    start(with_config(lookback_days=2), state)
    start(SETTINGS, state | {"checkpoint": {"page": 3}})
    start(SETTINGS, state | {"replication_key_value": format_date_time(NOW - HOUR)})
    assert caplog.messages == [
        "jobs: changed since the last pass was interrupted: 'lookback_days'; the pass starts over"
        + remark,
        UNREADABLE + remark,
        ANOTHER_BOOKMARK + remark,
    ]


def test_settings_of_before_are_told_of_where_an_incremental_pass_begins(
    caplog: pytest.LogCaptureFixture,
) -> None:
    state = bookmarked(NOW, fingerprint="another")
    assert start(SETTINGS, state) == begin_pass(SETTINGS, read_bookmark(SETTINGS, state))
    start(FULL, state)
    start(SETTINGS, bookmarked(NOW, fingerprint=SETTINGS.record_settings))
    [line] = caplog.messages
    assert line == (
        f"jobs: settings have changed since everything was last synced{OLD_FORM} (run once with "
        "--full-refresh)"
    )


def at(moment: datetime) -> dict[str, str]:
    """A state whose bookmark was set by hand."""
    return {"replication_key": "exported_at", "replication_key_value": format_date_time(moment)}


BEGAN = NOW + HOUR  # As `interrupted` has it.


@pytest.mark.parametrize(
    ("bookmark", "completed", "is_told"),
    [
        ({}, None, True),
        ({}, BEGAN - TICK, True),
        ({}, BEGAN, False),
        (at(BEGAN - TICK), None, True),
        (at(BEGAN), None, False),
        (at(BEGAN - TICK), BEGAN - TICK, True),
        (at(BEGAN - TICK), BEGAN, False),
        (at(BEGAN), BEGAN - TICK, False),
    ],
    ids=str,
)
def test_a_pass_that_is_over_is_passed_over_without_a_word(
    bookmark: dict[str, str],
    completed: datetime | None,
    caplog: pytest.LogCaptureFixture,
    *,
    is_told: bool,
) -> None:
    state: dict[str, Any] = {"checkpoint": interrupted(SETTINGS, bookmarked(NOW))["checkpoint"]}
    state |= bookmark
    if completed is not None:
        state["completed_pass"] = format_date_time(completed)
    assert start(SETTINGS, state).starting_after is None
    assert caplog.messages == [ANOTHER_BOOKMARK] * is_told


@pytest.mark.parametrize(
    ("bookmark", "checkpoint", "is_told"),
    [
        ({}, {"page": 3}, True),
        (at(BEGAN), {"page": 3}, True),
        (at(BEGAN - TICK), {"began_at": format_date_time(BEGAN)}, True),
        (at(BEGAN), {"began_at": format_date_time(BEGAN)}, False),
    ],
    ids=str,
)
def test_a_checkpoint_that_cannot_be_read_is_told_of_unless_it_is_over(
    bookmark: dict[str, str],
    checkpoint: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    *,
    is_told: bool,
) -> None:
    assert start(SETTINGS, {**bookmark, "checkpoint": checkpoint}).starting_after is None
    assert caplog.messages == [UNREADABLE] * is_told


def test_a_bookmark_of_another_tenant_is_refused() -> None:
    state = bookmarked(NOW)
    with pytest.raises(StateError) as caught:
        read_bookmark(with_config(tenant="another"), state)
    assert str(caught.value) == (
        "jobs: the bookmark in the state belongs to another tenant ('tenant' or 'audience' has "
        "changed): an incremental sync would miss this tenant's older records. Use a state of its "
        "own for each tenant (meltano run --state-id-suffix), or start over with meltano run "
        "--full-refresh, or without --state."
    )
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
