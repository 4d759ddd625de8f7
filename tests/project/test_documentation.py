"""Each command that the documents show was run: here, or in the test that is named for it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from demo.meltano import MELTANO, ROOT
from sandbox import tokens
from tap_techwolf.tap import TapTechWolf
from tests.harness import Output, environment, settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.app import Sandbox

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "benchmarks/README.md")

# Where the commands that no test of this module runs are run instead.
ELSEWHERE = {
    "git clone https://github.com/tap-techwolf/tap-techwolf": "offline there is nothing to clone",
    "cd tap-techwolf": "as above",
    "make demo": "warehouses/test_loads.py",
    "meltano run tap-techwolf target-duckdb": "as above",
    "meltano run tap-techwolf target-postgres": "warehouses/test_loads.py",
    "meltano run --full-refresh tap-techwolf target-postgres": "warehouses/test_loads.py",
    "meltano run tap-techwolf-employee-ai-goals target-postgres": "warehouses/test_loads.py",
    "pip install git+https://github.com/tap-techwolf/tap-techwolf": "test_wheel.py, from here",
    "make check": "CI",
    "make test": "CI",
    "make generate": "test_generated.py",
    "make pins": "each time that the pins are refreshed: it takes what is newest",
    "tap-techwolf --about": "below, with the other options",
    "make benchmark": "test_benchmarks.py, with fewer records",
    "make mutants": "it takes too long, and tests the tests",
}

BASH = shutil.which("bash") or "bash"


def commands(document: str, containing: str = "") -> list[str]:
    """The command lines in a document's blocks of shell, or in the one block that is meant."""
    text = (ROOT / document).read_text()
    blocks = re.findall(r"^```shell\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    meant = [block for block in blocks if containing in block]
    lines = [line.partition("    #")[0].strip() for block in meant for line in block.splitlines()]
    return [line for line in lines if line]


def inline_commands(document: str) -> list[str]:
    """The command lines in a document's sentences."""
    text = re.sub(r"^```.*?^```", "", (ROOT / document).read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`((?:make|meltano|pip|tap-techwolf) [^`]+)`", text.replace("\n", " "))


def run(lines: list[str], folder: Path, **variables: str) -> str:
    """Run lines as they stand in the document, in one shell."""
    done = subprocess.run(
        [BASH, "-euo", "pipefail", "-c", "\n".join(lines)],
        cwd=folder,
        env=environment() | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def path_with(*folders: Path) -> str:
    return ":".join([*map(str, folders), environment()["PATH"]])


KEY = commands("README.md", "openssl")
PIPE = [one for one in commands("README.md", "target-jsonl") if not one.startswith("pip ")]
PROJECT = [one for one in commands("README.md", "meltano add") if not one.startswith("meltano run")]
ONE_TEST = commands("CONTRIBUTING.md", ".venv/bin/pytest")


def test_no_command_is_shown_that_nothing_runs() -> None:
    shown = {
        line for document in DOCUMENTS for line in (*commands(document), *inline_commands(document))
    }
    assert shown == {*ELSEWHERE, *KEY, *PIPE, *PROJECT, *ONE_TEST}


def test_the_commands_for_a_key_make_one_that_the_tap_takes(tmp_path: Path) -> None:
    key = run([*KEY, 'printf %s "$TAP_TECHWOLF_PRIVATE_KEY"'], tmp_path)
    config = settings("http://127.0.0.1", client_secret=None, private_key=key)
    assert TapTechWolf(config=config).config["private_key"] == key
    assert (tmp_path / "techwolf.pub.pem").read_text().startswith("-----BEGIN PUBLIC KEY-----")


def test_the_pipe_without_meltano_goes_on_from_its_own_state(
    sandbox: Sandbox, url: str, tmp_path: Path, loader: Callable[..., Path]
) -> None:
    target = loader("target-jsonl", "target-jsonl")
    (tmp_path / "config.json").write_text(json.dumps(settings(url)))
    tap = Path(sys.executable).parent
    run(PIPE, tmp_path, PATH=path_with(tap, target.parent))
    first = sandbox.requests.total()
    again = [line for line in PIPE if "echo" not in line]
    run(again, tmp_path, PATH=path_with(tap, target.parent))
    assert sandbox.requests.total() - first == 4  # A token, and a page for each stream.
    state = json.loads((tmp_path / "state.json").read_text())
    assert all("replication_key_value" in one for one in state["bookmarks"].values())


def test_meltano_adds_the_plugin_from_its_definition(tmp_path: Path) -> None:
    (tmp_path / "meltano.yml").write_text("version: 1\nsend_anonymous_usage_stats: false\n")
    address = next(word for word in PROJECT[0].split() if word.startswith("https://"))
    assert address.endswith("/main/plugin.yaml")
    lines = [
        # Offline, from the file that the address leads to; and what it names is not there yet.
        one.replace(address, str(ROOT / "plugin.yaml")).replace(" add ", " add --no-install ")
        for one in PROJECT
    ]
    show = "meltano config print tap-techwolf --format json"
    shown = run([*lines, show], tmp_path, PATH=path_with(MELTANO.parent))
    config = json.loads(shown[shown.index("{\n") :])
    assert config["tenant"] == "acme"
    assert "client_secret" in config
    assert config["page_size"] == 100
    project = yaml.safe_load((tmp_path / "meltano.yml").read_text())
    [plugin] = project["plugins"]["extractors"]
    definition = yaml.safe_load((ROOT / "plugin.yaml").read_text())
    assert plugin["pip_url"] == definition["pip_url"]


def test_one_test_can_be_run_alone() -> None:
    assert " passed" in run([f"{line} --quiet" for line in ONE_TEST], ROOT)


@pytest.mark.parametrize("option", ["--about", "--discover", "--test"])
def test_the_options_that_the_readme_names_work(url: str, tmp_path: Path, option: str) -> None:
    assert f"{option}`" in (ROOT / "README.md").read_text()
    (tmp_path / "config.json").write_text(json.dumps(settings(url)))
    path = path_with(Path(sys.executable).parent)
    assert run([f"tap-techwolf --config config.json {option}"], tmp_path, PATH=path)


def test_settings_come_from_the_environment(url: str, tmp_path: Path) -> None:
    variables = {f"TAP_TECHWOLF_{name.upper()}": text for name, text in settings(url).items()}
    path = path_with(Path(sys.executable).parent)
    output = run(["tap-techwolf --config=ENV"], tmp_path, PATH=path, **variables)
    assert Output.parse(output.encode()).state["bookmarks"]
    assert tokens.CLIENT_SECRET not in output
