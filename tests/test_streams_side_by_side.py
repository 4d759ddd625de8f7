"""Whole syncs whose streams run side by side: nothing is lost, and one waits for all."""

from __future__ import annotations

import asyncio
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.errors import AuthenticationError, SyncError
from tap_techwolf.tap import TapTechWolf
from tests.harness import STREAMS, Output, settings, sync

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.app import Sandbox

GOALS, PROFILES, JOBS = STREAMS


def expected_ids(sandbox: Sandbox) -> dict[str, list[str]]:
    employees = sandbox.company.employees
    return {
        GOALS: [one.external_id for one in employees if one.goals],
        PROFILES: [one.external_id for one in employees],
        JOBS: [one.external_id for one in sandbox.company.jobs],
    }


def pages(output: Output) -> Iterator[set[str]]:
    """The streams whose records stand between two STATE messages."""
    found: set[str] = set()
    for message in output.messages:
        if message["type"] == "STATE":
            yield found
            found = set()
        elif message["type"] == "RECORD" and message["stream"] in STREAMS:
            found.add(message["stream"])
    assert not found, "records that no STATE covers"


def test_all_exports_are_read_at_once_with_one_request_each(sandbox: Sandbox, url: str) -> None:
    together = Barrier(3)
    asked: set[str] = set()

    def meet(path: str) -> Any:
        """Answer the first pages only when all three were asked for."""
        if path in asked:
            return None
        asked.add(path)
        return asyncio.to_thread(together.wait, 20)

    sandbox.before_page = meet
    output = sync(settings(url))
    assert {stream: output.ids(stream) for stream in STREAMS} == expected_ids(sandbox)
    assert max(sandbox.most_at_once_per_path.values()) == 1
    assert sandbox.most_at_once == 3


@pytest.mark.parametrize("parallel_streams", [1, 2, 3])
def test_a_page_and_its_state_are_one_piece(
    sandbox: Sandbox, url: str, parallel_streams: int
) -> None:
    output = sync(settings(url, page_size=20, parallel_streams=parallel_streams))
    assert all(len(streams) <= 1 for streams in pages(output))
    assert {stream: output.ids(stream) for stream in STREAMS} == expected_ids(sandbox)
    assert sandbox.most_at_once <= parallel_streams


def test_one_after_another_keeps_the_order(sandbox: Sandbox, url: str) -> None:
    sync(settings(url, page_size=50, parallel_streams=1))
    paths = [path for path, _ in sandbox.arrivals]
    assert paths == sorted(paths, key=[PATHS[stream] for stream in STREAMS].index)


def test_a_token_that_is_revoked_for_all_costs_one_new_one(sandbox: Sandbox, url: str) -> None:
    together = Barrier(3, action=sandbox.tokens.revoke)
    seen: dict[str, int] = dict.fromkeys(PATHS.values(), 0)

    def meet(path: str) -> Any:
        """Revoke the token once all three have asked for their first page."""
        seen[path] += 1
        return asyncio.to_thread(together.wait, 20) if seen[path] == 1 else None

    sandbox.before_page = meet
    output = sync(settings(url, page_size=50))
    assert {stream: output.ids(stream) for stream in STREAMS} == expected_ids(sandbox)
    assert sandbox.tokens.issued == 2


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_the_api_asks_for_holds_all_streams(
    sandbox: Sandbox, url: str, status: int
) -> None:
    sandbox.conditions.delay = 0.01
    sandbox.conditions.faults.append(Fault(PATHS[GOALS], status=status, skip=1, retry_after="1"))
    output = sync(settings(url, page_size=10))
    assert {stream: output.ids(stream) for stream in STREAMS} == expected_ids(sandbox)
    # The third request is the one that repeats the second; the pause of a second ends with it.
    pause_ended = [time for path, time in sandbox.arrivals if path == PATHS[GOALS]][2]
    during = [time for _, time in sandbox.arrivals if -0.6 < time - pause_ended < -0.02]
    assert not during
    assert any(time > pause_ended for path, time in sandbox.arrivals if path != PATHS[GOALS])


@pytest.mark.parametrize("parallel_streams", [1, 3])
def test_a_stream_that_fails_ends_alone(
    sandbox: Sandbox,
    url: str,
    capfdbinary: pytest.CaptureFixture[bytes],
    parallel_streams: int,
) -> None:
    sandbox.conditions.faults += [
        Fault(PATHS[GOALS], status=403, skip=1, text="No licence."),
        Fault(PATHS[JOBS], status=401, times=2),
    ]
    tap = TapTechWolf(config=settings(url, page_size=50, parallel_streams=parallel_streams))
    with pytest.raises(SyncError) as caught:
        tap.sync_all()
    output = Output.parse(capfdbinary.readouterr().out)
    assert list(caught.value.failures) == [GOALS, JOBS]
    assert "403 Forbidden" in str(caught.value.failures[GOALS])
    assert "401 Unauthorized" in str(caught.value.failures[JOBS])
    assert output.ids(PROFILES) == expected_ids(sandbox)[PROFILES]
    bookmarks = output.state["bookmarks"]
    assert "replication_key_value" in bookmarks[PROFILES]
    assert bookmarks[GOALS]["checkpoint"]["page"] == 2
    assert not bookmarks[JOBS]
    again = sync(settings(url, page_size=50), output.state)
    assert output.ids(GOALS) + again.ids(GOALS) == expected_ids(sandbox)[GOALS]
    assert again.ids(JOBS) == expected_ids(sandbox)[JOBS]
    assert not again.ids(PROFILES)


def test_a_token_that_is_refused_ends_all(sandbox: Sandbox, url: str) -> None:
    sandbox.conditions.faults.append(Fault(TOKEN_PATH, status=401, times=99))
    with pytest.raises(AuthenticationError, match="401 Unauthorized"):
        sync(settings(url))
    assert sandbox.requests[TOKEN_PATH] == 1
    assert not sandbox.arrivals


def test_the_log_has_a_row_for_each_pass(sandbox: Sandbox, url: str) -> None:
    output = sync(settings(url, page_size=50))
    rows = {row["stream"]: row for row in output.records["completed_passes"]}
    assert set(rows) == set(STREAMS)
    for stream, row in rows.items():
        [exported_at] = {one["exported_at"] for one in output.records[stream]}
        assert row["began_at"] == exported_at
        assert row["completed_at"] >= row["began_at"]
        assert row["record_count"] == len(output.records[stream])
        assert row["is_full"] is True
        assert row["updated_after"] is None
        assert row["run_count"] == 1
        assert row["page_count"] == sandbox.requests[PATHS[stream]]
    later = sync(settings(url), output.state)
    assert [row["is_full"] for row in later.passes] == [False] * 3
    assert all(row["updated_after"] for row in later.passes)
    hashes = {row["scope_hash"] for row in later.passes}
    assert hashes == {row["scope_hash"] for row in rows.values()}
