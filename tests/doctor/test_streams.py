"""The doctor checks whatever streams there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.app import TOKEN_PATH
from tap_techwolf import schemas, streams
from tap_techwolf.api.export import LAST_UPDATED
from tap_techwolf.api.pagination import LIMIT_OFFSET, NEXT_STARTING_AFTER
from tap_techwolf.sync.stream import ExportStream
from tests.doctor.conftest import run, server, verdicts
from tests.harness import settings

if TYPE_CHECKING:
    from pathlib import Path

    from tap_techwolf.doctor.report import Finding

SCHEMA = {
    "type": "object",
    "properties": {
        "skill_id": {"type": "string"},
        "level_id": {"type": "integer"},
        "name": {"type": ["string", "null"]},
        "exported_at": {"type": "string", "format": "date-time"},
    },
}
RECORDS = [{"skill_id": f"jane-{one}", "level_id": one, "name": "Jane"} for one in range(5)]


class Clusters(ExportStream):
    """A list by offset, with a key of two properties and without filters."""

    name = "clusters"
    path = "/clusters"
    primary_keys = ("skill_id", "level_id")
    parameters = ()
    include = None
    filters = ()
    pagination = LIMIT_OFFSET


class Levels(ExportStream):
    """An export with a cursor, and a filter."""

    name = "levels"
    path = "/levels"
    primary_keys = ("skill_id",)
    parameters = ()
    include = None
    filters = (LAST_UPDATED,)
    pagination = NEXT_STARTING_AFTER


class _Schemas:
    def get_schema(self, _: str) -> dict[str, Any]:
        return SCHEMA


def answer(target: str) -> tuple[int, Any]:
    url = urlsplit(target)
    query = {name: int(values[0]) for name, values in parse_qs(url.query).items()}
    if url.path == TOKEN_PATH:
        return 200, {"access_token": "t"}
    if url.path == "/levels":
        return 200, {"has_next": False, "records": RECORDS}
    if url.path == "/clusters":
        start = query["offset"]
        results = RECORDS[start : start + query["limit"]]
        return 200, {"count": len(RECORDS), "results": results}
    return 404, []


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Finding]:
    monkeypatch.setattr(schemas, "_SCHEMAS", _Schemas())
    monkeypatch.setattr(streams, "STREAMS", (Clusters, Levels))
    file = tmp_path / "config.json"
    with server(answer) as address:
        file.write_text(json.dumps(settings(address, page_size=2)))
        return run(str(file))


def test_a_list_by_offset_is_read(checks: dict[str, Finding]) -> None:
    assert checks["export:clusters"].verdict == "ok"
    assert "More pages follow" in checks["export:clusters"].seen
    assert checks["form:clusters"].seen == "All 2 records match the schema."


def test_what_a_stream_does_not_have_is_not_checked(checks: dict[str, Finding]) -> None:
    assert "filter:clusters" not in checks
    assert "goals_move_filter" not in checks
    assert not verdicts(checks, "error") - {"filter:levels"}


def test_a_filter_is_compared_by_the_key_of_the_stream(checks: dict[str, Finding]) -> None:
    assert checks["filter:levels"].verdict == "warning"
    assert "the filter has no effect" in checks["filter:levels"].seen
    assert "same first page as no filter" in checks["filter:levels"].seen
    assert "ane" not in "".join(check.seen for check in checks.values())
