"""Which properties of a record become columns."""

from __future__ import annotations

from typing import Any

import pytest

from tap_techwolf.sync.catalog import Columns

COLUMNS = ("external_id", "goal", "exported_at")


def columns() -> Columns:
    return Columns("goals", (*COLUMNS, "description"), COLUMNS)


@pytest.mark.parametrize(
    "record", [{"external_id": "a"}, {"external_id": "a", "goal": None}], ids=["some", "all"]
)
def test_a_record_that_fits_is_not_copied(record: dict[str, Any]) -> None:
    assert columns().select(record) is record


def test_what_is_no_column_of_the_catalog_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    record = {"description": "d", "external_id": "a", "goal": "g"}
    assert columns().select(record) == {"external_id": "a", "goal": "g"}
    assert not caplog.messages


def test_what_the_schema_does_not_know_is_named_once_and_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = columns()
    for record in (
        {"new": 1, "job_4711234": 1},
        {"job_4711234": 1, "level": 1},
        {"exported_at": "an hour ago"},
    ):
        assert one.select({"goal": "g", **record}) == {"goal": "g"}
    told = "\n".join(caplog.messages)
    assert len(caplog.messages) == 4
    assert all(told.count(f"'{name}'") == 1 for name in ("new", "level", "exported_at"))
    assert "4711234" not in told  # The API might use an id as a name.
