"""What stdout is given arrives, or no STATE covers it; and a run ends when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.harness import COMMAND, Output, arguments, environment, run, settings, sync
from tests.runs import PROFILES, all_ids, finish, only, start, wait_until_full, whole_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO

    from sandbox.app import Sandbox

SIGNALS = (signal.SIGTERM, signal.SIGINT)
BUFFERINGS = ("", "1")


@dataclass(frozen=True)
class Pipe:
    """The two ends of a pipe."""

    reader: FileIO
    writer: FileIO

    def start(self, command: list[str], **variables: str) -> subprocess.Popen[bytes]:
        """Start a process that writes into the pipe, until it cannot write any more."""
        process = start(command, self.writer.fileno(), **variables)
        wait_until_full(process, self.writer.fileno())
        self.writer.close()
        return process

    def read(self) -> bytes:
        """Read to the end."""
        return self.reader.read()


@contextmanager
def open_pipe(*, blocking: bool = True) -> Iterator[Pipe]:
    """Open a pipe between a process and its reader."""
    reading, writing = os.pipe()
    os.set_blocking(writing, blocking)
    with (
        open(reading, "rb", buffering=0) as reader,  # noqa: PTH123 - a descriptor, not a path
        open(writing, "wb", buffering=0) as writer,  # noqa: PTH123 - as above
    ):
        yield Pipe(reader, writer)


@pytest.mark.parametrize("unbuffered", BUFFERINGS)
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_the_pipe_is_full_loses_nothing(
    sandbox: Sandbox,
    url: str,
    tmp_path: Path,
    number: signal.Signals,
    unbuffered: str,
) -> None:
    config, catalog = settings(url), only(PROFILES)
    command = arguments(tmp_path, config, catalog=catalog)
    with open_pipe() as pipe:
        process = pipe.start(command, PYTHONUNBUFFERED=unbuffered)
        process.send_signal(number)
        written = pipe.read()
    _, log = finish(process)
    output = Output.parse(written)  # No line is torn.
    assert process.returncode
    assert number.name in log.splitlines()[-1]
    resumed = sync(config, output.state, catalog)
    covered = _covered(written)
    assert covered + resumed.ids(PROFILES) == all_ids(sandbox)


def _covered(written: bytes) -> list[str]:
    """The ids that stand before the last STATE message."""
    lines = whole_lines(written)
    last = max(
        (place for place, line in enumerate(lines) if line.startswith(b'{"type":"STATE"')),
        default=-1,
    )
    return Output.parse(lines[: last + 1]).ids(PROFILES)


@pytest.mark.parametrize("unbuffered", BUFFERINGS)
def test_a_stdout_that_is_not_ready_is_waited_for(
    sandbox: Sandbox, url: str, tmp_path: Path, unbuffered: str
) -> None:
    command = arguments(tmp_path, settings(url), catalog=only(PROFILES))
    with open_pipe(blocking=False) as pipe:
        process = pipe.start(command, PYTHONUNBUFFERED=unbuffered)
        written = pipe.read()
    _, log = finish(process)
    output = Output.parse(written)  # No line is torn.
    assert process.returncode == 0, log
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert "replication_key_value" in output.state["bookmarks"][PROFILES]


KINDS_OF_STDOUT = [
    # The signal, whether stdout blocks, and PYTHONUNBUFFERED.
    (signal.SIGTERM, True, "1"),
    (signal.SIGTERM, False, "1"),
    (signal.SIGINT, True, ""),
    (signal.SIGINT, False, ""),
]


def test_runs_whose_readers_do_not_read_end_soon_after_a_signal(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    config = settings(url)
    command = arguments(tmp_path, config, catalog=only(PROFILES))
    with ExitStack() as stack:  # All at once: each takes its five seconds.
        runs = []
        for number, blocking, unbuffered in KINDS_OF_STDOUT:
            pipe = stack.enter_context(open_pipe(blocking=blocking))
            process = stack.enter_context(pipe.start(command, PYTHONUNBUFFERED=unbuffered))
            stack.callback(process.kill)
            runs.append((process, pipe, number))
        for process, _, number in runs:
            process.send_signal(number)
        deadline = time.monotonic() + 7  # Five seconds, and what a busy machine takes longer.
        for process, pipe, number in runs:
            assert process.wait(deadline - time.monotonic())
            assert process.stderr
            log = process.stderr.read().decode()
            assert "Traceback" not in log
            assert number.name in log.splitlines()[-1]
            check_what_was_taken(sandbox, config, pipe.read())


def _catches(status: str, number: signal.Signals) -> bool:
    [caught] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(caught, 16) >> (number - 1) & 1)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells when signals are handled")
def test_a_run_whose_log_nobody_reads_ends_at_the_second_signal(url: str, tmp_path: Path) -> None:
    command = arguments(tmp_path, settings(url), catalog=only(PROFILES))
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(4096))
    os.set_blocking(writing, True)
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=writing, env=environment()
    ) as process:
        status = Path(f"/proc/{process.pid}/status")
        while not _catches(status.read_text(), signal.SIGTERM):
            os.sched_yield()
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 1
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize(
    ("first", "second"), [(signal.SIGTERM, signal.SIGTERM), (signal.SIGINT, signal.SIGTERM)]
)
def test_a_second_signal_ends_the_run_at_once(
    sandbox: Sandbox,
    url: str,
    tmp_path: Path,
    first: signal.Signals,
    second: signal.Signals,
) -> None:
    config, catalog = settings(url), only(PROFILES)
    command = arguments(tmp_path, config, catalog=catalog)
    with open_pipe() as pipe, pipe.start(command) as process:
        try:
            process.send_signal(first)
            wait_until_received(process, first)
            process.send_signal(second)
            told = time.monotonic()
            assert process.wait(7)
        finally:
            process.kill()
        assert time.monotonic() - told < 3
        assert process.stderr
        log = process.stderr.read().decode()
        taken = pipe.read()
    assert "Traceback" not in log
    check_what_was_taken(sandbox, config, taken)


def wait_until_received(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Wait until a signal is no longer pending: two of one kind would count as one."""
    bit = 1 << (number - 1)
    while True:
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:  # noqa: PTH123
            fields = dict(line.split(":\t") for line in file)
        if not bit & (int(fields["SigPnd"], 16) | int(fields["ShdPnd"], 16)):
            return


