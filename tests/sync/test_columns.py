"""Which properties of a record become columns, and what becomes of odd values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tap_techwolf.api.client import ApiClient
from tap_techwolf.sync.columns import Columns
from tap_techwolf.tap import TapTechWolf
from tests.harness import settings

SCHEMAS: dict[str, dict[str, Any]] = {
    "external_id": {"type": "string"},
    "goal": {"type": ["string", "null"]},
    "version": {"type": ["integer", "null"]},
    "share": {"type": ["number", "null"]},
    "is_active": {"type": ["boolean", "null"]},
    "created_on": {"type": ["string", "null"], "format": "date-time"},
    "tasks": {"type": ["array", "null"]},
    "hierarchy": {"type": ["object", "null"]},
    "anything": {},
    "text_or_list": {"type": ["string", "array"]},
    "exported_at": {"type": ["string", "null"], "format": "date-time"},
}


@pytest.fixture
def columns() -> Columns:
    config = TapTechWolf(config=settings("http://127.0.0.1")).config
    return Columns("goals", (*SCHEMAS, "description"), SCHEMAS, ApiClient(config))


def test_what_is_no_column_of_the_catalog_is_left_out(
    columns: Columns, caplog: pytest.LogCaptureFixture
) -> None:
    record = {"description": "d", "external_id": "a", "goal": "g"}
    assert columns.fit(record, 1) == {"external_id": "a", "goal": "g"}
    assert not caplog.messages


def test_what_the_schema_does_not_know_is_named_once_and_left_out(
    columns: Columns, caplog: pytest.LogCaptureFixture
) -> None:
    for record in (
        {"new": 1, "job_4711234": 1},
        {"job_4711234": 1, "level": 1},
        {"exported_at": "an hour ago"},
    ):
        assert columns.fit({"goal": "g", **record}, 1) == {"goal": "g"}
    told = "\n".join(caplog.messages)
    assert len(caplog.messages) == 4
    assert all(told.count(f"'{name}'") == 1 for name in ("new", "level", "exported_at"))
    assert "4711234" not in told  # The API might use an id as a name.


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("goal", None), ("goal", ""), ("goal", "2026-02-30")),
        *(("version", 0), ("version", 2**63 - 1), ("version", -(2**63))),
        *(("share", 1), ("share", Decimal("1E+400")), ("is_active", False)),
        *(("tasks", []), ("hierarchy", {"a": 1}), ("external_id", None)),
        *(("anything", 5), ("anything", [{}]), ("text_or_list", []), ("text_or_list", "a")),
        *(("created_on", "2026-01-31"), ("created_on", "2026-01-31T10:00:00.5+05:30")),
        *(("created_on", "2026-01-31 10:00:00"), ("created_on", "0001-01-01T00:00:00Z")),
        *(
            ("created_on", "2026-01-31T10:00:00.123456789+0200"),
            ("created_on", "2026-01-31T10:00:00-05"),
        ),
        *(("created_on", "9999-12-31T23:59:59.999999Z"), ("created_on", "0001-01-01T00:00:00")),
    ],
)
def test_what_a_column_takes_passes_as_it_was_sent(
    columns: Columns, caplog: pytest.LogCaptureFixture, name: str, value: Any
) -> None:
    record = {name: value}
    assert columns.fit(record, 1) is record
    assert record == {name: value}
    assert type(record[name]) is type(value)
    assert not caplog.messages


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("goal", 5, "5"),
        ("goal", Decimal("1.10"), "1.10"),
        ("goal", True, "true"),
        ("goal", False, "false"),
        ("text_or_list", 5, "5"),
        ("created_on", "20260131T1000Z", "2026-01-31T10:00:00+00:00"),
        ("created_on", "2026-01-31T10:00+02:00", "2026-01-31T08:00:00+00:00"),
        ("created_on", "2026-01-31x10:00:00,5", "2026-01-31T10:00:00.500000"),
        ("created_on", "2026-W05-6", "2026-01-31T00:00:00"),
        ("created_on", "2026-01-31T10:00:00+00:00:30", "2026-01-31T09:59:30+00:00"),
        ("version", Decimal("3.0"), 3),
        ("version", Decimal("3E2"), 300),
        ("version", Decimal("-9223372036854775808.0"), -(2**63)),
    ],
)
def test_what_says_the_same_in_a_columns_type_is_brought_to_it_in_silence(
    columns: Columns, caplog: pytest.LogCaptureFixture, name: str, value: Any, written: Any
) -> None:
    record = columns.fit({name: value}, 1)
    assert record == {name: written}
    assert type(record[name]) is type(written)
    assert not caplog.messages


NO_DATE_TIMES = (
    *("", " ", "yesterday", "2026-02-30T00:00:00Z", "2026-01-31T23:59:60Z"),
    *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-01:00"),
    *("10000-01-01T00:00:00Z", "2026-01-31T10:00:00 Europe/Brussels", "31.1.2026", "1767225600"),
)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("created_on", NO_DATE_TIMES),
        ("version", (2**63, -(2**63) - 1, 10**4000)),
        ("version", (True, "3", "", Decimal("3.5"), Decimal("1E+999999999"), [3])),
        ("created_on", (1767225600, True, [], {})),
        ("goal", ([], {}, ["a"])),
        ("share", ("1", False)),
        ("is_active", ("true", 1)),
        ("tasks", ({}, "[]", 5)),
        ("hierarchy", ([], "{}")),
    ],
)
def test_what_no_loader_could_store_becomes_null_and_each_kind_is_told_once(
    columns: Columns, caplog: pytest.LogCaptureFixture, name: str, values: tuple[Any, ...]
) -> None:
    for value in values:
        assert columns.fit({"external_id": "a", name: value}, 7) == {"external_id": "a", name: None}
    [told] = caplog.messages
    assert told.startswith("goals, page 7: ")
    assert f"'{name}'" in told
    assert not any(str(value) in told for value in values if len(str(value)) > 3)
