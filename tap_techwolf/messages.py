"""Writes Singer messages to stdout, a page at a time and never half a line."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from singer_sdk.contrib.msgspec import MsgSpecWriter
from singer_sdk.singerlib import RecordMessage, StateMessage

from tap_techwolf.errors import ReaderGoneError, Terminated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.singerlib.encoding.simple import Message


class PageWriter(MsgSpecWriter):
    """Holds RECORD messages back until their page is done.

    The SDK's writer flushes after every line. Here a page costs one write, and a signal
    that comes while a page is put together finds nothing half written: the records of
    that page are dropped, as no STATE message has covered them yet.
    """

    def __init__(self) -> None:
        """Start with nothing held back."""
        super().__init__()
        self._held = bytearray()
        self._has_written = False
        self._is_whole = True
        self._termination: tuple[int, Mapping[str, Any]] | None = None

    def write_message(self, message: Message) -> None:
        """Hold back a RECORD message, or write one of another kind and all before it.

        Args:
            message: The message.

        Raises:
            ReaderGoneError: The reader has closed the pipe.
        """
        self._held += self.format_message(message)
        if not isinstance(message, RecordMessage):
            self.flush()

    def flush(self) -> None:
        """Write what is held back.

        Raises:
            ReaderGoneError: The reader has closed the pipe.
        """
        with self.uninterrupted():
            try:
                sys.stdout.buffer.write(self._held)
                sys.stdout.buffer.flush()
                self._has_written = True
            except BrokenPipeError as error:
                # Python flushes stdout once more when it ends, and would complain then.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise ReaderGoneError from error
            finally:
                self._held.clear()

    @contextmanager
    def uninterrupted(self) -> Iterator[None]:
        """Put a termination off until the block is done.

        Raises:
            Terminated: A signal came meanwhile.
        """
        if not self._is_whole:  # An outer block will see to it.
            yield
            return
        self._is_whole = False
        try:
            yield
        finally:
            self._is_whole = True
        if self._termination is not None:
            self.terminate(*self._termination)

    def terminate(self, signal_number: int, state: Mapping[str, Any]) -> None:
        """End the output with a last STATE message, now or after the block under way.

        Args:
            signal_number: The signal that asks for the end.
            state: The state, which covers only what was written.

        Raises:
            Terminated: The output is at its end.
        """
        if not self._is_whole:
            self._termination = (signal_number, state)
            return
        self._termination = None
        with self.uninterrupted():
            self._held.clear()
            if self._has_written:  # Else it is no sync: a catalog must stay readable.
                self.write_message(StateMessage(value=state))
        raise Terminated(signal.Signals(signal_number).name)
