"""`make benchmark`: measures the tap and its peers side by side, in one run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.environments import (
    PEER_VERSIONS,
    TAP_PACKAGE,
    install_commit,
    install_peer,
    install_tap,
)
from benchmarks.plot import plot
from benchmarks.scenarios import (
    EARLIER_TAP,
    PAGE,
    STREAMS,
    Peers,
    Server,
    measure_distant_api,
    measure_memory,
    measure_slow_reader,
    measure_speed,
    write_settings,
)
from benchmarks.table import results_table

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path(__file__).parent


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--entities", type=int, default=15_000, help="per export, for speed and the slow reader"
    )
    parser.add_argument(
        "--distant-pages",
        type=int,
        nargs=STREAMS,
        default=(30, 30, 10),
        metavar=("GOALS", "EMPLOYEES", "JOBS"),
        help="per export of the distant API",
    )
    parser.add_argument(
        "--sizes",
        type=int,
        nargs=2,
        default=(2_000, 200_000),
        help="entities per export, for memory",
    )
    parser.add_argument(
        "--delay", type=float, default=0.2, help="seconds per page of the distant API"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--output", type=Path, default=FOLDER, help="folder for the results")
    parser.add_argument("--without-peers", action="store_true", help="install nothing")
    earlier = parser.add_mutually_exclusive_group()
    earlier.add_argument(
        "--against", type=Path, help="another tap-techwolf command to compare with"
    )
    earlier.add_argument(
        "--against-commit", metavar="REV", help="a commit of the tap to install and compare with"
    )
    return parser.parse_args(arguments)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Measure all scenarios.

    Args:
        options: The command line's options.

    Returns:
        The results, as `results.json` holds them.
    """
    names = () if options.without_peers else tuple(PEER_VERSIONS)
    versions = {name: version(name) for name in (TAP_PACKAGE, "singer-sdk", "msgspec")}
    versions |= {name: PEER_VERSIONS[name] for name in names}
    python = Path(sys.executable) if options.without_peers else install_tap()
    earlier_tap = options.against
    if options.against_commit:
        versions[EARLIER_TAP], earlier_tap = install_commit(options.against_commit)
    elif earlier_tap:
        versions[EARLIER_TAP] = version_of(earlier_tap)
    frameworks = {name: install_peer(name) for name in names}
    pages = -(-options.entities // PAGE)
    with TemporaryDirectory() as folder, Server() as server:
        settings = write_settings(server.url, Path(folder))
        peers = Peers(server.url, settings, python, frameworks, earlier_tap)
        return {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
            "python": platform.python_version(),
            "versions": versions,
            "records": STREAMS * pages * PAGE,
            "runs": options.runs,
            "speed": measure_speed(peers, server, pages, options.runs),
            "distant_api": measure_distant_api(
                peers, server, options.distant_pages, options.delay, options.runs
            ),
            "slow_reader": measure_slow_reader(peers, server, pages, options.runs),
            "memory": measure_memory(peers, server, options.sizes),
        }


def version_of(tap: Path) -> str:
    """Return the version of an installed tap."""
    shown = subprocess.run([tap, "--version"], check=True, capture_output=True, text=True).stdout
    return shown.split()[1].removeprefix("v").rstrip(",")


def main() -> None:
    """Measure, and write the results, their table and their chart."""
    options = parse()
    # As JSON and back: the table and the chart see what `make generate` will read.
    text = json.dumps(measure(options), indent=2) + "\n"
    results = json.loads(text)
    (options.output / "results.json").write_text(text)
    (options.output / "results.svg").write_text(plot(results))
    print(results_table(results))  # noqa: T201 - this is what it is run for


if __name__ == "__main__":
    main()
