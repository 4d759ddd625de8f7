"""The command as a process: what it prints, how it ends, and how long it takes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from tap_techwolf.config.settings import OPTIONAL_STREAMS
from tap_techwolf.doctor import cli
from tap_techwolf.version import VERSION
from tests.doctor.conftest import check_names
from tests.gateway import gateway
from tests.harness import environment, settings

if TYPE_CHECKING:
    from sandbox.app import Sandbox

COMMAND = Path(sys.executable).with_name("tap-techwolf-doctor")


def run(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *options],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**variables),
        timeout=60,
    )


@pytest.fixture
def config(url: str, tmp_path: Path) -> str:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(settings(url)))
    return str(file)


def checks_of(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    report = json.loads(done.stdout)
    assert report.keys() == {"versions", "date", "checks"}
    assert report["versions"].keys() == {"tap", "sdk", "python"}
    assert report["date"] == date.fromisoformat(report["date"]).isoformat()
    for one in report["checks"]:
        assert list(one) == ["check", "verdict", "seen", "advice"]
    return {one["check"]: one for one in report["checks"]}


def test_json_has_all_checks_and_stdout_nothing_else(config: str) -> None:
    done = run("--config", config, "--json")
    assert done.returncode == 0, done.stderr
    assert checks_of(done)["token"]["verdict"] == "ok"


def test_the_names_of_the_checks_are_those_that_scripts_know(config: str) -> None:
    names = [
        *("settings", "token", "version", "clock"),
        *(f"{kind}:{stream}" for stream in PATHS for kind in ("export", "form")),
        *(f"filter:{stream}" for stream in PATHS),
        "goals_move_filter",
        *(f"export:{stream}" for stream in OPTIONAL_STREAMS),
    ]
    assert list(checks_of(run("--config", config, "--json"))) == names
    probes = {"probe:date_time", "probe:gte", "probe:inactive"}
    assert checks_of(run("--config", config, "--json", "--probe")).keys() == probes.union(names)


def test_the_text_has_a_header_and_a_line_for_each_check(sandbox: Sandbox, config: str) -> None:
    sandbox.variants.forbidden_exports = {PATHS["job_task_profiles"]}
    sandbox.variants.set_properties = {PATHS["employee_ai_goals"]: {"cost_centre": 1}}
    done = run("--config", config)
    assert done.returncode == 1
    versions, verdict, empty, *lines = done.stdout.splitlines()
    assert versions.startswith(f"tap-techwolf {VERSION}, singer-sdk ")
    assert verdict == "1 error: export:job_task_profiles; 1 warning: form:employee_ai_goals"
    assert not empty
    names = [name for line in lines for name in line[10:].split(": ")[0].split(", ")]
    assert sorted(names) == sorted(check_names())
    line = next(one for one in lines if " export:job_task_profiles: " in one)
    assert line.startswith("[error] ")
    assert "403 Forbidden" in line
    assert "-> Ask TechWolf" in line


def test_checks_that_were_skipped_for_one_reason_share_a_line() -> None:
    done = run()
    *_, error, skipped = done.stdout.splitlines()
    assert error.startswith("[error] ")
    assert skipped.startswith("[skipped] token, version, clock, export:employee_ai_goals, ")
    assert skipped.endswith("The settings are wrong.")
    assert len(checks_of(run("--json"))) == len(check_names())


def test_warnings_are_no_failure(sandbox: Sandbox, config: str) -> None:
    sandbox.variants.set_properties = {PATHS["job_task_profiles"]: {"cost_centre": 1}}
    done = run("--config", config, "--json")
    assert done.returncode == 0
    assert checks_of(done)["form:job_task_profiles"]["verdict"] == "warning"


@pytest.mark.parametrize("options", [[], ["--config", "missing.json"], ["--config=ENV"]])
def test_bad_settings_give_a_report_too(options: list[str]) -> None:
    done = run(*options, "--json")
    assert done.returncode == 1
    checks = checks_of(done)
    assert checks.pop("settings")["verdict"] == "error"
    assert {one["verdict"] for one in checks.values()} == {"skipped"}


def test_several_files_and_the_environment_are_read(config: str, tmp_path: Path) -> None:
    more = tmp_path / "more.json"
    more.write_text('{"page_size": 7}')
    done = run("--config", config, "--config", str(more), "--config=ENV", "--json")
    assert "page_size" in checks_of(done)["settings"]["seen"]
    variables = {"TAP_TECHWOLF_PAGE_SIZE": "9", "TAP_TECHWOLF_LOGLEVEL": "nonsense"}
    done = run("--config", config, "--config=ENV", "--json", **variables)
    assert "page_size" in checks_of(done)["settings"]["seen"]


@pytest.mark.parametrize("options", [["--jason"], ["--config"], ["distinctive"], ["--conf=x"]])
def test_a_wrong_command_line_is_status_2(options: list[str]) -> None:
    done = run(*options)
    assert done.returncode == 2
    assert not done.stdout
    assert "An option is unknown, or lacks its value." in done.stderr
    assert "distinctive" not in done.stderr


def test_help_and_version_need_no_settings() -> None:
    assert run("--version").stdout == f"tap-techwolf-doctor v{VERSION}\n"
    assert "--json" in run("--help").stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_at_once_with_a_line(
    url: str, tmp_path: Path, number: signal.Signals
) -> None:
    file = tmp_path / "config.json"
    with gateway(url) as (address, gate):
        gate.breaks[PATHS["employee_ai_goals"]] = ["silent"]
        file.write_text(json.dumps(settings(address, auth_url=address + TOKEN_PATH)))
        process = subprocess.Popen(
            [COMMAND, "--config", file],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            text=True,
        )
        assert process.stderr
        line = ""
        while "Checking export" not in line:
            line = process.stderr.readline()
            assert line
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=10)
    assert process.returncode == 1
    assert not stdout
    assert stderr.splitlines()[-1] == f"tap-techwolf: Stopped by {number.name}."


def test_what_is_not_there_in_time_is_skipped(
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "SECONDS", 1.5)
    ended: list[int] = []
    monkeypatch.setattr("os._exit", ended.append)
    file = tmp_path / "config.json"
    with gateway(url) as (address, gate):
        gate.breaks[PATHS["employee_ai_goals"]] = ["silent"]
        file.write_text(json.dumps(settings(address, auth_url=address + TOKEN_PATH)))
        monkeypatch.setattr(sys, "argv", ["doctor", "--json", f"--config={file}"])
        cli.main()
    assert ended == [1]  # No export was reached.
    verdicts = {
        one["check"]: one["verdict"] for one in json.loads(capsys.readouterr().out)["checks"]
    }
    assert verdicts["token"] == "ok"
    assert verdicts["export:employee_ai_goals"] == "skipped"


def test_a_closed_stdout_ends_it_with_a_line(config: str) -> None:
    command = f'"{COMMAND}" --config "{config}"'
    for redirection in (">&-", "> /dev/full"):
        done = subprocess.run(
            ["/bin/sh", "-c", f"{command} {redirection}"],
            capture_output=True,
            text=True,
            check=False,
            env=environment(),
        )
        assert done.returncode == 1
        assert "stdout " in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr


def test_the_exit_status_does_not_depend_on_stderr(config: str) -> None:
    command = ["/bin/sh", "-c", f'"{COMMAND}" --config "{config}" 2>/dev/full']
    done = subprocess.run(command, capture_output=True, check=False, env=environment())
    assert done.returncode == 0
    assert done.stdout
