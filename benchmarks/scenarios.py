"""The scenarios that `make benchmark` measures."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from benchmarks.environments import ROOT
from benchmarks.measure import interleave, run
from benchmarks.server import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.measure import Command

PEERS = Path(__file__).parent / "peers"
TAP, EARLIER_TAP, BARE_LOOP = "tap-techwolf", "tap-techwolf before", "bare loop"
PLAIN_TAP, DLT, AIRBYTE = "plain SDK tap", "dlt rest_api, extract", "Airbyte CDK"
STREAMS = 3
SLOW_READER_SERVER_SECONDS = 0.03
SLOW_READER_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Peers:
    """What is measured.

    Attributes:
        tap: The tap's command.
        python: The Python that has the tap's dependencies.
        frameworks: The Pythons of the other frameworks, by the package's name.
        earlier_tap: The command of another version of the tap.
    """

    tap: Path
    python: Path
    frameworks: Mapping[str, Path]
    earlier_tap: Path | None = None

    def commands(self, url: str, folder: Path, *, parallel: bool = False) -> dict[str, Command]:
        """Return the command lines that read all exports.

        Args:
            url: The server.
            folder: Where to put the taps' settings.
            parallel: Run the streams of the other frameworks side by side.

        Returns:
            The command lines, by the name that the results show.
        """
        settings = write_settings(url, folder)
        commands: dict[str, Command] = {
            TAP: [self.tap, "--config", settings],
            BARE_LOOP: [self.python, PEERS / "bare_loop.py", url],
            PLAIN_TAP: [self.python, PEERS / "plain_tap.py", url],
        }
        if self.earlier_tap:
            commands[EARLIER_TAP] = [self.earlier_tap, "--config", settings]
        flags = ["--parallel"] if parallel else []
        scripts = {"dlt": (DLT, "dlt_source.py"), "airbyte-cdk": (AIRBYTE, "airbyte_source.py")}
        for package, python in self.frameworks.items():
            name, script = scripts[package]
            commands[name] = [python, PEERS / script, url, *flags]
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
    file = folder / f"{url.rpartition(':')[2]}.json"
    file.write_text(json.dumps(settings))
    return file


@contextmanager
def running_server(pages: tuple[int, ...], delay: float = 0) -> Iterator[str]:
    """Run the server in another process.

    Args:
        pages: How many pages each export has.
        delay: How many seconds each page takes.

    Yields:
        The server's URL.
    """
    command = [sys.executable, "-m", "benchmarks.server", "--pages", *map(str, pages)]
    with subprocess.Popen(
        [*command, "--delay", str(delay)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout  # noqa: S101 - Popen was told to open a pipe
        assert process.stdin  # noqa: S101 - Popen was told to open a pipe
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def measure_speed(peers: Peers, pages: int, runs: int) -> dict[str, dict[str, float]]:
    """Measure every peer with a server that answers at once: the processor is the limit."""
    with TemporaryDirectory() as folder, running_server((pages,) * STREAMS) as url:
        return interleave(peers.commands(url, Path(folder)), runs, warm_up=True)


def measure_distant_api(
    peers: Peers, pages: tuple[int, int, int], delay: float, runs: int
) -> dict[str, Any]:
    """Measure every peer with a server whose pages take long: the API is the limit."""
    with TemporaryDirectory() as folder, running_server(pages, delay) as url:
        costs = interleave(peers.commands(url, Path(folder), parallel=True), runs)
    return {
        "page_seconds": delay,
        "pages": pages,
        "server_seconds": max(pages) * delay,  # of the longest export
        "costs": costs,
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


def measure_slow_reader(tap: Path, pages: int, runs: int) -> dict[str, float]:
    """Measure the tap's wall time when both the server and the reader take their time."""
    with (
        TemporaryDirectory() as folder,
        running_server((pages,) * STREAMS, SLOW_READER_SERVER_SECONDS) as url,
    ):
        command: Command = [tap, "--config", write_settings(url, Path(folder))]
        costs = [run(command, SlowReader(SLOW_READER_SECONDS)) for _ in range(runs)]
    return {
        "server_seconds": STREAMS * pages * SLOW_READER_SERVER_SECONDS,
        "wall": median(cost.wall for cost in costs),
    }


def measure_memory(tap: Path, entities: tuple[int, ...]) -> dict[int, float]:
    """Measure the tap's peak memory with few and with many entities of each export."""
    memory = {}
    for count in entities:
        pages = (-(-count // PAGE),) * STREAMS
        with TemporaryDirectory() as folder, running_server(pages) as url:
            command: Command = [tap, "--config", write_settings(url, Path(folder))]
            memory[count] = run(command).memory
    return memory
