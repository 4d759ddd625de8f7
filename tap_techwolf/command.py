"""Runs the SDK's command: one last line, whatever ends a run."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING, NoReturn

from tap_techwolf.signals import end_at_once

if TYPE_CHECKING:
    from types import TracebackType

logger = logging.getLogger("tap_techwolf")


def run() -> None:
    """Run the SDK's command line of the tap.

    Raises:
        SystemExit: With status 0 after a complete run, 1 after anything else.
    """
    gc.disable()  # Nothing of what is imported becomes garbage; looking for it takes a while.
    from tap_techwolf.errors import Terminated  # noqa: PLC0415
    from tap_techwolf.explanation import explain  # noqa: PLC0415
    from tap_techwolf.tap import TapTechWolf  # noqa: PLC0415

    # A page is thousands of small objects without cycles. By default Python would look for
    # cycles among them, and among all that was imported, after every few hundred objects.
    gc.freeze()
    gc.set_threshold(50_000)
    gc.enable()
    # Threads take turns every 5 ms by default, but the page of one takes longer to write, and
    # the others have to wait for it anyway.
    sys.setswitchinterval(0.02)
    try:
        command = TapTechWolf.cli
        _quiet(TapTechWolf.name)
        command()
    except Terminated as error:
        _end(f"Ended by {error.signal_name}. Run again to go on from the last state that was kept.")
    except SystemExit:
        _flush()
        # Python would let a signal that comes while it ends change the exit status.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise
    except Exception as error:  # noqa: BLE001 - nobody above could explain it
        _end(explain(error), error.__traceback__)


def _quiet(name: str) -> None:
    """Leave the SDK's own lines to DEBUG: this tap's say what a reader of the log needs."""
    if logging.getLogger().level == logging.INFO:
        for one in (name, "singer_sdk", "py.warnings"):
            logging.getLogger(one).setLevel(logging.WARNING)
        logging.getLogger("urllib3").setLevel(logging.ERROR)
    # It warns of a malformed header by showing all of them.
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)
    # At DEBUG it would log what the expressions of stream maps make of a record.
    logging.getLogger("singer_sdk.mapper").setLevel(logging.INFO)


def _flush() -> None:
    """Fail with a line of our own where what was printed cannot be written."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        end_at_once(f"stdout cannot be written to: {error.strerror}.")


def _end(message: str, trace: TracebackType | None = None) -> NoReturn:
    """Say why the run ends, and end it.

    The places that an error went through follow at DEBUG, but not its text and not the
    texts of what caused it: those may hold data.
    """
    if trace is not None:
        logger.debug("It went through:\n%s", "".join(traceback.format_tb(trace)))
    logger.error(message)
    if threading.active_count() > 1:
        # Streams may still wait for the API or the loader; Python would trip over their threads.
        logging.shutdown()
        os._exit(1)
    sys.exit(1)
