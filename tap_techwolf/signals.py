"""Ends the process at a signal: with a last state if that is quick, and at once if need be."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from threading import Timer
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType

#: Within this time after the first signal the process has ended, whoever does not read.
SECONDS_TO_END = 4.5

_STDERR = 2
_NAME = "tap-techwolf"  # Not looked up: this has to be ready before anything else is imported.


def end_at_once(message: str) -> NoReturn:
    """End the process without waiting for anything.

    Args:
        message: The last line of the log.
    """
    # Not by way of `logging`, whose lock may be held where the signal came; and without waiting
    # for somebody to read it.
    with suppress(OSError):
        os.set_blocking(_STDERR, False)
        os.write(_STDERR, f"{_NAME}: {message}\n".encode())
    os._exit(1)


def end_during_start(signal_number: int, frame: FrameType | None) -> NoReturn:
    """Handle a signal before there is a tap: nothing was written yet.

    Args:
        signal_number: The signal.
        frame: Not used.
    """
    del frame
    end_at_once(f"Ended by {signal.Signals(signal_number).name} before anything was written.")


def end_after(seconds: float, signal_name: str) -> None:
    """End the process after some time, if it has not ended by then.

    Args:
        seconds: How long to wait.
        signal_name: For example `SIGTERM`.
    """
    message = (
        f"Ended by {signal_name} while the loader did not read. The last state that it took "
        "covers all that counts: run again to go on."
    )
    timer = Timer(seconds, end_at_once, (message,))
    timer.daemon = True
    timer.start()
