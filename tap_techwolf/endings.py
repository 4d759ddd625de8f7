"""Runs the tap: whatever ends a run, its last line says what happened and what to do."""

from __future__ import annotations

import gc
import logging
import os
import sys
import traceback
from typing import TYPE_CHECKING, NoReturn

from requests import RequestException
from singer_sdk.exceptions import ConfigurationError, FatalAPIError, MappingError

from tap_techwolf.errors import ReaderGoneError, Terminated
from tap_techwolf.tap import TapTechWolf

if TYPE_CHECKING:
    from types import TracebackType

logger = logging.getLogger("tap_techwolf")

# Their texts are this tap's own, or hold nothing but the user's settings.
_SAFE_ERRORS = (ConfigurationError, FatalAPIError, MappingError)


def run() -> None:
    """Run the SDK's command line of the tap.

    Raises:
        SystemExit: With status 0 after a whole run, 1 after anything else.
    """
    command = TapTechWolf.cli
    _quiet()
    # A page is thousands of small objects without cycles. To look for cycles among them, and
    # among all that was imported, every few hundred objects takes longer than to read them.
    gc.freeze()
    gc.set_threshold(50_000)
    gc.enable()
    try:
        command()
    except Terminated as error:
        _end(f"Ended by {error.signal_name}. The last state is written: run again to go on.")
    except ReaderGoneError:
        _end("The reader of the messages is gone. Look at its own log, and run again to go on.")
    except Exception as error:  # noqa: BLE001 - nobody above could explain it
        _end(_explain(error), error.__traceback__)


def _quiet() -> None:
    """Leave the SDK's own lines to DEBUG: this tap's say what a reader of the log needs."""
    if logging.getLogger().level == logging.INFO:
        for name in (TapTechWolf.name, "singer_sdk", "urllib3", "py.warnings"):
            logging.getLogger(name).setLevel(logging.WARNING)
    # At DEBUG it would log what the expressions of stream maps make of a record.
    logging.getLogger("singer_sdk.mapper").setLevel(logging.INFO)


def _explain(error: Exception) -> str:
    """Put an error into one line that holds no data."""
    # An OSError names a file of the user's, unless it is one of requests.
    is_about_a_file = isinstance(error, OSError) and not isinstance(error, RequestException)
    if is_about_a_file or isinstance(error, _SAFE_ERRORS):
        return " ".join(str(error).split())
    if isinstance(error, ValueError) and hasattr(error, "lineno") and hasattr(error, "colno"):
        return (
            "A file given with --config, --state or --catalog is not JSON "
            f"(line {error.lineno}, column {error.colno})."
        )
    place = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"Unexpected {type(error).__name__} in {os.path.basename(place.filename)}, line "  # noqa: PTH119
        f"{place.lineno}. Run again with TAP_TECHWOLF_LOGLEVEL=DEBUG and report what follows."
    )


def _end(message: str, trace: TracebackType | None = None) -> NoReturn:
    """Say why the run ends, and end it.

    The places that an error went through follow at DEBUG, but not its text and not the
    texts of what caused it: those may hold data.
    """
    logger.error(message)
    if trace is not None:
        logger.debug("It went through:\n%s", "".join(traceback.format_tb(trace)))
    sys.exit(1)
