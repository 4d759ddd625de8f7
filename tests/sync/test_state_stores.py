"""States as stores give them back: merged, edited, of another tenant, or after other settings."""

from __future__ import annotations

import random
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import tokens
from sandbox.company import Company
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.errors import StateError
from tests.gateway import gateway
from tests.harness import LOG, arguments, discover, run, selecting, settings
from tests.runs import (
    JOBS,
    PROFILES,
    MeltanoStore,
    all_ids,
    asked,
    attempt,
    bookmark,
    cut_off,
    load,
    merge,
    only,
    warnings_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.app import Sandbox

MODES = [{"merging": True}, {"full_refresh": True}, {}]
TWO_PAGES_AND_MORE = 250
AGO = timedelta(seconds=-20)


@pytest.fixture(autouse=True)
def _clock_ahead(sandbox: Sandbox) -> None:
    """This machine's clock counts where the API's is ahead: that one tells whole seconds only."""
    sandbox.company.clock_offset = timedelta(seconds=5)


def checkpoint_of(state: dict[str, Any] | None) -> dict[str, Any]:
    assert state
    found: dict[str, Any] = state["bookmarks"][PROFILES]["checkpoint"]
    return found


def change(sandbox: Sandbox, *positions: int) -> list[str]:
    for position in positions:
        sandbox.company.change(sandbox.company.employees[position])
    return [sandbox.company.employees[position].external_id for position in positions]


@contextmanager
def failing_after(sandbox: Sandbox, pages: int) -> Iterator[None]:
    """Let the API refuse a page after some others."""
    sandbox.conditions.faults.append(Fault(PATHS[PROFILES], status=403, skip=pages))
    yield
    sandbox.conditions.faults.clear()


# A store that merges


def test_the_store_merges_as_meltano_does() -> None:
    store = MeltanoStore()
    assert store.state() is None
    store.acknowledge({"bookmarks": {"a": {"value": 1, "checkpoint": {"page": 2}}}}, merging=True)
    store.acknowledge({"bookmarks": {"a": {"value": 2}}}, merging=True)
    assert store.state() == {"bookmarks": {"a": {"value": 2, "checkpoint": {"page": 2}}}}
    store.acknowledge({"bookmarks": {"a": {"value": 3}}}, merging=False)
    assert store.state() == {"bookmarks": {"a": {"value": 3}}}
    store.acknowledge({"bookmarks": {"b": {"value": 4}}}, merging=True)
    assert store.state() == {"bookmarks": {"a": {"value": 3}, "b": {"value": 4}}}


@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("first", MODES, ids=str)
def test_a_finished_pass_is_never_resumed(
    sandbox: Sandbox,
    url: str,
    caplog: pytest.LogCaptureFixture,
    first: dict[str, bool],
    mode: dict[str, bool],
) -> None:
    store, catalog = MeltanoStore(), only(PROFILES)
    store.run(settings(url), catalog, **first)
    store.run(settings(url), catalog, **mode)
    changed = change(sandbox, 3, 411)
    sandbox.pages.clear()
    later = store.run(settings(url), catalog, merging=mode.get("merging", False))
    assert later.error is None
    assert asked(sandbox)[0][0] is None
    assert later.ids(PROFILES) == changed
    assert not warnings_in(caplog)


def test_a_store_that_always_merges_gets_every_change_with_the_next_run(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    store, catalog = MeltanoStore(), only(PROFILES)
    store.run(settings(url), catalog, merging=True)
    changed: set[str] = set()
    for positions in (range(TWO_PAGES_AND_MORE), [3], [429, 7], range(180, 430), [5]):
        now = change(sandbox, *positions)
        output = store.run(settings(url), catalog, merging=True)
        assert set(now) <= set(output.ids(PROFILES))
        changed |= set(now)
        assert set(output.ids(PROFILES)) <= changed
    assert not warnings_in(caplog)


@pytest.mark.parametrize("start_date", [None, "2020-01-01T00:00:00Z"])
@pytest.mark.parametrize("merging", [True, False])
def test_an_interrupted_full_refresh_is_resumed(
    sandbox: Sandbox,
    url: str,
    caplog: pytest.LogCaptureFixture,
    start_date: str | None,
    merging: bool,
) -> None:
    config = settings(url, start_date=start_date)
    store, catalog = MeltanoStore(), only(PROFILES)
    sandbox.company.clock_offset = AGO  # A Date header has no parts of a second.
    store.run(config, catalog, merging=merging)
    sandbox.company.clock_offset = timedelta(0)
    with failing_after(sandbox, 2):
        refresh = store.run(config, catalog, full_refresh=True)
    assert refresh.ids(PROFILES) == all_ids(sandbox)[:200]
    [before] = change(sandbox, 5)
    filter_date = checkpoint_of(store.state())["filter_date"]
    began_at = checkpoint_of(store.state())["began_at"]
    sandbox.pages.clear()
    resumed = store.run(config, catalog, merging=merging)
    assert asked(sandbox)[0] == (all_ids(sandbox)[199], filter_date)
    assert resumed.ids(PROFILES) == all_ids(sandbox)[200:]
    assert bookmark(resumed) == began_at
    assert not warnings_in(caplog)
    assert store.run(config, catalog, merging=merging).ids(PROFILES) == [before]


def test_a_full_refresh_that_began_before_the_bookmark_is_passed_over_quietly(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.company.clock_offset = AGO  # As above.
    cut = cut_off(sandbox, settings(url))
    sandbox.company.clock_offset = timedelta(0)
    whole = attempt(settings(url), catalog=only(PROFILES))
    changed = change(sandbox, 5, 400)
    sandbox.pages.clear()
    state = merge(cut.state, deepcopy(whole.state))
    assert "checkpoint" in state["bookmarks"][PROFILES]
    later = attempt(settings(url), state, only(PROFILES))
    assert asked(sandbox)[0][0] is None
    assert asked(sandbox)[0][1] is not None
    assert later.ids(PROFILES) == changed
    assert not warnings_in(caplog)


@pytest.mark.parametrize("merging", [True, False])
def test_an_interrupted_incremental_pass_is_resumed_once(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture, merging: bool
) -> None:
    store, catalog = MeltanoStore(), only(PROFILES)
    store.run(settings(url), catalog, merging=merging)
    changed = change(sandbox, *range(TWO_PAGES_AND_MORE))
    with failing_after(sandbox, 1):
        store.run(settings(url), catalog, merging=merging)
    resumed = store.run(settings(url), catalog, merging=merging)
    assert resumed.ids(PROFILES) == changed[100:]
    [late] = change(sandbox, 7)
    sandbox.pages.clear()
    later = store.run(settings(url), catalog, merging=merging)
    assert asked(sandbox)[0][0] is None
    assert late in later.ids(PROFILES)
    assert not warnings_in(caplog)


@pytest.mark.parametrize("seed", range(8))
def test_in_whatever_way_runs_end_and_states_are_kept_everything_arrives(
    url: str, seed: int, sandbox: Sandbox
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's own choices
    sandbox.company = Company(employees=40, jobs=1)
    config, catalog = settings(url, page_size=7), only(PROFILES)
    store, warehouse = MeltanoStore(), dict[str, Any]()
    for _ in range(8):
        mode = chance.choice(MODES)
        with failing_after(sandbox, chance.choice((0, 1, 2, 3, 5, 9))):
            load(warehouse, store.run(config, catalog, **mode))
        change(sandbox, *chance.sample(range(40), chance.choice((0, 1, 20))))
    last = {"merging": chance.choice((True, False))}
    for _ in range(2):
        output = store.run(config, catalog, **last)
        assert output.error is None
        load(warehouse, output)
    truth: dict[str, Any] = {}
    load(truth, attempt(config, catalog=catalog))
    assert warehouse == truth


# What a checkpoint continues


def bookmarked(days_ago: float) -> dict[str, Any]:
    return {
        "replication_key": "exported_at",
        "replication_key_value": (datetime.now(UTC) - timedelta(days=days_ago)).isoformat(),
    }


@pytest.fixture
def cut_off_incremental(sandbox: Sandbox, url: str) -> dict[str, Any]:
    """The state of an incremental pass, ten days after the bookmark, that was cut off."""
    change(sandbox, *range(TWO_PAGES_AND_MORE))
    state = {"bookmarks": {PROFILES: bookmarked(10)}}
    return cut_off(sandbox, settings(url), state, pages=1).state


def day(days_ago: float) -> str:
    """The date that a filter has for a bookmark, with a day and an hour to spare."""
    moment = datetime.now(UTC) - timedelta(days=days_ago + 1, hours=1)
    return moment.date().isoformat()


def test_a_cut_off_pass_fits_the_bookmark_that_it_continues(
    sandbox: Sandbox, url: str, cut_off_incremental: dict[str, Any]
) -> None:
    attempt(settings(url), cut_off_incremental, only(PROFILES))
    assert asked(sandbox)[0] == (all_ids(sandbox)[99], day(10))


@pytest.mark.parametrize("days_ago", [20, 11, 9, 5, 0.01])
def test_a_bookmark_that_was_moved_by_hand_is_obeyed(
    sandbox: Sandbox,
    url: str,
    caplog: pytest.LogCaptureFixture,
    cut_off_incremental: dict[str, Any],
    days_ago: float,
) -> None:
    state = deepcopy(cut_off_incremental)
    state["bookmarks"][PROFILES] |= bookmarked(days_ago)
    output = attempt(settings(url), state, only(PROFILES))
    assert asked(sandbox)[0] == (None, day(days_ago))
    assert set(output.ids(PROFILES)) >= set(all_ids(sandbox)[:TWO_PAGES_AND_MORE])
    assert bookmark(output) > state["bookmarks"][PROFILES]["replication_key_value"]
    told = warnings_in(caplog)
    assert len(told) == 1 or (not told and days_ago < 10)
    assert all("bookmark" in line for line in told)


def test_a_bookmark_that_was_moved_back_by_hand_is_obeyed_by_the_command(
    sandbox: Sandbox, url: str, tmp_path: Path, cut_off_incremental: dict[str, Any]
) -> None:
    state = deepcopy(cut_off_incremental)
    state["bookmarks"][PROFILES] |= bookmarked(20)
    output = run(arguments(tmp_path, settings(url), state, only(PROFILES)))
    assert output.exit_status == 0
    assert asked(sandbox)[0] == (None, day(20))
    assert "bookmark" in output.log


def test_a_bookmark_that_was_removed_by_hand_brings_everything(
    sandbox: Sandbox, url: str, cut_off_incremental: dict[str, Any]
) -> None:
    state = deepcopy(cut_off_incremental)
    for name in ("replication_key", "replication_key_value"):
        del state["bookmarks"][PROFILES][name]
    output = attempt(settings(url), state, only(PROFILES))
    assert asked(sandbox)[0] == (None, None)
    assert output.ids(PROFILES) == all_ids(sandbox)


def without(column: str) -> dict[str, Any]:
    catalog = only(PROFILES)
    for entry in catalog["streams"]:
        for one in entry["metadata"]:
            if one["breadcrumb"] == ["properties", column]:
                one["metadata"]["selected"] = False
    return catalog


MAP = {PROFILES: {"label": "external_id + '!'"}}
OTHER_MAP = {PROFILES: {"label": "external_id + '?'"}}
FLAT = {"flattening_enabled": True, "flattening_max_depth": 2}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"lookback_days": 1}, {"lookback_days": 7}),
        ({}, {"stream_maps": MAP}),
        ({"stream_maps": MAP}, {}),
        ({"stream_maps": MAP}, {"stream_maps": OTHER_MAP}),
        ({}, FLAT),
        (FLAT, FLAT | {"flattening_max_depth": 1}),
    ],
    ids=str,
)
def test_other_settings_start_the_pass_over_from_its_bookmark(
    sandbox: Sandbox,
    url: str,
    caplog: pytest.LogCaptureFixture,
    before: dict[str, Any],
    after: dict[str, Any],
) -> None:
    change(sandbox, *range(TWO_PAGES_AND_MORE))
    state = {"bookmarks": {PROFILES: bookmarked(10)}}
    cut = cut_off(sandbox, settings(url, **before), state, pages=1)
    caplog.clear()
    output = attempt(settings(url, **after), cut.state, only(PROFILES))
    lookback = after.get("lookback_days", 1)
    assert asked(sandbox)[0] == (None, day(10 + lookback - 1))
    assert output.ids(PROFILES)[:TWO_PAGES_AND_MORE] == all_ids(sandbox)[:TWO_PAGES_AND_MORE]
    [told] = warnings_in(caplog)
    assert PROFILES in told
    assert "settings" in told


