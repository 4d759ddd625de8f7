"""What a pass writes into the state is what the next one reads."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
from tap_techwolf.checkpoint import Bookmark, Checkpoint, fingerprint, finish, forget_checkpoint

from tap_techwolf.errors import StateError

MOMENT = "2026-11-22T10:00:00+00:00"
HERE = Checkpoint(MOMENT, "2026-11-20", "an employee", 3, "0123456789abcdef")


def test_a_finished_pass_leaves_a_bookmark_and_no_checkpoint() -> None:
    state: dict[str, Any] = {"of": "somebody else"}
    HERE.write(state)
    finish(state, MOMENT, brought_everything_for="0123456789abcdef")
    assert state == {
        "of": "somebody else",
        "replication_key": "exported_at",
        "replication_key_value": MOMENT,
        "fingerprint": "0123456789abcdef",
    }
    moment = datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert Bookmark.read("a_stream", state) == Bookmark(moment, "0123456789abcdef")


def test_a_pass_that_brought_a_part_leaves_the_fingerprint_of_the_last_whole_one() -> None:
    state: dict[str, Any] = {"fingerprint": "of the whole one"}
    finish(state, MOMENT, brought_everything_for=None)
    assert state["fingerprint"] == "of the whole one"


def test_there_is_no_bookmark_before_the_first_pass_is_done() -> None:
    state: dict[str, Any] = {}
    HERE.write(state)
    assert Bookmark.read("a_stream", state) is None


def test_a_bookmark_that_another_program_wrote_is_taken() -> None:
    moment = datetime(2026, 11, 22, 10, tzinfo=UTC)
    for state in (
        {"replication_key_value": MOMENT},
        {"replication_key_value": MOMENT, "replication_key": "exported_at"},
    ):
        assert Bookmark.read("a_stream", state) == Bookmark(moment, None)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ({"replication_key": "exported_at"}, "'exported_at' = None"),
        ({"replication_key_value": "soon"}, "'exported_at' = 'soon'"),
        ({"replication_key": "updated_at", "replication_key_value": MOMENT}, "'updated_at' = "),
        ({"replication_key": None, "replication_key_value": MOMENT}, "None = "),
    ],
)
def test_a_bookmark_that_cannot_be_read_is_an_error(state: dict[str, Any], shown: str) -> None:
    whole = (
        rf"a_stream: the bookmark {re.escape(shown)}.* in the state cannot be read\. Mend it "
        r"\('exported_at' and a date-time such as 2026-01-01T00:00:00\+00:00\), or remove it to "
        r"sync everything\."
    )
    with pytest.raises(StateError, match=f"^{whole}$"):
        Bookmark.read("a_stream", state)


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    state: dict[str, Any] = {}
    HERE.write(state)
    assert state == {"checkpoint": asdict(HERE)}
    assert Checkpoint.read(state) == HERE
    forget_checkpoint(state)
    assert Checkpoint.read(state) is None
    forget_checkpoint(state)
    assert state == {}


def test_the_next_page_has_the_next_number_and_the_same_pass() -> None:
    there = HERE.after_page("another")
    assert there == Checkpoint(MOMENT, "2026-11-20", "another", 4, "0123456789abcdef")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"starting_after": None}, "no cursor or no page"),
        ({"starting_after": ""}, "no cursor or no page"),
        ({"starting_after": 5}, "no cursor or no page"),
        ({"page": 0}, "no cursor or no page"),
        ({"page": "3"}, "no cursor or no page"),
        ({"page": True}, "no cursor or no page"),
        ({"more": 1}, "a field is missing, unknown or of another type"),
        ({"filter_date": 5}, "a field is missing, unknown or of another type"),
        ({"filter_date": "2026-11-20T00:00:00"}, "unconverted data remains: T00:00:00"),
        ({"began_at": "soon"}, "Invalid isoformat string: 'soon'"),
        ({"began_at": None}, "not a text"),
    ],
)
def test_a_checkpoint_that_cannot_be_read_is_an_error(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=f"^{told}$"):
        Checkpoint.read({"checkpoint": asdict(HERE) | change})


def test_a_checkpoint_that_is_no_object_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"^a field is missing, unknown or of another type$"):
        Checkpoint.read({"checkpoint": "page 3"})


def test_a_fingerprint_is_short_and_tells_shapes_apart() -> None:
    one = fingerprint({"stream": "a", "query": {"versions": "all", "external_vendor": "workday"}})
    assert re.fullmatch("[0-9a-f]{16}", one)
    same = fingerprint({"query": {"external_vendor": "workday", "versions": "all"}, "stream": "a"})
    assert one == same
    assert one != fingerprint({"stream": "a", "query": {"versions": "all"}})
    # It stands in states: another one would start each pass over, once.
    assert fingerprint({"stream": "a", "query": {"versions": "all"}}) == "452182360dd073d6"
