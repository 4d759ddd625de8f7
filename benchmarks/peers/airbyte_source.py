"""Airbyte's CDK with a declarative manifest, reading all three streams.

python airbyte_source.py URL [--parallel]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import orjson
from airbyte_cdk.entrypoint import launch
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
)

PATHS = {
    "employee_ai_goals": "/export/employees/ai_goals",
    "employee_task_profiles": "/export/employees/task_profiles",
    "job_task_profiles": "/job_architecture/export/jobs/task_profiles",
}
# The CDK reads half as many streams at once as it has workers.
CONCURRENCY = {"type": "ConcurrencyLevel", "default_concurrency": 2 * len(PATHS)}
SCHEMA = {"type": "object", "additionalProperties": True, "properties": {}}


def stream(url: str, name: str, path: str) -> dict[str, Any]:
    """Describe a stream."""
    return {
        "type": "DeclarativeStream",
        "name": name,
        "primary_key": ["external_id"],
        "schema_loader": {"type": "InlineSchemaLoader", "schema": SCHEMA},
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {
                "type": "HttpRequester",
                "url_base": url,
                "path": path,
                "http_method": "POST",
                "request_body_json": {"limit": 100},
                "authenticator": {"type": "BearerAuthenticator", "api_token": "benchmark"},
            },
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": ["records"]},
            },
            "paginator": {
                "type": "DefaultPaginator",
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": "{{ response.get('next_starting_after') }}",
                    "stop_condition": "{{ not response.get('has_next') }}",
                },
                "page_token_option": {
                    "type": "RequestOption",
                    "inject_into": "body_json",
                    "field_name": "starting_after",
                },
            },
        },
    }


def main(url: str, *, parallel: bool) -> None:
    """Read all records.

    Args:
        url: The server.
        parallel: Read all streams at once; otherwise with the CDK's default concurrency.
    """
    manifest: dict[str, Any] = {
        "version": "6.0.0",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": list(PATHS)},
        "streams": [stream(url, name, path) for name, path in PATHS.items()],
        "spec": {
            "type": "Spec",
            "connection_specification": {"type": "object", "properties": {}},
        },
    }
    if parallel:
        manifest["concurrency_level"] = CONCURRENCY
    catalog = {
        "streams": [
            {
                "stream": {
                    "name": name,
                    "json_schema": SCHEMA,
                    "supported_sync_modes": ["full_refresh"],
                },
                "sync_mode": "full_refresh",
                "destination_sync_mode": "overwrite",
            }
            for name in PATHS
        ]
    }
    with tempfile.TemporaryDirectory() as folder:
        config_file, catalog_file = Path(folder, "config.json"), Path(folder, "catalog.json")
        config_file.write_text("{}")
        catalog_file.write_bytes(orjson.dumps(catalog))
        arguments = ["read", "--config", str(config_file), "--catalog", str(catalog_file)]
        source = ConcurrentDeclarativeSource(
            source_config=manifest, config={}, catalog=None, state=None
        )
        launch(source, arguments)


if __name__ == "__main__":
    main(sys.argv[1], parallel="--parallel" in sys.argv)
