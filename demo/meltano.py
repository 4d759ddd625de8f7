"""Meltano and the sandbox as processes: for the demo, and for the tests of real warehouses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from demo.files import ROOT
from sandbox import tokens
from sandbox.app import TOKEN_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["MELTANO", "ROOT", "Meltano", "MeltanoError", "RunningSandbox", "running_sandbox"]

MELTANO = ROOT / ".venv-meltano" / "bin" / "meltano"


class MeltanoError(Exception):
    """Meltano ended with an error; the text is its log."""


@dataclass
class Meltano:
    """Meltano with this repository's project, and a state of its own.

    Attributes:
        state: The file that the state is kept in.
        variables: Settings, as environment variables.
    """

    state: Path
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """The environment of a run: the caller's, without settings that are not meant."""
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TAP_TECHWOLF_", "TARGET_", "DBT_", "MELTANO_", "COVERAGE_"))
        }
        return inherited | {
            "MELTANO_PROJECT_ROOT": str(ROOT),
            "MELTANO_DATABASE_URI": f"sqlite:///{self.state}",
            "MELTANO_CLI_LOG_LEVEL": "info",
            "NO_COLOR": "1",
            **self.variables,
        }

    def __call__(self, *arguments: str, **variables: str) -> str:
        """Run a Meltano command.

        Args:
            arguments: The command line after `meltano`.
            variables: More environment variables.

        Returns:
            What it printed, the log first.

        Raises:
            MeltanoError: It failed.
        """
        done = subprocess.run(
            [MELTANO, *arguments],
            env=self.environment() | variables,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise MeltanoError(f"meltano {' '.join(arguments)}\n{done.stderr}\n{done.stdout}")
        return done.stderr + done.stdout


@dataclass(frozen=True)
class RunningSandbox:
    """The sandbox in a process of its own.

    Attributes:
        url: Its address.
    """

    url: str

    def summary(self) -> dict[str, Any]:
        """Count what is there and what came."""
        return self._ask(Request(f"{self.url}/sandbox/summary"))  # noqa: S310 - loopback

    def change(self, count: int) -> dict[str, list[str]]:
        """Change a few employees and jobs, and return their ids."""
        return self._steer(f"changes?count={count}")

    def remove(self, count: int) -> dict[str, list[str]]:
        """Let a few employees leave, and return their ids."""
        return self._steer(f"removals?count={count}")

    def _steer(self, what: str) -> dict[str, list[str]]:
        return self._ask(Request(f"{self.url}/sandbox/{what}", method="POST"))  # noqa: S310

    @staticmethod
    def _ask(request: Request) -> dict[str, Any]:
        with urlopen(request) as answer:  # noqa: S310 - loopback
            found: dict[str, Any] = json.load(answer)
            return found

    def settings(self) -> dict[str, str]:
        """The tap's settings, as environment variables."""
        return {
            "TAP_TECHWOLF_TENANT": tokens.TENANT,
            "TAP_TECHWOLF_CLIENT_ID": tokens.CLIENT_ID,
            "TAP_TECHWOLF_CLIENT_SECRET": tokens.CLIENT_SECRET,
            "TAP_TECHWOLF_API_URL": self.url,
            "TAP_TECHWOLF_AUTH_URL": self.url + TOKEN_PATH,
        }


@contextmanager
def running_sandbox(*options: str) -> Iterator[RunningSandbox]:
    """Run the sandbox, and end it whatever happens.

    Args:
        options: Its options, such as `--employees 200`.

    Yields:
        The sandbox, ready to answer.
    """
    command = [sys.executable, "-m", "sandbox", "--port", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout  # noqa: S101 - it was asked for
            yield RunningSandbox(process.stdout.readline().split()[-1])
        finally:
            process.terminate()
