"""What a later sync asks for, and that nothing is ever missed."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.exports import PATHS, DateReading
from tap_techwolf.dates import filter_date, format_date_time, parse_date_time
from tap_techwolf.errors import StateError
from tests.harness import STREAMS, Output, discover, selecting, settings, sync

if TYPE_CHECKING:
    from requests_mock import Mocker

    from sandbox.app import Sandbox

READINGS = get_args(DateReading)
OFFSETS = (timedelta(0), timedelta(days=3), timedelta(days=-3), timedelta(hours=-5, minutes=17))


def filters_of(sandbox: Sandbox, stream: str) -> list[dict[str, Any]]:
    """The filters of each request that a stream made, in order."""
    return [dict(page.filters) for path, page in sandbox.pages if path == PATHS[stream]]


def bookmarked(moment: str, **more: Any) -> dict[str, Any]:
    one = {"replication_key": "exported_at", "replication_key_value": moment, **more}
    return {"bookmarks": dict.fromkeys(STREAMS, one)}


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("offset", OFFSETS, ids=str)
def test_a_second_sync_brings_every_change_and_a_small_part_of_the_rest(
    sandbox: Sandbox, url: str, reading: DateReading, offset: timedelta
) -> None:
    company = sandbox.company
    sandbox.date_reading, company.clock_offset = reading, offset
    changed = {"before": [3, 27], "during": [12, 118], "after": [40, 99]}

    def change(when: str) -> None:
        for position in changed[when]:
            company.change(company.employees[position])
            company.change(company.jobs[position])

    change("before")
    seen: set[str] = set()

    def change_during(path: str) -> None:
        if path not in seen:  # The second page of each stream is being asked for.
            seen.add(path)
        elif "during" in changed:
            change("during")
            del changed["during"]

    expected = [position for positions in changed.values() for position in positions]
    sandbox.before_page = change_during
    first = sync(settings(url))
    change("after")
    second = sync(settings(url), first.state)

    employees = {company.employees[position].external_id for position in expected}
    with_goals = {
        company.employees[position].external_id
        for position in expected
        if company.employees[position].goals
    }
    jobs = {company.jobs[position].external_id for position in expected}
    assert with_goals
    assert set(second.ids("employee_task_profiles")) == employees
    assert set(second.ids("employee_ai_goals")) == with_goals
    assert set(second.ids("job_task_profiles")) == jobs
    third = sync(settings(url), second.state)
    assert set(third.ids("job_task_profiles")) <= jobs


@pytest.mark.parametrize("reading", READINGS)
def test_syncs_around_midnight_miss_nothing(
    sandbox: Sandbox, url: str, reading: DateReading
) -> None:
    company = sandbox.company
    sandbox.date_reading = reading
    now = datetime.now(UTC)
    midnight = datetime.combine(now.date(), datetime.min.time(), UTC)
    for minutes in (-61, -59, -1, 0, 1, 59, 61):
        company.clock_offset = midnight + timedelta(minutes=minutes) - now
        first = sync(settings(url))
        company.change(company.jobs[5])
        second = sync(settings(url), first.state)
        assert company.jobs[5].external_id in second.ids("job_task_profiles")


def test_the_bookmark_is_the_servers_clock_less_the_duration_where_that_is_earlier(
    requests_mock: Mocker,
) -> None:
    answer_at(requests_mock, "Sun, 22 Nov 2020 10:00:00 GMT")
    value = sync(settings("http://127.0.0.1")).state["bookmarks"]["job_task_profiles"]
    moment = parse_date_time(value["replication_key_value"])
    latest = datetime(2020, 11, 22, 10, tzinfo=UTC)
    assert latest - timedelta(seconds=5) < moment < latest
    assert value["replication_key"] == "exported_at"


@pytest.mark.parametrize("header", [None, "not a date", "Sun, 99 Nov 2026 10:00:00 GMT"])
def test_the_clients_clock_stands_in_where_the_server_has_none(
    requests_mock: Mocker, header: str | None
) -> None:
    answer_at(requests_mock, header)
    before = datetime.now(UTC)
    state = sync(settings("http://127.0.0.1")).state
    moment = parse_date_time(state["bookmarks"]["job_task_profiles"]["replication_key_value"])
    assert before - timedelta(seconds=5) < moment < datetime.now(UTC)


def answer_at(mock: Mocker, header: str | None) -> None:
    headers = {} if header is None else {"Date": header}
    mock.post("http://127.0.0.1/oauth/token", json={"access_token": "t"})
    for path in PATHS.values():
        page = {"has_next": False, "records": []}
        mock.post("http://127.0.0.1" + path, json=page, headers=headers)


def test_a_pass_without_records_moves_the_bookmark_too(sandbox: Sandbox, url: str) -> None:
    sandbox.company.clock_offset = timedelta(days=-2)
    first = sync(settings(url))
    sandbox.company.clock_offset = timedelta(0)
    second = sync(settings(url), first.state)
    assert not any(second.records[stream] for stream in STREAMS)
    assert [one["record_count"] for one in second.passes] == [0, 0, 0]
    for stream in STREAMS:
        moved = parse_date_time(second.state["bookmarks"][stream]["replication_key_value"])
        before = parse_date_time(first.state["bookmarks"][stream]["replication_key_value"])
        assert moved - before > timedelta(days=1)


def test_the_bookmark_moves_only_after_the_last_page(sandbox: Sandbox, url: str) -> None:
    output = sync(settings(url), catalog=selecting(discover(), "employee_ai_goals"))
    states = output.of_type("STATE")
    first, *goals = [state["value"]["bookmarks"]["employee_ai_goals"] for state in states]
    assert not first  # A loader may take the first one for loaded.
    assert len(goals) == sandbox.requests[PATHS["employee_ai_goals"]]
    assert ["replication_key_value" in one for one in goals] == [False] * 4 + [True]
    cursors = [one["checkpoint"]["starting_after"] for one in goals]
    assert [cursor is None for cursor in cursors] == [False] * 4 + [True]


@pytest.mark.parametrize(
    ("bookmark", "lookback", "expected"),
    [
        ("2026-11-22T10:00:00.000000+00:00", 1, "2026-11-21"),
        ("2026-11-22T01:00:00+00:00", 1, "2026-11-21"),
        ("2026-11-22T00:59:59.999999+00:00", 1, "2026-11-20"),
        ("2026-11-22T10:00:00Z", 3, "2026-11-19"),
        ("2026-11-22T01:30:00+05:00", 1, "2026-11-20"),
        ("2026-11-22T10:00:00", 1, "2026-11-21"),
        ("2026-11-22", 1, "2026-11-20"),
    ],
)
def test_the_filter_is_a_plain_date_with_an_hour_to_spare(
    sandbox: Sandbox, url: str, bookmark: str, lookback: int, expected: str
) -> None:
    sync(settings(url, lookback_days=lookback), bookmarked(bookmark))
    last_updated = {"filter": "last_updated", "operator": "gt", "value": expected}
    for stream in STREAMS:
        assert filters_of(sandbox, stream)[0] == {"last_updated": last_updated}


def test_other_filters_stand_beside_the_date(sandbox: Sandbox, url: str) -> None:
    config = settings(url, is_active=True, job_family_ids=["sales"])
    sync(config, bookmarked("2026-11-22T10:00:00Z"))
    assert filters_of(sandbox, "employee_ai_goals")[0].keys() == {"is_active", "last_updated"}
    assert filters_of(sandbox, "job_task_profiles")[0].keys() == {
        "job_family_id_is_in_list",
        "last_updated",
    }


@given(
    moment=st.datetimes(datetime(1971, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    lookback=st.integers(1, 40),
)
def test_the_filter_loses_nothing_under_either_reading(moment: datetime, lookback: int) -> None:
    day = date.fromisoformat(filter_date(moment, lookback))
    start = datetime.combine(day, datetime.min.time(), UTC)
    spare = timedelta(hours=1)
    assert start <= moment - spare
    assert start + timedelta(days=1) <= moment - spare
    assert moment - start <= timedelta(days=lookback + 1) + spare


def test_the_filter_date_is_one_of_utc_wherever_the_tap_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")  # 14 hours ahead.
    time.tzset()
    try:
        assert filter_date(datetime(2026, 11, 22, 12, tzinfo=UTC), 1) == "2026-11-21"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_dates_before_there_was_data_are_the_earliest_date() -> None:
    assert filter_date(datetime(1, 1, 1, tzinfo=UTC), 1) == "1970-01-01"
    assert filter_date(datetime(1970, 6, 2, tzinfo=UTC), 1) == "1970-05-31"
    assert filter_date(datetime(2026, 1, 1, tzinfo=UTC), 10**9) == "1970-01-01"


@given(st.datetimes(timezones=st.sampled_from([UTC])))
def test_moments_survive_being_written_and_read(moment: datetime) -> None:
    assert parse_date_time(format_date_time(moment)) == moment


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2))
def test_moments_sort_as_their_texts_do(moments: list[datetime]) -> None:
    assert sorted(map(format_date_time, moments)) == list(map(format_date_time, sorted(moments)))


def test_the_start_date_bounds_the_first_sync(sandbox: Sandbox, url: str) -> None:
    start = datetime.now(UTC) - timedelta(days=5)
    recent, at_start = sandbox.company.jobs[3:5]
    sandbox.company.change(recent)
    sandbox.company.change(at_start, start)
    for reading in READINGS:
        sandbox.date_reading = reading
        output = sync(settings(url, start_date=start.isoformat()))
        expected = [recent.external_id, at_start.external_id]
        assert output.ids("job_task_profiles") == expected


@pytest.mark.parametrize(
    "start_date",
    ["2020-01-01T00:00:00Z", "2026-11-25T00:00Z"],
)
def test_a_bookmark_wins_over_the_start_date(sandbox: Sandbox, url: str, start_date: str) -> None:
    sync(settings(url, start_date=start_date), bookmarked("2026-11-22T10:00:00Z"))
    assert filters_of(sandbox, "job_task_profiles")[0]["last_updated"]["value"] == "2026-11-21"


@pytest.mark.parametrize(
    "bookmark",
    [
        {"replication_key": "exported_at", "replication_key_value": "yesterday"},
        {"replication_key": "exported_at", "replication_key_value": ""},
        {"replication_key": "exported_at", "replication_key_value": None},
        {"replication_key": "exported_at", "replication_key_value": 1732269600},
        {"replication_key": "exported_at"},
        {"replication_key": "last_updated", "replication_key_value": "2026-11-22T10:00:00Z"},
        {"replication_key_value": "9999-12-31T23:59:59-14:00"},
    ],
)
def test_a_bookmark_that_cannot_be_read_ends_the_run_before_any_request(
    sandbox: Sandbox, url: str, bookmark: dict[str, Any]
) -> None:
    with pytest.raises(StateError) as caught:
        sync(settings(url), {"bookmarks": {"job_task_profiles": bookmark}})
    message = str(caught.value)
    assert message.startswith("job_task_profiles: the bookmark in the state cannot be read.")
    for value in bookmark.values():
        assert value in {"exported_at", None} or not value or str(value) not in message
    assert not sandbox.requests


@pytest.mark.parametrize("state", [[], [1], {"bookmarks": []}, {"bookmarks": {"x": "y"}}])
def test_a_state_that_is_none_is_refused(url: str, state: Any) -> None:
    with pytest.raises(StateError, match="'bookmarks' hold an object for each stream"):
        sync(settings(url), state)


@pytest.mark.parametrize("state", [{}, {"bookmarks": {}}, {"bookmarks": {"job_task_profiles": {}}}])
def test_an_empty_state_starts_a_first_sync(
    sandbox: Sandbox, url: str, state: dict[str, Any]
) -> None:
    output = sync(settings(url), state)
    assert len(output.ids("job_task_profiles")) == len(sandbox.company.jobs)


def full_table() -> dict[str, Any]:
    catalog = discover()
    for entry in catalog["streams"]:
        entry["replication_method"] = "FULL_TABLE"
    return catalog


def test_full_table_is_obeyed(sandbox: Sandbox, url: str) -> None:
    state = bookmarked("2026-11-22T10:00:00Z")
    output = sync(settings(url, start_date="2026-01-01T00:00:00Z"), state, full_table())
    assert len(output.ids("employee_task_profiles")) == len(sandbox.company.employees)
    assert all("last_updated" not in page.filters for _, page in sandbox.pages)


def test_an_incremental_sync_after_a_full_one_goes_on_from_it(sandbox: Sandbox, url: str) -> None:
    full = sync(settings(url), catalog=full_table())
    sandbox.company.change(sandbox.company.jobs[7])
    later = sync(settings(url), full.state)
    assert later.ids("job_task_profiles") == [sandbox.company.jobs[7].external_id]


def test_new_settings_are_warned_of_until_everything_was_synced_with_them(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    first = sync(settings(url, is_active=True))
    assert not caplog.messages
    second = sync(settings(url), first.state)
    warned = [text for text in caplog.messages if "--full-refresh" in text]
    assert len(warned) == 2  # The employees' streams; jobs are not concerned.
    caplog.clear()
    third = sync(settings(url), second.state)
    assert len([text for text in caplog.messages if "--full-refresh" in text]) == 2
    caplog.clear()
    full = sync(settings(url), third.state, full_table())
    assert not caplog.messages
    sync(settings(url), full.state)
    assert not caplog.messages
    assert sandbox.tokens.issued == 5


def test_output_of_a_sync_is_singer(url: str) -> None:
    output = sync(settings(url))
    kinds = [message["type"] for message in output.messages]
    assert kinds[:2] == ["STATE", "SCHEMA"]
    assert kinds[-1] == "STATE"
    assert isinstance(output, Output)
