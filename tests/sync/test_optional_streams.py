"""The exports and lists that are only read if 'optional_streams' names them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pytest

from sandbox.app import OPTIONAL_PATHS
from sandbox.faults import Fault
from sandbox.lists import MORE_OF_AN_EMPLOYEE
from sandbox.moves import Move
from tap_techwolf.config.settings import OPTIONAL_STREAMS
from tap_techwolf.errors import ExportError, SettingsError
from tests.harness import LOG, STREAMS, Output, arguments, discover, run, settings, sync
from tests.runs import attempt, only, warnings_in

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox

KEYS = {
    "skills": "skill_id",
    "employees": "external_id",
    "organisational_units": "external_id",
    "employee_skill_profiles": "external_id",
    "job_skill_profiles": "external_id",
    "employee_position_matches": "employee_id",
}
ALL = list(KEYS)
LISTS = ("employees", "organisational_units")
WITH_CURSOR = [stream for stream in ALL if stream not in LISTS]
EMPLOYEES: Literal["/employees"] = "/employees"


def expected_ids(sandbox: Sandbox) -> dict[str, set[str]]:
    company = sandbox.company
    employees = {one.external_id for one in company.employees}
    jobs = {one.external_id for one in company.jobs}
    return {
        "skills": {one.external_id for one in company.skills},
        "employees": employees,
        "organisational_units": {one.external_id for one in company.units},
        "employee_skill_profiles": employees,
        "job_skill_profiles": jobs,
        "employee_position_matches": {
            one.external_id for one in company.employees if one.job_id is not None
        },
    }


def ids(output: Output, stream: str) -> list[str]:
    return [record[KEYS[stream]] for record in output.records[stream]]


def alone(url: str, stream: str, **config: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and a catalog that sync one optional stream."""
    config["optional_streams"] = [stream]
    return settings(url, **config), only(stream, "FULL_TABLE", optional_streams=[stream])


# What there is


def test_without_the_setting_nothing_of_them_is_discovered_or_requested(
    sandbox: Sandbox, url: str
) -> None:
    assert {one["tap_stream_id"] for one in discover()["streams"]} == {*STREAMS, LOG}
    sync(settings(url, page_size=33))
    assert not sandbox.requests.keys() & OPTIONAL_PATHS.values()


def test_only_those_that_are_named_are_discovered() -> None:
    catalog = discover({"optional_streams": ["skills", "employees"]})
    found = {one["tap_stream_id"]: one for one in catalog["streams"]}
    assert found.keys() == {*STREAMS, LOG, "skills", "employees"}
    for stream in ("skills", "employees"):
        [root] = [one for one in found[stream]["metadata"] if not one["breadcrumb"]]
        assert root["metadata"]["forced-replication-method"] == "FULL_TABLE"
        assert found[stream]["key_properties"] == [KEYS[stream]]


def test_an_unknown_one_is_refused_with_those_that_there_are_and_discovery_leaves_none_out(
    sandbox: Sandbox, url: str
) -> None:
    with pytest.raises(SettingsError, match="optional_streams") as caught:
        sync(settings(url, optional_streams=["skills", "vacancies"]))
    assert all(stream in str(caught.value) for stream in ALL)
    assert "vacancies" not in str(caught.value)
    assert sandbox.requests.total() == 0
    catalog = discover({"optional_streams": ["skills", "vacancies"]})
    discovered = {one["tap_stream_id"] for one in catalog["streams"]}
    assert discovered == {*STREAMS, LOG, *OPTIONAL_STREAMS}


