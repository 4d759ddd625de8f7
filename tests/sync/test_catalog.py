"""Catalogs that were discovered under other settings, or edited by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.errors import CatalogError
from tests.harness import STREAMS, discover, selecting, settings, sync

if TYPE_CHECKING:
    from sandbox.app import Sandbox

GOALS = "employee_ai_goals"


def goals_catalog(config: dict[str, Any] | None = None) -> dict[str, Any]:
    catalog = selecting(discover(config), GOALS)
    catalog["streams"] = [one for one in catalog["streams"] if one["tap_stream_id"] == GOALS]
    return catalog


def test_goals_of_all_versions_keep_their_key_under_an_older_catalog(
    sandbox: Sandbox, url: str
) -> None:
    catalog = goals_catalog()
    assert catalog["streams"][0]["key_properties"] == ["external_id"]
    output = sync(settings(url, ai_goal_versions="all"), catalog=catalog)
    schema = output.of_type("SCHEMA")[0]
    assert schema["key_properties"] == ["external_id", "version"]
    assert schema["schema"]["properties"]["version"]["type"] == "integer"
    versions = sum(len(employee.goals) for employee in sandbox.company.employees)
    assert len(output.records[GOALS]) == versions


def test_a_key_cannot_be_deselected(url: str) -> None:
    catalog = goals_catalog()
    for one in catalog["streams"][0]["metadata"]:
        if one["breadcrumb"] == ["properties", "version"]:
            one["metadata"]["selected"] = False
    output = sync(settings(url, ai_goal_versions="all"), catalog=catalog)
    assert all("version" in record for record in output.records[GOALS])


def test_a_table_that_only_grows_may_have_no_key(url: str) -> None:
    catalog = goals_catalog()
    catalog["streams"][0]["key_properties"] = []
    for one in catalog["streams"][0]["metadata"]:
        one["metadata"].pop("table-key-properties", None)
    output = sync(settings(url), catalog=catalog)
    assert output.of_type("SCHEMA")[0]["key_properties"] == []


def test_a_catalog_without_the_replication_key_is_given_it(url: str) -> None:
    catalog = goals_catalog()
    entry = catalog["streams"][0]
    for name in ("replication_key", "replication_method"):
        del entry[name]
    del entry["schema"]["properties"]["exported_at"]
    entry["metadata"] = [{"breadcrumb": [], "metadata": {"selected": True}}]
    output = sync(settings(url), catalog=catalog)
    assert "replication_key_value" in output.state["bookmarks"][GOALS]
    assert output.of_type("SCHEMA")[0]["bookmark_properties"] == ["exported_at"]
    assert all("exported_at" in record for record in output.records[GOALS])


@pytest.mark.parametrize("profile_format", ["list", "hierarchy"])
def test_a_catalog_serves_either_format(url: str, profile_format: str) -> None:
    other = {"list": "hierarchy", "hierarchy": "list"}[profile_format]
    catalog = discover({"task_profile_format": other})
    output = sync(settings(url, task_profile_format=profile_format), catalog=catalog)
    column = {"list": "tasks", "hierarchy": "hierarchy"}[profile_format]
    assert all(record[column] is not None for record in output.records["job_task_profiles"])
    assert output.records["job_task_profiles"]


@pytest.mark.parametrize("profile_format", ["list", "hierarchy"])
def test_an_older_catalog_of_the_other_format_is_refused(
    sandbox: Sandbox, url: str, profile_format: str
) -> None:
    catalog = discover()
    for entry in catalog["streams"]:
        own = {"list": "tasks", "hierarchy": "hierarchy"}[profile_format]
        entry["schema"]["properties"].pop(own, None)
    with pytest.raises(CatalogError, match="_profiles: the catalog was .*discover it again"):
        sync(settings(url, task_profile_format=profile_format), catalog=catalog)
    assert not sandbox.requests


def test_columns_that_the_catalog_lacks_are_left_out(url: str) -> None:
    catalog = goals_catalog()
    del catalog["streams"][0]["schema"]["properties"]["description"]
    output = sync(settings(url), catalog=catalog)
    assert all("description" not in record for record in output.records[GOALS])


def test_a_profile_catalog_may_lack_the_profile(url: str) -> None:
    catalog = selecting(discover(), "job_task_profiles")
    for entry in catalog["streams"]:
        for column in ("tasks", "hierarchy"):
            entry["schema"]["properties"].pop(column, None)
    output = sync(settings(url), catalog=catalog)
    assert {frozenset(one) for one in output.records["job_task_profiles"]} == {
        frozenset({"external_id", "exported_at"})
    }


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"replication_method": "LOG_BASED"}, "must be INCREMENTAL or FULL_TABLE"),
        ({"replication_key": "last_updated"}, "replication key must be 'exported_at'"),
    ],
)
def test_a_catalog_that_cannot_be_obeyed_is_refused(
    url: str, change: dict[str, str], text: str
) -> None:
    catalog = goals_catalog()
    catalog["streams"][0].update(change)
    with pytest.raises(CatalogError, match=text):
        sync(settings(url), catalog=catalog)


def test_a_catalog_may_name_some_streams_only(sandbox: Sandbox, url: str) -> None:
    output = sync(settings(url), catalog=goals_catalog())
    assert output.records.keys() == {GOALS}
    assert len(STREAMS) == 3
    assert len(sandbox.requests) == 2
