"""The schemas: every property described, every record valid, every documented property there."""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from sandbox.exports import PATHS
from tap_techwolf import schemas
from tap_techwolf.streams import STREAMS as STREAM_CLASSES
from tap_techwolf.tap import TapTechWolf
from tests.harness import LOG, STREAMS, Output, discover, selecting, settings, sync, sync_tap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests_mock import Mocker

    from sandbox.app import Sandbox
    from tap_techwolf.sync.stream import ExportStream


def schema_of(stream: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((files(schemas) / f"{stream}.json").read_text())
    return schema


def properties_of(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, one in schema.get("properties", {}).items():
        yield f"{path}{name}", one
        yield from properties_of(one, f"{path}{name}.")
        yield from properties_of(one.get("items", {}), f"{path}{name}[].")


TASK = {
    "tasks",
    "tasks[].task_id",
    "tasks[].task",
    "tasks[].validation_state",
    "tasks[].weekly_hours",
    "tasks[].ai_impact",
    "tasks[].ai_impact.level",
    "tasks[].ai_impact.rationale",
    "tasks[].linked_skills",
    "tasks[].linked_skills[].skill_id",
    "tasks[].linked_skills[].skill",
}
SKILL = {"skills", "skills[].skill_id", "skills[].skill", "skills[].validation_state"}
DOCUMENTED = {
    "employee_ai_goals": {
        "goal",
        "description",
        "target_skills",
        "target_skills[].skill_id",
        "target_tasks",
        "target_tasks[].task_id",
        "job_id",
        "version",
        "created_on",
        "last_updated",
    },
    "employee_task_profiles": TASK
    | {
        "hierarchy",
        "tasks[].source_events",
        "tasks[].source_events[].external_id",
        "tasks[].source_events[].event_type",
    },
    "job_task_profiles": TASK
    | {"hierarchy", "tasks[].source_data", "tasks[].source_data[].external_id"},
    "skills": {
        "skill_name",
        "skill_description",
        "skill_source",
        "default_skill_name",
        "default_skill_description",
        "inference_enabled",
        "techwolf_domain",
        "taxonomy_domain_id",
        "taxonomy_domain_name",
        "taxonomy_skill_cluster_id",
        "taxonomy_skill_cluster_name",
        "properties",
    },
    "employees": {
        "active",
        "location",
        "location.lat",
        "location.lng",
        "assigned_position",
        "assigned_position_id",
        "low_data_availability",
        "organisational_unit",
        "last_updated",
    },
    "organisational_units": {"name", "active", "parent_id", "total_nr_of_employees"},
    "employee_skill_profiles": SKILL
    | {
        "num_skill_events",
        "low_data_availability",
        "seniority",
        "skills[].sources",
        "skills[].source_events",
        "skills[].source_events[].external_id",
        "skills[].source_events[].event_type",
        "skills[].source_events[].source",
        "skills[].self_rated_proficiency_level",
        "skills[].self_rated_proficiency_float",
        "skills[].inferred_proficiency_level",
        "skills[].inferred_proficiency_float",
    },
    "job_skill_profiles": SKILL
    | {
        "low_data_availability",
        "skills[].skill_types",
        "skills[].skill_types[].skill_type",
        "skills[].skill_types[].is_common",
        "skills[].domain_name",
        "skills[].proficiency_level",
        "skills[].proficiency_float",
        "skills[].critical",
    },
    "employee_position_matches": {"job_id", "score"},
}


@pytest.mark.parametrize("stream", STREAM_CLASSES, ids=lambda one: vars(one)["name"])
def test_every_documented_property_is_there_and_described(stream: type[ExportStream]) -> None:
    name, key = vars(stream)["name"], set(vars(stream)["primary_keys"])
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    found = dict(properties_of(schema))
    assert found.keys() == DOCUMENTED[name] | key | {"exported_at"}
    for column, one in found.items():
        assert one["description"].endswith("."), column
        assert ("null" in one["type"]) is (column not in key), column
        assert "enum" not in one, column
        assert "integer" not in one["type"] or column == "version", column


def test_moments_have_their_format() -> None:
    goals = schema_of("employee_ai_goals")["properties"]
    dated = {name for name, one in goals.items() if one.get("format") == "date-time"}
    assert dated == {"created_on", "last_updated", "exported_at"}


VARIANTS: list[dict[str, Any]] = [
    {},
    {"ai_goal_versions": "all"},
    {"task_profile_format": "hierarchy"},
    {"employee_task_includes": [], "job_task_includes": ["rejected_tasks"]},
    {"flattening_enabled": True, "flattening_max_depth": 3},
    {
        "flattening_enabled": True,
        "flattening_max_depth": 1,
        "task_profile_format": "hierarchy",
    },
    {
        "stream_maps": {
            "employee_ai_goals": {"title": "goal.upper()", "goal": None, "__alias__": "goals"},
            "job_task_profiles": {"external_id": "md5(external_id)", "__else__": None},
        }
    },
]


def validate(output: Output) -> int:
    schemas_by_stream = {one["stream"]: one["schema"] for one in output.of_type("SCHEMA")}
    seen: dict[str, set[str]] = defaultdict(set)
    assert not any("$schema" in schema for schema in schemas_by_stream.values())
    for stream, records in output.records.items():
        validator = Draft202012Validator(
            schemas_by_stream[stream], format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        for record in records:
            validator.validate(record)
            seen[stream] |= record.keys()
            assert record.keys() <= schemas_by_stream[stream]["properties"].keys()
    return sum(len(records) for stream, records in output.records.items() if stream != LOG)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("is_selective", [False, True])
def test_every_record_is_valid_against_its_schema(
    sandbox: Sandbox, url: str, variant: dict[str, Any], is_selective: bool
) -> None:
    config = settings(url, **variant)
    catalog = selecting(discover(variant), *STREAMS)
    if is_selective:
        for entry in catalog["streams"]:
            for one in entry["metadata"]:
                if one["breadcrumb"][-1:] in (["description"], ["job_id"]):
                    one["metadata"]["selected"] = False
    goals = [employee.goals for employee in sandbox.company.employees if employee.goals]
    expected = sum(map(len, goals)) if variant.get("ai_goal_versions") else len(goals)
    total = expected + len(sandbox.company.employees) + len(sandbox.company.jobs)
    assert validate(sync(config, catalog=catalog)) == total


def answer(mock: Mocker, stream: str, record: str) -> None:
    mock.post("http://127.0.0.1/oauth/token", json={"access_token": "t"})
    mock.post(
        "http://127.0.0.1" + PATHS[stream], text=f'{{"has_next": false, "records": [{record}]}}'
    )


def test_unknown_nested_properties_and_odd_numbers_pass_untouched(
    requests_mock: Mocker, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    task = (
        '{"task_id":"t","weekly_hours":1.10,"ai_impact":null,"new":{"a":[1e400,0.1,null]},'
        '"big":123456789012345678901234567890}'
    )
    answer(requests_mock, "job_task_profiles", f'{{"external_id":"j","tasks":[{task}]}}')
    catalog = selecting(discover(), "job_task_profiles")
    sync_tap(TapTechWolf(config=settings("http://127.0.0.1"), catalog=catalog))
    written = capfdbinary.readouterr().out.decode()
    line = next(
        line
        for line in written.splitlines()
        if line.startswith('{"type":"RECORD","stream":"job_task_profiles"')
    )
    sent = json.loads(task, parse_float=Decimal)
    assert json.loads(line, parse_float=Decimal)["record"]["tasks"] == [sent]
    assert "1.10" in line
    assert "null" in line


def test_a_tree_may_have_any_form(requests_mock: Mocker) -> None:
    record = '{"external_id":"e","hierarchy":[1],"exported_at":"x","tree":{"external_id":"inner"}}'
    answer(requests_mock, "employee_task_profiles", record)
    catalog = selecting(discover(), "employee_task_profiles")
    output = sync(settings("http://127.0.0.1", task_profile_format="hierarchy"), catalog=catalog)
    [found] = output.records["employee_task_profiles"]
    assert found["hierarchy"] == {
        "hierarchy": [1],
        "exported_at": "x",
        "tree": {"external_id": "inner"},
    }
    assert found["external_id"] == "e"
