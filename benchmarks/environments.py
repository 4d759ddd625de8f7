"""Installs the tap and its peers, each into an environment of its own."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".cache" / "benchmarks"
TAP_PACKAGE = "tap-techwolf"
PEER_VERSIONS = {"dlt": "1.31.0", "airbyte-cdk": "7.39.1"}
# The tap's dependencies have the same versions in each commit that is measured.
CONSTRAINTS = ("--constraint", ROOT / "requirements" / "development.txt")


def install(folder: Path, *requirement: str | Path) -> Path:
    """Install a package into an environment, which is created if there is none.

    Args:
        folder: The environment's folder.
        requirement: What to install, as arguments of `uv pip install`.

    Returns:
        The environment's Python.
    """
    python = folder / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *requirement], check=True)
    return python


def install_peer(name: str) -> Path:
    """Install one of the other frameworks.

    Args:
        name: The package's name.

    Returns:
        The Python that has it.
    """
    return install(CACHE / name, f"{name}=={PEER_VERSIONS[name]}")


def install_tap(folder: Path = CACHE / TAP_PACKAGE, source: Path = ROOT) -> Path:
    """Install the tap without its development tools, which would slow down its start.

    Args:
        folder: The environment's folder.
        source: The folder that holds the code.

    Returns:
        The Python that has it.
    """
    return install(folder, *CONSTRAINTS, "--reinstall-package", TAP_PACKAGE, source)


def install_commit(revision: str) -> tuple[str, Path]:
    """Install the tap as it was at another commit.

    Args:
        revision: The commit, in any of Git's notations.

    Returns:
        The commit's short hash, and the installed command.
    """
    commit = _git("rev-parse", "--short", "--verify", f"{revision}^{{commit}}").decode().strip()
    source = CACHE / "sources" / commit
    shutil.rmtree(source, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(_git("archive", "--format=tar", commit))) as archive:
        archive.extractall(source, filter="data")
    python = install_tap(CACHE / f"{TAP_PACKAGE}-{commit}", source)
    return commit, python.with_name(TAP_PACKAGE)


def _git(*arguments: str) -> bytes:
    git = shutil.which("git") or "git"
    return subprocess.run([git, *arguments], cwd=ROOT, check=True, capture_output=True).stdout
