"""Writes Singer messages to stdout: a page and its STATE in one piece, and never half a line."""

from __future__ import annotations

import io
import selectors
import sys
from collections import Counter
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Protocol

from singer_sdk.contrib.msgspec import MsgSpecWriter, encoder
from singer_sdk.singerlib import RecordMessage, StateMessage

from tap_techwolf.errors import LoaderExitedError, OutputError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from singer_sdk.singerlib.encoding.simple import Message


class _RawOutput(Protocol):
    def write(self, data: memoryview, /) -> int | None: ...
    def fileno(self) -> int: ...


class PageWriter(MsgSpecWriter):
    """Holds RECORD messages back until their page is done; streams take turns, page by page.

    The SDK's writer flushes after every line, and encodes into one buffer for all threads. Here
    a page costs one write, and a run that ends while a page is put together has written
    nothing of it: its records are dropped, as no STATE message has covered them yet.
    """

    def __init__(self) -> None:
        """Start with nothing held back."""
        super().__init__()
        self._lock = RLock()
        self._owns_page = False
        self._held = bytearray()
        self._line = bytearray()  # Not the SDK's, which all threads share.
        self._counts: Counter[str] = Counter()
        self._has_written = False
        self._is_closed = False

    def write_message(self, message: Message) -> None:
        """Hold back a RECORD message, or write one of another kind and all before it.

        Args:
            message: The message.

        Raises:
            LoaderExitedError: Nobody reads the messages any more.
            OutputError: They cannot be written.
            StoppedError: The run is ending.
        """
        with self._lock:
            self._refuse_if_closed()
            self._hold(message)
            if isinstance(message, RecordMessage):
                self._counts[message.stream] += 1
            else:
                self.flush()

    def _hold(self, message: Message) -> None:
        if isinstance(message, StateMessage):  # Its `to_dict` would copy the state of all streams.
            content = {"type": message.type, "value": message.value}
        else:
            content = message.to_dict()
        # To encode at the end of what is held back would move all of it for each message.
        encoder.encode_into(content, self._line)
        self._held += self._line
        self._held += b"\n"

    def begin_page(self) -> None:
        """Take the turn for a page, until `end_page` or `abandon_page` in the same thread.

        Raises:
            StoppedError: The run is ending.
        """
        if not self._has_turn():
            self._lock.acquire()
            self._owns_page = True
        self._counts.clear()
        try:
            self._refuse_if_closed()
        except StoppedError:
            self.abandon_page()
            raise

    def count(self, stream: str) -> int:
        """Return how many records of the page under way were written for a stream.

        Args:
            stream: The stream's name in the messages, which a stream map may have changed.
        """
        return self._counts[stream]

    def end_page(self) -> None:
        """Give the turn to another stream; everything was written."""
        if self._has_turn():
            self._owns_page = False
            self._lock.release()

    def abandon_page(self) -> None:
        """Drop what is held back, and give the turn to another stream."""
        if self._has_turn():
            self._held.clear()
        self.end_page()

    def _has_turn(self) -> bool:
        # An RLock can be taken without waiting only by its owner, or where it is free.
        if not self._lock.acquire(blocking=False):
            return False
        has_turn = self._owns_page
        self._lock.release()
        return has_turn

    def flush(self) -> None:
        """Write what is held back, to the last byte: only then may a STATE message follow.

        Raises:
            LoaderExitedError: Nobody reads the messages any more.
            OutputError: They cannot be written.
        """
        with self._lock:
            try:
                _write_all(self._held)
            except BaseException:
                self._is_closed = True  # The last line may be torn: nothing may follow it.
                self._held = bytearray()  # The error may still hold a view of the old one.
                raise
            self._has_written = True
            self._held.clear()

    @contextmanager
    def closing(self, seconds: float) -> Iterator[bool]:
        """Keep all streams from writing on; wait for the page that is being written.

        Args:
            seconds: How long to wait.

        Yields:
            Whether the output is whole, so that a last message may be written.
        """
        has_lock = self._lock.acquire(timeout=seconds)
        is_whole = has_lock and not self._is_closed
        self._is_closed = True
        try:
            yield is_whole
        finally:
            if has_lock:
                self._lock.release()

    def write_last_state(self, state: Mapping[str, Any]) -> None:
        """Write a last STATE message, if there was any message: a catalog must stay readable.

        Args:
            state: The state, which covers only what was written.
        """
        self._held.clear()
        if self._has_written:
            self._hold(StateMessage(value=dict(state)))
            self.flush()

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise StoppedError


def _write_all(content: bytearray) -> None:
    """Write to stdout until every byte was taken.

    With PYTHONUNBUFFERED=1 `sys.stdout.buffer` is a raw file, whose `write` may take a part, or
    nothing if a non-blocking pipe is full. Otherwise the raw file is below the buffer.
    """
    if sys.stdout is None:
        raise OutputError("stdout is closed: there is nowhere to write the messages to.")
    buffer = sys.stdout.buffer
    output: _RawOutput = getattr(buffer, "raw", buffer)
    try:
        with memoryview(content) as rest:
            position = 0
            while position < len(rest):
                written = output.write(rest[position:])
                if written is None:
                    _wait_until_writable(output)
                else:
                    position += written
    except BrokenPipeError as error:
        raise LoaderExitedError from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is closed"
        raise OutputError(f"The messages cannot be written to stdout: {reason}.") from error


def _wait_until_writable(output: _RawOutput) -> None:
    try:
        descriptor = output.fileno()
    except io.UnsupportedOperation:  # Not a file; it is asked again at once.
        return
    with selectors.DefaultSelector() as selector:  # select() refuses descriptors over 1023.
        selector.register(descriptor, selectors.EVENT_WRITE)
        selector.select()
