"""The documents' blocks of code, and what stands in for what a test cannot reach."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from demo.files import ROOT
from demo.meltano import MELTANO
from sandbox import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DOCUMENTS = [
    name
    for name in (
        *("README.md", "CONTRIBUTING.md", "SECURITY.md", "benchmarks/README.md", "dbt/README.md"),
        *sorted(f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md")),
        *sorted(f"dbt/docs/{file.name}" for file in (ROOT / "dbt" / "docs").glob("*.md")),
    )
    if (ROOT / name).exists()
]


class Substitute(NamedTuple):
    """What stands in for something in a block: `{names}` are filled in by the test."""

    shown: str
    run: str
    reason: str


SUBSTITUTES = (
    Substitute(
        "https://raw.githubusercontent.com/tap-techwolf/tap-techwolf/main/plugin.yaml",
        "{plugin}",
        "GitHub cannot be reached: the same file, which takes the tap from this checkout",
    ),
    Substitute(
        "https://raw.githubusercontent.com/tap-techwolf/tap-techwolf/$commit/plugin.yaml",
        "{plugin}",
        "as above",
    ),
    Substitute(
        "_pip_url git+https://github.com/tap-techwolf/tap-techwolf@$commit",
        "_pip_url {root}",
        "as above: the tap of this checkout",
    ),
    Substitute(
        "git+https://github.com/tap-techwolf/tap-techwolf",
        "--editable {root}",
        "GitHub cannot be reached: the tap of this checkout",
    ),
    Substitute(
        "meltano add --variant meltanolabs target-postgres",
        "meltano add --from-ref {loader} target-postgres",
        "Meltano's hub cannot be reached: the definition in our meltano.yml",
    ),
    Substitute(
        "https://raw.githubusercontent.com/tap-techwolf/tap-techwolf/main/dbt/dbt-postgres.yaml",
        "{root}/dbt/dbt-postgres.yaml",
        "GitHub cannot be reached: the same file",
    ),
    Substitute(
        "- git: https://github.com/tap-techwolf/tap-techwolf.git\n"
        "    subdirectory: dbt\n"
        "    revision: main\n",
        "- local: {root}/dbt\n",
        "as above: the same folder",
    ),
    Substitute(
        "postgresql+psycopg://user:password@host:5432/database",
        "{postgres}",
        "there is no database host: a server on a socket",
    ),
    Substitute("POSTGRES_HOST=host", "POSTGRES_HOST={socket}", "as above"),
    Substitute("POSTGRES_USER=user", "POSTGRES_USER=postgres", "as above"),
    Substitute("POSTGRES_DBNAME=database", "POSTGRES_DBNAME={database}", "as above"),
    Substitute("host: host", "host: {socket}", "as above"),
    Substitute("user: user", "user: postgres", "as above"),
    Substitute("dbname: database", "dbname: {database}", "as above"),
    Substitute("tenant acme", f"tenant {tokens.TENANT}", "TechWolf's API: the sandbox's tenant"),
    Substitute("client_id 1a2b3c", f"client_id {tokens.CLIENT_ID}", "as above: its client"),
    Substitute(
        "TENANT=acme TAP_TECHWOLF_CLIENT_ID=1a2b3c",
        f"TENANT={tokens.TENANT} TAP_TECHWOLF_CLIENT_ID={tokens.CLIENT_ID}",
        "as above",
    ),
    Substitute(
        "python3 -m venv dbt\ndbt/bin/pip install dbt-core~=1.11.0 dbt-postgres~=1.10.0",
        "ln -s {dbt} dbt",
        "as long as the next: what Meltano has installed for the same requirements",
    ),
    Substitute("python3 -m venv", "uv venv --quiet", "pip takes half a minute; uv does the same"),
    Substitute("tap/bin/pip install", "uv pip install --quiet --python tap", "as above"),
    Substitute("loader/bin/pip install", "uv pip install --quiet --python loader", "as above"),
)

_BASH = shutil.which("bash") or "bash"


def blocks(language: str, *documents: str) -> list[str]:
    """The documents' blocks of a language, each as a whole."""
    pattern = rf"^ *```{language}\n(.*?)^ *```"
    texts = [(ROOT / document).read_text() for document in documents or DOCUMENTS]
    return [one for text in texts for one in re.findall(pattern, text, re.MULTILINE | re.DOTALL)]


def block(document: str, containing: str, language: str = "shell") -> str:
    """The one block of a document that contains a text."""
    [found] = [one for one in blocks(language, document) if containing in one]
    return found


def inline_commands() -> set[str]:
    """The command lines in the documents' sentences."""
    programs = "make|meltano|pip|tap-techwolf|tap-techwolf-doctor|dbt|dagster"
    found: set[str] = set()
    for document in DOCUMENTS:
        text = (ROOT / document).read_text()
        text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
        found |= set(re.findall(rf"`((?:{programs}) [^`]+)`", " ".join(text.split())))
    return found


def substituted(text: str, **values: object) -> str:
    """A block with the substitutes that it needs."""
    for one in SUBSTITUTES:
        if one.shown in text:
            text = text.replace(one.shown, one.run.format(root=ROOT, **values))
    return text


def environment(variables: Mapping[str, str], *folders: Path) -> dict[str, str]:
    """The tester's environment without settings, with more programs on its path."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TAP_TECHWOLF_", "TARGET_", "MELTANO_", "COVERAGE_", "MAKE"))
    }
    path = ":".join([*map(str, folders), str(MELTANO.parent), os.environ["PATH"]])
    programs = ("MELTANO", "DBT")
    quiet = {f"{one}_SEND_ANONYMOUS_USAGE_STATS": "false" for one in programs} | {"NO_COLOR": "1"}
    return inherited | quiet | {"PATH": path} | dict(variables)


def run(
    text: str, folder: Path, variables: Mapping[str, str], *folders: Path, status: int = 0
) -> str:
    """Run a block as a whole, in one shell that ends at the first error."""
    done = subprocess.run(
        [_BASH, "-euo", "pipefail", "-c", text],
        cwd=folder,
        env=environment(variables, *folders),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, f"{done.stderr[-4000:]}\n{done.stdout[-1000:]}"
    return done.stderr + done.stdout
