"""The sandbox's command: `python -m sandbox --help`."""

from __future__ import annotations

import argparse
import signal
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter

from sandbox import tokens
from sandbox.app import TOKEN_PATH, Sandbox, create_app
from sandbox.company import Company
from sandbox.faults import Conditions
from sandbox.server import HOST, serve_app
from sandbox.variants import Variants

_EPILOG = f"""
The tap's settings for it:
  tenant         {tokens.TENANT}
  client_id      {tokens.CLIENT_ID}
  client_secret  {tokens.CLIENT_SECRET}
  api_url        http://{HOST}:PORT
  auth_url       http://{HOST}:PORT{TOKEN_PATH}

To steer it while it runs:
  GET  /sandbox/summary                  counts of entities, tokens and requests
  POST /sandbox/changes?count=5          change five employees and five jobs
  POST /sandbox/goal_changes?count=5     change the AI goals of five employees, nothing else
  POST /sandbox/removals?count=1&jobs=0  remove an employee and no job
  POST /sandbox/moves                    change a list between its pages (see sandbox/moves.py)
  POST /sandbox/faults                   add a fault, a JSON object (see sandbox/faults.py)
  POST /sandbox/variants                 replace the variants, as with --variants
"""


def main() -> None:
    """Run the sandbox until it is interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description=(
            "A stand-in for the TechWolf API, with an invented company. It listens on "
            f"{HOST} only, and refuses everything that the documentation does not show."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=8765, help="default: 8765; 0: any free port")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the invented data")
    parser.add_argument("--employees", type=int, default=640, help="how many (default: 640)")
    parser.add_argument("--jobs", type=int, default=160, help="how many (default: 160)")
    parser.add_argument("--delay", type=float, default=0, help="seconds per page")
    parser.add_argument("--fault-rate", type=float, default=0, help="share of requests that fail")
    parser.add_argument(
        "--date-reading",
        choices=("moment", "day"),
        default="moment",
        help="read a filter's date as the moment at which the day begins, or as the whole day",
    )
    parser.add_argument("--expires-in", type=float, default=10800, help="lifetime of a token")
    parser.add_argument("--scopes-given", help="scopes of every token, such as 'read write'")
    parser.add_argument("--public-key", type=Path, help="PEM file of the key for assertions")
    parser.add_argument(
        "--goals-do-not-move-filter",
        action="store_true",
        help="a changed AI goal leaves the employee's last_updated as it is",
    )
    parser.add_argument(
        "--variants",
        type=TypeAdapter(Variants).validate_json,
        default=Variants(),
        metavar="JSON",
        help="differences from the documentation, a JSON object (see sandbox/variants.py)",
    )
    options = parser.parse_args()
    sandbox = Sandbox(
        company=Company(
            seed=options.seed,
            employees=options.employees,
            jobs=options.jobs,
            goals_move_filter=not options.goals_do_not_move_filter,
        ),
        tokens=tokens.Tokens(
            expires_in=options.expires_in,
            public_key=options.public_key.read_text() if options.public_key else None,
            scopes_given=None if options.scopes_given is None else (*options.scopes_given.split(),),
        ),
        conditions=Conditions(delay=options.delay, fault_rate=options.fault_rate),
        variants=options.variants,
        date_reading=options.date_reading,
    )
    with serve_app(create_app(sandbox), options.port) as url:
        print(f"Sandbox at {url}", flush=True)  # noqa: T201 - callers wait for it
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
