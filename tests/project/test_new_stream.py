"""The walk through CONTRIBUTING.md: a new stream is a schema, a class and a route."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.schema.source import SchemaDirectory

from demo.files import ROOT
from sandbox import exports
from sandbox.requests import Form
from tap_techwolf import schemas as own_schemas
from tap_techwolf import streams, tap
from tap_techwolf.sync import schemas
from tests.harness import settings, sync

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox

PATH = "/export/employees/skill_profiles"
TEXT = {"type": ["string", "null"], "description": "A text."}
SCHEMA = {
    "type": "object",
    "properties": {
        "external_id": {"type": "string", "description": "The employee."},
        "tasks": {"type": ["array", "null"], "description": "A stand-in for skills."},
        "exported_at": {**TEXT, "format": "date-time"},
    },
}


def class_in_contributing() -> str:
    """The class as CONTRIBUTING.md shows it."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    code = text.partition("```python\n")[2].partition("```")[0]
    return "\n".join(line.removeprefix("   ") for line in code.splitlines())


@pytest.fixture
def _walked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "employee_skill_profiles.json").write_text(json.dumps(SCHEMA))
    log = files(own_schemas) / "completed_passes.json"
    (tmp_path / "completed_passes.json").write_text(log.read_text())
    monkeypatch.setattr(schemas, "_SCHEMAS", SchemaDirectory(tmp_path))
    names: dict[str, Any] = vars(streams).copy()
    exec(class_in_contributing(), names)  # noqa: S102 - this repository's own documentation
    monkeypatch.setattr(tap, "STREAMS", (names["EmployeeSkillProfiles"],))
    form = exports.FORMS[exports.PATHS["employee_task_profiles"]]
    monkeypatch.setitem(exports.FORMS, PATH, Form(form.query, frozenset(), form.filters))


@pytest.mark.usefixtures("_walked")
def test_a_stream_of_the_same_family_takes_a_dozen_lines(sandbox: Sandbox, url: str) -> None:
    assert len(class_in_contributing().splitlines()) <= 12
    first = sync(settings(url, is_active=True, page_size=50))
    active = [one.external_id for one in sandbox.company.employees if one.is_active]
    assert first.ids("employee_skill_profiles") == active
    changed = next(one for one in sandbox.company.employees if one.is_active)
    sandbox.company.change(changed)
    second = sync(settings(url, is_active=True), first.state)
    assert second.ids("employee_skill_profiles") == [changed.external_id]
    keys = {one["stream"]: one["key_properties"] for one in second.of_type("SCHEMA")}
    assert keys["employee_skill_profiles"] == ["external_id"]