def test_a_catalog_that_selects_others_is_one_warning(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = discover({"optional_streams": ALL})
    output = sync(settings(url, optional_streams=["skills"]), catalog=catalog)
    [warning] = [one for one in warnings_in(caplog) if "optional_streams" in one]
    assert all((stream in warning) is (stream != "skills") for stream in ALL)
    assert output.records.keys() == {*STREAMS, LOG, "skills"}
    assert sandbox.requests[EMPLOYEES] == 0


def test_a_catalog_without_one_that_is_asked_for_is_one_warning(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    sync(settings(url, optional_streams=ALL), catalog=discover({"optional_streams": ALL[:2]}))
    [warning] = warnings_in(caplog)
    assert "discover it again" in warning
    assert all((stream in warning) is (stream not in ALL[:2]) for stream in ALL)


def test_one_that_is_taken_out_is_logged_no_more(url: str) -> None:
    first = sync(settings(url, optional_streams=["skills", "employees"]))
    second = sync(settings(url, optional_streams=["employees"]), first.state)
    assert {row["stream"] for row in second.proofs} == {*STREAMS, "employees"}
    third = sync(settings(url, optional_streams=["skills"]), second.state)
    assert {row["stream"] for row in third.proofs} == {*STREAMS, "skills"}


def test_a_stream_map_of_one_that_is_not_asked_for_is_no_error(url: str) -> None:
    maps = {"employees": {"location": None}, "organisational_*": {"name": None}}
    assert sync(settings(url, stream_maps=maps)).records.keys() == {*STREAMS, LOG}


# What is read


@pytest.mark.parametrize("page_size", [1, 7, 100])
def test_all_of_them_arrive_exactly_once_in_full_passes(
    sandbox: Sandbox, url: str, page_size: int
) -> None:
    sandbox.company.employees[30:] = []
    sandbox.company.jobs[10:] = []
    config = settings(url, optional_streams=ALL, page_size=page_size, parallel_streams=9)
    first = sync(config)
    for stream, expected in expected_ids(sandbox).items():
        found = ids(first, stream)
        assert sorted(found) == sorted(expected), stream
        assert {one["exported_at"] for one in first.records[stream]} == {
            one["began_at"] for one in first.passes if one["stream"] == stream
        }
    rows = {row["stream"]: row for row in first.passes}
    assert rows.keys() == {*STREAMS, *ALL}
    assert all(rows[stream]["is_full"] for stream in ALL)
    assert {stream: rows[stream]["record_count"] for stream in ALL} == {
        stream: len(expected) for stream, expected in expected_ids(sandbox).items()
    }
    second = sync(config, first.state)
    assert {stream: sorted(ids(second, stream)) for stream in ALL} == {
        stream: sorted(expected) for stream, expected in expected_ids(sandbox).items()
    }
    assert {row["stream"] for row in second.proofs} == rows.keys()
    assert sandbox.tokens.issued == 2


def test_the_records_have_what_the_api_sends(sandbox: Sandbox, url: str) -> None:
    includes = {
        "employee_skill_includes": [
            *("skill_validation_state", "sources", "rejected_skills", "low_data_availability_flag")
        ],
        "job_skill_includes": [
            *("low_data_availability_flag", "proficiency_level", "proficiency_float", "critical")
        ],
    }
    output = sync(settings(url, optional_streams=ALL, **includes))
    company = sandbox.company
    employee = next(one for one in company.employees if one.unit_id and one.job_id and one.skills)
    records = {stream: {one[KEYS[stream]]: one for one in output.records[stream]} for stream in ALL}
    shown = records["employees"][employee.external_id]
    assert shown["active"] is employee.is_active
    assert shown["organisational_unit"] == employee.unit_id
    assert shown["assigned_position"] == employee.position
    match = records["employee_position_matches"][employee.external_id]
    assert match["job_id"] == employee.job_id
    profile = records["employee_skill_profiles"][employee.external_id]
    held = {one.skill.external_id for one in employee.skills}
    assert {one["skill_id"] for one in profile["skills"]} == held <= records["skills"].keys()
    assert {"validation_state", "sources"} <= profile["skills"][0].keys()
    job = next(one for one in output.records["job_skill_profiles"] if one["skills"])
    assert {"critical", "proficiency_float", "skill_types"} <= job["skills"][0].keys()


def test_settings_reach_only_the_exports_that_document_them(sandbox: Sandbox, url: str) -> None:
    filtered = {"is_active": True, "job_family_ids": ["sales"], "external_vendor": "workday"}
    config = settings(
        url,
        optional_streams=ALL,
        page_size=50,
        start_date="2026-01-01T00:00:00Z",
        employee_skill_includes=[],
        job_skill_includes=["critical"],
        **filtered,
    )
    output = sync(config)
    pages = dict(reversed(sandbox.pages))
    first = {stream: pages[OPTIONAL_PATHS[stream]] for stream in ALL}
    assert {stream for stream in ALL if "is_active" in first[stream].filters} == {
        "employee_skill_profiles",
        "employee_position_matches",
    }
    vendors = {one for one in ALL if first[one].query.get("external_vendor") == "workday"}
    assert vendors == {"skills", "employee_skill_profiles", "employee_position_matches"}
    of_families = "job_family_id_is_in_list"
    assert {one for one in ALL if of_families in first[one].filters} == {"job_skill_profiles"}
    assert {asked.limit for asked in first.values()} == {50}
    inactive = {one.external_id for one in sandbox.company.employees if not one.is_active}
    assert inactive <= set(ids(output, "employees"))


def test_histories_are_no_columns_and_no_warning(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    more = {**MORE_OF_AN_EMPLOYEE, "shoe_size": 43}
    sandbox.variants.set_properties = {EMPLOYEES: more}
    config, catalog = alone(url, "employees")
    output = sync(config, catalog=catalog)
    names = set(output.records["employees"][0])
    assert names & more.keys() == {"assigned_position_id"}
    [warning] = warnings_in(caplog)
    assert "shoe_size" in warning


# Lists that move


@dataclass
class Case:
    """A list that moves, and what has to come of it."""

    moves: list[Move]
    is_full: bool
    order: Literal["ascending", "descending"] = "ascending"


@pytest.mark.parametrize(
    "case",
    [
        Case([Move(EMPLOYEES, "change", skip=1)], is_full=True),
        Case([Move(EMPLOYEES, "remove", skip=1)], is_full=True),
        Case([Move(EMPLOYEES, "add", skip=1)], is_full=True),
        Case([Move(EMPLOYEES, "change", skip=1, position=-1)], is_full=True, order="descending"),
        Case([Move(EMPLOYEES, "change", skip=2, times=2, count=30)], is_full=True),
        Case([Move(EMPLOYEES, "add", skip=1), Move(EMPLOYEES, "add", skip=11)], is_full=True),
        Case([Move(EMPLOYEES, "change", skip=1, times=99)], is_full=False),
    ],
    ids=lambda case: f"{case.moves[0].action} {len(case.moves)} {case.moves[0].times} {case.order}",
)
def test_a_list_that_moves_is_read_again(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture, case: Case
) -> None:
    sandbox.moves += case.moves
    sandbox.variants.list_order = case.order
    config, catalog = alone(url, "employees", page_size=50)
    output = sync(config, catalog=catalog)
    found = ids(output, "employees")
    assert len(found) == len(set(found))
    assert set(found) >= {one.external_id for one in sandbox.company.employees}
    [row] = output.passes
    assert (row["is_full"], row["record_count"]) == (case.is_full, len(found))
    assert row["page_count"] == sandbox.requests[EMPLOYEES]
    assert bool(warnings_in(caplog)) is not case.is_full
    # The state keeps it for the row that says that the pass was loaded.
    [proof] = sync(config, output.state, catalog).proofs
    assert proof["is_full"] is case.is_full


def test_a_list_of_which_people_are_missing_ends_its_stream_alone(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    sandbox.moves += [
        Move(EMPLOYEES, "remove", skip=1, times=1, position=-40, count=40),
        Move(EMPLOYEES, "change", skip=2, times=99),
    ]
    config = settings(url, page_size=50, optional_streams=ALL)
    before = len(sandbox.company.employees)
    output = run(arguments(tmp_path, config))
    assert output.exit_status == 1
    assert "employees, page" in output.last_line
    assert f"{before - 40} of {before} records" in output.last_line
    assert {row["stream"] for row in output.passes} == {*STREAMS, *ALL} - {"employees"}
    assert not output.state["bookmarks"].get("employees")


def test_who_is_listed_twice_is_loaded_once(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.company.employees.append(sandbox.company.employees[0])
    config, catalog = alone(url, "employees")
    output = sync(config, catalog=catalog)
    found = ids(output, "employees")
    assert len(found) == len(set(found)) == len(sandbox.company.employees) - 1
    [row] = output.passes
    assert (row["record_count"], row["is_full"]) == (len(found), False)
    assert len(warnings_in(caplog)) == 1


def test_a_list_whose_pages_are_shorter_than_asked_is_read_to_its_end(
    sandbox: Sandbox, url: str
) -> None:
    sandbox.variants.longest_list_page = 90
    config, catalog = alone(url, "employees")
    output = sync(config, catalog=catalog)
    assert set(ids(output, "employees")) == expected_ids(sandbox)["employees"]
    assert output.passes[0]["is_full"]


# Runs that end


@pytest.mark.parametrize("stream", WITH_CURSOR)
def test_an_export_with_a_cursor_resumes(sandbox: Sandbox, url: str, stream: str) -> None:
    config, catalog = alone(url, stream, page_size=10)
    sandbox.conditions.faults.append(Fault(OPTIONAL_PATHS[stream], status=403, skip=1))
    first = attempt(config, None, catalog)
    assert "403" in first.said
    sandbox.conditions.faults.clear()
    second = sync(config, first.state, catalog)
    found = ids(first, stream) + ids(second, stream)
    assert sorted(found) == sorted(expected_ids(sandbox)[stream])
    assert (second.passes[0]["run_count"], second.passes[0]["is_full"]) == (2, True)


@pytest.mark.parametrize("stream", LISTS)
def test_a_list_begins_again_as_a_new_pass(sandbox: Sandbox, url: str, stream: str) -> None:
    config, catalog = alone(url, stream, page_size=5)
    before = sync(config, catalog=catalog)
    sandbox.conditions.faults.append(Fault(OPTIONAL_PATHS[stream], status=403, skip=2))
    cut = attempt(config, before.state, catalog)
    assert ids(cut, stream)
    assert cut.state["bookmarks"] == before.state["bookmarks"]
    sandbox.conditions.faults.clear()
    output = sync(config, cut.state, catalog)
    assert set(ids(output, stream)) == expected_ids(sandbox)[stream]
    assert output.passes[0]["run_count"] == 1


@pytest.mark.parametrize("stream", ALL)
def test_one_that_is_not_licensed_ends_alone(
    sandbox: Sandbox, url: str, tmp_path: Path, stream: str
) -> None:
    status = 404 if stream in {"skills", "employees"} else 403
    sandbox.conditions.faults.append(Fault(OPTIONAL_PATHS[stream], status=status, times=99))
    output = run(arguments(tmp_path, settings(url, optional_streams=ALL)))
    assert output.exit_status == 1
    assert f"{stream}, page 1" in output.last_line
    assert str(status) in output.last_line
    assert "'optional_streams'" in output.last_line
    assert {row["stream"] for row in output.passes} == {*STREAMS, *ALL} - {stream}
    assert stream not in output.records


def test_nine_streams_run_side_by_side_if_asked(sandbox: Sandbox, url: str) -> None:
    arrived: set[str] = set()
    are_all_there = asyncio.Event()

    async def wait_for_all(path: str) -> None:
        arrived.add(path)
        if len(arrived) == 9:
            are_all_there.set()
        await are_all_there.wait()

    sandbox.before_page = wait_for_all
    sync(settings(url, optional_streams=ALL, parallel_streams=9))
    assert sandbox.most_at_once == 9


def test_a_list_without_results_ends_with_an_error(sandbox: Sandbox, url: str) -> None:
    sandbox.conditions.faults.append(Fault(EMPLOYEES, "raw", 200, times=9, body='{"count": 1}'))
    config, catalog = alone(url, "employees")
    with pytest.raises(ExportError, match="'results'"):
        sync(config, catalog=catalog)
