"""Whole first syncs against the sandbox: everything, once, in as few requests as there can be."""

from __future__ import annotations

from itertools import product
from math import ceil
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.exports import PATHS
from tests.harness import STREAMS, discover, selecting, settings, sync

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from sandbox.company import Entity

VENDORS = (None, "techwolf", "workday", "sap_attribute_library")


def keys(records: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(record[name] for name in names) for record in records)


def pages(entities: list[Entity], page_size: int) -> int:
    return max(1, ceil(len(entities) / page_size))


def only(entities: list[Entity], is_active: bool | None) -> list[Entity]:
    return [one for one in entities if is_active is None or one.is_active is is_active]


@pytest.mark.parametrize(("is_active", "page_size"), list(product((None, True, False), (100, 33))))
@pytest.mark.parametrize(("versions", "vendor"), list(product(("latest", "all"), VENDORS)))
def test_every_goal_arrives_exactly_once(
    sandbox: Sandbox,
    url: str,
    versions: str,
    vendor: str | None,
    is_active: bool | None,
    page_size: int,
) -> None:
    config = settings(
        url,
        ai_goal_versions=versions,
        external_vendor=vendor,
        is_active=is_active,
        page_size=page_size,
    )
    output = sync(config, catalog=selecting(discover(config), "employee_ai_goals"))
    employees = only(sandbox.company.employees, is_active)
    expected = [
        (employee.external_id, goal.version)
        for employee in employees
        for goal in (employee.goals if versions == "all" else employee.goals[-1:])
    ]
    assert keys(output.records["employee_ai_goals"], "external_id", "version") == sorted(expected)
    assert sandbox.requests[PATHS["employee_ai_goals"]] == pages(employees, page_size)
    assert sandbox.tokens.issued == 1


@pytest.mark.parametrize(("is_active", "page_size"), list(product((None, True, False), (100, 41))))
@pytest.mark.parametrize("shape", ["list", "hierarchy"])
@pytest.mark.parametrize(
    "includes",
    [
        None,
        [],
        ["rejected_tasks"],
        ["ai_impact", "source_events", "linked_skills", "rejected_tasks", "weekly_hours"],
    ],
)
def test_every_employee_arrives_exactly_once(
    sandbox: Sandbox,
    url: str,
    includes: list[str] | None,
    shape: str,
    is_active: bool | None,
    page_size: int,
) -> None:
    config = settings(
        url,
        employee_task_includes=includes,
        task_profile_format=shape,
        is_active=is_active,
        page_size=page_size,
        external_vendor="workday",
    )
    output = sync(config, catalog=selecting(discover(config), "employee_task_profiles"))
    employees = only(sandbox.company.employees, is_active)
    ids = [employee.external_id for employee in employees]
    assert output.ids("employee_task_profiles") == ids
    assert sandbox.requests[PATHS["employee_task_profiles"]] == pages(employees, page_size)
    tasks = 0
    for record in output.records["employee_task_profiles"]:
        tasks += record["hierarchy"]["num_tasks"] if shape == "hierarchy" else len(record["tasks"])
    assert tasks == sum(
        task.state != "rejected" or "rejected_tasks" in (includes or ())
        for employee in employees
        for task in employee.tasks
    )


@pytest.mark.parametrize("families", [None, ["sales"], ["sales", "legal"], ["no-such-family"]])
@pytest.mark.parametrize(("shape", "page_size"), [("list", 100), ("hierarchy", 100), ("list", 9)])
def test_every_job_arrives_exactly_once(
    sandbox: Sandbox, url: str, families: list[str] | None, shape: str, page_size: int
) -> None:
    config = settings(url, job_family_ids=families, task_profile_format=shape, page_size=page_size)
    output = sync(config, catalog=selecting(discover(config), "job_task_profiles"))
    jobs = [
        job for job in sandbox.company.jobs if families is None or job.job_family_id in families
    ]
    assert output.ids("job_task_profiles") == [job.external_id for job in jobs]
    assert sandbox.requests[PATHS["job_task_profiles"]] == pages(jobs, page_size)


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200])
def test_n_entities_take_n_hundredths_requests_rounded_up(
    sandbox: Sandbox, url: str, count: int
) -> None:
    del sandbox.company.employees[count:]
    sync(settings(url))
    for stream in ("employee_ai_goals", "employee_task_profiles"):
        assert sandbox.requests[PATHS[stream]] == max(1, ceil(count / 100))


