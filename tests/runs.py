"""Runs that do not come to their end, and the stores that keep what they leave."""

from __future__ import annotations

import io
import json
import select
import subprocess
from contextlib import redirect_stdout, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.errors import SyncError
from tap_techwolf.tap import TapTechWolf
from tests.harness import LOG, Output, discover, environment, selecting

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from sandbox.app import Sandbox

PROFILES = "employee_task_profiles"
JOBS = "job_task_profiles"
GOALS = "employee_ai_goals"


@dataclass
class Attempt(Output):
    """What a run wrote within the test, and what ended it."""

    error: Exception | None = None

    @property
    def said(self) -> str:
        """The error's text, in which an ended run says why."""
        assert self.error is not None, "the run came to its end"
        return str(self.error)


def attempt(
    config: Mapping[str, Any],
    state: Any = None,
    catalog: Mapping[str, Any] | None = None,
) -> Attempt:
    """Run a sync within the test, and keep what it wrote even if an error ends it."""
    stdout = io.TextIOWrapper(io.BytesIO())
    error: Exception | None = None
    with redirect_stdout(stdout):
        try:
            TapTechWolf(
                config=dict(config),
                state=deepcopy(state),
                catalog=deepcopy(catalog) if catalog else None,
            ).sync_all()
        except SyncError as caught:  # One stream is what these tests are about.
            error = next(iter(caught.failures.values()))
        except Exception as caught:  # noqa: BLE001 - the tests look at it
            error = caught
    lines = stdout.buffer.getvalue().splitlines()
    return Attempt([json.loads(line) for line in lines], error=error)


@cache
def _discovered(config: str) -> str:
    """The catalog, as text; to discover it for each test would take longer than most."""
    return json.dumps(discover(json.loads(config)))


def only(stream: str, method: str = "INCREMENTAL", **config: Any) -> dict[str, Any]:
    """A catalog that selects one stream, and the log."""
    catalog = selecting(json.loads(_discovered(json.dumps(config))), stream, LOG)
    for entry in catalog["streams"]:
        if entry["tap_stream_id"] == stream:
            entry["replication_method"] = method
    return catalog


def cut_off(
    sandbox: Sandbox,
    config: Mapping[str, Any],
    state: Any = None,
    catalog: Mapping[str, Any] | None = None,
    *,
    pages: int = 2,
    stream: str = PROFILES,
) -> Attempt:
    """Run a sync that the API ends after some pages of a stream."""
    sandbox.conditions.faults.append(Fault(PATHS[stream], status=403, skip=pages))
    run = attempt(config, state, catalog or only(stream))
    assert "403" in run.said
    assert "checkpoint" in run.state["bookmarks"][stream]
    sandbox.conditions.faults.clear()
    sandbox.pages.clear()
    return run


def asked(sandbox: Sandbox, stream: str = PROFILES) -> list[tuple[str | None, str | None]]:
    """The cursor and the filter date of each page of a stream that was asked for."""
    return [
        (page.starting_after, page.filters.get("last_updated", {}).get("value"))
        for path, page in sandbox.pages
        if path == PATHS[stream]
    ]


def bookmark(output: Output, stream: str = PROFILES) -> str:
    """The bookmark of a stream."""
    value: str = output.state["bookmarks"][stream]["replication_key_value"]
    return value


def all_ids(sandbox: Sandbox, stream: str = PROFILES) -> list[str]:
    """The ids that a stream brings, in order."""
    if stream == JOBS:
        return [job.external_id for job in sandbox.company.jobs]
    employees = sandbox.company.employees
    return [one.external_id for one in employees if one.goals or stream != GOALS]


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The warnings that were logged."""
    return [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]


def error_line(output: Output) -> str:
    """The one line at ERROR that says why a run ended; at DEBUG its places follow."""
    [line] = [line for line in output.log.splitlines() if "| ERROR" in line]
    return line


def merge(source: Mapping[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    """Merge a state into another as Meltano does: objects at depth, all else replaces."""
    for key, value in source.items():
        if isinstance(value, dict):
            merge(value, target.setdefault(key, {}))
        else:
            target[key] = value
    return target


@dataclass
class MeltanoStore:
    """Keeps states as Meltano does.

    Attributes:
        completed: The last state of runs that replace it.
        partial: What runs left that merge: `--full-refresh`, or `--state-strategy=merge`.
    """

    completed: dict[str, Any] = field(default_factory=dict)
    partial: dict[str, Any] = field(default_factory=dict)

    def acknowledge(self, state: Mapping[str, Any], *, merging: bool) -> None:
        """Keep a state that the loader acknowledged."""
        if merging:
            merge(deepcopy(state), self.partial)
        else:
            self.completed, self.partial = deepcopy(dict(state)), {}

    def state(self) -> dict[str, Any] | None:
        """Give the state that a run is started with."""
        return merge(deepcopy(self.partial), deepcopy(self.completed)) or None

    def run(
        self,
        config: Mapping[str, Any],
        catalog: Mapping[str, Any],
        *,
        full_refresh: bool = False,
        merging: bool = False,
    ) -> Attempt:
        """Run a sync as Meltano does, with a loader that acknowledges each state."""
        run = attempt(config, None if full_refresh else self.state(), catalog)
        for message in run.of_type("STATE"):
            self.acknowledge(message["value"], merging=merging or full_refresh)
        return run


def load(warehouse: dict[str, Any], output: Output, stream: str = PROFILES) -> None:
    """Put a run's records into a warehouse, each in the place of an older one."""
    for record in output.records[stream]:
        warehouse[record["external_id"]] = {**record, "exported_at": None}


# Processes


def start(
    command: list[str], stdout: int = subprocess.PIPE, **variables: str
) -> subprocess.Popen[bytes]:
    """Start a process whose output is read, or not."""
    return subprocess.Popen(
        command, stdout=stdout, stderr=subprocess.PIPE, env=environment(**variables)
    )


def finish(process: subprocess.Popen[bytes]) -> tuple[bytes, str]:
    """Read what a process has yet to write, and wait for its end."""
    rest, log = process.communicate(timeout=60)
    return rest or b"", log.decode()


def wait_until_full(process: subprocess.Popen[bytes], writing: int) -> None:
    """Wait until nobody can write any more into a pipe that a process writes into."""
    pipe = select.poll()
    pipe.register(writing, select.POLLOUT)
    while pipe.poll(0):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
        assert process.poll() is None, "the process ended before the pipe was full"


def whole_lines(content: bytes) -> list[bytes]:
    """The lines of an output, without the rest of one that was cut."""
    return content[: content.rfind(b"\n") + 1].splitlines()
