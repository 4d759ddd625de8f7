"""Run the tap with `python -m tap_techwolf`."""

from tap_techwolf.cli import main

main()
