"""The command line: what needs no SDK is answered at once."""

from __future__ import annotations

import gc
import sys
from importlib.metadata import version
from importlib.resources import files

from tap_techwolf.versions import NAME, VERSION


def main() -> None:
    """Run the `tap-techwolf` command.

    To import the SDK takes longer than to tell the version or the options.

    Raises:
        SystemExit: With status 0 after a whole run, 1 after anything else.
    """
    match sys.argv[1:]:
        case ["--version"]:
            print(f"{NAME} v{VERSION}, Meltano SDK v{version('singer-sdk')}")  # noqa: T201
        case ["--help"]:
            print(files("tap_techwolf").joinpath("help.txt").read_text(), end="")  # noqa: T201
        case _:
            gc.disable()  # To look for garbage among imports would take a tenth of the start.
            from tap_techwolf.endings import run  # noqa: PLC0415 - as the docstring says

            run()
