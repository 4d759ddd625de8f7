"""The scenarios that `make benchmark` measures."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Self

from benchmarks.environments import ROOT
from benchmarks.measure import interleave, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.measure import Command

PEERS = Path(__file__).parent / "peers"
TAP, EARLIER_TAP, BARE_LOOP = "tap-techwolf", "tap-techwolf before", "bare loop"
PLAIN_TAP = "plain SDK tap"
FRAMEWORKS = {  # by the package's name
    "dlt": ("dlt rest_api, extract", "dlt_source.py"),
    "airbyte-cdk": ("Airbyte CDK", "airbyte_source.py"),
}
STREAMS = 3
PAGE = 100
SLOW_READER_SERVER_SECONDS = 0.03
SLOW_READER_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Peers:
    """The commands that are measured.

    Attributes:
        url: The server.
        settings: The taps' settings file.
        python: The Python that the tap is installed for.
        frameworks: The Pythons of the other frameworks, by the package's name.
        earlier_tap: The command of another version of the tap.
    """

    url: str
    settings: Path
    python: Path
    frameworks: Mapping[str, Path]
    earlier_tap: Path | None = None

    @property
    def tap(self) -> Command:
        """The tap's command line."""
        return [self.python.with_name("tap-techwolf"), "--config", self.settings]

    def commands(self, *, parallel: bool) -> dict[str, Command]:
        """Return all command lines.

        Args:
            parallel: Let the other frameworks read the exports side by side.

        Returns:
            The command lines, by the name that the results show.
        """
        commands: dict[str, Command] = {
            TAP: self.tap,
            BARE_LOOP: [self.python, PEERS / "bare_loop.py", self.url],
            PLAIN_TAP: [self.python, PEERS / "plain_tap.py", self.url],
        }
        if self.earlier_tap:
            commands[EARLIER_TAP] = [self.earlier_tap, "--config", self.settings]
        for package, python in self.frameworks.items():
            name, script = FRAMEWORKS[package]
            flags = ["--parallel"] if parallel else []
            commands[name] = [python, PEERS / script, self.url, *flags]
        return commands


def write_settings(url: str, folder: Path) -> Path:
    """Write the tap's settings for a server.

    Args:
        url: The server.
        folder: Where to put the file.

    Returns:
        The file.
    """
    settings = {
        "tenant": "benchmark",
        "client_id": "benchmark",
        "client_secret": "benchmark",
        "api_url": url,
        "auth_url": f"{url}/oauth/token",
    }
    file = folder / "config.json"
    file.write_text(json.dumps(settings))
    return file


class Server:
    """The server, in a process of its own.

    Attributes:
        url: Its URL.
    """

    def __init__(self) -> None:
        """Start the process."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.server"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self._read()

    def serve(self, pages: Sequence[int], delay: float = 0) -> None:
        """Change what it serves.

        Args:
            pages: How many pages each export has.
            delay: How many seconds each page takes.
        """
        assert self._process.stdin  # noqa: S101 - Popen was told to open a pipe
        self._process.stdin.write(f"{' '.join(map(str, pages))} {delay}\n")
        self._process.stdin.flush()
        self._read()

    def _read(self) -> str:
        assert self._process.stdout  # noqa: S101 - Popen was told to open a pipe
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The benchmark's server exited; its error is above.")
        return line.strip()

    def __enter__(self) -> Self:
        """Return the server."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let the process end."""
        self._process.communicate()


def measure_speed(
    peers: Peers, server: Server, pages: int, runs: int
) -> dict[str, dict[str, float]]:
    """Measure every peer with a server that answers at once: the processor is the limit."""
    server.serve((pages,) * STREAMS)
    return interleave(peers.commands(parallel=False), runs, warm_up=runs > 1)


def measure_distant_api(
    peers: Peers, server: Server, pages: Sequence[int], delay: float, runs: int
) -> dict[str, Any]:
    """Measure every peer with a server whose pages take long: the API is the limit."""
    server.serve(pages, delay)
    return {
        "page_seconds": delay,
        "pages": pages,
        "server_seconds": max(pages) * delay,  # of the longest export
        "costs": interleave(peers.commands(parallel=True), runs),
    }


class SlowReader:
    """Spends some time on each page: it pauses after each STATE message."""

    MARK = b'{"type":"STATE"'

    def __init__(self, seconds: float) -> None:
        """Set the time for each page."""
        self.seconds = seconds
        self._rest = b""

    def __call__(self, chunk: bytes) -> None:
        """Take the next chunk of the output."""
        text = self._rest + chunk
        time.sleep(self.seconds * text.count(self.MARK))
        self._rest = text[-len(self.MARK) + 1 :]


def measure_slow_reader(peers: Peers, server: Server, pages: int, runs: int) -> dict[str, float]:
    """Measure the tap's wall time when both the server and the reader take their time."""
    server.serve((pages,) * STREAMS, SLOW_READER_SERVER_SECONDS)
    costs = [run(peers.tap, SlowReader(SLOW_READER_SECONDS)) for _ in range(runs)]
    return {
        "server_seconds": STREAMS * pages * SLOW_READER_SERVER_SECONDS,
        "wall": median(cost.wall for cost in costs),
    }


def measure_memory(peers: Peers, server: Server, entities: Sequence[int]) -> dict[int, float]:
    """Measure the tap's peak memory with few and with many entities of each export."""
    memory = {}
    for count in entities:
        server.serve((-(-count // PAGE),) * STREAMS)
        memory[count] = run(peers.tap).memory
    return memory
