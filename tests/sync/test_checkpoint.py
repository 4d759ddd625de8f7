"""A pass that was cut off goes on where it stopped, or starts over; nothing is skipped."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import tokens
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.errors import AuthenticationError, ExportError, StateError
from tap_techwolf.sync.checkpoint import fingerprint
from tap_techwolf.tap import TapTechWolf
from tests.gateway import gateway
from tests.harness import STREAMS, Output, discover, selecting, settings, sync, sync_tap

if TYPE_CHECKING:
    from sandbox.app import Sandbox

STREAM = "employee_task_profiles"
PATH = PATHS[STREAM]

# What the version before streams ran side by side (commit 6f5245d) wrote, with which settings.
OLD_FINGERPRINTS: list[tuple[dict[str, Any], dict[str, str]]] = [
    (
        {},
        dict(
            zip(STREAMS, ("3ffc075d25a46cb4", "cf044f80665e8adf", "1887f5fd6e53ea38"), strict=True)
        ),
    ),
    (
        {
            "is_active": True,
            "external_vendor": "workday",
            "ai_goal_versions": "all",
            "job_family_ids": ["b", "a"],
            "api_version": "2024-12-05",
            "employee_task_includes": [],
        },
        dict(
            zip(STREAMS, ("7e7d674836a9cbc9", "7e63ca470dd13ead", "0b2be6680116ba7f"), strict=True)
        ),
    ),
]


def catalog_of(method: str = "INCREMENTAL", stream: str = STREAM) -> dict[str, Any]:
    catalog = selecting(discover(), stream)
    for entry in catalog["streams"]:
        entry["replication_method"] = method
    return catalog


@pytest.fixture
def cut_off(sandbox: Sandbox, capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    """Runs a pass that ends after some pages, and gives what it wrote."""

    def run(
        config: dict[str, Any],
        state: dict[str, Any] | None = None,
        catalog: dict[str, Any] | None = None,
        *,
        pages: int = 2,
    ) -> Output:
        sandbox.conditions.faults.append(Fault(PATH, status=403, skip=pages))
        tap = TapTechWolf(config=config, state=state, catalog=catalog or catalog_of())
        with pytest.raises(ExportError):
            sync_tap(tap)
        sandbox.pages.clear()
        return Output.parse(capfdbinary.readouterr().out)

    return run


def asked(sandbox: Sandbox) -> list[tuple[str | None, str | None]]:
    """The cursor and the filter date of each page that was asked for."""
    return [
        (page.starting_after, page.filters.get("last_updated", {}).get("value"))
        for _, page in sandbox.pages
    ]


def all_ids(sandbox: Sandbox) -> list[str]:
    return [employee.external_id for employee in sandbox.company.employees]


@pytest.mark.parametrize("method", ["INCREMENTAL", "FULL_TABLE"])
def test_a_pass_goes_on_at_its_cursor_with_its_moment(
    sandbox: Sandbox, url: str, cut_off: Any, method: str
) -> None:
    first = cut_off(settings(url), catalog=catalog_of(method))
    checkpoint = first.state["bookmarks"][STREAM]["checkpoint"]
    employees = all_ids(sandbox)
    assert first.ids(STREAM) == employees[:200]
    assert checkpoint["starting_after"] == employees[199]

    sandbox.company.clock_offset = timedelta(hours=30)
    second = sync(settings(url), first.state, catalog_of(method))
    assert second.ids(STREAM) == employees[200:]
    assert [cursor for cursor, _ in asked(sandbox)] == [employees[199], *employees[299::100]]
    assert second.state["bookmarks"][STREAM]["replication_key_value"] == checkpoint["began_at"]
    assert "checkpoint" not in second.state["bookmarks"][STREAM]
    assert {one["exported_at"] for one in second.records[STREAM]} == {checkpoint["began_at"]}


def test_a_change_on_a_page_already_delivered_comes_with_the_next_pass(
    sandbox: Sandbox, url: str, cut_off: Any
) -> None:
    first = cut_off(settings(url))
    sandbox.company.change(sandbox.company.employees[5])
    second = sync(settings(url), first.state, catalog_of())
    assert sandbox.company.employees[5].external_id not in second.ids(STREAM)
    third = sync(settings(url), second.state, catalog_of())
    assert third.ids(STREAM) == [sandbox.company.employees[5].external_id]


def test_a_resumed_pass_keeps_its_filter_date(sandbox: Sandbox, url: str, cut_off: Any) -> None:
    whole = sync(settings(url), catalog=catalog_of())
    for employee in sandbox.company.employees:
        sandbox.company.change(employee)
    cut = cut_off(settings(url), whole.state)
    date = cut.state["bookmarks"][STREAM]["checkpoint"]["filter_date"]
    assert date is not None
    sandbox.pages.clear()
    sync(settings(url), cut.state, catalog_of())
    assert {filter_date for _, filter_date in asked(sandbox)} == {date}
    assert sandbox.pages[0][1].starting_after == all_ids(sandbox)[199]


def test_another_page_size_goes_on_all_the_same(sandbox: Sandbox, url: str, cut_off: Any) -> None:
    first = cut_off(settings(url))
    second = sync(settings(url, page_size=77), first.state, catalog_of())
    assert second.ids(STREAM) == all_ids(sandbox)[200:]


@pytest.mark.parametrize(
    "changed",
    [
        {"is_active": True},
        {"external_vendor": "workday"},
        {"employee_task_includes": []},
        {"api_version": "2024-12-05"},
        {"start_date": "2020-01-01"},
        {"lookback_days": 9},
        {"stream_maps": {STREAM: {"tasks": None}}},
        {"stream_maps": {"*": {"more": "'x'"}}},
        {"flattening_enabled": True, "flattening_max_depth": 1},
    ],
    ids=str,
)
def test_other_settings_start_the_pass_over_with_one_warning(
    sandbox: Sandbox,
    url: str,
    cut_off: Any,
    caplog: pytest.LogCaptureFixture,
    changed: dict[str, Any],
) -> None:
    first = cut_off(settings(url))
    second = sync(settings(url, **changed), first.state, catalog_of())
    expected = [
        employee.external_id
        for employee in sandbox.company.employees
        if employee.is_active or "is_active" not in changed
    ]
    assert second.ids(STREAM) == expected
    assert len([one for one in caplog.records if one.levelname == "WARNING"]) == 1
    assert "starts over" in caplog.text
    text = caplog.messages[-1]
    assert text.startswith(f"{STREAM}: changed since the last pass was interrupted: ")


def test_other_columns_start_the_pass_over_so_that_no_row_lacks_them(
    sandbox: Sandbox, url: str, cut_off: Any, caplog: pytest.LogCaptureFixture
) -> None:
    without = catalog_of()
    for entry in without["streams"]:
        for one in entry["metadata"]:
            if one["breadcrumb"] == ["properties", "tasks"]:
                one["metadata"]["selected"] = False
    first = cut_off(settings(url), catalog=without)
    second = sync(settings(url), first.state, catalog_of())
    assert second.ids(STREAM) == all_ids(sandbox)
    assert all("tasks" in record for record in second.records[STREAM])
    assert "the selected columns; the pass starts over" in caplog.text


def test_another_address_of_the_api_starts_the_pass_over(
    sandbox: Sandbox, url: str, cut_off: Any, caplog: pytest.LogCaptureFixture
) -> None:
    first = cut_off(settings(url))
    with gateway(url) as (address, _):
        second = sync(settings(address), first.state, catalog_of())
    assert second.ids(STREAM) == all_ids(sandbox)
    assert "'api_url'; the pass starts over" in caplog.text


@pytest.mark.parametrize("name", ["tenant", "audience"])
def test_another_tenant_starts_the_pass_over(
    sandbox: Sandbox,
    url: str,
    cut_off: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    first = cut_off(settings(url))
    monkeypatch.setattr(tokens, name.upper(), "another")
    second = sync(settings(url, **{name: "another"}), first.state, catalog_of())
    assert second.ids(STREAM) == all_ids(sandbox)
    assert "'tenant' or 'audience'; the pass starts over" in caplog.text


@pytest.mark.parametrize("name", ["tenant", "audience"])
def test_a_bookmark_of_another_tenant_is_refused_before_any_request(
    sandbox: Sandbox, url: str, name: str
) -> None:
    first = sync(settings(url), catalog=catalog_of())
    sandbox.requests.clear()
    with pytest.raises(StateError) as caught:
        sync(settings(url, **{name: "another"}), first.state, catalog_of())
    text = str(caught.value)
    assert text.startswith(f"{STREAM}: the bookmark in the state belongs to another tenant")
    assert "start over with meltano run --full-refresh" in text
    assert not sandbox.requests
    # The bookmark of a stream that is not selected does not count.
    other = catalog_of(stream="job_task_profiles")
    config = settings(url, **{name: "another"}, max_attempts=1)
    with pytest.raises(AuthenticationError):
        sync(config, first.state, other)


def test_a_proxy_may_come_and_go_between_passes(sandbox: Sandbox, url: str) -> None:
    first = sync(settings(url), catalog=catalog_of())
    changed = sandbox.company.employees[3]
    sandbox.company.change(changed)
    with gateway(url) as (address, _):
        second = sync(settings(address), first.state, catalog_of())
    assert second.ids(STREAM) == [changed.external_id]


def test_a_bookmark_that_was_moved_back_by_hand_is_obeyed(
    sandbox: Sandbox, url: str, cut_off: Any, caplog: pytest.LogCaptureFixture
) -> None:
    whole = sync(settings(url), catalog=catalog_of())
    for employee in sandbox.company.employees:
        sandbox.company.change(employee)
    state = cut_off(settings(url), whole.state).state
    state["bookmarks"][STREAM]["replication_key_value"] = "2020-01-01T12:00:00Z"
    second = sync(settings(url), state, catalog_of())
    assert asked(sandbox)[0] == (None, "2019-12-31")
    assert second.ids(STREAM) == all_ids(sandbox)
    assert "is not the one that the interrupted pass continued; the pass starts over" in caplog.text


@pytest.mark.parametrize("method", ["INCREMENTAL", "FULL_TABLE"])
def test_a_checkpoint_that_a_merging_store_kept_is_passed_over_quietly(
    sandbox: Sandbox, url: str, cut_off: Any, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    cut = cut_off(settings(url), catalog=catalog_of(method))
    whole = sync(settings(url), cut.state, catalog_of(method))
    state = whole.state
    state["bookmarks"][STREAM]["checkpoint"] = cut.state["bookmarks"][STREAM]["checkpoint"]
    caplog.clear()
    changed = sandbox.company.employees[3]
    sandbox.company.change(changed)
    assert sync(settings(url), state, catalog_of()).ids(STREAM) == [changed.external_id]
    assert not caplog.messages


def test_an_interrupted_full_refresh_with_a_start_date_is_resumed(
    sandbox: Sandbox, url: str, cut_off: Any
) -> None:
    config = settings(url, start_date="2020-01-01")
    sandbox.company.clock_offset = timedelta(hours=-1)
    old = sync(config, catalog=catalog_of()).state["bookmarks"][STREAM]
    sandbox.company.clock_offset = timedelta(0)
    cut = cut_off(config).state["bookmarks"][STREAM]
    merged = {"bookmarks": {STREAM: old | cut}}  # As Meltano keeps it.
    resumed = sync(config, merged, catalog_of())
    assert asked(sandbox)[0] == (all_ids(sandbox)[199], "2019-12-30")
    assert resumed.ids(STREAM) == all_ids(sandbox)[200:]


@pytest.mark.parametrize(("config", "fingerprints"), OLD_FINGERPRINTS, ids=["few", "many"])
def test_a_state_of_the_version_before_is_read(
    sandbox: Sandbox,
    url: str,
    caplog: pytest.LogCaptureFixture,
    config: dict[str, Any],
    fingerprints: dict[str, str],
) -> None:
    old = {
        stream: {
            "replication_key": "exported_at",
            "replication_key_value": "2026-10-01T12:00:00.000000+00:00",
            "fingerprint": fingerprints[stream],
        }
        for stream in STREAMS
    }
    output = sync(settings(url, **config), {"bookmarks": old})
    assert {date for _, date in asked(sandbox)} == {"2026-09-30"}
    assert not caplog.messages
    for stream, bookmark in output.state["bookmarks"].items():
        assert bookmark["tenant"]
        assert bookmark["fingerprint"] == fingerprints[stream]
        assert bookmark["replication_key_value"] > old[stream]["replication_key_value"]


@pytest.mark.parametrize(
    ("bookmark", "lines"),
    [
        (None, 1),
        ("2026-10-01T12:00:00.000000+00:00", 1),
        ("2026-10-03T12:00:00.000000+00:00", 0),
    ],
)
def test_a_checkpoint_of_the_version_before_starts_over_unless_its_pass_is_over(
    sandbox: Sandbox,
    url: str,
    caplog: pytest.LogCaptureFixture,
    bookmark: str | None,
    lines: int,
) -> None:
    old: dict[str, Any] = {
        "checkpoint": {
            "began_at": "2026-10-02T12:00:00.000000+00:00",
            "filter_date": None,
            "starting_after": all_ids(sandbox)[199],
            "page": 3,
            "fingerprint": "0123456789abcdef",
        }
    }
    if bookmark:
        old |= {"replication_key": "exported_at", "replication_key_value": bookmark}
        old["fingerprint"] = OLD_FINGERPRINTS[0][1][STREAM]
    sync(settings(url), {"bookmarks": {STREAM: old}}, catalog_of())
    first_cursor, date = asked(sandbox)[0]
    assert first_cursor is None
    assert date == {None: None, "01": "2026-09-30", "03": "2026-10-02"}[bookmark and bookmark[8:10]]
    assert len(caplog.messages) == lines
    assert all("is an older version's; the pass starts over" in one for one in caplog.messages)


def test_a_catalog_of_another_method_starts_the_pass_over(
    sandbox: Sandbox, url: str, cut_off: Any
) -> None:
    whole = sync(settings(url), catalog=catalog_of())
    for employee in sandbox.company.employees[:300]:
        sandbox.company.change(employee)
    cut = cut_off(settings(url), whole.state)
    full = sync(settings(url), cut.state, catalog_of("FULL_TABLE"))
    assert full.ids(STREAM) == all_ids(sandbox)


def test_starting_over_goes_back_to_the_old_bookmark(
    sandbox: Sandbox, url: str, cut_off: Any, caplog: pytest.LogCaptureFixture
) -> None:
    whole = sync(settings(url), catalog=catalog_of())
    for employee in sandbox.company.employees[:300]:
        sandbox.company.change(employee)
    cut = cut_off(settings(url), whole.state)
    date = cut.state["bookmarks"][STREAM]["checkpoint"]["filter_date"]
    second = sync(settings(url, employee_task_includes=[]), cut.state, catalog_of())
    assert second.ids(STREAM) == all_ids(sandbox)[:300]
    assert asked(sandbox)[0] == (None, date)
    assert len([one for one in caplog.records if one.levelname == "WARNING"]) == 1


GOOD = {
    "began_at": "2026-11-22T10:00:00.000000+00:00",
    "continues": None,
    "filter_date": None,
    "starting_after": "x",
    "page": 3,
    "records": 200,
    "runs": 1,
    "unchanged": {"tenant": "x"},
}


@pytest.mark.parametrize(
    "checkpoint",
    [
        "nonsense",
        5,
        [],
        {},
        {"page": 3},
        GOOD | {"began_at": "yesterday"},
        GOOD | {"began_at": None},
        GOOD | {"filter_date": "soon"},
        GOOD | {"filter_date": 5},
        GOOD | {"starting_after": None},
        GOOD | {"starting_after": ""},
        GOOD | {"starting_after": 5},
        GOOD | {"page": "3"},
        GOOD | {"page": 0},
        GOOD | {"page": True},
        GOOD | {"records": None},
        GOOD | {"runs": 0},
        GOOD | {"unchanged": []},
        GOOD | {"continues": "2026-11-21T10:00:00+00:00"},
        GOOD,
    ],
    ids=str,
)
def test_a_checkpoint_that_cannot_be_used_starts_the_pass_over_with_one_warning(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture, checkpoint: Any
) -> None:
    state = {"bookmarks": {STREAM: {"checkpoint": checkpoint}}}
    output = sync(settings(url), state, catalog_of())
    assert output.ids(STREAM) == all_ids(sandbox)
    assert len([one for one in caplog.records if one.levelname == "WARNING"]) == 1


@pytest.mark.parametrize("status", [400, 410, 422])
def test_a_cursor_that_the_server_refuses_starts_the_pass_over_with_one_warning(
    sandbox: Sandbox,
    url: str,
    cut_off: Any,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    first = cut_off(settings(url))
    sandbox.conditions.faults.append(Fault(PATH, status=status))
    second = sync(settings(url), first.state, catalog_of())
    assert second.ids(STREAM) == all_ids(sandbox)
    assert len([one for one in caplog.records if one.levelname == "WARNING"]) == 1
    assert {one["exported_at"] for one in second.records[STREAM]} == {
        second.state["bookmarks"][STREAM]["replication_key_value"]
    }


@pytest.mark.parametrize("status", [404, 409])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_refusal_that_may_be_temporary_is_asked_about_three_times(
    sandbox: Sandbox,
    url: str,
    cut_off: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    status: int,
    times: int,
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    first = cut_off(settings(url))
    sandbox.conditions.faults.append(Fault(PATH, status=status, times=times))
    second = sync(settings(url), first.state, catalog_of())
    is_lost = times == 3
    assert second.ids(STREAM) == all_ids(sandbox)[0 if is_lost else 200 :]
    assert waits == [1, 2][: min(times, 2)]
    assert ("starts over" in caplog.text) is is_lost
    assert f"{STREAM}: the API refused the cursor of the checkpoint; attempt 2 of 3" in caplog.text


@pytest.mark.parametrize("is_about_the_cursor", [True, False])
def test_a_server_error_at_the_cursor_ends_no_run_for_ever(
    sandbox: Sandbox,
    url: str,
    cut_off: Any,
    caplog: pytest.LogCaptureFixture,
    is_about_the_cursor: bool,
) -> None:
    first = cut_off(settings(url))
    times = 1 if is_about_the_cursor else 2
    sandbox.conditions.faults.append(Fault(PATH, status=500, times=times))
    config = settings(url, max_attempts=1)
    if is_about_the_cursor:
        assert sync(config, first.state, catalog_of()).ids(STREAM) == all_ids(sandbox)
        assert "the API refuses the cursor of the checkpoint; the pass starts over" in caplog.text
    else:
        with pytest.raises(ExportError, match=r"page 3 .*500 Internal Server Error"):
            sync(config, first.state, catalog_of())


def test_an_employee_deleted_at_the_cursor_loses_nobody_else(
    sandbox: Sandbox, url: str, cut_off: Any
) -> None:
    first = cut_off(settings(url))
    del sandbox.company.employees[199]
    second = sync(settings(url), first.state, catalog_of())
    assert second.ids(STREAM) == all_ids(sandbox)


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_that_is_not_about_the_cursor_ends_the_run(
    sandbox: Sandbox, url: str, cut_off: Any, status: int
) -> None:
    first = cut_off(settings(url))
    sandbox.conditions.faults.append(Fault(PATH, status=status, times=2))
    with pytest.raises(ExportError, match=str(status)):
        sync(settings(url), first.state, catalog_of())


def test_a_refused_first_page_of_a_new_pass_ends_the_run(sandbox: Sandbox, url: str) -> None:
    sandbox.conditions.faults.append(Fault(PATH, status=404))
    with pytest.raises(ExportError, match=r"404"):
        sync(settings(url), catalog=catalog_of())
    assert sandbox.requests[PATH] == 1


def test_a_state_covers_each_page_once_it_is_written(url: str) -> None:
    output = sync(settings(url))
    for stream in STREAMS:
        written = 0
        for message in output.messages:
            if message["type"] == "RECORD" and message["stream"] == stream:
                written += 1
                last = message["record"]["external_id"]
            elif message["type"] == "STATE" and written:
                checkpoint = message["value"]["bookmarks"][stream].get("checkpoint")
                if stream != "employee_ai_goals" and checkpoint:
                    assert checkpoint["starting_after"] == last
    assert all("checkpoint" not in one for one in output.state["bookmarks"].values())


def test_a_state_holds_nothing_but_what_is_documented(url: str) -> None:
    output = sync(settings(url))
    for message in output.of_type("STATE"):
        assert message["value"].keys() == {"bookmarks"}
        for one in message["value"]["bookmarks"].values():
            assert one.keys() <= {
                "replication_key",
                "replication_key_value",
                "completed_pass",
                "tenant",
                "fingerprint",
                "checkpoint",
            }
            assert one.get("checkpoint", GOOD).keys() == GOOD.keys()


def test_a_fingerprint_does_not_depend_on_the_order_of_settings() -> None:
    shape = {"stream": "jobs", "query": {"a": "1", "b": "2"}}
    other = {"query": {"b": "2", "a": "1"}, "stream": "jobs"}
    assert fingerprint(shape) == fingerprint(other)
    # What it is must not change: a state that an older version wrote must still fit.
    assert fingerprint(shape) == "52cabbf2ab0140f7"


def test_markers_that_the_sdk_left_do_no_harm(sandbox: Sandbox, url: str) -> None:
    left = {
        "starting_replication_value": None,
        "replication_key_signpost": "2026-11-22T10:00:00+00:00",
        "progress_markers": {"Note": "Progress is not resumable if interrupted."},
    }
    output = sync(settings(url), {"bookmarks": {STREAM: left}}, catalog_of())
    assert output.ids(STREAM) == all_ids(sandbox)
    assert output.state["bookmarks"][STREAM].keys() == {
        "replication_key",
        "replication_key_value",
        "completed_pass",
        "tenant",
        "fingerprint",
    }
