"""The log of completed passes: a row for each, with all its columns, unless it is deselected."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.faults import Fault
from tap_techwolf.errors import AuthenticationError
from tap_techwolf.tap import TapTechWolf
from tests.harness import (
    LOG,
    STREAMS,
    Output,
    discover,
    selecting,
    settings,
    sync,
    sync_tap,
)

if TYPE_CHECKING:
    from sandbox.app import Sandbox

KEY = ["stream", "began_at"]


def edited(**entry: Any) -> dict[str, Any]:
    """A catalog whose entry of the log was edited by hand."""
    catalog = selecting(discover(), *STREAMS, LOG)
    next(one for one in catalog["streams"] if one["tap_stream_id"] == LOG).update(entry)
    return catalog


def without_columns() -> dict[str, Any]:
    """A catalog in which columns of the log are deselected, or missing."""
    catalog = edited()
    log = next(one for one in catalog["streams"] if one["tap_stream_id"] == LOG)
    del log["schema"]["properties"]["page_count"]
    log["schema"]["properties"]["run_count"] = {"type": "string"}
    for one in log["metadata"]:
        if one["breadcrumb"]:
            one["metadata"] = {"selected": False, "inclusion": "available"}
    return catalog


@pytest.mark.parametrize(
    "catalog",
    [
        None,
        selecting(discover(), *STREAMS, LOG),
        edited(key_properties=["stream"]),
        edited(stream="another"),
        edited(replication_key="began_at", replication_method="INCREMENTAL"),
        edited(schema={}, metadata=[{"breadcrumb": [], "metadata": {"selected": True}}]),
        without_columns(),
    ],
    ids=["none", "discovered", "keys", "name", "replication", "bare", "columns"],
)
def test_a_row_has_all_its_columns_whatever_the_catalog_says(
    sandbox: Sandbox, url: str, catalog: dict[str, Any] | None
) -> None:
    output = sync(settings(url), catalog=catalog)
    [schema] = [one for one in output.of_type("SCHEMA") if one["stream"] == LOG]
    assert schema["key_properties"] == KEY
    assert "bookmark_properties" not in schema
    properties = schema["schema"]["properties"]
    assert properties["run_count"]["type"] == "integer"
    rows = {row["stream"]: row for row in output.records[LOG]}
    assert rows.keys() == set(STREAMS)
    assert all(row.keys() == properties.keys() for row in rows.values())
    row = rows["job_task_profiles"]
    assert row["replication_method"] == "INCREMENTAL"
    assert (row["is_full"], row["updated_after"]) == (True, None)
    counts = (row["record_count"], row["page_count"], row["run_count"])
    assert counts == (len(sandbox.company.jobs), 2, 1)


def test_a_pass_that_is_not_full_says_since_when(url: str) -> None:
    first = sync(settings(url))
    for row in sync(settings(url), first.state).passes:
        assert row["is_full"] is False
        assert row["updated_after"] < row["began_at"]


@pytest.mark.parametrize("key", ["replication_key", "metadata"])
def test_the_log_has_no_replication_key_whatever_the_catalog_says(key: str) -> None:
    catalog = edited(stream="another")
    log = next(one for one in catalog["streams"] if one["tap_stream_id"] == LOG)
    if key == "metadata":
        root = next(one for one in log["metadata"] if not one["breadcrumb"])
        root["metadata"]["replication-key"] = "began_at"
    else:
        log["replication_key"] = "began_at"
    tap = TapTechWolf(config=settings("http://localhost"), catalog=catalog)
    assert tap.streams[LOG].replication_key is None
    entry = tap.catalog.get_stream(LOG)
    assert entry is not None
    assert entry.stream == LOG


def test_a_deselected_log_writes_nothing(url: str) -> None:
    output = sync(settings(url), catalog=selecting(discover(), *STREAMS))
    assert LOG not in {one.get("stream") for one in output.messages}


def without_time(proofs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as they were when their passes were completed, by stream."""
    return sorted(({**row, "loaded_at": None} for row in proofs), key=itemgetter("stream"))