@pytest.mark.parametrize("method", ["INCREMENTAL", "FULL_TABLE"])
def test_columns_selected_meanwhile_are_in_every_row(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    fewer, all_columns = without("tasks"), only(PROFILES, method)
    for entry in fewer["streams"]:
        entry["replication_method"] = method
    cut = cut_off(sandbox, settings(url), catalog=fewer)
    assert "tasks" not in cut.records[PROFILES][0]
    caplog.clear()
    output = attempt(settings(url), cut.state, all_columns)
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert all("tasks" in record for record in output.records[PROFILES])
    [told] = warnings_in(caplog)
    assert any(word in told for word in ("column", "select", "catalog"))


@pytest.mark.parametrize(
    "after",
    [
        {"page_size": 50},
        {"stream_maps": {JOBS: {"label": "external_id"}}},
        {"request_timeout": 200, "max_attempts": 3, "user_agent": "other"},
    ],
    ids=str,
)
def test_settings_that_shape_no_record_of_the_stream_let_the_pass_go_on(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture, after: dict[str, Any]
) -> None:
    cut = cut_off(sandbox, settings(url))
    caplog.clear()
    catalog = selecting(discover(), PROFILES, JOBS, LOG)
    output = attempt(settings(url, **after), cut.state, catalog)
    assert output.error is None
    assert output.ids(PROFILES) == all_ids(sandbox)[200:]
    assert not warnings_in(caplog)


# Tenants


OTHERS = [
    {"tenant": "other"},
    {"audience": "other.techwolf.ai"},
    {"region": "us3"},
]


@pytest.fixture(params=OTHERS, ids=str)
def other(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Settings of another tenant, whose token endpoint would give a token."""
    settings_of_other: dict[str, str] = request.param

    def switch() -> dict[str, str]:
        if tenant := settings_of_other.get("tenant"):
            monkeypatch.setattr(tokens, "TENANT", tenant)
        else:
            audience = settings_of_other.get("audience", "us3.techwolf.ai")
            monkeypatch.setattr(tokens, "AUDIENCE", audience)
        return settings_of_other

    return switch


def test_a_bookmark_of_another_tenant_is_refused_before_any_request(
    sandbox: Sandbox, url: str, other: Any
) -> None:
    first = attempt(settings(url), catalog=only(PROFILES))
    overrides = other()
    sandbox.requests.clear()
    refused = attempt(settings(url, **overrides), first.state, only(PROFILES))
    assert isinstance(refused.error, StateError)
    assert not sandbox.requests
    assert "\n" not in refused.said
    assert "tenant" in refused.said
    assert PROFILES in refused.said
    assert "--full-refresh" in refused.said or "remove" in refused.said


def test_a_full_pass_of_long_ago_is_not_resumed_where_the_bookmark_is_moved_behind_it(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    store, catalog = MeltanoStore(), only(PROFILES)
    store.run(settings(url), catalog, merging=True)
    store.run(settings(url), catalog, merging=True)
    state = store.state()
    assert state
    assert checkpoint_of(state)["starting_after"] is None
    state["bookmarks"][PROFILES] |= bookmarked(5)
    sandbox.pages.clear()
    caplog.clear()
    attempt(settings(url), state, catalog)
    assert asked(sandbox)[0] == (None, day(5))
    assert not warnings_in(caplog)


def test_an_interrupted_full_refresh_for_another_tenant_is_resumed(
    sandbox: Sandbox, url: str, other: Any
) -> None:
    store, catalog = MeltanoStore(), only(PROFILES)
    store.run(settings(url), catalog)
    overrides = other()
    with failing_after(sandbox, 2):
        store.run(settings(url, **overrides), catalog, full_refresh=True)
    resumed = store.run(settings(url, **overrides), catalog)
    assert resumed.error is None
    assert resumed.ids(PROFILES) == all_ids(sandbox)[200:]
    assert store.run(settings(url, **overrides), catalog).error is None


def test_a_bookmark_of_another_tenant_ends_the_command_in_one_line(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    first = attempt(settings(url), catalog=only(PROFILES))
    sandbox.requests.clear()
    refused = run(arguments(tmp_path, settings(url, tenant="other"), first.state, only(PROFILES)))
    assert refused.exit_status == 1
    assert not sandbox.requests
    assert not refused.messages
    assert "tenant" in refused.last_line
    assert "Traceback" not in refused.log


def test_a_bookmark_of_another_tenant_may_stand_at_a_stream_that_is_not_selected(
    sandbox: Sandbox, url: str, other: Any
) -> None:
    first = attempt(settings(url), catalog=only(PROFILES))
    overrides = other()
    output = attempt(settings(url, **overrides), first.state, only(JOBS))
    assert output.error is None
    assert output.ids(JOBS) == all_ids(sandbox, JOBS)


def test_a_checkpoint_of_another_tenant_is_not_resumed(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture, other: Any
) -> None:
    cut = cut_off(sandbox, settings(url))
    caplog.clear()
    overrides = other()
    output = attempt(settings(url, **overrides), cut.state, only(PROFILES))
    assert asked(sandbox)[0] == (None, None)
    assert output.ids(PROFILES) == all_ids(sandbox)
    [told] = warnings_in(caplog)
    assert "tenant" in told or "audience" in told


def test_a_bookmark_without_the_mark_of_a_tenant_is_accepted_and_then_has_one(
    sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "TENANT", "other")
    state = {"bookmarks": {PROFILES: bookmarked(1)}}
    first = attempt(settings(url), state, only(PROFILES))
    assert first.error is None
    sandbox.requests.clear()
    second = attempt(settings(url, tenant="third"), first.state, only(PROFILES))
    assert isinstance(second.error, StateError)
    assert not sandbox.requests


def test_a_proxy_may_come_and_go_beside_a_bookmark(sandbox: Sandbox, url: str) -> None:
    first = attempt(settings(url), catalog=only(PROFILES))
    changed = change(sandbox, 3)
    with gateway(url) as (address, _):
        second = attempt(settings(address), first.state, only(PROFILES))
    assert second.error is None
    assert second.ids(PROFILES) == changed


def test_a_pass_is_not_resumed_at_another_address(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    cut = cut_off(sandbox, settings(url))
    caplog.clear()
    with gateway(url) as (address, _):
        output = attempt(settings(address), cut.state, only(PROFILES))
    assert output.ids(PROFILES) == all_ids(sandbox)
    [told] = warnings_in(caplog)
    assert "api_url" in told or "address" in told


# What a state may look like


def test_a_state_as_meltano_prints_it_is_taken(sandbox: Sandbox, url: str, tmp_path: Path) -> None:
    state = {"singer_state": {"bookmarks": {PROFILES: bookmarked(10)}}}
    output = run(arguments(tmp_path, settings(url), state, only(PROFILES)))
    assert output.exit_status == 0, output.log
    assert asked(sandbox)[0] == (None, day(10))
    assert output.state.keys() == {"bookmarks"}


@pytest.mark.parametrize(
    "state", [5, "abc", {"singer_state": 5}, {"singer_state": {"bookmarks": 5}}]
)
def test_a_state_that_is_none_takes_one_line(
    sandbox: Sandbox, url: str, tmp_path: Path, state: Any
) -> None:
    output = run(arguments(tmp_path, settings(url), state, only(PROFILES)))
    assert output.exit_status == 1
    assert "tate" in output.last_line
    assert "Unexpected" not in output.log
    assert "Traceback" not in output.log
    assert not sandbox.requests


@pytest.mark.parametrize("partitions", [None, 5, "x", [5], {}], ids=str)
def test_partitions_that_are_none_take_one_line_at_most(
    sandbox: Sandbox, url: str, partitions: Any
) -> None:
    state = {"bookmarks": {PROFILES: {**bookmarked(10), "partitions": partitions}}}
    output = attempt(settings(url), state, only(PROFILES))
    if output.error is None:
        assert asked(sandbox)[0] == (None, day(10))
        return
    assert isinstance(output.error, StateError)
    assert not sandbox.requests
