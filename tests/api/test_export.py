"""An export is data: its requests follow from it and the settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tap_techwolf.api.client import ExportClient
from tap_techwolf.api.export import (
    EXTERNAL_VENDOR,
    IS_ACTIVE,
    JOB_FAMILIES,
    JOB_TASK_INCLUDES,
    LAST_UPDATED,
    RESPONSE_FORMAT,
    Export,
    Filter,
    Parameter,
)
from tap_techwolf.api.pagination import LIMIT_OFFSET, NEXT_STARTING_AFTER
from tap_techwolf.errors import ExportError
from tests.api.servers import Answer, Api, client

KEY = {"external_id": str}
JOBS = Export(
    *("jobs", "/export/jobs", KEY, NEXT_STARTING_AFTER),
    parameters=(EXTERNAL_VENDOR, RESPONSE_FORMAT),
    include=JOB_TASK_INCLUDES,
    filters=(JOB_FAMILIES, LAST_UPDATED),
)
EMPLOYEES = Export("employees", "/employees", KEY, LIMIT_OFFSET, parameters=(EXTERNAL_VENDOR,))


@pytest.mark.parametrize("name", ["external_vendors", "", "EXTERNAL_VENDOR"])
def test_an_unknown_setting_fails_when_the_export_is_written_down(name: str) -> None:
    wrong: list[dict[str, Any]] = [
        {"parameters": (Parameter("external_vendor", name, api_default="x"),)},
        {"filters": (Filter("is_active", "is_active", setting=name),)},
        {"include": name},
    ]
    for one in wrong:
        with pytest.raises(ValueError, match="no setting"):
            replace(JOBS, **one)


@pytest.mark.parametrize(
    ("settings", "params", "body"),
    [
        ({}, {}, {}),
        # What the API does by itself is not sent, nor what has no value.
        ({"external_vendor": "techwolf", "task_profile_format": "list"}, {}, {}),
        ({"job_family_ids": [], "job_task_includes": []}, {}, {}),
        (
            {"external_vendor": "workday", "task_profile_format": "hierarchy"},
            {"external_vendor": "workday", "response_format": "hierarchy"},
            {},
        ),
        # Lists are sorted, each value once: the same settings make the same requests.
        (
            {"job_task_includes": ["weekly_hours", "ai_impact", "weekly_hours"]},
            {},
            {"include": ["ai_impact", "weekly_hours"]},
        ),
        (
            {"job_family_ids": list("hgfedcbah")},
            {},
            {
                "filters": [
                    {"filter": "job_family_id_is_in_list", "job_family_ids": list("abcdefgh")}
                ]
            },
        ),
        ({"is_active": True}, {}, {}),  # A setting of other exports.
    ],
    ids=str,
)
def test_settings_shape_a_request(
    settings: dict[str, Any], params: dict[str, str], body: dict[str, Any]
) -> None:
    request = JOBS.request({"page_size": 7, **settings})
    assert (request.method, request.path) == ("POST", "/export/jobs")
    assert request.params == params
    assert request.json == {"limit": 7, **body}


def test_a_request_for_changes_adds_a_filter_and_one_for_a_page_its_cursor() -> None:
    config = {"page_size": 7, "job_family_ids": ["a"]}
    request = JOBS.request(config, filter_date="2026-11-22", position="c")
    assert request.json == {
        "limit": 7,
        "starting_after": "c",
        "filters": [
            {"filter": "job_family_id_is_in_list", "job_family_ids": ["a"]},
            {"filter": "last_updated", "operator": "gt", "value": "2026-11-22"},
        ],
    }


def test_an_export_without_the_filter_cannot_be_asked_for_changes() -> None:
    assert JOBS.has_last_updated
    plain = Export("plain", "/export/plain", KEY, NEXT_STARTING_AFTER, filters=(IS_ACTIVE,))
    assert not plain.has_last_updated
    assert plain.request({"page_size": 7}).json == {"limit": 7}
    filters = plain.settings_filters({"is_active": False})
    assert filters == [{"filter": "is_active", "is_active": False}]


@pytest.mark.parametrize("accepted", [{"filters": (IS_ACTIVE,)}, {"include": JOB_TASK_INCLUDES}])
def test_a_get_has_no_place_for_filters_and_includes(accepted: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="GET"):
        Export("plain", "/plain", KEY, LIMIT_OFFSET, **accepted)


@pytest.mark.parametrize(("page_size", "limit"), [(1, 1), (99, 99), (100, 200)])
def test_the_largest_page_of_a_list_by_offset_is_larger(page_size: int, limit: int) -> None:
    request = EMPLOYEES.request({"page_size": page_size, "external_vendor": "workday"})
    assert request.method == "GET"
    assert request.params == {"external_vendor": "workday", "limit": limit, "offset": 0}
    assert request.json is None
    next_page = EMPLOYEES.request({"page_size": page_size}, position=page_size - 1)
    assert next_page.params == {"limit": max(limit, 2), "offset": page_size - 1}


def test_an_error_for_a_list_by_offset_names_the_page(api: Api) -> None:
    api.answers["/employees"] = [Answer([{"title": "Refused"}], 403)]
    one = client(api, page_size=2)
    with pytest.raises(ExportError, match=r"employees, page 4 .*403"):
        ExportClient(one, EMPLOYEES).get_page(EMPLOYEES.request(one.config, position=3), 4)
    [sent] = api.sent_to("/employees")
    assert (sent.method, sent.body) == ("GET", b"")
    assert sent.target.endswith("?limit=2&offset=3")


RECORD = {"external_id": "ada", "tasks": [{"id": "t-1"}]}


@pytest.mark.parametrize(
    ("record", "form", "columns"),
    [
        (RECORD, None, {"tasks": [{"id": "t-1"}], "hierarchy": None}),
        (RECORD, "list", {"tasks": [{"id": "t-1"}], "hierarchy": None}),
        ({"external_id": "ada"}, "list", {"tasks": None, "hierarchy": None}),
        (
            {"external_id": "ada", "Engineering": {"tasks": []}, "tasks": 5},
            "hierarchy",
            {"tasks": None, "hierarchy": {"Engineering": {"tasks": []}, "tasks": 5}},
        ),
    ],
)
def test_a_task_profile_has_the_columns_of_both_formats(
    record: dict[str, Any], form: str | None, columns: dict[str, Any]
) -> None:
    config = {"task_profile_format": form} if form else {}
    assert JOBS.to_record(dict(record), config) == {"external_id": "ada", **columns}
    assert EMPLOYEES.to_record(record, config) is record
