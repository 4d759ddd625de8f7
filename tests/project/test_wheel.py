"""The wheel holds the tap and nothing else, and works on the oldest and the newest Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from email import message_from_string
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from demo.files import ROOT
from tap_techwolf.version import VERSION

if TYPE_CHECKING:
    from email.message import Message

UV = Path(sys.executable).with_name("uv")
PACKAGE = ROOT / "tap_techwolf"
SUPPORTED = range(11, 15)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run([*command, "--directory", folder], cwd=ROOT, check=True, capture_output=True)
    [found] = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        name = f"tap_techwolf-{VERSION}.dist-info/METADATA"
        return message_from_string(archive.read(name).decode())


def test_the_wheel_holds_the_package_and_its_metadata_only(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    package = {
        file.relative_to(ROOT).as_posix()
        for file in PACKAGE.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    about = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    assert names == package | {f"tap_techwolf-{VERSION}.dist-info/{name}" for name in about}
    assert {"tap_techwolf/py.typed", "tap_techwolf/schemas/employee_ai_goals.json"} < names


def test_the_metadata_says_what_a_stranger_looks_for(metadata: Message) -> None:
    labels = {str(one).partition(", ")[0] for one in metadata.get_all("Project-URL", [])}
    assert labels == {"Documentation", "Source", "Issues", "Changelog"}
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Singer tap" in metadata["Keywords"]
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    for one in metadata.get_all("Requires-Dist", []):
        assert ">=" in one or "~=" in one, one


def pythons() -> list[Path]:
    """The oldest and the newest Python here that the tap supports."""
    found = {sys.version_info[1]: Path(sys.executable)}
    folders = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.*")
    candidates = [folder / "bin" / "python" for folder in sorted(folders)]
    candidates += [Path(one) for minor in SUPPORTED if (one := shutil.which(f"python3.{minor}"))]
    for candidate in candidates:
        told = subprocess.run([candidate, "--version"], capture_output=True, text=True, check=False)
        minor = told.stdout.removeprefix("Python 3.").partition(".")[0]
        if minor.isdigit() and int(minor) in SUPPORTED:
            found.setdefault(int(minor), candidate)
    return [found[minor] for minor in dict.fromkeys((min(found), max(found)))]


@pytest.mark.parametrize("python", pythons(), ids=["oldest", "newest"][: len(pythons())])
def test_a_fresh_install_discovers(tmp_path: Path, python: Path) -> None:
    environment = tmp_path / "environment"
    subprocess.run([UV, "venv", "--quiet", "--python", python, environment], check=True)
    there = environment / "bin" / "python"
    subprocess.run([UV, "pip", "install", "--quiet", "--python", there, ROOT], check=True)
    tap = environment / "bin" / "tap-techwolf"
    assert VERSION in subprocess.check_output([tap, "--version"], text=True)
    discovered = json.loads(subprocess.check_output([tap, "--discover"]))
    assert discovered == json.loads((ROOT / "tests" / "catalog.json").read_text())["default"]
