"""Define a Dagster job with a daily schedule for each extractor that inherits from tap-techwolf.

Each job is a `meltano run` with its own state. Start Dagster in your Meltano project's folder.
"""

import os
import subprocess
from pathlib import Path

import dagster
import yaml

LOADER = os.environ.get("LOADER", "target-postgres")
PROJECT = yaml.safe_load(Path("meltano.yml").read_text())


def job_of(extractor: str) -> dagster.JobDefinition:
    """Return the job that loads an extractor's streams."""
    name = extractor.replace("-", "_")

    @dagster.op(name=f"run_{name}", retry_policy=dagster.RetryPolicy(max_retries=2, delay=60))
    def run() -> None:
        subprocess.run(["meltano", "run", extractor, LOADER], check=True)  # noqa: S603, S607

    @dagster.job(name=name)
    def job() -> None:
        run()

    return job


JOBS = [
    job_of(extractor["name"])
    for extractor in PROJECT["plugins"]["extractors"]
    if extractor.get("inherit_from") == "tap-techwolf"
]
SCHEDULES = [dagster.ScheduleDefinition(job=job, cron_schedule="0 3 * * *") for job in JOBS]
definitions = dagster.Definitions(jobs=JOBS, schedules=SCHEDULES)
