"""The command line: prints a report within three minutes, whatever the API does."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, NoReturn

from tap_techwolf.cli import print_text
from tap_techwolf.doctor.report import Report, as_json, as_text, has_errors
from tap_techwolf.signals import exit_now
from tap_techwolf.version import NAME, VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

COMMAND = f"{NAME}-doctor"

#: The report is printed within this time, counted from the start of the command.
SECONDS = 172.0

# How long a signal may go unnoticed.
_SECONDS_BETWEEN_LOOKS = 0.5

_DESCRIPTION = (
    "Examine a tenant's API with at most 30 requests, all of which only read, and print a "
    "report that says nothing about people: it can be pasted into a public issue."
)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors do not repeat the command line, which may hold a secret."""

    def error(self, message: str) -> NoReturn:
        """End with the usage.

        Args:
            message: Not used.
        """
        del message
        self.print_usage(sys.stderr)
        self.exit(2, f"{COMMAND}: An option is unknown, or lacks its value. See --help.\n")


def main() -> None:
    """Run the `tap-techwolf-doctor` command.

    Raises:
        SystemExit: With status 0 if no check came out as an error, 1 if one did, and 2 if the
            command line is wrong.
    """
    began = time.monotonic()
    signal.signal(signal.SIGINT, _end_by_signal)
    signal.signal(signal.SIGTERM, _end_by_signal)
    options = _parse(sys.argv[1:])
    _set_up_logging()
    thread, report = _start(options.config)
    _wait_for(thread, began + SECONDS)
    checks = report.checks
    print_text(as_json(checks) if options.json else as_text(checks))
    status = 1 if has_errors(checks) else 0
    if threading.active_count() > 1:  # One still waits for the API, and nobody waits for it.
        os._exit(status)
    sys.exit(status)


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(prog=COMMAND, description=_DESCRIPTION, allow_abbrev=False)
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="FILE",
        help="a file with settings, or ENV for environment variables; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument("--version", action="version", version=f"{COMMAND} v{VERSION}")
    return parser.parse_args(arguments)


def _set_up_logging() -> None:
    """Log this package's own lines, and no other: urllib3's name hosts and paths."""
    # The SDK fails on a level that it does not know, while it is imported.
    for variable in (f"{NAME.upper().replace('-', '_')}_LOGLEVEL", "LOGLEVEL"):
        os.environ.pop(variable, None)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(f"{COMMAND}: %(message)s"))
    own = logging.getLogger("tap_techwolf.doctor")
    own.addHandler(handler)
    own.setLevel(logging.INFO)
    own.propagate = False
    logging.getLogger().addHandler(logging.NullHandler())
    logging.lastResort = None


def _start(sources: Sequence[str]) -> tuple[threading.Thread, Report]:
    """Start the examination on a thread; this one waits for signals and the time to end."""
    # Slow to import, and neither --help nor --version needs it.
    from tap_techwolf.doctor.examination import Examination  # noqa: PLC0415

    examination = Examination()
    thread = threading.Thread(target=examination.run, args=(sources,), daemon=True)
    thread.start()
    return thread, examination.report


def _wait_for(thread: threading.Thread, end: float) -> None:
    """Wait for a thread until a time on the monotonic clock.

    In parts, as a signal that comes just before this thread begins to wait does not wake it.
    """
    while thread.is_alive() and (left := end - time.monotonic()) > 0:
        thread.join(min(left, _SECONDS_BETWEEN_LOOKS))


def _end_by_signal(signal_number: int, frame: FrameType | None) -> None:
    del frame
    exit_now(f"Ended by {signal.Signals(signal_number).name}.")
