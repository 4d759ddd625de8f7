"""End the process on a signal: soon if the loader reads, and in time even if it does not."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from threading import Timer, current_thread, main_thread
from types import FrameType
from typing import NoReturn

#: The process ends within this time after the first signal, even if the loader does not read.
#: Less than five seconds, because users are promised no more.
EXIT_SECONDS = 4.5

Handler = Callable[[int, FrameType | None], object] | signal.Handlers

# Windows lacks the last two.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
_STDERR = 2
# A constant, because a signal may arrive before the package's metadata is read.
_NAME = "tap-techwolf"


def handle_signals(handler: Handler) -> None:
    """Handle the signals that ask a process to end.

    Those that it was started to ignore, as `nohup` does, stay ignored.
    """
    if current_thread() is main_thread():  # No other may set handlers.
        for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, handler)


def write_last_line(message: str) -> None:
    """Write a line to stderr, without `logging` and without waiting for a reader."""
    with suppress(OSError, AttributeError):  # Python 3.11 cannot do it on Windows.
        os.set_blocking(_STDERR, False)
    with suppress(OSError):
        os.write(_STDERR, f"{_NAME}: {message}\n".encode())


def exit_now(message: str) -> NoReturn:
    """Write a last line to the log, and end the process with status 1 without any clean-up."""
    # Not with `logging`: the code that the signal interrupted may hold its lock.
    write_last_line(message)
    os._exit(1)


def exit_during_start(signal_number: int, _frame: FrameType | None) -> NoReturn:
    """Handle a signal that arrives before the tap has started."""
    exit_now(f"Stopped by {signal.Signals(signal_number).name} before anything was written.")


def exit_after(seconds: float, signal_name: str) -> None:
    """End the process after some time, if it has not ended by then."""
    message = (
        f"Stopped by {signal_name} while the loader was not reading. Run again to resume from the "
        "last saved state."
    )
    timer = Timer(seconds, exit_now, (message,))
    timer.daemon = True
    timer.start()
