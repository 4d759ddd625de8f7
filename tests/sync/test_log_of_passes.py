"""The log of completed passes: a row for each, with all its columns, unless it is deselected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.tap import TapTechWolf
from tests.harness import LOG, STREAMS, discover, selecting, settings, sync

if TYPE_CHECKING:
    from sandbox.app import Sandbox

KEY = ["stream", "began_at"]


def edited(**entry: Any) -> dict[str, Any]:
    """A catalog whose entry of the log was edited by hand."""
    catalog = selecting(discover(), *STREAMS, LOG)
    next(one for one in catalog["streams"] if one["tap_stream_id"] == LOG).update(entry)
    return catalog


def without_columns() -> dict[str, Any]:
    """A catalog in which columns of the log are deselected, or missing."""
    catalog = edited()
    log = next(one for one in catalog["streams"] if one["tap_stream_id"] == LOG)
    del log["schema"]["properties"]["page_count"]
    log["schema"]["properties"]["run_count"] = {"type": "string"}
    for one in log["metadata"]:
        if one["breadcrumb"]:
            one["metadata"] = {"selected": False, "inclusion": "available"}
    return catalog


@pytest.mark.parametrize(
    "catalog",
    [
        None,
        selecting(discover(), *STREAMS, LOG),
        edited(key_properties=["stream"]),
        edited(stream="another"),
        edited(replication_key="began_at", replication_method="INCREMENTAL"),
        edited(schema={}, metadata=[{"breadcrumb": [], "metadata": {"selected": True}}]),
        without_columns(),
    ],
    ids=["none", "discovered", "keys", "name", "replication", "bare", "columns"],
)
def test_a_row_has_all_its_columns_whatever_the_catalog_says(
    sandbox: Sandbox, url: str, catalog: dict[str, Any] | None
) -> None:
    output = sync(settings(url), catalog=catalog)
    [schema] = [one for one in output.of_type("SCHEMA") if one["stream"] == LOG]
    assert schema["key_properties"] == KEY
    assert "bookmark_properties" not in schema
    properties = schema["schema"]["properties"]
    assert properties["run_count"]["type"] == "integer"
    rows = {row["stream"]: row for row in output.records[LOG]}
    assert rows.keys() == set(STREAMS)
    assert all(row.keys() == properties.keys() for row in rows.values())
    row = rows["job_task_profiles"]
    assert row["replication_method"] == "INCREMENTAL"
    assert (row["is_full"], row["updated_after"]) == (True, None)
    counts = (row["record_count"], row["page_count"], row["run_count"])
    assert counts == (len(sandbox.company.jobs), 2, 1)


def test_a_pass_that_is_not_full_says_since_when(url: str) -> None:
    first = sync(settings(url))
    for row in sync(settings(url), first.state).records[LOG]:
        assert row["is_full"] is False
        assert row["updated_after"] < row["began_at"]


@pytest.mark.parametrize("key", ["replication_key", "metadata"])
def test_the_log_has_no_replication_key_whatever_the_catalog_says(key: str) -> None:
    catalog = edited(stream="another")
    log = next(one for one in catalog["streams"] if one["tap_stream_id"] == LOG)
    if key == "metadata":
        root = next(one for one in log["metadata"] if not one["breadcrumb"])
        root["metadata"]["replication-key"] = "began_at"
    else:
        log["replication_key"] = "began_at"
    tap = TapTechWolf(config=settings("http://localhost"), catalog=catalog)
    assert tap.streams[LOG].replication_key is None
    entry = tap.catalog.get_stream(LOG)
    assert entry is not None
    assert entry.stream == LOG


def test_a_deselected_log_writes_nothing(url: str) -> None:
    output = sync(settings(url), catalog=selecting(discover(), *STREAMS))
    assert LOG not in {one.get("stream") for one in output.messages}
