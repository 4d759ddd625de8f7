"""What starts a sync: cron, Airflow and GitHub, with the documents' and examples' own lines."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from demo.files import ROOT
from demo.meltano import MELTANO
from tests.conftest import UV
from tests.harness import settings
from tests.project.documents import block, blocks, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.app import Sandbox

# test_quick_start.py runs these.
COMMANDS = [
    "meltano run tap-techwolf target-postgres",
    "meltano run --full-refresh tap-techwolf target-postgres",
]
FULL_CATALOG = block("docs/deployment.md", "full.json")
WITHOUT_MELTANO = block("README.md", "sync.sh")
PROJECT = "/srv/techwolf"
DAYS = ["1-6", "0"]


def test_the_commands_are_those_that_are_run_elsewhere() -> None:
    shown = block("README.md", "meltano init") + block("docs/operations.md", "schedule run")
    assert [one for one in COMMANDS if one not in shown.splitlines()] == []


# cron


def crontab(containing: str) -> tuple[dict[str, str], list[str]]:
    """The variables and the commands of a crontab that the documents show."""
    lines = block("docs/deployment.md", containing, "crontab").splitlines()
    variables = dict(one.split("=", 1) for one in lines if re.match(r"[A-Z]+=", one))
    entries = [one.split(maxsplit=5) for one in lines if one[0].isdigit()]
    assert [one[4] for one in entries] == DAYS
    assert all(one[0] != "0" for one in entries)
    return variables, [one[5] for one in entries]


def run_as_cron(command: str, path: str, home: Path) -> str:
    """Run a command as cron does; return what cron would mail."""
    home.mkdir(exist_ok=True)
    environment = {"PATH": path, "HOME": str(home), "SHELL": "/bin/sh"}
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert list(home.iterdir()) == []
    return done.stdout + done.stderr


needs_flock = pytest.mark.skipif(not shutil.which("flock"), reason="macOS has no flock")


@needs_flock
def test_cron_runs_meltano_in_its_project_and_mails_failures_only(tmp_path: Path) -> None:
    variables, commands = crontab("meltano")
    folder = tmp_path / "project"
    program = folder / ".venv" / "bin" / "meltano"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "meltano $*" in "$PWD"\nexec test ! -e failing\n')
    program.chmod(0o755)
    path = variables["PATH"].replace(PROJECT, str(folder))
    commands = [one.replace(PROJECT, str(folder)) for one in commands]
    mails = [run_as_cron(one, path, tmp_path / "home") for one in commands]
    assert mails == ["", ""]
    (folder / "failing").touch()
    assert "failed" in run_as_cron(commands[0], path, tmp_path / "home")
    told = (folder / "sync.log").read_text().splitlines()
    assert told == [f"{one} in {folder}" for one in (*COMMANDS, COMMANDS[0])]


def test_cron_builds_the_models_with_their_password(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    program = folder / "dbt" / "bin" / "dbt"
    program.parent.mkdir(parents=True)
    (folder / "answers").mkdir()
    program.write_text('#!/bin/sh\necho "dbt $*" in "$PWD" by "$DBT_PASSWORD"\n')
    program.chmod(0o755)
    *variables, entry = block("docs/deployment.md", "dbt build", "crontab").splitlines()
    command = entry.split(maxsplit=5)[5].replace(PROJECT, str(folder))
    [password] = [one for one in variables if one.startswith("DBT_")]
    assert run_as_cron(f"export {password}; {command}", "/usr/bin:/bin", tmp_path / "home") == ""
    assert (folder / "dbt.log").read_text() == f"dbt build in {folder}/answers by password\n"


@needs_flock
def test_cron_runs_the_script_with_its_own_state_and_a_full_sync_is_proved(
    sandbox: Sandbox, url: str, loader: Callable[..., Path], tmp_path: Path
) -> None:
    folder, home = tmp_path / "project", tmp_path / "home"
    for name in ("tap", "loader"):
        (folder / name / "bin").mkdir(parents=True)
    (folder / "tap/bin/python").symlink_to(sys.executable)
    (folder / "tap/bin/tap-techwolf").symlink_to(UV.with_name("tap-techwolf"))
    # Its files show each run's rows, and it needs no settings.
    stand_in = loader("target-jsonl", "target-jsonl==0.1.4")
    (folder / "loader/bin/target-postgres").symlink_to(stand_in)
    (folder / "loader.json").write_text("{}")
    [script] = re.findall(
        r"cat > sync\.sh <<'END'\n(.*?)^END", WITHOUT_MELTANO, re.DOTALL | re.MULTILINE
    )
    (folder / "sync.sh").write_text(script)
    (folder / "config.json").write_text(json.dumps(settings(url)))
    variables, commands = crontab("sync.sh")
    daily, full = (one.replace(PROJECT, str(folder)) for one in commands)
    run(FULL_CATALOG, folder, {})
    requests = []
    for command in (daily, full, daily):
        before = sandbox.requests.total()
        assert run_as_cron(command, variables["PATH"], home) == ""
        requests.append(sandbox.requests.total() - before)
    assert requests[0] == requests[1] > requests[2]
    files = folder.glob("completed_passes*.jsonl")  # One for each run.
    rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    full_passes = {(one["stream"], one["began_at"]) for one in rows if one["is_full"]}
    loaded = {(one["stream"], one["began_at"]) for one in rows if one["loaded_at"]}
    assert full_passes <= loaded
    assert len(full_passes) == 6
    (folder / "config.json").write_text("{}")
    assert "failed" in run_as_cron(daily, variables["PATH"], home)


# Airflow


@contextmanager
def _stand_ins_for_airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Airflow takes minutes to install: its two classes, which keep what they are given."""
    found: list[Any] = []

    class DAG:
        def __init__(self, dag_id: str, **given: Any) -> None:
            found.append(given | {"dag_id": dag_id})

        def __enter__(self) -> None:
            pass

        def __exit__(self, *_: object) -> None:
            pass

    def bash_operator(**given: Any) -> None:
        found[-1]["task"] = given

    for name in ("airflow", "airflow.providers", "airflow.providers.standard"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    for name, thing in (("sdk", DAG), ("providers.standard.operators.bash", bash_operator)):
        module = ModuleType(f"airflow.{name}")
        module.__dict__.update(DAG=thing, BashOperator=thing)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    yield found


def _refused_after_a_kill() -> timedelta:
    """How long Meltano refuses to run after a run that was killed."""
    script = "from meltano.core.job.job import HEARTBEAT_VALID_MINUTES as m; print(m)"
    command = [str(MELTANO.with_name("python")), "-c", script]
    return timedelta(minutes=int(subprocess.check_output(command, text=True)))


def test_airflow_runs_changes_daily_and_all_weekly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MELTANO_PROJECT_ROOT", "/projects/techwolf")
    with _stand_ins_for_airflow(monkeypatch) as dags:
        runpy.run_path(str(ROOT / "examples" / "airflow_dag.py"))
    assert [one["task"]["bash_command"] for one in dags] == COMMANDS
    assert [one["schedule"].split()[-1] for one in dags] == DAYS
    assert {one["task"]["cwd"] for one in dags} == {"/projects/techwolf"}
    refused = _refused_after_a_kill()
    assert all(one["default_args"]["retry_delay"] > refused for one in dags)
    assert refused == timedelta(minutes=5)
    assert "five minutes" in (ROOT / "docs/operations.md").read_text()


# GitHub


def test_the_workflow_installs_what_it_runs_and_tells_of_failures() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "sync.yml").read_text())
    steps = workflow["jobs"]["sync"]["steps"]
    runs = [one["run"] for one in steps if "run" in one]
    [extra] = re.findall(r"meltano\[(\w+)\]", runs[0])
    metadata = next(MELTANO.parent.parent.glob("lib/*/site-packages/meltano-*/METADATA"))
    assert f"extra == '{extra}'" in metadata.read_text()
    assert runs[1:3] == ["meltano install tap-techwolf target-postgres", COMMANDS[0]]
    [sync] = [one for one in steps if one.get("run") == COMMANDS[0]]
    triggers = workflow[True]  # YAML reads `on` as true.
    crons = [one["cron"] for one in triggers["schedule"]]
    assert [one.split()[-1] for one in crons] == DAYS
    assert all(one.split()[0] != "0" for one in crons)  # GitHub is busy then.
    jobs = workflow["jobs"]
    assert workflow["permissions"] == {}
    assert jobs["sync"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert jobs["alert"]["permissions"] == {"issues": "write"}
    assert jobs["sync"]["timeout-minutes"] <= 60
    full = sync["env"]["MELTANO_RUN_FULL_REFRESH"]
    assert f"== '{crons[1]}'" in full
    assert [f"inputs.{one}" in full for one in triggers["workflow_dispatch"]["inputs"]] == [True]
    # Variables that are not set are empty, and would replace the settings in meltano.yml.
    assert {name for name in sync["env"] if name.startswith("TAP_")} == {
        "TAP_TECHWOLF_CLIENT_SECRET"
    }
    # Nor is dbt's step run without them. Its names are those of the page.
    [models] = [one for one in steps if "dbt" in one.get("run", "")]
    shown = set(
        re.findall(r"^(DBT_\w+)=", block("dbt/README.md", "DBT_POSTGRES_USER="), re.MULTILINE)
    )
    assert models["env"].keys() == shown
    assert any(f"vars.{one} != ''" in models["if"] for one in shown)
    alert = workflow["jobs"]["alert"]
    assert alert["needs"] == "sync"
    assert "cancelled" in alert["if"]  # A job that takes too long counts as cancelled.


# States


def test_the_state_backends_are_those_of_meltano() -> None:
    page = (ROOT / "docs/deployment.md").read_text()
    packages = next(MELTANO.parent.parent.glob("lib/*/site-packages"))
    [points] = packages.glob("meltano-*/entry_points.txt")
    backends = points.read_text().partition("[meltano.state_backends]")[2]
    assert {"azure", "gs", "s3"} <= set(re.findall(r"^(\w+) ?=", backends, re.MULTILINE))
    for scheme in ("azure", "gs", "s3"):
        assert f"`{scheme}://" in page
    assert len(blocks("crontab", "docs/deployment.md")) == 3
