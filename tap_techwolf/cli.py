"""The command line: --version and --help at once; all else is the SDK's command."""

from __future__ import annotations

import os
import signal
import sys

from tap_techwolf.printing import print_text
from tap_techwolf.signals import end_at_once, end_during_start


def main() -> None:
    """Run the `tap-techwolf` command.

    Whatever takes time to import is imported when signals are handled.

    Raises:
        SystemExit: With status 0 after a complete run, 1 after anything else.
    """
    signal.signal(signal.SIGINT, end_during_start)
    signal.signal(signal.SIGTERM, end_during_start)
    match sys.argv[1:]:
        case ["--version"]:
            from importlib.metadata import version  # noqa: PLC0415 - as above

            from tap_techwolf.version import NAME, VERSION  # noqa: PLC0415 - as above

            print_text(f"{NAME} v{VERSION}, Meltano SDK v{version('singer-sdk')}\n")
        case ["--help"]:
            from importlib.resources import files  # noqa: PLC0415 - as above

            print_text(files("tap_techwolf").joinpath("help.txt").read_text())
        case _:
            from tap_techwolf.command import run  # noqa: PLC0415 - as above
            from tap_techwolf.config.log_level import check_log_level  # noqa: PLC0415 - as above

            if problem := check_log_level(os.environ):
                end_at_once(problem)
            run()
