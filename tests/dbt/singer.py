"""The lines of a Singer tap, made by hand."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tap_techwolf

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Row = dict[str, Any]
SCHEMAS = Path(tap_techwolf.__file__).parent / "schemas"
DATE_TIME = {"type": "string", "format": "date-time"}
COMPLETED_PASSES: dict[str, Row] = {
    "stream": {"type": "string"},
    "began_at": DATE_TIME,
    "completed_at": DATE_TIME,
    "replication_method": {"type": "string"},
    "updated_after": {"type": ["string", "null"], "format": "date"},
    "is_full": {"type": "boolean"},
    "record_count": {"type": "integer"},
    "page_count": {"type": "integer"},
    "run_count": {"type": "integer"},
    "scope_hash": {"type": "string"},
    "loaded_at": {**DATE_TIME, "type": ["string", "null"]},
}
KEYS = {
    "employee_ai_goals": ["external_id", "version"],
    "employee_task_profiles": ["external_id"],
    "job_task_profiles": ["external_id"],
    "skills": ["skill_id"],
    "employees": ["external_id"],
    "organisational_units": ["external_id"],
    "employee_skill_profiles": ["external_id"],
    "job_skill_profiles": ["external_id"],
    "employee_position_matches": ["employee_id"],
    "completed_passes": ["stream", "began_at"],
}


def lines(
    records: Mapping[str, Iterable[Row]], without: Mapping[str, Iterable[str]] | None = None
) -> str:
    """Return the messages of a sync that brings these records, without deselected columns."""
    deselected = without or {}
    messages: list[Row] = []
    for stream, rows in records.items():
        messages.append(
            {
                "type": "SCHEMA",
                "stream": stream,
                "schema": {
                    "type": "object",
                    "properties": {
                        column: schema
                        for column, schema in columns_of(stream).items()
                        if column not in deselected.get(stream, ())
                    },
                },
                "key_properties": KEYS[stream],
            }
        )
        for row in rows:
            record = {key: row[key] for key in row.keys() - set(deselected.get(stream, ()))}
            messages.append({"type": "RECORD", "stream": stream, "record": record})
    return "\n".join(json.dumps(message, default=_text) for message in messages) + "\n"


def columns_of(stream: str) -> dict[str, Row]:
    """Return the JSON schema of each column of a table, by its name."""
    if stream == "completed_passes":
        return COMPLETED_PASSES
    schema = json.loads((SCHEMAS / f"{stream}.json").read_text())
    columns: dict[str, Row] = schema["properties"]
    return columns


def _text(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()
