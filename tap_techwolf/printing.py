"""Prints what a command is asked for, when it is not messages."""

from __future__ import annotations

import sys

from tap_techwolf.signals import end_at_once


def print_text(text: str) -> None:
    """Print a text on stdout, or end with one line that says why that cannot be.

    Args:
        text: The text, with the end of its last line.
    """
    if sys.stdout is None:
        end_at_once("stdout is closed: there is nowhere to print to.")
    try:
        print(text, end="", flush=True)  # noqa: T201 - what it is asked for
    except OSError as error:
        end_at_once(f"stdout cannot be written to: {error.strerror}.")
