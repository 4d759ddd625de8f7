"""`make benchmark`: three measures of the tap and its peers, side by side in one run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import interleave, run
from benchmarks.plot import plot
from benchmarks.table import FLOOR, TAP, results_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Command

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
PEERS = FOLDER / "peers"
ENVIRONMENTS = ROOT / ".cache" / "benchmarks"
# None of them has what the development of this tap needs: it would slow down the start.
OURS = "tap-techwolf"
REQUIREMENTS = {OURS: str(ROOT), "dlt": "dlt==1.31.0", "airbyte-cdk": "airbyte-cdk==7.39.1"}
STREAMS = 3
PAGE = 100
SERVER_SECONDS = 0.03
READER_SECONDS = 0.02

PLAIN = "plain SDK tap"
DLT, AIRBYTE = "dlt rest_api, extract", "Airbyte CDK"


@contextmanager
def server(entities: int, delay: float = 0) -> Iterator[str]:
    """Serve pages from another process."""
    command = [sys.executable, "-m", "benchmarks.server", "--entities", str(entities)]
    with subprocess.Popen(
        [*command, "--delay", str(delay)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout  # noqa: S101 - it was asked for
        assert process.stdin  # noqa: S101 - it was asked for
        yield process.stdout.readline().strip()
        process.stdin.close()


def python_of(peer: str) -> Path:
    """Give a peer an environment of its own, and this tap's code as it is now."""
    folder = ENVIRONMENTS / peer
    python = folder / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    line: Command = [uv, "pip", "install", "--quiet", "--python", python]
    subprocess.run([*line, "--reinstall-package", OURS, REQUIREMENTS[peer]], check=True)
    return python


def tap_command(url: str, folder: Path, python: Path) -> Command:
    """The tap's command line, for a server."""
    config = {
        "tenant": "benchmark",
        "client_id": "benchmark",
        "client_secret": "benchmark",
        "api_url": url,
        "auth_url": f"{url}/oauth/token",
    }
    file = folder / f"{url.rpartition(':')[2]}.json"
    file.write_text(json.dumps(config))
    return [python.with_name("tap-techwolf"), "--config", file]


def commands(url: str, tap: Command, python: Path, *, with_peers: bool) -> dict[str, Command]:
    """All command lines, for a server."""
    found: dict[str, Command] = {
        TAP: tap,
        FLOOR: [python, PEERS / "floor.py", url],
        PLAIN: [python, PEERS / "plain_tap.py", url],
    }
    if with_peers:
        found[DLT] = [python_of("dlt"), PEERS / "dlt_source.py", url]
        found[AIRBYTE] = [python_of("airbyte-cdk"), PEERS / "airbyte_source.py", url]
    return found


class SlowReader:
    """Takes its time over each page: after each STATE message it does something else."""

    MARK = b'{"type":"STATE"'

    def __init__(self, seconds: float) -> None:
        """Set the time that a page takes."""
        self.seconds = seconds
        self._rest = b""

    def __call__(self, chunk: bytes) -> None:
        """Read on."""
        text = self._rest + chunk
        time.sleep(self.seconds * text.count(self.MARK))
        self._rest = text[-len(self.MARK) + 1 :]


def measure(
    entities: int, runs: int, sizes: tuple[int, int], *, with_peers: bool
) -> dict[str, Any]:
    """Take all three measures."""
    python = python_of(OURS) if with_peers else Path(sys.executable)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with server(entities) as url:
            tap = tap_command(url, folder, python)
            speed = interleave(commands(url, tap, python, with_peers=with_peers), runs)
        server_time = STREAMS * -(-entities // PAGE) * SERVER_SECONDS
        with server(entities, SERVER_SECONDS) as url:
            tap = tap_command(url, folder, python)
            slow = [run(tap, SlowReader(READER_SECONDS)) for _ in range(runs)]
        memory = {}
        for size in sizes:
            with server(size) as url:
                memory[size] = run(tap_command(url, folder, python)).memory
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "versions": {
            "tap-techwolf": version("tap-techwolf"),
            "singer-sdk": version("singer-sdk"),
            "msgspec": version("msgspec"),
            **{
                peer: text.partition("==")[2]
                for peer, text in REQUIREMENTS.items()
                if with_peers and peer != OURS
            },
        },
        "records": STREAMS * entities,
        "runs": runs,
        "speed": speed,
        "slow_reader": {
            "server_seconds": server_time,
            "wall": sorted(cost.wall for cost in slow)[runs // 2],
        },
        "memory": memory,
    }


def main() -> None:
    """Measure, and write the results, their table and their plot."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--entities", type=int, default=15_000, help="of each export")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs=2, default=(2_000, 200_000))
    parser.add_argument("--output", type=Path, default=FOLDER)
    parser.add_argument("--without-peers", action="store_true", help="install nothing")
    options = parser.parse_args()
    results = measure(
        options.entities,
        options.runs,
        tuple(options.sizes),
        with_peers=not options.without_peers,
    )
    (options.output / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    (options.output / "results.svg").write_text(plot(results))
    print(results_table(json.loads(json.dumps(results))))  # noqa: T201 - what it is run for


if __name__ == "__main__":
    main()
