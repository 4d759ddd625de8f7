"""Define Airflow DAGs for a Meltano project: changes from Monday to Saturday, all on Sundays."""

import os
from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

# The folder of meltano.yml, on each worker. `meltano` must be on the worker's path.
PROJECT = os.environ.get("MELTANO_PROJECT_ROOT", "/srv/techwolf")
# For five minutes after a run that was killed, Meltano refuses the next one.
RETRIES = {"retries": 2, "retry_delay": timedelta(minutes=6)}

for name, schedule, command in (
    ("techwolf", "17 3 * * 1-6", "meltano run tap-techwolf target-postgres"),
    ("techwolf_full", "17 3 * * 0", "meltano run --full-refresh tap-techwolf target-postgres"),
):
    with DAG(
        name,
        schedule=schedule,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args=RETRIES,
    ):
        BashOperator(task_id="sync", bash_command=command, cwd=PROJECT)
