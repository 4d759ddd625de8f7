"""The command line: --version and --help at once; one last line, whatever ends a run."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import traceback
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING, NoReturn

from tap_techwolf.config.log_level import check_log_level
from tap_techwolf.signals import end_at_once, end_during_start
from tap_techwolf.version import NAME, VERSION

if TYPE_CHECKING:
    from types import TracebackType

logger = logging.getLogger("tap_techwolf")


def main() -> None:
    """Run the `tap-techwolf` command.

    Importing the SDK takes longer than printing the version or the options.

    Raises:
        SystemExit: With status 0 after a complete run, 1 after anything else.
    """
    signal.signal(signal.SIGINT, end_during_start)
    signal.signal(signal.SIGTERM, end_during_start)
    match sys.argv[1:]:
        case ["--version"]:
            _print(f"{NAME} v{VERSION}, Meltano SDK v{version('singer-sdk')}\n")
        case ["--help"]:
            _print(files("tap_techwolf").joinpath("help.txt").read_text())
        case _:
            if problem := check_log_level(os.environ):
                end_at_once(problem)
            run()


def _print(text: str) -> None:
    if sys.stdout is None:
        end_at_once("stdout is closed: there is nowhere to print to.")
    try:
        print(text, end="", flush=True)  # noqa: T201 - what it is asked for
    except OSError as error:
        end_at_once(f"stdout cannot be written to: {error.strerror}.")


def run() -> None:
    """Run the SDK's command line of the tap.

    Raises:
        SystemExit: With status 0 after a complete run, 1 after anything else.
    """
    gc.disable()  # Nothing of what is imported becomes garbage; looking for it takes a while.
    # Imported here, as --version and --help need none of it.
    from tap_techwolf.errors import Terminated  # noqa: PLC0415
    from tap_techwolf.explanation import explain  # noqa: PLC0415
    from tap_techwolf.tap import TapTechWolf  # noqa: PLC0415

    # A page is thousands of small objects without cycles. By default Python would look for
    # cycles among them, and among all that was imported, after every few hundred objects.
    gc.freeze()
    gc.set_threshold(50_000)
    gc.enable()
    try:
        command = TapTechWolf.cli
        _quiet(TapTechWolf.name)
        command()
    except Terminated as error:
        _end(f"Ended by {error.signal_name}. Run again to go on from the last state that was kept.")
    except SystemExit:
        _flush()
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
