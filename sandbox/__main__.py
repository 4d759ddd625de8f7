"""The sandbox's command: `python -m sandbox --help`."""

from __future__ import annotations

import argparse
import signal
from contextlib import suppress
from pathlib import Path

from sandbox import tokens
from sandbox.app import TOKEN_PATH, Sandbox, create_app
from sandbox.company import Company
from sandbox.faults import Conditions
from sandbox.server import HOST, serve_app

_EPILOG = f"""
The tap's settings for it:
  tenant         {tokens.TENANT}
  client_id      {tokens.CLIENT_ID}
  client_secret  {tokens.CLIENT_SECRET}
  api_url        http://{HOST}:PORT
  auth_url       http://{HOST}:PORT{TOKEN_PATH}

To steer it while it runs:
  GET  /sandbox/summary           counts of entities, tokens and requests
  POST /sandbox/changes?count=5   change five employees and five jobs
  POST /sandbox/faults            a fault, as JSON: path, kind, status, skip, times,
                                  retry_after, text (see sandbox/faults.py)
"""


def main() -> None:
    """Run the sandbox until it is told to stop."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description=(
            "A stand-in for the TechWolf API, with an invented company. It listens on "
            f"{HOST} only, and refuses whatever the documentation does not show."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8765, help="default: 8765; 0: a free one")
    parser.add_argument("--seed", type=int, default=1, help="what the data are made from")
    parser.add_argument("--employees", type=int, default=640, help="how many (default: 640)")
    parser.add_argument("--jobs", type=int, default=160, help="how many (default: 160)")
    parser.add_argument("--delay", type=float, default=0, help="seconds that each page takes")
    parser.add_argument("--fault-rate", type=float, default=0, help="share of requests that fail")
    parser.add_argument(
        "--date-reading",
        choices=("moment", "day"),
        default="moment",
        help="a filter's date is the moment at which the day begins, or the whole day",
    )
    parser.add_argument("--expires-in", type=float, default=10800, help="a token's seconds")
    parser.add_argument("--public-key", type=Path, help="PEM file: accept assertions of its key")
    options = parser.parse_args()
    sandbox = Sandbox(
        company=Company(seed=options.seed, employees=options.employees, jobs=options.jobs),
        tokens=tokens.Tokens(
            expires_in=options.expires_in,
            public_key=options.public_key.read_text() if options.public_key else None,
        ),
        conditions=Conditions(delay=options.delay, fault_rate=options.fault_rate),
        date_reading=options.date_reading,
    )
    with serve_app(create_app(sandbox), options.port) as url:
        print(f"Sandbox at {url}", flush=True)  # noqa: T201 - whoever started it waits for this
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
