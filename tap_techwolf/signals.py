"""End the process on a signal: soon if the loader reads, and in time even if it does not."""

import os
import signal
from contextlib import suppress
from threading import Timer
from types import FrameType
from typing import NoReturn

#: The process ends within this time after the first signal, even if the loader does not read.
#: Less than five seconds, because users are promised no more.
EXIT_SECONDS = 4.5

_STDERR = 2
# A constant, because a signal may arrive before the package's metadata is read.
_NAME = "tap-techwolf"


def exit_now(message: str) -> NoReturn:
    """Write a last line to the log, and end the process with status 1 without any clean-up."""
    # Not with `logging`: the code that the signal interrupted may hold its lock. And without
    # blocking: nobody may be reading stderr.
    with suppress(OSError):
        os.set_blocking(_STDERR, False)
        os.write(_STDERR, f"{_NAME}: {message}\n".encode())
    os._exit(1)


def exit_during_start(signal_number: int, _frame: FrameType | None) -> NoReturn:
    """Handle a signal that arrives before the tap has started."""
    exit_now(f"Stopped by {signal.Signals(signal_number).name} before anything was written.")


def exit_after(seconds: float, signal_name: str) -> None:
    """End the process after some time, if it has not ended by then."""
    message = (
        f"Stopped by {signal_name} while the loader was not reading. Run again to resume from the "
        "last state that it received."
    )
    timer = Timer(seconds, exit_now, (message,))
    timer.daemon = True
    timer.start()
