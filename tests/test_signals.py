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


START = (
    "import os, signal, sys\n"
    "from tap_techwolf.signals import exit_during_start, handle_signals\n"
    "handle_signals(exit_during_start)\n"
)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_signal_during_the_start_ends_the_process_in_one_line(name: str) -> None:
    done = run_script(f"{START}os.kill(os.getpid(), signal.{name})\n")
    assert done.returncode == 1
    assert done.stderr == f"tap-techwolf: Stopped by {name} before anything was written.\n"


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_a_signal_that_the_process_was_started_to_ignore_stays_ignored(name: str) -> None:
    done = run_script(
        f"import signal\nsignal.signal(signal.{name}, signal.SIG_IGN)\n{START}"
        "from tap_techwolf.tap import TapTechWolf\n"
        "TapTechWolf(config={}, validate_config=False)\n"
        f"os.kill(os.getpid(), signal.{name})\n"
        "sys.exit(7)\n"
    )
    assert (done.returncode, done.stderr) == (7, "")


def test_the_process_exits_where_stderr_cannot_be_made_not_to_wait() -> None:
    done = run_script(
        "import os\ndel os.set_blocking\n"  # As in Python 3.11 on Windows.
        "from tap_techwolf.signals import exit_now\nexit_now('Why.')\n"
    )
    assert (done.returncode, done.stderr) == (1, "tap-techwolf: Why.\n")


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
        "saved state."
    )


def test_the_process_waits_less_than_five_seconds_for_its_loader() -> None:
    assert signals.EXIT_SECONDS < 5


@pytest.mark.parametrize("second", ["SIGINT", "SIGHUP", "SIGQUIT"])
def test_a_second_signal_ends_a_run_whose_loader_does_not_read(second: str) -> None:
    script = (
        "import os, signal\n"
        "from tap_techwolf.tap import TapTechWolf\n"
        "from tap_techwolf.errors import Terminated\n"
        "tap = TapTechWolf(config={}, validate_config=False)\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "except Terminated as error:\n"
        "    assert error.signal_name == 'SIGTERM'\n"
        f"    os.kill(os.getpid(), signal.{second})\n"
    )
    done = run_script(script)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"second signal ({second})" in done.stderr
