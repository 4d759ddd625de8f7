"""What is written to stdout: whole lines, whole pages, one stream's at a time, a last state."""

from __future__ import annotations

import errno
import io
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.singerlib import RecordMessage, SchemaMessage, StateMessage

from tap_techwolf.errors import LoaderExitedError, OutputError, StoppedError
from tap_techwolf.sync.messages import PageWriter

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


class Stdout:
    """A stdout whose buffer is a raw output, as with PYTHONUNBUFFERED=1."""

    def __init__(self, raw: Any) -> None:
        self.buffer = raw


class Raw:
    """A raw output that follows a script: how many bytes it takes, nothing, or an error."""

    def __init__(self, *script: int | BaseException | None, then: int = 3) -> None:
        self.script = iter(script)
        self.then = then
        self.content = b""

    def write(self, data: memoryview) -> int | None:
        step = next(self.script, self.then)
        if isinstance(step, BaseException):
            raise step
        if step is None:
            return None
        self.content += data[:step]
        return min(step, len(data))

    def fileno(self) -> int:
        raise io.UnsupportedOperation


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


def test_an_output_that_takes_a_few_bytes_at_a_time_gets_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = Raw(1, 0, None, 7)
    monkeypatch.setattr(sys, "stdout", Stdout(raw))
    writer = PageWriter()
    writer.write_message(RECORD)
    writer.write_message(StateMessage(STATE))
    assert [json.loads(line)["type"] for line in raw.content.splitlines()] == ["RECORD", "STATE"]
    assert raw.content.endswith(b"}\n")


def test_nothing_stays_in_the_buffer_of_stdout(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writing = os.pipe()
    with open(reader, "rb", buffering=0) as pipe, open(writing, "w") as stdout:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdout", stdout)
        os.set_blocking(reader, False)
        writer = PageWriter()
        writer.write_message(RECORD)
        writer.flush()
        assert json.loads(pipe.read() or b"null")["type"] == "RECORD"


def test_a_pipe_that_is_full_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writing = os.pipe()
    os.set_blocking(writing, False)
    record = RecordMessage("jobs", {"external_id": "a" * 300_000})
    # In this order, so that the reader comes to an end where the writer fails.
    with (
        open(reader, "rb") as pipe,  # noqa: PTH123
        ThreadPoolExecutor(1) as pool,
        open(writing, "wb", buffering=0) as raw,  # noqa: PTH123
    ):
        monkeypatch.setattr(sys, "stdout", Stdout(raw))
        is_full = Event()
        write = raw.write

        def note_that_it_is_full(data: memoryview) -> int | None:
            if (taken := write(data)) is None:
                is_full.set()
            return taken

        monkeypatch.setattr(raw, "write", note_that_it_is_full)
        first = pool.submit(lambda: pipe.readline() if is_full.wait(10) else b"")
        writer = PageWriter()
        writer.write_message(record)
        writer.flush()
        assert json.loads(first.result(10))["record"] == record.record


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (BrokenPipeError(), LoaderExitedError, "The loader exited; see its log, then run again."),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            OutputError,
            "The messages cannot be written to stdout: No space left on device.",
        ),
        (
            ValueError("I/O operation on closed file"),
            OutputError,
            "The messages cannot be written to stdout: it is closed.",
        ),
    ],
)
def test_nothing_follows_what_may_be_torn(
    monkeypatch: pytest.MonkeyPatch, error: Exception, kind: type[OutputError], text: str
) -> None:
    raw = Raw(5, error)
    monkeypatch.setattr(sys, "stdout", Stdout(raw))
    writer = PageWriter()
    writer.write_message(RECORD)
    with pytest.raises(kind) as caught:
        writer.flush()
    assert str(caught.value) == text
    with pytest.raises(StoppedError):
        writer.write_message(StateMessage(STATE))
    with writer.closing(1) as is_whole:
        assert not is_whole
    assert len(raw.content) == 5


def test_a_stdout_that_is_closed_from_the_start_is_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match=r"^stdout is closed: there is nowhere to write"):
        PageWriter().write_message(SCHEMA)


