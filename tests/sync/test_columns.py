"""Which properties of a record become columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.sync.columns import Columns

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = ("external_id", "goal", "exported_at")


def columns(clean: Callable[[object], str] = str) -> Columns:
    return Columns("goals", (*COLUMNS, "description"), COLUMNS, clean)


@pytest.mark.parametrize(
    "record", [{"external_id": "a"}, {"external_id": "a", "goal": None}], ids=["some", "all"]
)
def test_a_record_that_fits_is_not_copied(record: dict[str, Any]) -> None:
    assert columns().fit(record) is record


def test_what_is_no_column_of_the_catalog_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    record = {"description": "d", "external_id": "a", "goal": "g"}
    assert columns().fit(record) == {"external_id": "a", "goal": "g"}
    assert not caplog.messages


def test_what_the_schema_does_not_know_is_named_once_and_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = columns(lambda name: f"<{name}>")
    for record in ({"b": 1, "a": 1}, {"a": 1, "c": 1}, {"b": 1}, {"exported_at": "an hour ago"}):
        assert one.fit({"goal": "g", **record}) == {"goal": "g"}
    assert caplog.messages == [
        f"goals: the API sends a property '<{name}>' that the schema does not know; it is left out"
        for name in ("a", "b", "c", "exported_at")
    ]
