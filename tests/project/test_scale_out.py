"""The example for Dagster runs each stream, and another tenant, as a job with its own state."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import yaml

from demo.files import ROOT
from demo.meltano import running_sandbox
from tests.harness import STREAMS
from tests.project.documents import block, run
from tests.warehouses.conftest import FIRST_PYTHON_WITHOUT_LOADERS, installed

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["installed"]  # A fixture.

pytestmark = pytest.mark.skipif(
    sys.version_info >= FIRST_PYTHON_WITHOUT_LOADERS,
    reason="Dagster has no wheels for this Python",
)
EXAMPLE = "examples/dagster_jobs.py"
COMMAND = block("docs/deployment.md", "dagster job execute").splitlines()[-1]
DAGSTER = ROOT / ".venv-dagster" / "bin"
TENANT = "tap-techwolf-globex"


@pytest.fixture
def project(tmp_path: Path, installed: Path) -> Path:
    """A Meltano project like ours with the second tenant of the documents, and the example."""
    ours = yaml.safe_load((ROOT / "meltano.yml").read_text())
    tenant = yaml.safe_load(block("docs/deployment.md", "globex", "yaml"))
    ours["plugins"]["extractors"] += tenant["plugins"]["extractors"]
    for extractor in ours["plugins"]["extractors"]:
        extractor.setdefault("load_schema", "acme")
    [loader] = [one for one in ours["plugins"]["loaders"] if one["name"] == "target-jsonl"]
    folder = tmp_path / "project"
    loader["config"] = {"destination_path": f"{folder}/$MELTANO_EXTRACT__LOAD_SCHEMA"}
    for name in ("examples", ".meltano"):
        (folder / name).mkdir(parents=True)
    (folder / "meltano.yml").write_text(yaml.dump(ours))
    (folder / EXAMPLE).write_text((ROOT / EXAMPLE).read_text())
    for kind in ("extractors", "loaders"):
        (folder / ".meltano" / kind).symlink_to(installed / kind)
    return folder


# Run in a project's folder, and in one with the README's project.
SCHEDULES = """
import os, runpy, sys
import dagster
for folder in sys.argv[1:]:
    os.chdir(folder)
    for one in runpy.run_path("examples/dagster_jobs.py")["SCHEDULES"]:
        with dagster.build_schedule_context() as context:
            [request] = one.evaluate_tick(context).run_requests
        is_full = "'full': True" in str(request.run_config)
        print(one.job_name, one.cron_schedule.split()[-1], is_full)
"""


def test_the_examples_are_short() -> None:
    for file in (ROOT / "examples").iterdir():
        assert file.read_text().count("\n") <= 60


def test_streams_and_tenants_are_jobs_of_their_own(project: Path) -> None:
    extractors = [*(f"tap-techwolf-{name.replace('_', '-')}" for name in STREAMS), TENANT]
    with running_sandbox() as acme, running_sandbox("--seed", "2", "--employees", "90") as globex:
        other = {
            name.replace("TECHWOLF_", "TECHWOLF_GLOBEX_"): value
            for name, value in globex.settings().items()
        }
        variables = {
            **acme.settings(),
            **other,
            "LOADER": "target-jsonl",
            "MELTANO_AUTO_INSTALL": "false",
            "DAGSTER_DISABLE_TELEMETRY": "1",
        }
        # Jobs that make Meltano's or Dagster's database together would be in each other's way.
        run("meltano state list", project, variables)

        def job(extractor: str) -> None:
            name = extractor.replace("-", "_")
            command = COMMAND.replace("tap_techwolf_employee_ai_goals", name)
            home = project / name
            home.mkdir()
            if extractor == TENANT:
                full = {"ops": {f"run_{name}": {"config": {"full": True}}}}
                (home / "full.yaml").write_text(yaml.dump(full))
                command += f" --config {home}/full.yaml"
            own = variables | {"DAGSTER_HOME": str(home)}
            run(command, project, own, DAGSTER)

        def schedules() -> None:
            plain = project / "plain"
            (plain / "examples").mkdir(parents=True)
            (plain / EXAMPLE).write_text((ROOT / EXAMPLE).read_text())
            (plain / "meltano.yml").write_text("plugins: {extractors: [{name: tap-techwolf}]}")
            (project / "schedules.py").write_text(SCHEDULES)
            command = f"python schedules.py {project} {plain} 2>/dev/null"
            jobs = [*(one.replace("-", "_") for one in extractors), "tap_techwolf"]
            assert run(command, project, variables, DAGSTER).splitlines() == [
                line for one in jobs for line in (f"{one} 1-6 False", f"{one} 0 True")
            ]

        def without_dagster(extractor: str) -> None:
            run(f"meltano run {extractor} target-jsonl", project, variables)

        # The example has the same for each: to start Dagster takes longer than to load.
        first, *others, tenant = extractors
        with ThreadPoolExecutor() as pool:
            jobs = [pool.submit(job, one) for one in (first, tenant)]
            jobs += [pool.submit(without_dagster, one) for one in others]
            jobs.append(pool.submit(schedules))
            for one in jobs:
                one.result()
        for schema, summary in (("acme", acme.summary()), ("globex", globex.summary())):
            for stream in STREAMS:
                lines = (project / schema / f"{stream}.jsonl").read_text().splitlines()
                assert len({json.loads(one)["external_id"] for one in lines}) == summary[stream]
            log = (project / schema / "completed_passes.jsonl").read_text()
            assert len(log.splitlines()) == 3
        for extractor in extractors:
            state = f"meltano state get dev:{extractor}-to-target-jsonl 2>/dev/null"
            found = json.loads(run(state, project, variables))["singer_state"]["bookmarks"]
            done = [name for name, state in found.items() if "replication_key_value" in state]
            own = extractor.removeprefix("tap-techwolf-").replace("-", "_")
            assert sorted(done) == sorted([own] if own in STREAMS else STREAMS)
