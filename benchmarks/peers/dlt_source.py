"""dlt's `rest_api` source, the extract step only: it writes dlt's own load files.

python dlt_source.py URL [--parallel]
"""

from __future__ import annotations

import sys
import tempfile

import dlt
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from dlt.sources.rest_api import rest_api_source

PATHS = {
    "employee_ai_goals": "/export/employees/ai_goals",
    "employee_task_profiles": "/export/employees/task_profiles",
    "job_task_profiles": "/job_architecture/export/jobs/task_profiles",
}


def main(url: str, *, parallel: bool) -> None:
    """Extract all records.

    Args:
        url: The server.
        parallel: Extract the resources side by side, with dlt's default number of workers.
    """
    source = rest_api_source(
        {
            "client": {"base_url": url, "auth": {"type": "bearer", "token": "benchmark"}},
            "resources": [
                {
                    "name": name,
                    "endpoint": {
                        "path": path,
                        "method": "POST",
                        "json": {"limit": 100},
                        "data_selector": "records",
                        "paginator": JSONResponseCursorPaginator(
                            cursor_path="next_starting_after", cursor_body_path="starting_after"
                        ),
                    },
                }
                for name, path in PATHS.items()
            ],
        },
        parallelized=parallel,
    )
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline("benchmark", pipelines_dir=folder, destination="duckdb")
        pipeline.extract(source)


if __name__ == "__main__":
    main(sys.argv[1], parallel="--parallel" in sys.argv)
