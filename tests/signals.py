"""Signals that come when they are noticed least."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType


def signal_that_wakes_nobody(waiting: CodeType) -> None:
    """Send SIGUSR1 to this thread, once the main thread is in a function that waits.

    Python notes the signal and handles it on the main thread, which nothing wakes: as with one
    that comes just before that thread begins to wait.

    Args:
        waiting: The code of the function in which the main thread waits.
    """
    main = threading.main_thread().ident
    assert main
    while not _is_in(main, waiting):
        pass
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)


def _is_in(thread: int, code: CodeType) -> bool:
    frame = sys._current_frames().get(thread)
    while frame is not None:
        if frame.f_code is code:
            return True
        frame = frame.f_back
    return False
