"""Lets `python -m tap_techwolf` stand for the `tap-techwolf` command."""

from tap_techwolf.cli import main

main()
