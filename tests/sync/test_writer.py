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

from tap_techwolf.errors import OutputError, StoppedError
from tap_techwolf.sync.writer import PageWriter

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


def test_a_full_pipe_that_does_not_block_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writing = os.pipe()
    os.set_blocking(writing, False)
    record = RecordMessage("jobs", {"external_id": "a" * 300_000})
    # In this order, so that the reader comes to an end if the writer fails.
    with (
        open(reader, "rb") as pipe,  # noqa: PTH123
        ThreadPoolExecutor(1) as pool,
        open(writing, "wb", buffering=0) as raw,  # noqa: PTH123
    ):
        monkeypatch.setattr(sys, "stdout", Stdout(raw))
        writer = PageWriter()

        def write() -> None:
            writer.write_message(record)
            writer.flush()

        written = pool.submit(write)
        assert json.loads(pipe.readline())["record"] == record.record
        written.result(10)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (BrokenPipeError(), "The loader exited"),
        (OSError(errno.ENOSPC, "No space left"), "No space left"),
        (ValueError("I/O operation on closed file"), "closed"),
    ],
)
def test_nothing_follows_what_may_be_torn(
    monkeypatch: pytest.MonkeyPatch, error: Exception, text: str
) -> None:
    raw = Raw(5, error)
    monkeypatch.setattr(sys, "stdout", Stdout(raw))
    writer = PageWriter()
    writer.write_message(RECORD)
    with pytest.raises(OutputError) as caught:
        writer.flush()
    assert text in str(caught.value)
    with pytest.raises(StoppedError):
        writer.write_message(StateMessage(STATE))
    writer.close(1, STATE)
    assert len(raw.content) == 5


def test_a_stdout_that_is_closed_from_the_start_is_explained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(OutputError, match=r"^stdout is closed: there is nowhere to write"):
        PageWriter().write_message(SCHEMA)


def test_a_stdout_for_text_only_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    with pytest.raises(OutputError, match="text"):
        PageWriter().write_message(SCHEMA)


def test_what_a_program_has_printed_before_stays_before(monkeypatch: pytest.MonkeyPatch) -> None:
    stdout = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stdout)
    print("before")  # noqa: T201 - as such a program does
    PageWriter().write_message(SCHEMA)
    assert stdout.buffer.getvalue().startswith(b'before\n{"type":"SCHEMA"')


def test_records_of_a_page_are_counted_for_each_stream() -> None:
    writer = PageWriter()
    writer.write_message(RECORD)
    writer.write_message(RecordMessage("goals", {}))
    writer.write_message(RECORD)
    counts = [writer.record_count(stream) for stream in ("jobs", "goals", "others")]
    assert counts == [2, 1, 0]
    writer.discard_page()
    assert writer.record_count("jobs") == 0


def test_a_page_that_is_discarded_is_not_written(written: Callable[[], list[str]]) -> None:
    writer = PageWriter()
    writer.write_message(RECORD)
    writer.discard_page()
    writer.write_message(StateMessage(STATE))
    assert written() == ["STATE"]


def test_threads_hold_pages_of_their_own_and_write_them_whole(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    writer = PageWriter()
    writer.write_message(RECORD)

    def write_another() -> None:
        writer.write_message(RecordMessage("goals", {}))
        assert writer.record_count("jobs") == 0
        writer.write_message(StateMessage({"covers": "goals"}))

    other = Thread(target=write_another)
    other.start()
    other.join(10)
    writer.write_message(RECORD)
    writer.write_message(StateMessage({"covers": "jobs"}))
    messages = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [one.get("stream") or one["value"]["covers"] for one in messages] == [
        *("goals", "goals"),
        *("jobs", "jobs", "jobs"),
    ]


def test_whoever_has_the_turn_is_not_interrupted(written: Callable[[], list[str]]) -> None:
    writer = PageWriter()
    begins = Event()

    def write_another() -> None:
        begins.set()
        writer.write_message(SCHEMA)

    other = Thread(target=write_another)
    with writer.turn():
        other.start()
        assert begins.wait(10)
        writer.write_message(RECORD)
        writer.flush()
        writer.write_state(STATE)
    other.join(10)
    assert written() == ["RECORD", "STATE", "SCHEMA"]


def test_a_last_state_follows_what_was_written_and_not_the_page_under_way(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    writer = PageWriter()
    writer.write_message(SCHEMA)
    writer.write_message(RECORD)
    writer.close(1, STATE)
    messages = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [one["type"] for one in messages] == ["SCHEMA", "STATE"]
    assert messages[-1] == {"type": "STATE", "value": STATE}
    writer.write_message(RECORD)
    with pytest.raises(StoppedError):
        writer.flush()
    with pytest.raises(StoppedError):
        writer.write_message(SCHEMA)
    assert not capfdbinary.readouterr().out


def test_nothing_is_written_if_there_was_no_sync(written: Callable[[], list[str]]) -> None:
    PageWriter().close(1, STATE)
    assert written() == []


def test_a_page_that_takes_too_long_to_write_is_not_waited_for(
    written: Callable[[], list[str]],
) -> None:
    writer = PageWriter()
    has_turn, end_now = Event(), Event()
    refused: list[StoppedError] = []

    def write_a_page() -> None:
        with writer.turn():
            has_turn.set()
            assert end_now.wait(10)
            try:
                writer.write_message(SCHEMA)
            except StoppedError as error:
                refused.append(error)

    page = Thread(target=write_a_page)
    page.start()
    assert has_turn.wait(10)
    writer.close(0.01, STATE)  # In vain: the page does not come to its end.
    end_now.set()
    page.join(10)
    assert len(refused) == 1
    assert written() == []


def test_closing_waits_for_the_page_that_is_being_written(
    written: Callable[[], list[str]],
) -> None:
    writer = PageWriter()
    has_turn, end_now = Event(), Event()

    def write_a_page() -> None:
        with writer.turn():
            has_turn.set()
            assert end_now.wait(10)
            writer.write_message(RECORD)
            writer.write_state(STATE)

    page = Thread(target=write_a_page)
    page.start()
    assert has_turn.wait(10)
    end_now.set()
    writer.close(10, STATE)
    page.join(10)
    assert written() == ["RECORD", "STATE", "STATE"]


@pytest.mark.parametrize("properties", [{"exported_at": {}}, {}], ids=["there", "removed"])
def test_a_bookmark_property_is_a_column(
    capfdbinary: pytest.CaptureFixture[bytes], properties: dict[str, Any]
) -> None:
    PageWriter().write_message(
        SchemaMessage("jobs", {"properties": properties}, [], ["exported_at"])
    )
    message = json.loads(capfdbinary.readouterr().out)
    assert message.get("bookmark_properties") == (["exported_at"] if properties else None)
