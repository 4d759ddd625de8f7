"""A pass that was cut off goes on where it stopped, or starts over; nothing is skipped."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tap_techwolf.checkpoint import fingerprint

from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.errors import ExportError
from tap_techwolf.tap import TapTechWolf
from tests.harness import STREAMS, Output, discover, selecting, settings, sync

if TYPE_CHECKING:
    from sandbox.app import Sandbox

STREAM = "employee_task_profiles"
PATH = PATHS[STREAM]


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
            tap.sync_all()
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
    sync(settings(url, lookback_days=9), cut.state, catalog_of())
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
    "filter_date": None,
    "starting_after": "x",
    "page": 3,
    "fingerprint": "x",
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
        GOOD | {"more": 1},
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


@pytest.mark.parametrize("status", [400, 404, 409, 410, 422])
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
    with pytest.raises(ExportError, match="404"):
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
        "fingerprint",
    }
