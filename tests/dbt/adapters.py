"""An adapter of dbt under the name of another database, as there is none of it here."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests.dbt.conftest import PYTHON

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dbt.singer import Row
    from tests.dbt.warehouses import Project

ADAPTER = """
from dbt.adapters.base import AdapterPlugin
from dbt.adapters.{base} import Plugin as Base

class OtherCredentials(Base.credentials):
    type = property(lambda self: "{name}")

class OtherAdapter(Base.adapter):
    type = classmethod(lambda cls: "{name}")

Plugin = AdapterPlugin(
    adapter=OtherAdapter,
    credentials=OtherCredentials,
    include_path=__path__[0],
    dependencies=["{base}"],
)
"""


def run_on(
    name: str, base: str, output: Row, project: Project, folder: Path, *command: str
) -> subprocess.CompletedProcess[str]:
    """Run dbt on a database of another name, whose adapter builds on one that is installed."""
    plugin = folder / "dbt" / "adapters" / name
    (plugin / "macros").mkdir(parents=True)
    (plugin / "__init__.py").write_text(ADAPTER.format(name=name, base=base))
    (plugin / "__version__.py").write_text('version = "1.0.0"')
    settings = f"{{name: dbt_{name}, version: 1.0, config-version: 2}}"
    (plugin / "dbt_project.yml").write_text(settings)
    profile = {"outputs": {"tests": {**output, "type": name}}, "target": "tests"}
    (folder / "profiles.yml").write_text(f"consumer: {profile}")
    line: list[str | Path] = [PYTHON, "-m", "dbt.cli.main", "--no-use-colors", *command]
    return subprocess.run(
        [*line, "--profiles-dir", folder, "--target-path", folder / "target"],
        cwd=project.folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
