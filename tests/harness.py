"""Runs the tap as its users do, or within the test, and reads what it wrote."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox import tokens
from sandbox.app import TOKEN_PATH
from tap_techwolf.errors import SyncError
from tap_techwolf.tap import TapTechWolf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MEASURED_PROCESSES = (
    "tests/test_process.py",
    "tests/test_stdout.py",
    "tests/test_signals.py",
    "tests/test_log_level.py",
)
STREAMS = ("employee_ai_goals", "employee_task_profiles", "job_task_profiles")
LOG = "completed_passes"


def settings(url: str, **overrides: Any) -> dict[str, Any]:
    """Settings that reach a sandbox; an override of None leaves a setting out."""
    config = {
        "tenant": tokens.TENANT,
        "client_id": tokens.CLIENT_ID,
        "client_secret": tokens.CLIENT_SECRET,
        "api_url": url,
        "auth_url": url + TOKEN_PATH,
        **overrides,
    }
    return {name: value for name, value in config.items() if value is not None}


def body_sent(request: Any) -> dict[str, Any]:
    """The JSON object that a mocked request carries, taken as a connection takes it."""
    body = request.body
    sent: dict[str, Any] = json.loads(body if isinstance(body, bytes) else b"".join(body))
    return sent


@dataclass
class Output:
    """The messages of a run, in order."""

    messages: list[dict[str, Any]]
    exit_status: int = 0
    log: str = ""
    records: dict[str, list[dict[str, Any]]] = field(init=False)

    def __post_init__(self) -> None:
        self.records = defaultdict(list)
        for message in self.of_type("RECORD"):
            self.records[message["stream"]].append(message["record"])

    @classmethod
    def parse(cls, lines: bytes | Iterable[bytes], exit_status: int = 0, log: str = "") -> Output:
        """Read Singer messages."""
        if isinstance(lines, bytes):
            lines = lines.splitlines()
        return cls([json.loads(line) for line in lines], exit_status, log)

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """The messages of one type."""
        return [message for message in self.messages if message["type"] == kind]

    @property
    def state(self) -> dict[str, Any]:
        """The last state."""
        state: dict[str, Any] = self.of_type("STATE")[-1]["value"]
        return state

    @property
    def passes(self) -> list[dict[str, Any]]:
        """The rows of the log for the passes that this run completed."""
        return [row for row in self.records[LOG] if row["loaded_at"] is None]

    @property
    def proofs(self) -> list[dict[str, Any]]:
        """The rows of the log for earlier passes that are known to be loaded."""
        return [row for row in self.records[LOG] if row["loaded_at"] is not None]

    @property
    def last_line(self) -> str:
        """The last line of the log."""
        return self.log.splitlines()[-1]

    def ids(self, stream: str) -> list[str]:
        """The ids of a stream's records, in order."""
        return [record["external_id"] for record in self.records[stream]]


def sync(
    config: Mapping[str, Any],
    state: Mapping[str, Any] | None = None,
    catalog: Mapping[str, Any] | None = None,
) -> Output:
    """Run a sync within the test; what ends it, or the only stream that failed, is raised."""
    stdout = io.TextIOWrapper(io.BytesIO())
    with redirect_stdout(stdout):
        tap = TapTechWolf(
            config=dict(config),
            state=json.loads(json.dumps(state)),
            catalog=json.loads(json.dumps(catalog)) if catalog else None,
        )
        sync_tap(tap)
    return Output.parse(stdout.buffer.getvalue())


def sync_tap(tap: TapTechWolf) -> None:
    """Run a tap's sync to its end, threads included; raise the error of a stream that failed."""
    others = set(threading.enumerate())
    try:
        tap.sync_all()
    except SyncError as error:
        if len(error.failures) > 1:
            raise
        [failure] = error.failures.values()
        raise failure from None
    finally:
        for thread in threading.enumerate():
            if thread not in others and thread.name.startswith(("stream", "read-ahead")):
                thread.join(30)
                assert not thread.is_alive()


def discover(config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Get the catalog."""
    tap = TapTechWolf(config=dict(config or {}), validate_config=False)
    catalog: dict[str, Any] = json.loads(json.dumps(tap.catalog_dict))
    return catalog


def selecting(catalog: dict[str, Any], *streams: str) -> dict[str, Any]:
    """Select only some streams of a catalog."""
    for entry in catalog["streams"]:
        root = next(one for one in entry["metadata"] if one["breadcrumb"] == [])
        root["metadata"]["selected"] = entry["tap_stream_id"] in streams
    return catalog


COMMAND = (sys.executable, "-m", "tap_techwolf")


def environment(**variables: str) -> dict[str, str]:
    """An environment that holds nothing of the tester's own."""
    kept = ["PATH", "TMPDIR"]
    # Measuring takes a process half as long again: only where processes are what is tested.
    if os.environ.get("PYTEST_CURRENT_TEST", "").startswith(MEASURED_PROCESSES):
        kept += ["COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "COVERAGE_RUN"]
    return {name: os.environ[name] for name in kept if name in os.environ} | variables


def arguments(
    folder: Path,
    config: Mapping[str, Any] | str,
    state: Mapping[str, Any] | None = None,
    catalog: Mapping[str, Any] | None = None,
) -> list[str]:
    """Write the files of a run, and make the command line that names them."""
    line = list(COMMAND)
    for option, content in (("config", config), ("state", state), ("catalog", catalog)):
        if content is not None:
            file = folder / f"{option}.json"
            file.write_text(content if isinstance(content, str) else json.dumps(content))
            line += [f"--{option}", str(file)]
    return line


def run(command: list[str], **variables: str) -> Output:
    """Run a command to its end."""
    done = subprocess.run(
        command, capture_output=True, check=False, env=environment(**variables), timeout=120
    )
    return Output.parse(done.stdout, done.returncode, done.stderr.decode())
