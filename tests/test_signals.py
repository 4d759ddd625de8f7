"""A signal ends the process, whatever it is doing."""

from __future__ import annotations

import subprocess
import sys
from threading import Event

import pytest

from tap_techwolf import signals
from tests.harness import environment


def run_script(script: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", script]
    return subprocess.run(
        line, capture_output=True, text=True, check=False, env=environment(), timeout=60
    )


def test_the_process_exits_with_one_line_and_no_clean_up() -> None:
    done = run_script(
        "import atexit\n"
        "from tap_techwolf.signals import exit_now\n"
        "atexit.register(print, 'cleaned up')\n"
        "exit_now('Why.')\n"
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "tap-techwolf: Why.\n")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_during_the_start_ends_the_process_in_one_line(name: str) -> None:
    done = run_script(
        "import os, signal\n"
        "from tap_techwolf.signals import exit_during_start\n"
        f"signal.signal(signal.{name}, exit_during_start)\n"
        f"os.kill(os.getpid(), signal.{name})\n"
    )
    assert done.returncode == 1
    assert done.stderr == f"tap-techwolf: Stopped by {name} before anything was written.\n"


def test_a_process_that_does_not_exit_in_time_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Event()
    texts: list[str] = []

    def end(message: str) -> None:
        texts.append(message)
        ended.set()

    monkeypatch.setattr(signals, "exit_now", end)
    signals.exit_after(0.01, "SIGTERM")
    assert ended.wait(10)
    [text] = texts
    assert text == (
        "Stopped by SIGTERM while the loader was not reading. Run again to resume from the last "
        "state that it received."
    )


def test_the_process_waits_less_than_five_seconds_for_its_loader() -> None:
    assert signals.EXIT_SECONDS < 5


def test_a_second_signal_ends_a_run_whose_loader_does_not_read() -> None:
    script = (
        "import os, signal\n"
        "from tap_techwolf.tap import TapTechWolf\n"
        "from tap_techwolf.errors import Terminated\n"
        "tap = TapTechWolf(config={}, validate_config=False)\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "except Terminated as error:\n"
        "    assert error.signal_name == 'SIGTERM'\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
    )
    done = run_script(script)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "second signal (SIGINT)" in done.stderr