def test_a_pass_is_logged_as_loaded_by_each_run_whose_state_holds_it(url: str) -> None:
    first = sync(settings(url))
    assert not first.proofs
    second = sync(settings(url), first.state)
    assert without_time(second.proofs) == sorted(first.passes, key=itemgetter("stream"))
    assert all(row["loaded_at"] > row["completed_at"] for row in second.proofs)
    state, schema, *proofs = second.messages[: 2 + len(STREAMS)]
    assert state["value"] == first.state
    assert schema["stream"] == LOG
    assert [one["record"] for one in proofs] == second.proofs
    again = sync(settings(url), first.state)  # As if the load of the second run had failed.
    assert without_time(again.proofs) == without_time(second.proofs)
    third = sync(settings(url), second.state)
    assert without_time(third.proofs) == sorted(second.passes, key=itemgetter("stream"))


def test_a_pass_is_logged_as_loaded_though_its_stream_is_not_selected(url: str) -> None:
    state = sync(settings(url)).state
    output = sync(settings(url), state, selecting(discover(), STREAMS[0], LOG))
    assert {row["stream"] for row in output.proofs} == set(STREAMS)


def test_nothing_is_logged_as_loaded_before_the_requests_of_another_pass(
    sandbox: Sandbox, url: str
) -> None:
    state = sync(settings(url)).state
    sandbox.conditions.faults.append(Fault(TOKEN_PATH, status=401, times=99))
    stdout = io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(stdout), pytest.raises(AuthenticationError):
        sync_tap(TapTechWolf(config=settings(url), state=state))
    assert len(Output.parse(stdout.buffer.getvalue()).proofs) == len(STREAMS)


def test_a_pass_that_was_interrupted_is_not_logged_as_loaded(url: str) -> None:
    stream = STREAMS[1]
    catalog = selecting(discover(), stream, LOG)
    full = sync(settings(url, page_size=50), catalog=catalog)
    begun = next(
        one["value"]
        for one in full.of_type("STATE")
        if one["value"]["bookmarks"].get(stream, {}).get("checkpoint")
    )
    assert begun["bookmarks"][stream]["checkpoint"]["starting_after"]
    assert not sync(settings(url, page_size=50), begun, catalog).proofs


@pytest.mark.parametrize(
    "spoiled",
    [
        {"checkpoint": {"starting_after": None}},
        {"checkpoint": None},
        {"tenant": "another"},
        {"tenant": None},
    ],
    ids=str,
)
def test_a_pass_that_the_state_does_not_hold_whole_is_not_logged_as_loaded(
    url: str, spoiled: dict[str, Any]
) -> None:
    state = sync(settings(url)).state
    state["bookmarks"][STREAMS[1]] |= spoiled
    output = sync(settings(url), state, selecting(discover(), STREAMS[0], LOG))
    assert [row["stream"] for row in output.proofs] == [STREAMS[0], STREAMS[2]]


def test_the_hash_of_the_scope_tells_which_rows_there_can_be(url: str) -> None:
    def hashes(**overrides: Any) -> dict[str, str]:
        rows = sync(settings(url, **overrides)).passes
        return {row["stream"]: row["scope_hash"] for row in rows}

    goals, profiles, jobs = STREAMS
    usual = hashes()
    assert hashes(task_profile_format="hierarchy", page_size=50) == usual
    for overrides, changed in (
        ({"ai_goal_versions": "all"}, {goals}),
        ({"external_vendor": "workday"}, {goals, profiles, jobs}),
        ({"is_active": True}, {goals, profiles}),
    ):
        others = hashes(**overrides)
        assert {stream for stream in STREAMS if others[stream] != usual[stream]} == changed


@pytest.mark.parametrize("changes", [{"starting_after": "a"}, {"completed_at": None}], ids=str)
def test_a_later_pass_that_was_interrupted_is_not_logged_as_loaded(
    url: str, changes: dict[str, Any]
) -> None:
    state = sync(settings(url)).state
    state["bookmarks"][STREAMS[1]]["checkpoint"] |= changes
    output = sync(settings(url), state, selecting(discover(), STREAMS[0], LOG))
    assert [row["stream"] for row in output.proofs] == [STREAMS[0], STREAMS[2]]
