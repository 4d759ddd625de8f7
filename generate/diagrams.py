"""Diagrams of the loaded tables and of the dbt package's models, in Mermaid, which GitHub draws."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from demo.files import ROOT
from tap_techwolf import schemas
from tap_techwolf.streams import STREAMS
from tap_techwolf.sync.pass_log import CompletedPasses

if TYPE_CHECKING:
    from collections.abc import Iterable

#: A table's column, and the table and column with the same ids. `[]`: each element of a list.
JOINS = (
    ("employee_ai_goals", "external_id", "employees", "external_id"),
    ("employee_task_profiles", "external_id", "employees", "external_id"),
    ("employee_skill_profiles", "external_id", "employees", "external_id"),
    ("employee_position_matches", "employee_id", "employees", "external_id"),
    ("employees", "organisational_unit", "organisational_units", "external_id"),
    ("organisational_units", "parent_id", "organisational_units", "external_id"),
    ("employee_ai_goals", "job_id", "job_task_profiles", "external_id"),
    ("employee_position_matches", "job_id", "job_task_profiles", "external_id"),
    ("job_skill_profiles", "external_id", "job_task_profiles", "external_id"),
    ("employee_ai_goals", "target_tasks[].task_id", "employee_task_profiles", "tasks[].task_id"),
    ("employee_ai_goals", "target_skills[].skill_id", "skills", "skill_id"),
    ("employee_task_profiles", "tasks[].linked_skills[].skill_id", "skills", "skill_id"),
    ("job_task_profiles", "tasks[].linked_skills[].skill_id", "skills", "skill_id"),
    ("employee_skill_profiles", "skills[].skill_id", "skills", "skill_id"),
    ("job_skill_profiles", "skills[].skill_id", "skills", "skill_id"),
)
#: The models that others refer to, and their keys.
REFERRED: dict[str, tuple[str, ...]] = {
    "techwolf_employees": ("employee_id",),
    "techwolf_jobs": ("job_id",),
    "techwolf_organisational_units": ("organisational_unit_id",),
    "techwolf_skills": ("skill_id",),
    "techwolf_ai_goals": ("employee_id", "version"),
    "techwolf_employee_tasks": ("employee_id", "task_id"),
    "techwolf_job_tasks": ("job_id", "task_id"),
}
#: Other models with an id that is no part of their key.
OTHER_KEYS = {
    "techwolf_employee_ai_exposure": ("employee_id",),
    "techwolf_skill_gaps": ("employee_id", "skill_id"),
}
#: What is part of a key beside ids, with its type.
PARTS_OF_KEYS = {
    "version": "integer",
    "stream": "string",
    "as_of": "timestamp",
    "valid_from": "timestamp",
}
#: A diagram of all models would be too small to read: those by the first column of their key.
DIAGRAMS = {"employee_id": "Models of employees", "job_id": "Models of jobs"}
OTHERS = "Other models"


def table_keys() -> dict[str, tuple[str, ...]]:
    """The key of each loaded table."""
    streams = [vars(stream) for stream in (*STREAMS, CompletedPasses)]
    return {stream["name"]: stream["primary_keys"] for stream in streams}


def schema_of(table: str) -> dict[str, Any]:
    """The JSON Schema of a loaded table's rows."""
    schema: dict[str, Any] = json.loads((files(schemas) / f"{table}.json").read_text())
    return schema


def kind_of_column(column: dict[str, Any]) -> str:
    """The type of a column: its format, or else the one of its types that is not null."""
    kinds = [column["type"]] if isinstance(column["type"], str) else column["type"]
    kind: str = column.get("format") or next(kind for kind in kinds if kind != "null")
    return kind


def tables() -> str:
    """The loaded tables with their columns, and the columns that they are joined by."""
    lines, keys = [], table_keys()
    for table, key in keys.items():
        columns = schema_of(table)["properties"].items()
        joined = {column for one, column, *_ in JOINS if one == table}
        lines += _entity(table, {name: kind_of_column(one) for name, one in columns}, key, joined)
    for table, column, other, _ in JOINS:
        ends = "|o--o|" if keys[table] == (column,) else "|o--o{"
        lines.append(f'  {other} {"}o--o{" if "[]" in column else ends} {table} : "{column}"')
    return _diagram(lines)


def described_models() -> list[dict[str, Any]]:
    """The public models of the dbt package, as its .yml files describe them, by name."""
    found = (ROOT / "dbt" / "models").rglob("*.yml")
    described = [
        one for file in found for one in yaml.safe_load(file.read_text()).get("models", [])
    ]
    public = (one for one in described if not one["name"].startswith("stg_"))
    return sorted(public, key=lambda one: str(one["name"]))


def model_columns() -> dict[str, list[str]]:
    """The columns of each public model of the dbt package."""
    return {
        one["name"]: [column["name"] for column in one["columns"]] for one in described_models()
    }


def model_tables() -> str:
    """The columns of the models as Markdown tables."""
    parts = []
    for model in described_models():
        parts += [f"### `{model['name']}`", "", " ".join(model["description"].split()), ""]
        parts += ["| column | description |", "| --- | --- |"]
        for column in model["columns"]:
            parts.append(f"| `{column['name']}` | {' '.join(column['description'].split())} |")
        parts.append("")
    return "\n".join(parts).rstrip()


def model_key(model: str, columns: Iterable[str]) -> tuple[str, ...]:
    """Return the key of a model: all its ids, if nothing else is known of it."""
    ids = tuple(name for name in columns if name.endswith("_id") or name in PARTS_OF_KEYS)
    return (REFERRED | OTHER_KEYS).get(model, ids)


def models() -> str:
    """The models with their keys and the columns that they are joined by, as Markdown."""
    diagrams: dict[str, list[str]] = {name: [] for name in (*DIAGRAMS.values(), OTHERS)}
    for model, columns in model_columns().items():
        key = model_key(model, columns)
        fitting = {
            other: set(others)
            for other, others in REFERRED.items()
            if other != model and set(others) <= set(columns)
        }
        # A task of an employee refers to the employee, so that the model that has tasks need not.
        refers = [
            one for one in fitting if not any(fitting[one] < longer for longer in fitting.values())
        ]
        joined = {column for other in refers for column in REFERRED[other]}
        shown = {
            name: PARTS_OF_KEYS.get(name, "string") for name in columns if name in {*key, *joined}
        }
        lines = diagrams[DIAGRAMS.get(key[0], OTHERS)]
        lines += _entity(model, shown, key, joined)
        for other in refers:
            ends = "|o--o|" if key == REFERRED[other] else "|o--o{"
            lines.append(f'  {other} {ends} {model} : "{", ".join(REFERRED[other])}"')
    return "\n\n".join(f"### {name}\n\n{_diagram(lines)}" for name, lines in diagrams.items())


def _entity(name: str, columns: dict[str, str], key: Iterable[str], joined: set[str]) -> list[str]:
    lines = []
    for column, kind in columns.items():
        marks = ["PK"] * (column in key) + ["FK"] * (column in joined)
        lines.append(f"    {kind} {column} {', '.join(marks)}".rstrip())
    return [f"  {name} {{", *lines, "  }"]


def _diagram(lines: Iterable[str]) -> str:
    return "\n".join(["```mermaid", "erDiagram", *lines, "```"])