def test_pages_without_records_do_not_end_the_stream(sandbox: Sandbox, url: str) -> None:
    employees = sandbox.company.employees
    empty = [page for page in range(4) if not any(e.goals for e in employees[page * 100 :][:100])]
    assert empty, "the sandbox has a stretch without goals that is longer than a page"
    output = sync(settings(url))
    expected = [employee.external_id for employee in employees if employee.goals]
    assert output.ids("employee_ai_goals") == expected
    assert expected[-1] in [e.external_id for e in employees[400:]], "some come after the stretch"


def test_a_tree_is_held_in_one_column_untouched(sandbox: Sandbox, url: str) -> None:
    output = sync(settings(url, task_profile_format="hierarchy"))
    for stream in ("employee_task_profiles", "job_task_profiles"):
        for record in output.records[stream]:
            assert record.keys() == {"external_id", "tasks", "hierarchy", "exported_at"}
            assert record["tasks"] is None
            assert record["hierarchy"].keys() == {"domains", "num_tasks"}
    assert sandbox.tokens.issued == 1


def test_all_records_of_a_pass_carry_the_moment_it_began(url: str) -> None:
    output = sync(settings(url))
    for stream in STREAMS:
        moments = {record["exported_at"] for record in output.records[stream]}
        assert moments == {output.state["bookmarks"][stream]["replication_key_value"]}


def test_a_deselected_stream_is_not_asked_for(sandbox: Sandbox, url: str) -> None:
    output = sync(settings(url), catalog=selecting(discover(), "job_task_profiles"))
    assert output.records.keys() == {"job_task_profiles"}
    assert [one["stream"] for one in output.of_type("SCHEMA")] == ["job_task_profiles"]
    assert set(sandbox.requests) == {"/oauth/token", PATHS["job_task_profiles"]}


def test_a_deselected_property_is_neither_in_the_schema_nor_in_a_record(url: str) -> None:
    catalog = selecting(discover(), "employee_ai_goals")
    [goals] = [one for one in catalog["streams"] if one["tap_stream_id"] == "employee_ai_goals"]
    for one in goals["metadata"]:
        if one["breadcrumb"] in (["properties", "goal"], ["properties", "exported_at"]):
            one["metadata"]["selected"] = False
    output = sync(settings(url), catalog=catalog)
    properties = output.of_type("SCHEMA")[0]["schema"]["properties"]
    assert "goal" not in properties
    assert "exported_at" in properties
    for record in output.records["employee_ai_goals"]:
        assert "goal" not in record
        assert "exported_at" in record


def test_stream_maps_rename_filter_and_hash(url: str) -> None:
    maps = {
        "employee_ai_goals": {
            "external_id": "md5(external_id)",
            "__filter__": "version > 1",
            "__alias__": "goals",
        }
    }
    output = sync(settings(url, stream_maps=maps))
    assert output.records["goals"]
    assert all(len(record["external_id"]) == len("0" * 32) for record in output.records["goals"])
    assert all(record["version"] > 1 for record in output.records["goals"])
    assert "employee_ai_goals" in output.state["bookmarks"]


def test_text_arrives_as_it_was_written(sandbox: Sandbox, url: str) -> None:
    text = 'Ünïcode, "quotes", \\ and\nnewlines 🚀 \u2028 \t end'
    employee = next(one for one in sandbox.company.employees if one.goals)
    employee.goals[-1].title = text
    output = sync(settings(url))
    goals = {record["external_id"]: record for record in output.records["employee_ai_goals"]}
    assert goals[employee.external_id]["goal"] == text
