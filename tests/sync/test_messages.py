"""What is written to stdout: whole lines, whole pages, and a last state."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.singerlib import RecordMessage, SchemaMessage, StateMessage
from tap_techwolf.messages import PageWriter

from tap_techwolf.errors import Terminated

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMA = SchemaMessage("jobs", {"properties": {}})
RECORD = RecordMessage("jobs", {"external_id": "a"})
STATE: dict[str, Any] = {"bookmarks": {"jobs": {"x": 1}}}


@pytest.fixture
def written(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[[], list[str]]:
    """The types of the messages that were written since it was called last."""

    def read() -> list[str]:
        lines = capfdbinary.readouterr().out.splitlines()
        return [json.loads(line)["type"] for line in lines]

    return read


def test_records_wait_for_the_end_of_their_page(written: Callable[[], list[str]]) -> None:
    writer = PageWriter()
    writer.write_message(SCHEMA)
    assert written() == ["SCHEMA"]
    writer.write_message(RECORD)
    writer.write_message(RECORD)
    assert written() == []
    writer.flush()
    assert written() == ["RECORD", "RECORD"]
    writer.write_message(RECORD)
    writer.write_message(StateMessage(STATE))
    assert written() == ["RECORD", "STATE"]


def test_a_termination_drops_the_page_under_way(written: Callable[[], list[str]]) -> None:
    writer = PageWriter()
    writer.write_message(SCHEMA)
    writer.write_message(RECORD)
    with pytest.raises(Terminated) as caught:
        writer.terminate(signal.SIGTERM, STATE)
    assert written() == ["SCHEMA", "STATE"]
    assert caught.value.signal_name == "SIGTERM"
    assert caught.value.code == 1


def test_a_termination_waits_for_what_must_not_be_cut(written: Callable[[], list[str]]) -> None:
    writer = PageWriter()
    state = dict(STATE)
    writer.write_message(SCHEMA)
    writer.write_message(RECORD)

    def end_a_page() -> None:
        with writer.uninterrupted():
            writer.terminate(signal.SIGINT, state)
            writer.flush()
            state["bookmarks"] = "moved on"
            assert written() == ["SCHEMA", "RECORD"]

    with pytest.raises(Terminated):
        end_a_page()
    assert written() == ["STATE"]


def test_a_second_signal_is_not_held_against_the_first(written: Callable[[], list[str]]) -> None:
    writer = PageWriter()
    writer.write_message(SCHEMA)
    for _ in range(2):
        with pytest.raises(Terminated):
            writer.terminate(signal.SIGTERM, STATE)
    assert written() == ["SCHEMA", "STATE", "STATE"]


def test_nothing_is_written_where_there_was_no_sync(written: Callable[[], list[str]]) -> None:
    with pytest.raises(Terminated):
        PageWriter().terminate(signal.SIGTERM, STATE)
    assert written() == []
