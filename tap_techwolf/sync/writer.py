"""Write Singer messages to stdout: each page together with its STATE, never a partial line."""

import os
import sys
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

from singer_sdk.contrib.msgspec import MsgSpecWriter, encoder
from singer_sdk.singerlib import RecordMessage, SchemaMessage, StateMessage
from singer_sdk.singerlib.encoding.simple import Message
from typing_extensions import override

from tap_techwolf.errors import OutputError, StoppedError


class _Page(threading.local):
    """The messages that a stream's thread has not written yet."""

    def __init__(self) -> None:
        self.lines = bytearray()
        self.line = bytearray()  # Not the SDK's, which all threads share.
        self.streams: list[str] = []


class PageWriter(MsgSpecWriter):
    """Buffer RECORD messages until their page is complete.

    The SDK's writer flushes after every line, and encodes into one buffer for all threads. Here a
    page costs one write, and the streams' threads take turns only while they write. If a stream
    fails in the middle of a page, nothing of that page is written: no STATE message covers it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._page = _Page()
        self._lock = threading.RLock()
        self._has_written = False
        self._is_closed = False

    @override
    def write_message(self, message: Message) -> None:
        """Buffer a RECORD message, or write one of another kind and all before it."""
        self._buffer(message)
        if isinstance(message, RecordMessage):
            self._page.streams.append(message.stream)
        else:
            self.flush()

    def _buffer(self, message: Message) -> None:
        page = self._page
        if isinstance(message, StateMessage):  # Its `to_dict` would copy the state of all streams.
            content = {"type": message.type, "value": message.value}
        else:
            content = message.to_dict()
        if isinstance(message, SchemaMessage):
            _correct_bookmark_properties(content)
        # Encoding at the end of the buffer would move all of it for each message.
        encoder.encode_into(content, page.line)
        page.lines += page.line
        page.lines += b"\n"

    def record_count(self, stream: str) -> int:
        """Return how many records of a stream this thread has buffered."""
        return self._page.streams.count(stream)

    def discard_page(self) -> None:
        """Drop what this thread has buffered, such as the half page of a stream that failed."""
        self._page.lines.clear()
        self._page.streams.clear()

    def turn(self) -> AbstractContextManager[object]:
        """Keep other threads from writing, or from changing the state that is being written."""
        return self._lock

    def flush(self) -> None:
        """Write what this thread has buffered, to the last byte.

        Only then may a STATE message follow that covers it.

        Raises:
            OutputError: The messages cannot be written, for example as the loader has exited.
            StoppedError: The run is ending.
        """
        with self._lock:
            if self._is_closed:
                raise StoppedError
            self._write()

    def _write(self) -> None:
        try:
            _write_all(self._page.lines)
        except BaseException:
            self._is_closed = True  # The last line may be torn: nothing may follow it.
            self._page.lines = bytearray()  # The error may still hold a view of the old one.
            raise
        self._has_written = True
        self.discard_page()

    def write_state(self, state: Mapping[str, Any]) -> None:
        """Write a STATE message; unlike the SDK's, it is written even if nothing has changed."""
        self.write_message(StateMessage(value=dict(state)))

    def close(self, seconds: float, last_state: Mapping[str, Any] | None = None) -> None:
        """Keep all threads from writing, after some time even if a page is being written.

        A last state is written if the output is whole and there was any message: a catalog must
        stay readable.
        """
        has_lock = self._lock.acquire(timeout=seconds)
        is_whole = has_lock and not self._is_closed
        self._is_closed = True
        try:
            if is_whole and self._has_written and last_state is not None:
                self.discard_page()
                self._buffer(StateMessage(value=dict(last_state)))
                self._write()
        finally:
            if has_lock:
                self._lock.release()


def _correct_bookmark_properties(schema_message: dict[str, Any]) -> None:
    """Name the replication key only if the stream maps have left it in the record."""
    properties = schema_message["schema"].get("properties", {})
    if not properties.keys() >= set(schema_message.get("bookmark_properties") or ()):
        del schema_message["bookmark_properties"]


def _write_all(content: bytearray) -> None:
    """Write to stdout until every byte was taken.

    With PYTHONUNBUFFERED=1 `sys.stdout.buffer` is a raw file, whose `write` may take a part. If it
    is not, the raw file is below the buffer.
    """
    if sys.stdout is None:
        raise OutputError("stdout is closed: there is nowhere to write the messages to.")
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        raise OutputError("stdout takes text only: the messages cannot be written to it.")
    output = getattr(buffer, "raw", buffer)
    try:
        _set_blocking(output)
        if hasattr(sys.stdout, "flush"):  # A program that embeds the tap may have printed before.
            sys.stdout.flush()
        with memoryview(content) as rest:
            position = 0
            while position < len(rest):
                written = output.write(rest[position:])
                if written is None:  # Another process that shares the pipe has changed it again.
                    _set_blocking(output)
                position += written or 0
    except BrokenPipeError as error:
        raise OutputError("The loader exited; see its log, then run again.") from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is closed"
        raise OutputError(f"The messages cannot be written to stdout: {reason}.") from error


def _set_blocking(output: Any) -> None:  # noqa: ANN401 - whatever stands for stdout
    """Let writing wait for the reader: the pipe may be set to take nothing while it is full."""
    with suppress(OSError, AttributeError):  # It is not a file, as in a test, or this is Windows.
        os.set_blocking(output.fileno(), True)
