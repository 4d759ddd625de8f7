"""Run the `tap-techwolf-doctor` command: a report within three minutes, whatever the API does."""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from tap_techwolf.cli import print_text
from tap_techwolf.doctor.report import as_json, as_text, has_errors
from tap_techwolf.signals import exit_now, handle_signals
from tap_techwolf.version import NAME, VERSION

COMMAND = f"{NAME}-doctor"

#: The report is printed within this time, counted from the start of the command.
SECONDS = 172.0

# How long a signal may go unnoticed.
_SECONDS_BETWEEN_LOOKS = 0.5

_DESCRIPTION = (
    "Check a tenant's API with at most 30 requests, which only read, and print a report that "
    "contains no personal data: it can be pasted into a public issue."
)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors do not repeat the command line, which may hold a secret."""

    def error(self, message: str) -> NoReturn:
        """Exit with the usage and status 2."""
        del message
        self.print_usage(sys.stderr)
        self.exit(2, f"{COMMAND}: An option is unknown, or lacks its value. See --help.\n")


def main() -> None:
    """Run the `tap-techwolf-doctor` command.

    The status is 0 if no check found an error, 1 if one did, and 2 if the command line is wrong.
    """
    end = time.monotonic() + SECONDS
    handle_signals(_exit_by_signal)
    options = _parse(sys.argv[1:])
    _set_up_logging()
    # Slow to import, and neither --help nor --version needs it.
    from tap_techwolf.doctor.runner import Runner  # noqa: PLC0415

    runner = Runner(with_probes=options.probe)
    thread = threading.Thread(target=runner.run, args=(options.config,), daemon=True)
    thread.start()
    while thread.is_alive() and time.monotonic() < end:
        # A signal that arrives just before this does not wake it.
        thread.join(_SECONDS_BETWEEN_LOOKS)
    findings = dict(runner.findings)
    print_text(as_json(findings) if options.json else as_text(findings))
    # At once: the thread may still wait for the API, and stderr may be full.
    os._exit(1 if has_errors(findings) else 0)


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
    parser.add_argument(
        "--probe",
        action="store_true",
        help="also probe what TechWolf's documentation leaves open, for the makers of this tap",
    )
    parser.add_argument("--version", action="version", version=f"{COMMAND} v{VERSION}")
    return parser.parse_args(arguments)


def _set_up_logging() -> None:
    """Log this package's own lines, and no other: urllib3's name hosts and paths."""
    # The SDK fails on a level that it does not know, while it is imported.
    for variable in (f"{NAME.upper().replace('-', '_')}_LOGLEVEL", "LOGLEVEL"):
        os.environ.pop(variable, None)
    handler = logging.StreamHandler()
    handler.addFilter(logging.Filter("tap_techwolf.doctor"))
    logging.basicConfig(level=logging.INFO, format=f"{COMMAND}: %(message)s", handlers=[handler])


def _exit_by_signal(signal_number: int, _frame: FrameType | None) -> NoReturn:
    exit_now(f"Stopped by {signal.Signals(signal_number).name}.")
