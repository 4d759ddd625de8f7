"""A stream as the SDK sees it, without any server."""

from __future__ import annotations

import io
import logging
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from tap_techwolf.streams import EmployeeAIGoals
from tap_techwolf.sync.stream import ExportStream
from tap_techwolf.tap import TapTechWolf
from tests.harness import LOG, Output, discover, selecting, settings, sync_tap
from tests.runs import GOALS, JOBS

if TYPE_CHECKING:
    from requests_mock import Mocker

URL = "http://127.0.0.1"


def page(*ids: str, cursor: str | None = None) -> dict[str, Any]:
    records = [{"external_id": one, "goal": "Learn."} for one in ids]
    more = {"has_next": True, "next_starting_after": cursor} if cursor else {"has_next": False}
    return {"json": {"records": records, **more}}


def tap_of(
    mock: Mocker,
    *answers: dict[str, Any],
    stream: str = GOALS,
    state: dict[str, Any] | None = None,
    **config: Any,
) -> TapTechWolf:
    """A tap that syncs one stream, whose API gives these answers."""
    mock.post(URL + TOKEN_PATH, json={"access_token": "a-token"})
    mock.post(URL + PATHS[stream], list(answers))
    catalog = selecting(discover(), stream, LOG)
    return TapTechWolf(config=settings(URL, **config), catalog=catalog, state=state)


def written(tap: TapTechWolf) -> Output:
    stdout = io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(stdout):
        sync_tap(tap)
    return Output.parse(stdout.buffer.getvalue())


def asked(mock: Mocker, stream: str = GOALS) -> int:
    return sum(one.path == PATHS[stream].lower() for one in mock.request_history)


def test_the_key_is_never_null_and_all_else_may_be() -> None:
    for stream in TapTechWolf(config=settings(URL, ai_goal_versions="all")).streams.values():
        if isinstance(stream, ExportStream):
            kinds = {name: one["type"] for name, one in stream.schema["properties"].items()}
            expected = {"external_id": "string", "version": "integer"}
            assert {name: kinds[name] for name in stream.primary_keys} == {
                name: expected[name] for name in stream.primary_keys
            }
            assert all("null" in kinds[name] for name in kinds.keys() - set(stream.primary_keys))


def test_records_bear_the_moment_of_their_pass(requests_mock: Mocker) -> None:
    output = written(tap_of(requests_mock, page("a", cursor="a"), page("b")))
    assert output.ids(GOALS) == ["a", "b"]
    moment = output.state["bookmarks"][GOALS]["replication_key_value"]
    assert {one["exported_at"] for one in output.records[GOALS]} == {moment}
    [row] = output.records[LOG]
    assert (row["stream"], row["began_at"], row["record_count"]) == (GOALS, moment, 2)
    assert len(row["scope_hash"]) == 16


def test_a_resumed_pass_that_is_led_back_ends_at_once(requests_mock: Mocker) -> None:
    tap = tap_of(requests_mock, page("a", cursor="a"), {"status_code": 403})
    stdout = io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(stdout), pytest.raises(Exception, match="403"):
        sync_tap(tap)
    state = Output.parse(stdout.buffer.getvalue()).state
    again = TapTechWolf(
        config=dict(tap.config), catalog=selecting(discover(), GOALS, LOG), state=state
    )
    requests_mock.post(URL + PATHS[GOALS], [page("b", cursor="a"), page("b")])
    before = asked(requests_mock)
    with (
        redirect_stdout(io.TextIOWrapper(io.BytesIO())),
        pytest.raises(Exception, match=r"page 2 .*leads back to an earlier page"),
    ):
        sync_tap(again)
    assert asked(requests_mock) == before + 1


def test_a_test_run_writes_the_records_that_it_is_limited_to(requests_mock: Mocker) -> None:
    for path in PATHS.values():
        requests_mock.post(URL + path, **page())
    tap = tap_of(requests_mock, page("a", "b", cursor="b"), page("c"))
    stdout = io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(stdout):
        tap.run_sync_dry_run(dry_run_record_limit=1)
    assert Output.parse(stdout.buffer.getvalue()).ids(GOALS) == ["a"]


@pytest.mark.parametrize("maps", [{GOALS: None}, {"*": None}], ids=str)
def test_a_stream_that_a_map_removes_completes_without_records(
    requests_mock: Mocker, maps: dict[str, Any]
) -> None:
    output = written(tap_of(requests_mock, page("a"), stream_maps=maps))
    assert not output.ids(GOALS)
    [row] = output.records[LOG]
    assert row["record_count"] == 0


def test_records_are_counted_by_the_name_that_a_map_gives_them(requests_mock: Mocker) -> None:
    maps = {GOALS: {"__alias__": "goals"}}
    output = written(tap_of(requests_mock, page("a", "b"), stream_maps=maps))
    assert output.ids("goals") == ["a", "b"]
    [row] = output.records[LOG]
    assert (row["stream"], row["record_count"]) == (GOALS, 2)


def test_the_sdks_own_lines_are_for_debugging(caplog: pytest.LogCaptureFixture) -> None:
    stream = TapTechWolf(config=settings(URL)).streams[JOBS]
    with caplog.at_level(logging.DEBUG):
        caplog.clear()
        stream.log("%s of %s", 1, 2, level=logging.ERROR, extra={"more": "context"})
    [record] = caplog.records
    assert record.levelno == logging.DEBUG
    assert record.getMessage() == "1 of 2"
    assert vars(record)["more"] == "context"


def test_the_closing_line_tells_how_long_a_sync_took(
    requests_mock: Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "tap_techwolf"):
        written(tap_of(requests_mock, page("a")))
    last = caplog.messages[-1]
    assert last.startswith("1 of 1 stream complete: 1 record, 2 requests, 0 retries in ")
    assert float(last.partition(" retries in ")[2].partition(" s;")[0]) < 60


def test_a_stream_without_the_filter_is_synced_in_full_and_says_so(
    requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(EmployeeAIGoals, "filters", ())
    entry = next(one for one in discover()["streams"] if one["tap_stream_id"] == GOALS)
    assert entry["replication_method"] == "FULL_TABLE"
    assert "replication_key" not in entry
    state = None
    for _ in range(2):
        output = written(tap_of(requests_mock, page("a"), state=state))
        assert "filters" not in requests_mock.request_history[-1].json()
        assert output.ids(GOALS) == ["a"]
        [row] = output.passes
        assert row["is_full"]
        state = output.state
    assert not caplog.messages
    catalog = selecting(discover(), GOALS)
    next(one for one in catalog["streams"] if one["tap_stream_id"] == GOALS)[
        "replication_method"
    ] = "INCREMENTAL"
    tap = TapTechWolf(config=settings(URL), catalog=catalog)
    assert tap.streams[GOALS].replication_method == "FULL_TABLE"
    [warning] = caplog.messages
    assert GOALS in warning
    assert "full" in warning
