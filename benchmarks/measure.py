"""Runs a command as a whole process, and reads what the operating system says it cost."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    Command = Sequence[str | Path]

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process cost.

    Attributes:
        wall: Seconds from its start to its end.
        cpu: Seconds of processor time, the system's included.
        memory: The most memory it held, in MiB.
        size: How much it wrote, in bytes.
    """

    wall: float
    cpu: float
    memory: float
    size: int


def run(command: Command, on_chunk: Callable[[bytes], None] = lambda _: None) -> Cost:
    """Run a command to its end, reading what it writes.

    Args:
        command: The command line.
        on_chunk: Told of what was read; the process waits meanwhile, once the pipe is full.

    Returns:
        What it cost.

    Raises:
        RuntimeError: It failed.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout  # noqa: S101 - it was asked for
    assert process.stderr  # noqa: S101 - it was asked for
    size = 0
    while chunk := os.read(process.stdout.fileno(), CHUNK):
        size += len(chunk)
        on_chunk(chunk)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    log = process.stderr.read().decode()
    process.stdout.close()
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"{command}\n{log[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, size)


def interleave(
    commands: Mapping[str, Command], runs: int, on_chunk: Callable[[bytes], None] = lambda _: None
) -> dict[str, dict[str, float]]:
    """Run several commands in turn, so that a slow moment of the machine meets them all.

    Args:
        commands: The commands, by name.
        runs: How often each is counted, after one run that is not.
        on_chunk: As for `run`.

    Returns:
        The median of each figure, by name.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            cost = run(command, on_chunk)
            if turn:
                costs[name].append(cost)
    return {
        name: {
            figure: median(asdict(cost)[figure] for cost in found) for figure in asdict(found[0])
        }
        for name, found in costs.items()
    }