def check_what_was_taken(sandbox: Sandbox, config: dict[str, object], taken: bytes) -> None:
    """No STATE covers what was not taken: the next run brings all the rest."""
    output = Output.parse(whole_lines(taken))
    states = output.of_type("STATE")
    state = states[-1]["value"] if states else None
    resumed = sync(config, state, only(PROFILES))
    assert _covered(taken) + resumed.ids(PROFILES) == all_ids(sandbox)


INTERRUPT_AT = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["INTERRUPT_AT"]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
"""


@pytest.mark.parametrize("module", ["tap_techwolf.tap", "singer_sdk", "requests"])
def test_an_interrupt_during_the_imports_takes_one_line(
    url: str, tmp_path: Path, module: str
) -> None:
    folder = tmp_path / "hook"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(INTERRUPT_AT)
    output = run(arguments(tmp_path, settings(url)), PYTHONPATH=str(folder), INTERRUPT_AT=module)
    assert output.exit_status
    assert not output.messages
    assert len(output.log.splitlines()) == 1
    assert "SIGINT" in output.log or "nterrupt" in output.log


def shell(
    redirection: str, command: list[str], **variables: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", *command],  # noqa: S607
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        env=environment(**variables),
        check=False,
        timeout=60,
    )


def one_line_of(done: subprocess.CompletedProcess[bytes]) -> str:
    """The only thing that a process said at ERROR, or at all."""
    log = done.stderr.decode()
    assert "Traceback" not in log
    assert "Unexpected" not in log
    assert "Exception ignored" not in log
    return log.splitlines()[-1] if log else ""


@pytest.mark.parametrize("unbuffered", BUFFERINGS)
@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
def test_a_sync_that_cannot_write_says_so(
    sandbox: Sandbox, url: str, tmp_path: Path, redirection: str, unbuffered: str
) -> None:
    command = arguments(tmp_path, settings(url), catalog=only(PROFILES))
    done = shell(redirection, command, PYTHONUNBUFFERED=unbuffered)
    assert done.returncode
    line = one_line_of(done).lower()
    assert "stdout" in line or "space" in line or "output" in line
    assert len(sandbox.pages) <= 2


@pytest.mark.parametrize(
    ("option", "unbuffered"),
    [("--version", ""), ("--version", "1"), ("--help", ""), ("--discover", ""), ("--about", "")],
)
def test_what_cannot_be_told_is_an_error_of_one_line(option: str, unbuffered: str) -> None:
    done = shell(">/dev/full", [*COMMAND, option], PYTHONUNBUFFERED=unbuffered)
    assert done.returncode
    line = one_line_of(done).lower()
    assert "stdout" in line or "space" in line or "output" in line


@pytest.mark.parametrize("option", ["--version", "--help", "--discover"])
def test_a_closed_stdout_leads_to_no_traceback(option: str) -> None:
    one_line_of(shell(">&-", [*COMMAND, option]))
