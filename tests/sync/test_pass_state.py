"""What a pass writes into the state is what the next one reads."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tap_techwolf.errors import StateError
from tap_techwolf.sync.checkpoint import (
    Bookmark,
    Checkpoint,
    complete,
    completed_pass,
    fingerprint,
    is_replaced,
)

BEGAN_AT = "2026-11-22T10:00:00.000000+00:00"
BEGAN = datetime(2026, 11, 22, 10, tzinfo=UTC)
HERE = Checkpoint(
    began_at=BEGAN_AT,
    continues=None,
    filter_date="2026-11-20",
    starting_after="an employee",
    page=3,
    records=200,
    runs=2,
    unchanged={"tenant": "0123456789abcdef"},
)


def test_a_completed_pass_leaves_a_bookmark_and_no_checkpoint() -> None:
    state: dict[str, Any] = {"of": "somebody else"}
    HERE.write(state)
    complete(state, BEGAN_AT, "of acme", brought_everything="0123456789abcdef")
    assert state == {
        "of": "somebody else",
        "replication_key": "exported_at",
        "replication_key_value": BEGAN_AT,
        "completed_pass": BEGAN_AT,
        "tenant": "of acme",
        "fingerprint": "0123456789abcdef",
    }
    assert Bookmark.read("a_stream", state) == Bookmark(BEGAN, "0123456789abcdef", "of acme")
    assert completed_pass(state) == BEGAN_AT


def test_a_pass_that_brought_a_part_leaves_the_fingerprint_of_the_last_whole_one() -> None:
    state: dict[str, Any] = {"fingerprint": "of the whole one"}
    complete(state, BEGAN_AT, "of acme", brought_everything=None)
    assert state["fingerprint"] == "of the whole one"


def test_markers_of_the_sdk_end_with_the_pass() -> None:
    state: dict[str, Any] = {
        "starting_replication_value": None,
        "replication_key_signpost": BEGAN_AT,
        "progress_markers": {},
    }
    complete(state, BEGAN_AT, "of acme", brought_everything="x")
    assert state.keys() == {
        "replication_key",
        "replication_key_value",
        "completed_pass",
        "tenant",
        "fingerprint",
    }


def test_there_is_no_bookmark_before_the_first_pass_is_complete() -> None:
    state: dict[str, Any] = {}
    HERE.write(state)
    assert Bookmark.read("a_stream", state) is None
    assert completed_pass(state) is None


def test_a_bookmark_that_another_program_wrote_is_taken() -> None:
    for state in (
        {"replication_key_value": "2026-11-22T10:00:00Z"},
        {"replication_key_value": BEGAN_AT, "replication_key": "exported_at"},
    ):
        assert Bookmark.read("a_stream", state) == Bookmark(BEGAN, None, None)
        assert completed_pass(state) is None


@pytest.mark.parametrize(
    "state",
    [
        {"replication_key": "exported_at"},
        {"replication_key_value": "distinctive"},
        {"replication_key_value": {"distinctive": 1}},
        {"replication_key": "distinctive", "replication_key_value": BEGAN_AT},
        {"replication_key": None, "replication_key_value": BEGAN_AT},
    ],
    ids=str,
)
def test_a_bookmark_that_cannot_be_read_is_an_error_without_its_value(
    state: dict[str, Any],
) -> None:
    with pytest.raises(StateError) as caught:
        Bookmark.read("a_stream", state)
    assert str(caught.value) == (
        "a_stream: the bookmark in the state cannot be read. Set 'replication_key' to "
        "'exported_at' and 'replication_key_value' to a date-time such as "
        "2026-01-01T00:00:00+00:00, or remove both to sync everything."
    )


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    state: dict[str, Any] = {}
    assert Checkpoint.read(state) is None
    HERE.write(state)
    assert state == {"checkpoint": asdict(HERE)}
    assert Checkpoint.read(state) == HERE
    assert HERE.began == BEGAN


def test_fields_that_a_merging_store_kept_of_an_older_version_do_no_harm() -> None:
    assert Checkpoint.read({"checkpoint": asdict(HERE) | {"fingerprint": "x"}}) == HERE


def test_the_next_page_has_the_next_number_and_the_same_pass() -> None:
    assert HERE.after_page("another") == replace(HERE, starting_after="another", page=4)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"starting_after": None}, "no cursor, page or run"),
        ({"starting_after": ""}, "no cursor, page or run"),
        ({"starting_after": 5}, "no cursor, page or run"),
        ({"page": 0}, "no cursor, page or run"),
        ({"page": "3"}, "no cursor, page or run"),
        ({"page": True}, "no cursor, page or run"),
        ({"runs": 0}, "no cursor, page or run"),
        ({"runs": None}, "no cursor, page or run"),
        ({"unchanged": {}}, "no cursor, page or run"),
        ({"unchanged": "x"}, "no cursor, page or run"),
        ({"records": -1}, "no count of records"),
        ({"records": "7"}, "no count of records"),
        ({"records": True}, "no count of records"),
        ({"filter_date": 5}, "a field is missing or of another type"),
        ({"filter_date": "2026-11-20T00:00:00"}, "unconverted data remains: T00:00:00"),
        ({"began_at": "soon"}, "Invalid isoformat string: 'soon'"),
        ({"began_at": None}, "not a string"),
        ({"continues": "soon"}, "Invalid isoformat string: 'soon'"),
        ({"continues": 5}, "not a string"),
    ],
)
def test_a_checkpoint_that_cannot_be_read_is_an_error(change: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=f"^{text}$"):
        Checkpoint.read({"checkpoint": asdict(HERE) | change})


@pytest.mark.parametrize("field", sorted(Checkpoint.__slots__))
def test_a_checkpoint_that_lacks_a_field_is_an_error(field: str) -> None:
    fields = asdict(HERE)
    del fields[field]
    with pytest.raises(ValueError, match=r"^a field is missing or of another type$"):
        Checkpoint.read({"checkpoint": fields})


@pytest.mark.parametrize("records", [0, 1])
def test_a_pass_may_have_written_few_records(records: int) -> None:
    here = replace(HERE, records=records)
    assert Checkpoint.read({"checkpoint": asdict(here)}) == here


def test_a_checkpoint_that_is_no_object_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^a field is missing or of another type$"):
        Checkpoint.read({"checkpoint": "page 3"})


EARLIER = Bookmark(BEGAN - timedelta(days=1), None, None)
CONTINUING = replace(HERE, continues="2026-11-21T10:00:00+00:00")


@pytest.mark.parametrize(
    ("checkpoint", "bookmark", "is_interrupted"),
    [
        (HERE, None, True),
        (HERE, EARLIER, True),
        (HERE, Bookmark(BEGAN, None, None), False),
        (HERE, Bookmark(BEGAN + timedelta(days=1), None, None), False),
        (CONTINUING, EARLIER, True),
        (CONTINUING, None, False),
        (CONTINUING, Bookmark(BEGAN, None, None), False),
        (CONTINUING, Bookmark(BEGAN - timedelta(days=2), None, None), False),
    ],
)
def test_a_checkpoint_is_good_where_its_bookmark_stands(
    checkpoint: Checkpoint, bookmark: Bookmark | None, is_interrupted: bool
) -> None:
    assert checkpoint.belongs_to(bookmark, {}) is is_interrupted


@pytest.mark.parametrize("bookmark", [None, EARLIER])
def test_a_checkpoint_of_a_completed_pass_is_over_whatever_the_bookmark_says(
    bookmark: Bookmark | None,
) -> None:
    assert not HERE.belongs_to(bookmark, {"completed_pass": BEGAN_AT})
    assert HERE.belongs_to(bookmark, {"completed_pass": "2026-11-01T00:00:00+00:00"})


def test_a_bookmark_that_is_moved_back_revives_no_pass_of_before_the_last_complete_one() -> None:
    continuing = replace(HERE, continues=EARLIER.moment.isoformat())
    assert continuing.belongs_to(EARLIER, {})
    for later in ("2026-11-22T10:00:00.000001+00:00", "2026-11-23T00:00:00+00:00"):
        assert not continuing.belongs_to(EARLIER, {"completed_pass": later})
        assert not HERE.belongs_to(EARLIER, {"completed_pass": later})


def test_a_pass_that_continues_the_last_complete_one_began_after_it_whatever_the_clocks_said() -> (
    None
):
    future = "2999-01-01T00:00:00+00:00"
    continuing = replace(HERE, continues=future)
    bookmark = Bookmark(datetime(2999, 1, 1, tzinfo=UTC), None, None)
    assert continuing.belongs_to(bookmark, {"completed_pass": future})


@pytest.mark.parametrize(
    ("checkpoint", "expected"),
    [
        ({"began_at": BEGAN_AT}, True),
        ({"began_at": "2026-11-22T10:00:01+00:00"}, False),
        ({"began_at": None}, False),
        ({}, False),
        ("text", False),
        (None, False),
    ],
    ids=str,
)
def test_a_checkpoint_that_cannot_be_read_may_be_of_an_older_pass(
    checkpoint: Any, expected: bool
) -> None:
    assert is_replaced({"checkpoint": checkpoint}, Bookmark(BEGAN, None, None)) is expected


def test_a_fingerprint_is_short_and_tells_contents_apart() -> None:
    one = fingerprint({"stream": "a", "query": {"versions": "all", "external_vendor": "workday"}})
    assert re.fullmatch("[0-9a-f]{16}", one)
    same = fingerprint({"query": {"external_vendor": "workday", "versions": "all"}, "stream": "a"})
    assert one == same
    assert one != fingerprint({"stream": "a", "query": {"versions": "all"}})
    # It stands in states: another one would start each pass over, once.
    assert fingerprint({"stream": "a", "query": {"versions": "all"}}) == "452182360dd073d6"
