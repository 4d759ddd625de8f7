"""Which stream maps reach a stream, and what the mapper makes of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.errors import SettingsError
from tap_techwolf.sync.stream_maps import stream_map_of
from tap_techwolf.tap import TapTechWolf
from tests.harness import LOG, discover, selecting, settings
from tests.runs import GOALS, JOBS

if TYPE_CHECKING:
    from singer_sdk.mapper import StreamMap

MAPS: dict[str, Any] = {
    "jobs": {"label": "external_id"},
    "copy": {"__source__": "jobs"},
    "j*": {"other": "external_id"},
    "goals": {"label": None},
    "copy_of_goals": {"__source__": "goals"},
    "text": "__NULL__",
    "__else__": None,
}


def test_the_entries_that_reach_a_stream_are_those_of_its_name_and_its_copies() -> None:
    config = {"stream_maps": MAPS, "stream_map_config": {"hash_seed": "s"}, "tenant": "acme"}
    assert stream_map_of(config, "jobs") == {
        "stream_maps": {name: MAPS[name] for name in ("jobs", "copy", "j*", "__else__")},
        "stream_map_config": {"hash_seed": "s"},
        "faker_config": None,
    }


@pytest.mark.parametrize("maps", [None, {}, {"goals": {}}, {"goals": {"__source__": "goals"}}])
def test_a_stream_that_no_map_reaches_has_none(maps: Any) -> None:
    config = {"stream_maps": maps, "stream_map_config": {"hash_seed": "s"}}
    assert stream_map_of(config, "jobs") == {}
    assert stream_map_of({}, "jobs") == {}


def maps_of(stream: str, **overrides: Any) -> list[StreamMap]:
    """What the tap's mapper holds for a stream, where only jobs and the log are selected."""
    catalog = selecting(discover(), JOBS, LOG)
    tap = TapTechWolf(config=settings("http://localhost", **overrides), catalog=catalog)
    tap.streams  # noqa: B018 - it applies the catalog and builds the mapper
    found: list[StreamMap] = tap.mapper.stream_maps[stream]
    return found


def test_a_deselected_stream_keeps_its_schema_and_its_key() -> None:
    [one] = maps_of(GOALS, stream_maps={GOALS: {"external_id": None}})
    assert one.transformed_key_properties == ["external_id"]
    assert one.transformed_schema["properties"].keys() >= {"external_id", "goal"}


@pytest.mark.parametrize("stream", [JOBS, GOALS, LOG])
@pytest.mark.parametrize(
    "maps",
    [
        {},
        {JOBS: {"label": "external_id"}},
        {JOBS: {"external_id": "external_id", "__else__": None}},
    ],
    ids=str,
)
def test_no_schema_names_its_draft(stream: str, maps: dict[str, Any]) -> None:
    for one in maps_of(stream, stream_maps=maps):
        assert one.transformed_schema.keys() == {"type", "properties"} | (
            one.transformed_schema.keys() & {"description", "required", "title"}
        )


def test_flattening_leaves_the_columns_of_the_log_as_they_are() -> None:
    flattening = {
        "flattening_enabled": True,
        "flattening_max_depth": 1,
        "flattening_max_key_length": 6,
    }
    [flattened], [plain] = maps_of(LOG, **flattening), maps_of(LOG)
    assert flattened.transformed_schema == plain.transformed_schema
    assert "replication_method" in plain.transformed_schema["properties"]


def test_only_its_own_name_reaches_the_log() -> None:
    [one] = maps_of(LOG, stream_maps={"*": {"label": "'text'"}, "__else__": None})
    assert "label" not in one.transformed_schema["properties"]
    [one] = maps_of(LOG, stream_maps={LOG: {"label": "'text'"}})
    assert "label" in one.transformed_schema["properties"]


def test_no_export_takes_the_name_of_the_log() -> None:
    with pytest.raises(SettingsError, match=f"{JOBS} cannot be renamed to {LOG}"):
        maps_of(JOBS, stream_maps={JOBS: {"__alias__": LOG}})
