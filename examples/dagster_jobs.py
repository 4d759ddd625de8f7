"""Define Dagster jobs for a Meltano project: changes from Monday to Saturday, all on Sundays.

There is a job for each extractor that inherits from tap-techwolf, or one for tap-techwolf itself if
none does. Each has its own state. Start Dagster in your Meltano project's folder.
"""

import os
import subprocess
from pathlib import Path

import dagster
import yaml

LOADER = os.environ.get("LOADER", "target-postgres")
EXTRACTORS = yaml.safe_load(Path("meltano.yml").read_text())["plugins"]["extractors"]
INHERITING = [one["name"] for one in EXTRACTORS if one.get("inherit_from") == "tap-techwolf"]
# For five minutes after a run that was killed, Meltano refuses the next one.
RETRIES = dagster.RetryPolicy(max_retries=2, delay=360)


class Sync(dagster.Config):
    """What to sync: all, or only what has changed."""

    full: bool = False


def job_of(extractor: str) -> dagster.JobDefinition:
    """Return the job that loads an extractor's streams."""
    name = extractor.replace("-", "_")

    @dagster.op(name=f"run_{name}", retry_policy=RETRIES)
    def run(config: Sync) -> None:
        options = ["--full-refresh"] if config.full else []
        subprocess.run(["meltano", "run", *options, extractor, LOADER], check=True)  # noqa: S603, S607

    @dagster.job(name=name)
    def job() -> None:
        run()

    return job


def schedules_of(job: dagster.JobDefinition) -> list[dagster.ScheduleDefinition]:
    """Return the daily schedule of a job, and the weekly one of its full sync."""
    full = {"ops": {f"run_{job.name}": {"config": {"full": True}}}}
    daily = dagster.ScheduleDefinition(job=job, cron_schedule="17 3 * * 1-6")
    weekly = dagster.ScheduleDefinition(
        name=f"{job.name}_full", cron_schedule="17 3 * * 0", job=job, run_config=full
    )
    return [daily, weekly]


JOBS = [job_of(name) for name in INHERITING or ["tap-techwolf"]]
SCHEDULES = [schedule for job in JOBS for schedule in schedules_of(job)]
definitions = dagster.Definitions(jobs=JOBS, schedules=SCHEDULES)
