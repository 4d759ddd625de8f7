"""The dbt package, run in this process."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from dbt.cli.main import dbtRunner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbt_common.events.base_types import EventMsg

PACKAGE = Path(__file__).parents[1] / "dbt"


class DbtError(Exception):
    """A command of dbt failed; the text is what it said."""


class Package:
    """A copy of the package, as dbt writes into it, that works on an engine.

    Attributes:
        schema: Where it builds the models.
        raw: Where it finds the loaded tables.
        variables: What a project sets beside that.
    """

    def __init__(
        self, folder: Path, profile: Mapping[str, Any], raw: str, variables: Mapping[str, Any]
    ) -> None:
        made = shutil.ignore_patterns("target", "logs", "dbt_packages")
        shutil.copytree(PACKAGE, folder, ignore=made)
        outputs = {"target": "tests", "outputs": {"tests": {**profile, "threads": 1}}}
        (folder / "profiles.yml").write_text(yaml.safe_dump({"techwolf": outputs}))
        self.folder = folder
        self.raw = raw
        self.schema: str = profile["schema"]
        self.variables = variables

    def __call__(self, *arguments: str) -> None:
        """Run a command.

        Raises:
            DbtError: The command failed.
        """
        said: list[str] = []

        def keep(event: EventMsg) -> None:
            if event.info.level == "error":
                said.append(event.info.msg)

        runner = dbtRunner(callbacks=[keep])
        options = ["--no-version-check", "--no-use-colors", "--quiet"]
        places = ["--project-dir", str(self.folder), "--profiles-dir", str(self.folder)]
        variables = ["--vars", json.dumps({"techwolf_schema": self.raw, **self.variables})]
        done = runner.invoke([*options, *arguments, *places, *variables])
        if not done.success:
            raise DbtError("\n".join(said) + str(done.exception or ""))

    def ended(self) -> dict[str, str]:
        """Return how each model and test of the last command ended, by its short name."""
        return {
            result["unique_id"].split(".")[2]: result["status"]
            for result in self.artifact("run_results")["results"]
            if result["unique_id"].startswith(("model.", "test.", "unit_test."))
        }

    def nodes(self) -> dict[str, Any]:
        """Return the models and tests that the last command read, by their unique ids."""
        nodes: dict[str, Any] = self.artifact("manifest")["nodes"]
        return nodes

    def compiled(self, name: str) -> str:
        """Return a model or test as the SQL that the last command made of it."""
        [file] = (self.folder / "target" / "compiled").rglob(f"{name}.sql")
        return file.read_text()

    def artifact(self, name: str) -> Any:
        """Return a file of JSON that the last command wrote, such as `sources`."""
        return json.loads((self.folder / "target" / f"{name}.json").read_text())
