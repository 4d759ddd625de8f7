"""What becomes of a catalog before its streams run, entry by entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.singerlib import Catalog

from tap_techwolf.errors import CatalogError
from tap_techwolf.sync.catalog import read_catalog, reconcile
from tap_techwolf.tap import TapTechWolf
from tests.harness import discover, settings
from tests.runs import GOALS, JOBS

if TYPE_CHECKING:
    from singer_sdk.singerlib import CatalogEntry

NO_CATALOG = (
    "The catalog must be an object whose 'streams' hold a schema and metadata for each stream. "
    "Discover it again with --discover."
)


def entry_of(stream: str, **overrides: Any) -> dict[str, Any]:
    catalog = discover(overrides)
    [entry] = [one for one in catalog["streams"] if one["tap_stream_id"] == stream]
    return dict(entry)


def bare(stream: str, **root: Any) -> dict[str, Any]:
    """An entry of which only the metadata says anything."""
    entry = {"tap_stream_id": stream, "schema": entry_of(stream)["schema"]}
    return entry | {"metadata": [{"breadcrumb": [], "metadata": root}]}


def reconciled(entry: dict[str, Any], **overrides: Any) -> CatalogEntry:
    """The entry after it was fitted to its stream."""
    stream = TapTechWolf(config=settings("http://localhost", **overrides)).streams[
        entry["tap_stream_id"]
    ]
    catalog = Catalog.from_dict({"streams": [entry]})
    reconcile(stream, catalog)
    fitted = catalog.get_stream(stream.name)
    assert fitted is not None
    return fitted


@pytest.mark.parametrize(
    "catalog",
    [
        *(None, 5, "text", [], {}, {"streams": None}, {"streams": ["a"]}),
        {"streams": [bare(GOALS) | {"metadata": [{"breadcrumb": []}]}]},
        {"streams": [bare(GOALS) | {"metadata": [{"breadcrumb": [{}], "metadata": {}}]}]},
        {"streams": [bare(GOALS) | {"key_properties": 1.5}]},
    ],
)
def test_what_is_no_catalog_is_refused(catalog: object) -> None:
    with pytest.raises(CatalogError) as caught:
        read_catalog(catalog)
    assert str(caught.value) == NO_CATALOG


def test_a_catalog_is_taken_in_each_of_its_forms() -> None:
    catalog = discover()
    read_catalog(catalog)
    read_catalog(Catalog.from_dict(catalog))
    read_catalog({"streams": []})


def test_what_fits_is_left_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    entry = entry_of(GOALS)
    before = Catalog.from_dict({"streams": [entry]}).get_stream(GOALS)
    assert before is not None
    assert reconciled(entry).to_dict() == before.to_dict()
    assert not caplog.messages


def test_a_stream_goes_by_its_id(caplog: pytest.LogCaptureFixture) -> None:
    assert reconciled(entry_of(GOALS) | {"stream": "goals"}).stream == GOALS
    [line] = caplog.messages
    assert line == (
        f"{GOALS}: the catalog's 'stream' differs from its 'tap_stream_id', which counts; rename "
        "it with a stream map"
    )
    caplog.clear()
    assert reconciled(bare(GOALS)).stream == GOALS
    assert not caplog.messages


@pytest.mark.parametrize(
    "entry",
    [
        entry_of(GOALS) | {"replication_method": "LOG_BASED"},
        bare(GOALS, **{"forced-replication-method": "LOG_BASED"}),
    ],
    ids=["entry", "metadata"],
)
def test_a_replication_method_that_the_tap_does_not_have_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(CatalogError) as caught:
        reconciled(entry)
    told = f"{GOALS}: the catalog's replication method must be INCREMENTAL or FULL_TABLE"
    assert str(caught.value) == told


@pytest.mark.parametrize(
    "entry",
    [
        entry_of(GOALS) | {"replication_key": "last_updated"},
        bare(GOALS, **{"replication-key": "last_updated"}),
    ],
    ids=["entry", "metadata"],
)
def test_another_replication_key_is_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(CatalogError) as caught:
        reconciled(entry)
    assert str(caught.value) == f"{GOALS}: the catalog's replication key must be 'exported_at'"


@pytest.mark.parametrize("method", ["FULL_TABLE", "INCREMENTAL"])
def test_a_replication_method_may_stand_in_the_metadata(method: str) -> None:
    reconciled(bare(GOALS, **{"forced-replication-method": method}))
    reconciled(bare(GOALS, **{"replication-key": "exported_at"}))
    reconciled(entry_of(GOALS) | {"replication_method": method})


@pytest.mark.parametrize(
    "entry",
    [
        entry_of(GOALS, ai_goal_versions="all"),
        bare(GOALS, **{"table-key-properties": ["external_id", "version"]}),
    ],
    ids=["entry", "metadata"],
)
def test_keys_are_those_of_the_settings(
    entry: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert reconciled(entry).key_properties == ["external_id"]
    assert caplog.messages == [
        f"{GOALS}: the catalog's key_properties do not fit the settings; the key is external_id"
    ]


def test_a_missing_key_is_added_and_both_are_named(caplog: pytest.LogCaptureFixture) -> None:
    fitted = reconciled(entry_of(GOALS), ai_goal_versions="all")
    assert fitted.key_properties == ["external_id", "version"]
    [line] = caplog.messages
    assert line.endswith("; the key is external_id, version")


def test_no_key_at_all_and_keys_in_another_order_stay(caplog: pytest.LogCaptureFixture) -> None:
    entry = entry_of(GOALS, ai_goal_versions="all") | {"key_properties": ["version", "external_id"]}
    fitted = reconciled(entry, ai_goal_versions="all")
    assert fitted.key_properties == ["version", "external_id"]
    assert not reconciled(bare(GOALS)).key_properties
    assert not caplog.messages


def test_keys_that_name_no_column_are_refused() -> None:
    with pytest.raises(CatalogError) as caught:
        reconciled(entry_of(GOALS) | {"key_properties": ["external_id", "nonsense"]})
    told = f"{GOALS}: the catalog's key_properties name no column; discover it again"
    assert str(caught.value) == told


def test_the_keys_and_the_replication_key_are_always_columns() -> None:
    entry = entry_of(GOALS)
    for name in ("external_id", "exported_at"):
        del entry["schema"]["properties"][name]
    entry["metadata"] = []
    fitted = reconciled(entry)
    assert fitted.schema.properties is not None
    assert fitted.schema.properties["external_id"].type == "string"
    assert fitted.schema.properties["exported_at"].format == "date-time"
    for name in ("external_id", "exported_at"):
        assert fitted.metadata[("properties", name)].inclusion == "automatic"


@pytest.mark.parametrize(
    ("lacks", "profile_format"), [("tasks", "list"), ("hierarchy", "hierarchy")]
)
def test_profiles_without_their_column_are_refused(lacks: str, profile_format: str) -> None:
    entry = entry_of(JOBS)
    del entry["schema"]["properties"][lacks]
    with pytest.raises(CatalogError) as caught:
        reconciled(entry, task_profile_format=profile_format)
    assert str(caught.value) == (
        f"{JOBS}: the catalog was discovered with another 'task_profile_format'; discover it again"
    )


def test_goals_need_no_column_of_the_profiles() -> None:
    entry = entry_of(GOALS)
    entry["schema"]["properties"]["hierarchy"] = {"type": ["string", "null"]}
    reconciled(entry)