def test_records_of_a_page_are_counted_for_each_stream() -> None:
    writer = PageWriter()
    writer.begin_page()
    writer.write_message(RECORD)
    writer.write_message(RecordMessage("goals", {}))
    writer.write_message(RECORD)
    assert (writer.count("jobs"), writer.count("goals"), writer.count("others")) == (2, 1, 0)
    writer.abandon_page()
    writer.begin_page()
    assert writer.count("jobs") == 0
    writer.end_page()


def test_a_page_that_is_abandoned_is_not_written(written: Callable[[], list[str]]) -> None:
    writer = PageWriter()
    writer.begin_page()
    writer.write_message(RECORD)
    writer.abandon_page()
    writer.write_message(StateMessage(STATE))
    assert written() == ["STATE"]


def test_only_the_thread_whose_turn_it_is_can_abandon_a_page(
    written: Callable[[], list[str]],
) -> None:
    writer = PageWriter()
    writer.begin_page()
    writer.write_message(RECORD)
    other = Thread(target=writer.abandon_page)
    other.start()
    other.join(10)
    writer.flush()
    writer.end_page()
    assert written() == ["RECORD"]


def test_pages_of_two_streams_take_turns(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    writer = PageWriter()
    writer.begin_page()
    writer.write_message(RECORD)
    is_waiting = Event()

    def write_another() -> None:
        is_waiting.set()
        writer.begin_page()
        writer.write_message(RecordMessage("goals", {}))
        writer.write_message(StateMessage({"covers": "goals"}))
        writer.end_page()

    other = Thread(target=write_another)
    other.start()
    assert is_waiting.wait(10)
    writer.write_message(RECORD)
    writer.write_message(StateMessage({"covers": "jobs"}))
    writer.end_page()
    other.join(10)
    messages = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [one.get("stream") or one["value"]["covers"] for one in messages] == [
        *("jobs", "jobs", "jobs"),
        *("goals", "goals"),
    ]


def test_a_last_state_follows_what_was_written_and_not_the_page_under_way(
    written: Callable[[], list[str]],
) -> None:
    writer = PageWriter()
    writer.write_message(SCHEMA)
    writer.write_message(RECORD)
    with writer.closing(1) as is_whole:
        assert is_whole
        writer.write_last_state(STATE)
    assert written() == ["SCHEMA", "STATE"]
    with pytest.raises(StoppedError):
        writer.write_message(RECORD)
    with pytest.raises(StoppedError):
        writer.begin_page()
    assert written() == []


def test_a_last_state_says_where_to_go_on(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    writer = PageWriter()
    writer.write_message(SCHEMA)
    with writer.closing(1):
        writer.write_last_state(STATE)
    last = capfdbinary.readouterr().out.splitlines()[-1]
    assert json.loads(last) == {"type": "STATE", "value": STATE}


def test_nothing_is_written_where_there_was_no_sync(written: Callable[[], list[str]]) -> None:
    writer = PageWriter()
    with writer.closing(1) as is_whole:
        assert is_whole
        writer.write_last_state(STATE)
    assert written() == []


def test_a_page_that_takes_too_long_is_not_waited_for_and_never_written(
    written: Callable[[], list[str]],
) -> None:
    writer = PageWriter()
    has_turn, end_now = Event(), Event()

    def write_a_page() -> None:
        writer.begin_page()
        has_turn.set()
        assert end_now.wait(10)
        try:
            writer.write_message(RECORD)
        except StoppedError as error:
            refused.append(error)
        finally:
            writer.abandon_page()

    refused: list[StoppedError] = []
    page = Thread(target=write_a_page)
    page.start()
    assert has_turn.wait(10)
    with writer.closing(0.01) as is_whole:  # In vain: the page does not come to its end.
        assert not is_whole
    end_now.set()
    page.join(10)
    assert len(refused) == 1
    assert written() == []


def test_closing_waits_for_the_end_of_a_page(written: Callable[[], list[str]]) -> None:
    writer = PageWriter()
    has_turn, end_now = Event(), Event()

    def write_a_page() -> None:
        writer.begin_page()
        writer.write_message(RECORD)
        has_turn.set()
        assert end_now.wait(10)
        writer.write_message(StateMessage(STATE))
        writer.end_page()

    page = Thread(target=write_a_page)
    page.start()
    assert has_turn.wait(10)
    end_now.set()
    with writer.closing(10) as is_whole:
        assert is_whole
        writer.write_last_state(STATE)
    page.join(10)
    assert written() == ["RECORD", "STATE", "STATE"]
