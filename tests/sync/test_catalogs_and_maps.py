"""Catalogs and stream maps of one config for many jobs, or edited by hand."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.errors import CatalogError, SettingsError
from tap_techwolf.tap import TapTechWolf
from tests.harness import LOG, STREAMS, arguments, discover, run, selecting, settings
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
    assert {message["stream"] for message in output.of_type("SCHEMA")} == {JOBS, LOG}


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


def misspelt() -> dict[str, Any]:
    """A catalog that names no stream as it is called."""
    catalog = selecting(discover(), *STREAMS)
    for entry in catalog["streams"]:
        entry["tap_stream_id"] = entry["stream"] = entry["tap_stream_id"].removesuffix("s")
    return catalog


@pytest.mark.parametrize(
    "catalog",
    [selecting(discover()), selecting(discover(), LOG), misspelt(), {"streams": []}],
    ids=["nothing", "the log", "misspelt", "empty"],
)
def test_a_catalog_that_selects_no_export_is_refused_with_the_names_that_there_are(
    sandbox: Sandbox, url: str, tmp_path: Path, catalog: dict[str, Any]
) -> None:
    output = run(arguments(tmp_path, settings(url), catalog=catalog))
    assert output.exit_status == 1
    assert not output.messages
    assert all(stream in output.last_line for stream in STREAMS)
    assert len(output.log.splitlines()) == 1
    assert isinstance(attempt(settings(url), catalog=catalog).error, CatalogError)
    assert not sandbox.requests


def test_a_stream_that_does_not_exist_is_named_where_another_is_selected(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = selecting(discover(), JOBS, LOG, GOALS)
    entry = next(one for one in catalog["streams"] if one["tap_stream_id"] == GOALS)
    entry["tap_stream_id"] = entry["stream"] = "employee_goals"
    assert attempt(settings(url), catalog=catalog).error is None
    [told] = warnings_in(caplog)
    assert "employee_goals" in told


@pytest.mark.parametrize("maps", [{}, {LOG: None}], ids=["deselected", "removed by a map"])
def test_a_sync_without_the_log_is_warned_of(
    url: str, caplog: pytest.LogCaptureFixture, maps: dict[str, Any]
) -> None:
    catalog = selecting(discover(), JOBS, *(LOG for _ in maps))
    output = attempt(settings(url, stream_maps=maps), catalog=catalog)
    assert not output.records[LOG]
    [told] = warnings_in(caplog)
    assert told.startswith(LOG)


@pytest.mark.parametrize(
    ("maps", "named"),
    [
        ({"employee_task_profile": {"tasks": None}}, "'employee_task_profile'"),
        ({"job*profile": {"label": "'a'"}}, "'job*profile'"),
        ({"copy": {"__source__": "goals"}}, "'copy'"),
        ({"goals": None}, "'goals'"),
        ({PROFILES: {"__filtr__": "external_id == 'a'"}}, "'__filtr__'"),
        ({JOBS: {"__source": GOALS}}, "'__source'"),
        ({PROFILES: {"task": None}}, "'task'"),
        ({"*": {"goals": "__NULL__"}}, "'goals'"),
        ({"copy": {"__source__": JOBS, "goal": None}}, "'goal'"),
        ({LOG: {"loaded": None}}, "'loaded'"),
    ],
    ids=str,
)
def test_a_map_that_has_no_effect_is_refused(url: str, maps: Any, named: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TapTechWolf(config=settings(url, stream_maps=maps), catalog=only(JOBS)).sync_all()
    assert named in str(caught.value)
    assert str(caught.value).startswith("Setting 'stream_maps': ")


@pytest.mark.parametrize(
    "maps",
    [
        {"*": {"goal": None, "tasks": None}},
        {GOALS: {"goal": None}, LOG: {"run_count": None}},
        {"copy": {"__source__": GOALS, "goal": "__NULL__"}},
        {JOBS: {"label": "'new'"}, "__else__": None},
        {JOBS: {"__else__": None, "external_id": "external_id"}},
    ],
    ids=str,
)
def test_a_map_of_a_stream_that_exists_is_taken_though_it_is_deselected(
    url: str, maps: dict[str, Any]
) -> None:
    assert attempt(settings(url, stream_maps=maps), catalog=only(JOBS)).error is None


@pytest.mark.parametrize(
    "maps",
    [
        {PROFILES: {"__alias__": "profiles"}, JOBS: {"__alias__": "profiles"}},
        {PROFILES: {"__alias__": "profiles"}, JOBS: {"__alias__": "Profiles"}},
        {PROFILES: {"__alias__": JOBS}},
        {JOBS: {"__source__": PROFILES}},
        {"*": {"__alias__": "all"}},
    ],
    ids=str,
)
def test_two_exports_are_not_loaded_into_one_table(sandbox: Sandbox, url: str, maps: Any) -> None:
    with pytest.raises(SettingsError, match="replace each other"):
        TapTechWolf(config=settings(url, stream_maps=maps)).sync_all()
    assert not sandbox.requests
    # One of them alone may have any name.
    if JOBS not in maps:
        assert attempt(settings(url, stream_maps=maps), catalog=only(PROFILES)).error is None


def marking(*breadcrumb: str, selected: bool = False) -> dict[str, Any]:
    """A catalog in which one property below a list is marked."""
    catalog = only(PROFILES)
    entry = next(one for one in catalog["streams"] if one["tap_stream_id"] == PROFILES)
    entry["metadata"] = [one for one in entry["metadata"] if one["breadcrumb"] != [*breadcrumb]]
    entry["metadata"].append({"breadcrumb": [*breadcrumb], "metadata": {"selected": selected}})
    return catalog


def with_method(stream: str, method: str, **entry: Any) -> dict[str, Any]:
    """A catalog whose metadata hold a replication method, where Singer has users set it."""
    catalog = selecting(discover(), PROFILES, LOG)
    found = next(one for one in catalog["streams"] if one["tap_stream_id"] == stream)
    root = next(one for one in found["metadata"] if not one["breadcrumb"])
    root["metadata"]["replication-method"] = method
    found.update(entry)
    return catalog


def test_the_replication_method_of_the_metadata_counts_before_the_entrys_own(url: str) -> None:
    state = attempt(settings(url), catalog=only(PROFILES)).state
    for method, other in (("FULL_TABLE", "INCREMENTAL"), ("INCREMENTAL", "FULL_TABLE")):
        catalog = with_method(PROFILES, method, replication_method=other)
        [row] = attempt(settings(url), state, catalog).passes
        assert row["replication_method"] == method
        assert row["is_full"] is (method == "FULL_TABLE")


def test_a_method_that_no_stream_has_is_refused(sandbox: Sandbox, url: str) -> None:
    output = attempt(settings(url), catalog=with_method(PROFILES, "LOG_BASED"))
    assert isinstance(output.error, CatalogError)
    assert PROFILES in output.said
    assert "INCREMENTAL or FULL_TABLE" in output.said
    assert not sandbox.requests


def test_the_log_is_written_in_full_whatever_the_catalog_says(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    output = attempt(settings(url), catalog=with_method(LOG, "INCREMENTAL"))
    assert output.error is None
    assert len(output.passes) == 1
    assert not warnings_in(caplog)


@pytest.mark.parametrize(("stream", "is_told"), [(GOALS, True), (PROFILES, False)])
def test_whoever_changes_the_key_of_goals_is_told_to_drop_the_table(
    url: str, caplog: pytest.LogCaptureFixture, stream: str, is_told: bool
) -> None:
    state = attempt(settings(url), catalog=only(stream)).state
    changed = {"ai_goal_versions": "all", "external_vendor": "workday"}
    output = attempt(settings(url, **changed), state, only(stream, **changed))
    assert output.error is None
    [told] = warnings_in(caplog)
    assert "--full-refresh" in told
    assert ("drop the table before" in told) is is_told


TASK = ("properties", "tasks", "properties", "task")


@pytest.mark.parametrize(
    "breadcrumb",
    [
        TASK,
        ("properties", "tasks", "items", "properties", "task"),
        (*TASK[:3], "ai_impact"),
        (*TASK[:3], "ai_impact", "properties", "rationale"),
        (*TASK[:3], "source_events", "items", "properties", "external_id"),
    ],
    ids=".".join,
)
def test_a_property_in_a_list_cannot_be_deselected_alone(
    sandbox: Sandbox, url: str, breadcrumb: tuple[str, ...]
) -> None:
    output = attempt(settings(url), catalog=marking(*breadcrumb))
    assert isinstance(output.error, CatalogError)
    assert "'tasks." in output.said
    assert "!employee_task_profiles.tasks" in output.said
    assert not sandbox.requests
    assert attempt(settings(url), catalog=marking(*breadcrumb, selected=True)).error is None


@pytest.mark.parametrize("breadcrumb", [("properties", "task"), ("properties", "tasks", "task")])
def test_deselecting_what_does_not_exist_is_told(
    url: str, caplog: pytest.LogCaptureFixture, breadcrumb: tuple[str, ...]
) -> None:
    assert attempt(settings(url), catalog=marking(*breadcrumb)).error is None
    [told] = warnings_in(caplog)
    assert "no column" in told


def test_a_list_that_is_selected_by_name_comes_whole_and_that_is_told(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = only(PROFILES)
    entry = next(one for one in catalog["streams"] if one["tap_stream_id"] == PROFILES)
    for one in entry["metadata"]:  # As Meltano marks what no rule matches.
        if one["breadcrumb"]:
            one["metadata"]["selected"] = one["breadcrumb"] == ["properties", "tasks"]
    output = attempt(settings(url), catalog=catalog)
    assert output.error is None
    assert any(task["task"] for one in output.records[PROFILES] for task in one["tasks"] or ())
    [told] = warnings_in(caplog)
    assert "'tasks'" in told


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
    schemas = {one["stream"]: one["key_properties"] for one in output.of_type("SCHEMA")}
    assert schemas.keys() <= {stream, LOG}
    assert schemas.get(stream, ["external_id"]) == ["external_id"]


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
        assert {one["stream"] for one in output.of_type("RECORD")} == {PROFILES, LOG}
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
    [schema] = [one for one in output.of_type("SCHEMA") if one["stream"] == PROFILES]
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
    with pytest.raises(SettingsError, match="'flattening_max_depth' must be at least 0"):
        TapTechWolf(config=settings(url, flattening_enabled=True, flattening_max_depth=-1))


def test_a_tap_syncs_once_as_the_state_of_a_second_sync_would_prove_nothing(url: str) -> None:
    tap = TapTechWolf(config=settings(url), catalog=only(JOBS))
    with redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        tap.sync_all()
        with pytest.raises(RuntimeError, match="syncs once"):
            tap.sync_all()
