"""Runs commands as whole processes and reads what they cost from the operating system."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Command = Sequence[str | Path]

CHUNK = 1 << 20
LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process cost.

    Attributes:
        wall: Seconds from its start to its end.
        cpu: Seconds of processor time, user and system.
        memory: Its peak memory, in MiB.
        size: How many bytes it wrote.
    """

    wall: float
    cpu: float
    memory: float
    size: int


def run(command: Command, on_chunk: Callable[[bytes], None] = lambda _: None) -> Cost:
    """Run a command until it exits, and read its output.

    Args:
        command: The command line.
        on_chunk: Called with each chunk of the output. While it runs, nobody reads the pipe.

    Returns:
        What the process cost.

    Raises:
        RuntimeError: The process failed.
    """
    report, descriptor = os.pipe()
    launcher: Command = [sys.executable, "-I", "-S", LAUNCHER, str(descriptor)]
    # Where this is set, each run would compile everything that it imports.
    environment = {key: one for key, one in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    size = 0
    with (
        os.fdopen(report) as costs,
        TemporaryFile() as log,
        subprocess.Popen(
            [*launcher, *command],
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            pass_fds=[descriptor],
        ) as process,
    ):
        os.close(descriptor)
        assert process.stdout  # noqa: S101 - Popen was told to open a pipe
        while chunk := os.read(process.stdout.fileno(), CHUNK):
            size += len(chunk)
            on_chunk(chunk)
        if process.wait():
            log.seek(0)
            raise RuntimeError(f"{command}\n{log.read().decode()[-2000:]}")
        wall, cpu, memory = map(float, costs.read().split())
    return Cost(wall, cpu, memory, size)


def interleave(
    commands: Mapping[str, Command], runs: int, *, warm_up: bool = False
) -> dict[str, dict[str, float]]:
    """Run several commands in turn, so that other load on the machine affects all of them.

    Args:
        commands: The commands, by name.
        runs: How many runs of each command count.
        warm_up: Begin with a run of each command that does not count.

    Returns:
        The median of each figure, by the command's name.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(runs + warm_up):
        for name, command in commands.items():
            cost = run(command)
            if turn >= warm_up:
                costs[name].append(cost)
    return {
        name: {
            figure: median(asdict(cost)[figure] for cost in found) for figure in asdict(found[0])
        }
        for name, found in costs.items()
    }
