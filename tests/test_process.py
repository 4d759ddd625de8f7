"""The command as a process: killed, told to end, left by its reader, or failing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from math import ceil
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import OPTIONAL_PATHS
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tests.gateway import Break, gateway
from tests.harness import (
    COMMAND,
    STREAMS,
    Output,
    arguments,
    discover,
    environment,
    run,
    selecting,
    settings,
    sync,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox

PAGES = {"employee_ai_goals": 5, "employee_task_profiles": 5, "job_task_profiles": 3}
PAGE_SIZE = {"employee_ai_goals": 100, "employee_task_profiles": 100, "job_task_profiles": 50}


def start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )


def read_states(process: subprocess.Popen[bytes], count: int) -> list[bytes]:
    """Read lines until some STATE messages have come that cover something."""
    assert process.stdout
    lines: list[bytes] = []
    while count:
        line = process.stdout.readline()
        assert line, "the process ended early"
        lines.append(line)
        count -= line.startswith(b'{"type":"STATE"') and b"began_at" in line
    return lines


def finish(process: subprocess.Popen[bytes]) -> tuple[bytes, str]:
    rest, log = process.communicate(timeout=60)
    return rest, log.decode()


def essence(records: list[dict[str, Any]]) -> set[str]:
    """Records without the moment of their pass, comparable and each once."""
    return {
        json.dumps({**record, "exported_at": None}, sort_keys=True, ensure_ascii=False)
        for record in records
    }


@pytest.mark.parametrize(
    ("stream", "page", "method"),
    [
        *((stream, page, "INCREMENTAL") for stream in STREAMS for page in range(1, PAGES[stream])),
        *((stream, 2, "FULL_TABLE") for stream in STREAMS),
    ],
)
def test_a_sync_that_is_killed_after_any_page_loses_nothing(
    sandbox: Sandbox, url: str, tmp_path: Path, stream: str, page: int, method: str
) -> None:
    catalog = selecting(discover(), stream)
    for entry in catalog["streams"]:
        entry["replication_method"] = method
    config = settings(url, page_size=PAGE_SIZE[stream])
    whole = sync(config, catalog=catalog)
    sandbox.requests.clear()
    sandbox.conditions.delay = 0.05

    process = start(arguments(tmp_path, config, catalog=catalog))
    covered = read_states(process, page)
    process.send_signal(signal.SIGKILL)
    finish(process)
    before = Output.parse(covered)

    entities = sandbox.company.jobs if "job" in stream else sandbox.company.employees
    changed = next(one for one in entities if one.goals or "goals" not in stream)
    named = {**config, "user_agent": "resumed"}
    resumed = run(arguments(tmp_path, named, before.state, catalog))
    assert resumed.exit_status == 0, resumed.log
    assert essence(before.records[stream] + resumed.records[stream]) == essence(
        whole.records[stream]
    )
    agents = [headers["user-agent"] for headers in sandbox.headers]
    assert agents.count("resumed") == PAGES[stream] - page
    # The next page was being asked for, or had just come; the whole sync before is not counted.
    assert len(agents) - agents.count("resumed") - PAGES[stream] <= page + 2

    sandbox.company.change(changed)
    after = sync(config, resumed.state, selecting(discover(), stream))
    assert after.ids(stream) == [changed.external_id]


@pytest.mark.parametrize("states", [1, 6, 12])
def test_a_sync_of_all_streams_that_is_killed_loses_nothing(
    sandbox: Sandbox, url: str, tmp_path: Path, states: int
) -> None:
    config = settings(url, page_size=70, optional_streams=list(OPTIONAL_PATHS))
    whole = sync(config)
    sandbox.conditions.delay = 0.05
    process = start(arguments(tmp_path, config))
    before = Output.parse(read_states(process, states))
    process.send_signal(signal.SIGKILL)
    finish(process)
    resumed = run(arguments(tmp_path, config, before.state))
    assert resumed.exit_status == 0, resumed.log
    for stream in (*PATHS, *OPTIONAL_PATHS):
        found = essence(before.records[stream] + resumed.records[stream])
        assert found == essence(whole.records[stream]), stream
    full = {row["stream"] for row in before.passes + resumed.passes if row["is_full"]}
    assert full == {*PATHS, *OPTIONAL_PATHS}


def test_a_change_while_the_tap_is_down_comes_with_the_next_sync(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    sandbox.conditions.delay = 0.05
    catalog = selecting(discover(), "employee_task_profiles")
    process = start(arguments(tmp_path, settings(url), catalog=catalog))
    before = Output.parse(read_states(process, 2))
    process.kill()
    finish(process)
    delivered, pending = sandbox.company.employees[3], sandbox.company.employees[-3]
    for employee in (delivered, pending):
        sandbox.company.change(employee)
    resumed = run(arguments(tmp_path, settings(url), before.state, catalog))
    later = run(arguments(tmp_path, settings(url), resumed.state, catalog))
    assert pending.external_id in resumed.ids("employee_task_profiles")
    assert delivered.external_id in later.ids("employee_task_profiles")


@pytest.mark.parametrize(
    ("number", "pages"),
    [
        *((one, pages) for one in (signal.SIGTERM, signal.SIGINT) for pages in (0, 2)),
        *((one, 2) for one in (signal.SIGHUP, signal.SIGQUIT)),
    ],
)
def test_a_signal_ends_the_run_with_a_last_state(
    sandbox: Sandbox, url: str, tmp_path: Path, number: signal.Signals, pages: int
) -> None:
    with gateway(url) as (address, gate):
        path = PATHS["employee_ai_goals"]
        calm: list[Break] = ["none"] * pages
        gate.breaks[path] = [*calm, "silent"]
        catalog = selecting(discover(), "employee_ai_goals")
        process = start(arguments(tmp_path, settings(address, page_size=50), catalog=catalog))
        lines = read_states(process, pages)
        while gate.requests.count(path) <= pages:
            os.sched_yield()
        process.send_signal(number)
        rest, log = finish(process)
        output = Output.parse(b"".join(lines) + rest)
        config = settings(address, page_size=50)
        resumed = sync(config, output.state, catalog)
    assert process.returncode == 1
    assert output.messages[-1]["type"] == "STATE"
    assert number.name in log.splitlines()[-1]
    assert "Traceback" not in log
    goals = [one.external_id for one in sandbox.company.employees if one.goals]
    assert output.ids("employee_ai_goals") + resumed.ids("employee_ai_goals") == goals
    assert bool(pages) == ("checkpoint" in output.state["bookmarks"].get("employee_ai_goals", {}))


def test_a_signal_while_a_page_is_being_written_waits_for_its_end(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    config = settings(url)
    catalog = selecting(discover(), "employee_task_profiles")
    process = start(arguments(tmp_path, config, catalog=catalog))
    assert process.stdout
    first = process.stdout.readline()  # The page after it is larger than a pipe.
    while not sandbox.requests[PATHS["employee_task_profiles"]] >= 2:
        os.sched_yield()
    process.send_signal(signal.SIGTERM)
    rest, log = finish(process)
    output = Output.parse(first + rest)
    assert output.messages[-1]["type"] == "STATE"
    resumed = sync(config, output.state, catalog)
    ids = output.ids("employee_task_profiles") + resumed.ids("employee_task_profiles")
    assert ids == [employee.external_id for employee in sandbox.company.employees]
    assert process.returncode == 1
    assert "SIGTERM" in log


def test_a_signal_during_discovery_writes_no_state(tmp_path: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from tap_techwolf import cli, tap\n"
        "tap.TapTechWolf.run_discovery = lambda self: os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.argv = ['tap-techwolf', '--discover']\n"
        "cli.main()\n"
    )
    file = tmp_path / "discover.py"
    file.write_text(script)
    output = run([arguments(tmp_path, {})[0], str(file)], PYTHONPATH=os.getcwd())  # noqa: PTH109
    assert output.exit_status == 1
    assert not output.messages
    assert "SIGTERM" in output.last_line


@pytest.mark.parametrize("lines", [0, 1, 50])
def test_a_reader_that_leaves_ends_the_run_quietly(
    sandbox: Sandbox, url: str, tmp_path: Path, lines: int
) -> None:
    with start(arguments(tmp_path, settings(url, parallel_streams=1))) as process:
        assert process.stdout
        assert process.stderr
        for _ in range(lines):
            process.stdout.readline()
        process.stdout.close()
        log = process.stderr.read().decode()
        assert process.wait(60) == 1
    assert "Traceback" not in log
    assert "BrokenPipe" not in log
    assert log.splitlines()[-1].endswith("The loader exited; see its log, then run again.")
    assert sandbox.requests[PATHS["job_task_profiles"]] == 0


FAULTS = [
    Fault("/oauth/token", status=401),
    Fault(PATHS["employee_ai_goals"], status=403, skip=1),
    Fault(PATHS["employee_ai_goals"], status=503, times=99),
    Fault(PATHS["employee_ai_goals"], status=401, times=2),
    Fault(PATHS["employee_ai_goals"], kind="redirect", status=302),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.path} {fault.status}")
def test_whatever_ends_the_run_its_last_line_says_so(
    sandbox: Sandbox, url: str, tmp_path: Path, fault: Fault
) -> None:
    sandbox.conditions.faults.append(Fault(**vars(fault)))
    output = run(arguments(tmp_path, settings(url, max_attempts=2)))
    assert output.exit_status == 1
    assert str(fault.status) in output.last_line
    assert "| ERROR" in output.last_line
    assert "Traceback" not in output.log


@pytest.mark.parametrize(
    ("config", "state", "text"),
    [
        ("{", None, "config.json', given with --config, is not valid JSON (line 1, column 2)."),
        (None, "there-is-none.json", "there-is-none.json"),
        (None, '{"bookmarks": 5}', "'bookmarks' hold an object"),
    ],
    ids=["config", "no file", "state"],
)
def test_a_file_that_cannot_be_read_is_named_in_one_line(
    url: str, tmp_path: Path, config: str | None, state: str | None, text: str
) -> None:
    line = arguments(tmp_path, config or settings(url))
    if state:
        file = tmp_path / "state.json"
        if state.startswith("{"):
            file.write_text(state)
            line += ["--state", str(file)]
        else:
            line[line.index("--config") + 1] = state
    output = run(line)
    assert output.exit_status == 1
    assert text in output.last_line
    assert "Traceback" not in output.log


def test_a_broken_stream_map_is_explained(url: str, tmp_path: Path) -> None:
    maps = {"employee_ai_goals": {"goal": "nonsense(goal)"}}
    output = run(arguments(tmp_path, settings(url, stream_maps=maps)))
    assert output.exit_status == 1
    assert "nonsense(goal)" in output.last_line


@pytest.mark.parametrize("option", ["--test", "--test=records"])
def test_a_test_run_asks_for_a_page_of_each_export_and_prints_no_record(
    sandbox: Sandbox, url: str, tmp_path: Path, option: str
) -> None:
    output = run([*arguments(tmp_path, settings(url)), option])
    assert output.exit_status == 0, output.log
    assert not output.messages
    assert [line.rpartition("| ")[2] for line in output.log.splitlines()] == [
        f"{stream}: ok" for stream in STREAMS
    ]
    assert all(sandbox.requests[path] == 1 for path in PATHS.values())


def test_a_test_run_names_each_export_that_cannot_be_read(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    for stream, status in ((STREAMS[0], 403), (STREAMS[2], 404)):
        sandbox.conditions.faults.append(Fault(PATHS[stream], status=status))
    output = run([*arguments(tmp_path, settings(url)), "--test"])
    assert output.exit_status == 1
    assert not output.messages
    first, last = output.log.splitlines()
    assert first.endswith(f"{STREAMS[1]}: ok")
    for words in (f"{STREAMS[0]}, page 1", "403 Forbidden", f"{STREAMS[2]}, page 1", "404 Not F"):
        assert words in last


def test_the_last_line_names_each_stream_that_failed(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    for stream, status in ((STREAMS[0], 403), (STREAMS[2], 404)):
        sandbox.conditions.faults.append(Fault(PATHS[stream], status=status))
    output = run(arguments(tmp_path, settings(url)))
    assert output.exit_status == 1
    assert "1 of 3 streams complete: 430 records" in output.log.splitlines()[-2]
    assert output.ids(STREAMS[1]) == [one.external_id for one in sandbox.company.employees]
    first, second = output.last_line.split("; ")
    assert f"{STREAMS[0]}, page 1" in first
    assert "403 Forbidden" in first
    assert second.startswith(f"{STREAMS[2]}, page 1")
    assert "404 Not Found" in second


def test_a_test_of_schemas_asks_for_nothing(sandbox: Sandbox, url: str, tmp_path: Path) -> None:
    output = run([*arguments(tmp_path, settings(url)), "--test=schema"])
    assert [message["type"] for message in output.messages] == ["SCHEMA"] * 4
    assert not sandbox.requests


def test_a_quiet_sync_logs_a_line_at_the_start_and_the_end_of_a_stream(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    output = run(arguments(tmp_path, settings(url)))
    lines = output.log.splitlines()
    assert len(lines) == 2 * len(STREAMS) + 1
    for stream in STREAMS:
        begin, end = (line for line in lines if f"| {stream}: " in line)
        assert f"{stream}: full pass (no bookmark)" in begin
        assert f"{stream}: done, " in end
    assert f"| {len(STREAMS)} of 3 streams complete: " in lines[-1]
    assert "the next run" in lines[-1]
    pages = ceil(len(sandbox.company.employees) / 100)
    assert f"{pages} pages, {len(sandbox.company.employees)} records" in output.log
    again = run(arguments(tmp_path, settings(url), output.state))
    assert "updates after" in again.log


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_are_told_without_the_sdk(option: str) -> None:
    script = (
        "import sys\n"
        "from tap_techwolf.cli import main\n"
        f"sys.argv = ['tap-techwolf', {option!r}]\n"
        "main()\n"
        "heavy = {'singer_sdk', 'requests', 'msgspec', 'click', 'cryptography', 'jwt'}\n"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert b"tap-techwolf" in done.stdout
    assert not done.stderr


def test_the_version_reads_as_the_sdks_does() -> None:
    told = [
        subprocess.check_output([*COMMAND, *options], text=True)
        for options in (["--version"], ["--version", "--config=ENV"])
    ]
    assert told[0] == told[1]


def test_the_sdks_metrics_stay_available(url: str, tmp_path: Path) -> None:
    output = run(arguments(tmp_path, settings(url)), TAP_TECHWOLF_LOGLEVEL="DEBUG")
    assert "POST /export/employees/ai_goals: status 200" in output.log
    assert "record_count" in output.log


@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", "2>&9"])
def test_the_exit_status_of_a_complete_run_does_not_depend_on_stderr(
    url: str, tmp_path: Path, redirection: str
) -> None:
    reading, writing = os.pipe()
    os.close(reading)  # Nobody reads what is written to descriptor 9.
    command = ["bash", "-c", f'"$@" 9>&{writing} {redirection}', "bash"]
    done = subprocess.run(
        [*command, *arguments(tmp_path, settings(url))],
        stdout=subprocess.PIPE,
        check=False,
        env=environment(),
        pass_fds=[writing],
    )
    os.close(writing)
    assert done.returncode == 0
    assert Output.parse(done.stdout).messages[-1]["type"] == "STATE"
