"""Runs a command of another environment many times, and imports what it needs but once.

Each run is a fork of a process that has imported the command: it begins at once, and leaves
nothing to the next one. That process runs this file, so it imports nothing of this repository.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import traceback
from contextlib import contextmanager
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Done(NamedTuple):
    """How a run ended, and what it wrote."""

    status: int
    stdout: str
    stderr: str


class Command:
    """A command line program that was imported by a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __call__(
        self,
        arguments: list[str],
        folder: Path,
        environment: Mapping[str, str],
        *,
        stays: bool = False,
        stdin: str = "",
    ) -> Done:
        """Run it to its end; what stays is imported and prepared for all later runs."""
        assert self._process.stdin
        assert self._process.stdout
        with tempfile.TemporaryDirectory() as written:
            files = [Path(written) / name for name in ("stdin", "stdout", "stderr")]
            files[0].write_text(stdin)
            order = {
                "stays": stays,
                "arguments": arguments,
                "folder": str(folder),
                "environment": dict(environment),
                "files": [str(file) for file in files],
            }
            self._process.stdin.write(f"{json.dumps(order)}\n")
            self._process.stdin.flush()
            status = int(self._process.stdout.readline())
            return Done(status, *(file.read_text() for file in files[1:]))


@contextmanager
def imported(python: Path, entry: str, *modules: str) -> Iterator[Command]:
    """Import a command, such as `package.cli:main`, and modules that it would import later."""
    line: list[str | Path] = [python, "-I", __file__, entry, *modules]
    with subprocess.Popen(
        line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Command(process)


def _serve(entry: str, *modules: str) -> None:
    name, _, function = entry.partition(":")
    command = attrgetter(function)(import_module(name))
    for module in modules:
        import_module(module)
    gc.disable()  # A run ends soon, and its searches would copy all that was imported.
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        order = json.loads(line)
        child = order["stays"] or os.fork()
        if not child:
            os._exit(_run(command, order))
        if order["stays"]:
            status = _run(command, order)
        else:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(status, file=answers, flush=True)


def _run(command: Callable[[], object], order: dict[str, Any]) -> int:
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    # The process reads its orders from its own stdin.
    first = 1 if order["stays"] else 0
    for number, file in list(enumerate(order["files"]))[first:]:
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), number)
    sys.argv[1:] = order["arguments"]
    try:
        command()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
            return 1
        return end.code or 0
    except BaseException:  # noqa: BLE001 - as the interpreter would
        traceback.print_exc()
        return 1
    else:
        return 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    _serve(*sys.argv[1:])
