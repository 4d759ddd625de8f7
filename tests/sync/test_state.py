"""Which states a run takes, and in which forms."""

from __future__ import annotations

from typing import Any

import pytest

from tap_techwolf.errors import StateError
from tap_techwolf.sync.state import NO_STATE, read_state

STATE: dict[str, Any] = {"bookmarks": {"jobs": {"replication_key": "exported_at"}}}


@pytest.mark.parametrize(
    "state", [STATE, {"singer_state": STATE}, {**STATE, "more": 5}], ids=["bare", "wrapped", "more"]
)
def test_a_state_is_read_bare_and_as_meltano_prints_it(state: dict[str, Any]) -> None:
    assert read_state(state) == STATE


@pytest.mark.parametrize("state", [{}, {"singer_state": {}}, {"bookmarks": {}}], ids=str)
def test_a_state_may_be_empty(state: dict[str, Any]) -> None:
    assert read_state(state) == {"bookmarks": {}}


def test_partitions_of_another_tap_are_left_out() -> None:
    one = {**STATE["bookmarks"]["jobs"], "partitions": None}
    assert read_state({"bookmarks": {"jobs": one}}) == STATE


@pytest.mark.parametrize(
    "state",
    [
        5,
        "abc",
        None,
        [],
        {"bookmarks": None},
        {"bookmarks": []},
        {"bookmarks": {"jobs": "page 3"}},
        {"singer_state": None},
        {"singer_state": 5},
    ],
    ids=str,
)
def test_what_is_no_state_is_refused(state: Any) -> None:
    with pytest.raises(StateError) as caught:
        read_state(state)
    assert str(caught.value) == NO_STATE
