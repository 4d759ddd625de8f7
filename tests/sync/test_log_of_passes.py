"""The log of completed passes: a row for each, with all its columns, unless it is deselected."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from typing import Any

import pytest

from tap_techwolf.sync.completed_pass import CompletedPass
from tap_techwolf.tap import TapTechWolf
from tests.harness import LOG, STREAMS, Output, discover, selecting, settings

FULL = CompletedPass(
    began_at="2026-11-22T10:00:00.000000+00:00",
    completed_at="2026-11-22T10:05:00.000000+00:00",
    replication_method="INCREMENTAL",
    updated_after=None,
    record_count=172,
    page_count=3,
    run_count=2,
)
INCREMENTAL = replace(FULL, updated_after="2026-11-20")
KEY = ["stream", "began_at"]


def written(catalog: dict[str, Any] | None = None) -> Output:
    """What is written of two passes."""
    stdout = io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(stdout):
        tap = TapTechWolf(config=settings("http://localhost"), catalog=catalog)
        tap.streams  # noqa: B018 - it applies the catalog
        tap.run.log.write_schema()
        tap.run.log.write(STREAMS[0], FULL, "0123456789abcdef")
        tap.run.log.write(STREAMS[1], INCREMENTAL, "fedcba9876543210")
        tap.run.writer.flush()
    return Output.parse(stdout.buffer.getvalue())


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
    catalog: dict[str, Any] | None,
) -> None:
    output = written(catalog)
    [schema] = output.of_type("SCHEMA")
    assert schema["stream"] == LOG
    assert schema["key_properties"] == KEY
    assert "bookmark_properties" not in schema
    properties = schema["schema"]["properties"]
    assert properties["run_count"]["type"] == "integer"
    full, incremental = output.records[LOG]
    assert list(full) == list(incremental)
    assert set(full) == set(properties)
    assert full == {
        "stream": STREAMS[0],
        **asdict(FULL),
        "is_full": True,
        "scope_hash": "0123456789abcdef",
    }
    assert incremental == {
        "stream": STREAMS[1],
        **asdict(INCREMENTAL),
        "is_full": False,
        "scope_hash": "fedcba9876543210",
    }


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
    [schema] = written(catalog).of_type("SCHEMA")
    assert "bookmark_properties" not in schema


def test_a_deselected_log_writes_nothing() -> None:
    assert not written(selecting(discover(), *STREAMS)).messages
