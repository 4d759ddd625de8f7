"""Catalogs and stream maps of one config for many jobs, or edited by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.errors import CatalogError, SettingsError
from tap_techwolf.tap import TapTechWolf
from tests.harness import STREAMS, arguments, discover, run, selecting, settings
from tests.runs import (
    GOALS,
    JOBS,
    PROFILES,
    Attempt,
    all_ids,
    attempt,
    bookmark,
    only,
    warnings_in,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox

MAPS: list[dict[str, Any]] = [
    {GOALS: {"goal": "goal.upper()"}},
    {GOALS: {"label": "external_id"}},
    {GOALS: {"external_id": "md5(external_id)", "__else__": None}},
    {GOALS: {"__key_properties__": ["external_id"], "label": "external_id"}},
    {GOALS: {"__filter__": "goal"}, PROFILES: {"label": "external_id"}},
    {GOALS: "__NULL__"},
]


@pytest.mark.parametrize("maps", MAPS, ids=str)
def test_a_map_of_a_deselected_stream_does_no_harm(
    sandbox: Sandbox, url: str, maps: dict[str, Any]
) -> None:
    output = attempt(settings(url, stream_maps=maps), catalog=only(JOBS))
    assert output.error is None
    assert output.ids(JOBS) == all_ids(sandbox, JOBS)
    assert {message["stream"] for message in output.of_type("SCHEMA")} == {JOBS}


@pytest.mark.parametrize("stream", STREAMS)
def test_a_map_of_all_streams_works_where_one_is_selected(
    sandbox: Sandbox, url: str, stream: str
) -> None:
    maps = {"*": {"label": "'text'"}}
    output = attempt(settings(url, stream_maps=maps), catalog=only(stream))
    assert output.error is None
    assert output.ids(stream) == all_ids(sandbox, stream)
    assert {record["label"] for record in output.records[stream]} == {"text"}


def test_the_command_takes_one_config_for_every_stream(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    maps = {stream: {"label": "external_id"} for stream in STREAMS}
    config = settings(url, stream_maps=maps)
    output = run(arguments(tmp_path, config, catalog=only(JOBS)))
    assert output.exit_status == 0, output.log
    assert output.ids(JOBS) == all_ids(sandbox, JOBS)


def test_a_catalog_that_selects_nothing_is_warned_of(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    output = run(arguments(tmp_path, settings(url), catalog=selecting(discover())))
    assert output.exit_status == 0
    assert not output.of_type("RECORD")
    assert len([line for line in output.log.splitlines() if "WARNING" in line]) == 1
    assert "select" in output.log
    assert not sandbox.pages


def refused_or_corrected(output: Attempt, told: list[str], stream: str, words: list[str]) -> None:
    """One line tells; if the run went on, its keys and its streams are right."""
    if output.error is not None:
        assert isinstance(output.error, CatalogError)
        told = [output.said]
        assert not output.messages
    assert len(told) == 1
    assert "\n" not in told[0]
    assert stream in told[0]
    assert any(word in told[0] for word in words)
    for schema in output.of_type("SCHEMA"):
        assert schema["stream"] == stream
        assert schema["key_properties"] == ["external_id"]


@pytest.mark.parametrize("keys", [["nonsense"], ["external_id", "nonsense"], ["tasks", "nonsense"]])
def test_keys_that_name_no_column_are_refused_or_corrected(
    url: str, caplog: pytest.LogCaptureFixture, keys: list[str]
) -> None:
    catalog = only(PROFILES)
    for entry in catalog["streams"]:
        if entry["tap_stream_id"] == PROFILES:
            entry["key_properties"] = keys
    output = attempt(settings(url), catalog=catalog)
    refused_or_corrected(output, warnings_in(caplog), PROFILES, ["nonsense", "key"])


def test_another_name_than_the_id_is_refused_or_corrected(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = only(PROFILES)
    for entry in catalog["streams"]:
        if entry["tap_stream_id"] == PROFILES:
            entry["stream"] = "something_else"
    output = attempt(settings(url), catalog=catalog)
    refused_or_corrected(output, warnings_in(caplog), PROFILES, ["something_else", "tap_stream_id"])
    if output.error is None:
        assert {one["stream"] for one in output.of_type("RECORD")} == {PROFILES}
        assert bookmark(output)


def test_keys_of_all_versions_are_refused_or_corrected_for_the_latest(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = only(GOALS, ai_goal_versions="all")
    [keys] = [one["key_properties"] for one in catalog["streams"] if one["tap_stream_id"] == GOALS]
    assert keys == ["external_id", "version"]
    output = attempt(settings(url), catalog=catalog)
    refused_or_corrected(output, warnings_in(caplog), GOALS, ["version", "key"])


@pytest.mark.parametrize(
    "maps",
    [
        {PROFILES: {"exported_at": None}},
        {PROFILES: {"external_id": "external_id", "__else__": None}},
        {"*": {"exported_at": None}},
    ],
    ids=str,
)
def test_a_column_that_a_map_removes_is_no_bookmark_property(
    sandbox: Sandbox, url: str, maps: dict[str, Any]
) -> None:
    output = attempt(settings(url, stream_maps=maps), catalog=only(PROFILES))
    assert output.error is None
    [schema] = output.of_type("SCHEMA")
    assert "exported_at" not in schema["schema"]["properties"]
    assert "exported_at" not in schema.get("bookmark_properties", [])
    assert all("exported_at" not in record for record in output.records[PROFILES])
    [changed] = sandbox.company.employees[3:4]
    sandbox.company.change(changed)
    later = attempt(settings(url, stream_maps=maps), output.state, only(PROFILES))
    assert later.ids(PROFILES) == [changed.external_id]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"stream_maps": {PROFILES: {"label": "external_id"}}},
        {"flattening_enabled": True, "flattening_max_depth": 1},
    ],
    ids=str,
)
def test_schema_messages_name_no_draft(url: str, more: dict[str, Any]) -> None:
    output = attempt(settings(url, **more), catalog=selecting(discover(), *STREAMS))
    schemas = output.of_type("SCHEMA")
    assert {schema["stream"] for schema in schemas} >= set(STREAMS)
    for schema in schemas:
        assert "$schema" not in schema["schema"]
        assert schema["schema"]["properties"]


@pytest.mark.parametrize(
    "entry",
    [
        "a",
        {"tap_stream_id": GOALS, "schema": None},
        {"tap_stream_id": GOALS, "schema": {"properties": []}},
        {"tap_stream_id": GOALS, "schema": {"properties": {"goal": 5}}},
        {"schema": {"properties": {}}},
        {"tap_stream_id": GOALS, "schema": {}, "metadata": [{"metadata": {}}]},
        {"tap_stream_id": GOALS, "schema": {}, "metadata": 5},
    ],
    ids=str,
)
def test_what_is_no_catalog_is_refused_in_one_line(sandbox: Sandbox, url: str, entry: Any) -> None:
    for catalog in ({"streams": [entry]}, {"streams": None}):
        with pytest.raises(CatalogError, match="'streams' hold a schema"):
            TapTechWolf(config=settings(url), catalog=catalog)
    assert not sandbox.requests


def test_records_are_counted_where_only_a_copy_of_the_stream_is_written(url: str) -> None:
    maps = {GOALS: None, "goals": {"__source__": GOALS}}
    catalog = selecting(discover(), GOALS, "completed_passes")
    output = attempt(settings(url, stream_maps=maps), catalog=catalog)
    [row] = output.records["completed_passes"]
    assert row["record_count"] == len(output.records["goals"]) > 0
    assert not output.records[GOALS]


def test_no_export_takes_the_name_of_the_log(url: str) -> None:
    maps = {GOALS: {"__alias__": "completed_passes"}}
    with pytest.raises(SettingsError, match="cannot be renamed to completed_passes"):
        TapTechWolf(config=settings(url, stream_maps=maps))


def test_flattening_without_a_depth_is_refused_by_name(url: str) -> None:
    with pytest.raises(SettingsError, match="'flattening_max_depth' is missing"):
        TapTechWolf(config=settings(url, flattening_enabled=True))
