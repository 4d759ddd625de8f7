"""Run the `tap-techwolf` command: `--version` and `--help` quickly, all else with the SDK.

The SDK and everything else that takes time to import is imported in functions, after the
handlers for signals are set.
"""

import gc
import logging
import os
import signal
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from tap_techwolf.signals import exit_during_start, exit_now, handle_signals, write_last_line

logger = logging.getLogger("tap_techwolf")

# The SDK configures logging with this file, and Meltano sets it.
_LOG_CONFIG_VARIABLE = "SINGER_SDK_LOG_CONFIG"
# The SDK uses the first of these that is set.
_LOG_LEVEL_VARIABLES = ("TAP_TECHWOLF_LOGLEVEL", "LOGLEVEL")
_LOG_LEVELS = ("NOTSET", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL")


def main() -> None:
    """Run the `tap-techwolf` command; only after a complete run is the exit status 0."""
    handle_signals(exit_during_start)
    match sys.argv[1:]:
        case ["--version"]:
            from importlib.metadata import version  # noqa: PLC0415

            from tap_techwolf.version import NAME, VERSION  # noqa: PLC0415

            print_text(f"{NAME} v{VERSION}, Meltano SDK v{version('singer-sdk')}\n")
        case ["--help"]:
            from importlib.resources import files  # noqa: PLC0415

            print_text(files("tap_techwolf").joinpath("help.txt").read_text())
        case _:
            if problem := check_logging(os.environ):
                exit_now(problem)
            _run()


def print_text(text: str) -> None:
    """Print to stdout, or exit with a one-line error if that is not possible."""
    if sys.stdout is None:
        exit_now("stdout is closed: there is nowhere to print to.")
    try:
        print(text, end="", flush=True)  # noqa: T201 - what the user asked for
    except OSError as error:
        exit_now(f"stdout cannot be written to: {error.strerror}.")


def check_logging(environ: MutableMapping[str, str]) -> str | None:
    """Return a one-line error if a variable about logging is wrong, and remove empty ones.

    The SDK raises an error for an unknown or empty level, as soon as it is imported. It only warns
    if there is no log configuration, and logs to another place than the user expects.
    """
    for variable in (_LOG_CONFIG_VARIABLE, *_LOG_LEVEL_VARIABLES):
        if environ.get(variable) == "":
            del environ[variable]
    variable = next(filter(environ.get, _LOG_LEVEL_VARIABLES), "")
    if variable and environ[variable].upper() not in _LOG_LEVELS:
        return f"{variable} must be one of: DEBUG, INFO, WARNING, ERROR, CRITICAL."
    path = environ.get(_LOG_CONFIG_VARIABLE)
    if path and not Path(path).is_file():
        return f"{_LOG_CONFIG_VARIABLE} does not name a file: {path!r}."
    return None


def _run() -> None:
    """Run the SDK's command. Whatever ends it, the last line of the log says why."""
    gc.disable()  # Imports create hardly any garbage, and searching for it slows them down.
    from tap_techwolf.errors import Terminated, describe_error  # noqa: PLC0415
    from tap_techwolf.tap import TapTechWolf  # noqa: PLC0415

    # A page is thousands of small objects without reference cycles. By default Python searches
    # them, and everything imported, for cycles after every few hundred new objects. Without
    # this, syncing 18,000 records takes 28 % more processor time (1.91 s instead of 1.49 s).
    gc.freeze()
    gc.set_threshold(50_000)
    gc.enable()
    # Threads switch every 5 ms by default, but a stream takes longer to write its page, and the
    # others cannot write in the meantime.
    sys.setswitchinterval(0.02)
    try:
        command = TapTechWolf.cli
    except Exception as error:  # noqa: BLE001 - dictConfig() and YAML raise many kinds
        reason = error if isinstance(error, ValueError) else type(error).__name__
        _fail(f"{_LOG_CONFIG_VARIABLE} does not name a log configuration that works: {reason}.")
    _set_log_levels(TapTechWolf.name)
    try:
        command()
    except Terminated as error:
        _fail(f"Stopped by {error.signal_name}. Run again to resume from the last saved state.")
    except SystemExit:
        print_text("")  # Flush stdout now: at exit, Python would print a traceback if it is full.
        # A signal that arrives while Python exits would change the exit status.
        handle_signals(signal.SIG_IGN)
        try:
            sys.stderr.flush()
        except (OSError, AttributeError):  # It is full, has no reader, or is closed.
            sys.stderr = None  # Python would flush it again, fail, and change the exit status.
        raise
    except Exception as error:  # noqa: BLE001 - the user shall not see a traceback
        _fail(describe_error(error), error.__traceback__)


def _set_log_levels(sdk_logger: str) -> None:
    """Hide the SDK's INFO lines, which repeat this tap's own, and lines that contain data."""
    if logging.getLogger().level == logging.INFO:
        for name in (sdk_logger, "singer_sdk", "py.warnings"):
            logging.getLogger(name).setLevel(logging.WARNING)
        logging.getLogger("urllib3").setLevel(logging.ERROR)
    # It warns about a malformed header by printing all headers.
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)
    # It logs the expressions of stream maps, in which ids stand, and what they return at DEBUG.
    logging.getLogger("singer_sdk.mapper").setLevel(logging.WARNING)


def _fail(message: str, trace: TracebackType | None = None) -> NoReturn:
    """Log why the run ends, and exit with status 1."""
    if trace is not None:
        # Without the texts of the error and its causes, which may contain data.
        logger.debug("Traceback:\n%s", "".join(traceback.format_tb(trace)))
    logger.error(message)
    if not _is_shown(message):
        write_last_line(message)
    # Streams may still wait for the API or the loader, and Python would wait for them.
    logging.shutdown()
    os._exit(1)


def _is_shown(message: str) -> bool:
    """Return whether an error is logged to stderr: a log configuration can route it elsewhere."""
    record = logger.makeRecord(logger.name, logging.ERROR, __file__, 0, message, (), None)
    if not logger.isEnabledFor(logging.ERROR) or not logger.filter(record):
        return False
    handlers = [*logger.handlers, *(logging.root.handlers if logger.propagate else [])]
    return not handlers or any(  # Without any, Python logs to stderr.
        isinstance(handler, logging.StreamHandler)
        and handler.stream is sys.stderr
        and handler.level <= logging.ERROR
        and handler.filter(record)
        for handler in handlers
    )
