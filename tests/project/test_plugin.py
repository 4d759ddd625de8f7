"""The plugin's definition has the form that Meltano's hub asks for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from demo.files import ROOT
from tests.project.documents import run

if TYPE_CHECKING:
    from pathlib import Path

# What the hub's repository asks of an extractor, in our own words: see its folder `schemas`.
TEXT = {"type": "string", "minLength": 1}
TEXTS = {"type": "array", "items": TEXT, "minItems": 1}
LINK = {"type": "string", "format": "uri", "pattern": "^https://"}
KINDS = ["array", "boolean", "date_iso8601", "decimal", "integer", "object", "options", "string"]
CAPABILITIES = [
    *("about", "activate-version", "batch", "catalog", "discover", "log-based", "properties"),
    *("schema-flattening", "state", "stream-maps", "structured-logging", "test"),
]
SETTING = {
    "type": "object",
    "required": ["name", "label", "kind", "description"],
    "additionalProperties": False,
    "properties": {
        "name": TEXT,
        "label": TEXT,
        "kind": {"enum": KINDS},
        "description": TEXT,
        "value": {},
        "sensitive": {"const": True},
        "options": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["label", "value"],
                "properties": {"label": TEXT, "value": TEXT},
            },
        },
    },
}
EXTRACTOR = {
    "type": "object",
    "required": ["name", "namespace", "variant", "label", "quality", "pip_url", "settings"],
    "additionalProperties": False,
    "properties": {
        **dict.fromkeys(("name", "namespace", "variant", "label", "description"), TEXT),
        **dict.fromkeys(("docs", "repo", "domain_url"), LINK),
        "pip_url": {"type": "string", "pattern": "^git\\+https://"},
        "executable": TEXT,
        "commands": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["args"],
                "additionalProperties": False,
                "properties": dict.fromkeys(("args", "executable", "description"), TEXT),
            },
        },
        "keywords": TEXTS,
        "maintenance_status": {"enum": ["active", "beta", "development", "inactive", "unknown"]},
        "quality": {"enum": ["gold", "silver", "bronze", "unknown"]},
        "supported_python_versions": {
            "type": "array",
            "items": {"type": "string", "pattern": r"^3\.\d+$"},
        },
        "capabilities": {"type": "array", "items": {"enum": CAPABILITIES}},
        "settings_group_validation": {"type": "array", "items": TEXTS},
        "settings": {"type": "array", "items": SETTING},
    },
}


@pytest.fixture(scope="module")
def definition() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "plugin.yaml").read_text())
    return found


def test_the_definition_has_the_hubs_form(definition: dict[str, Any]) -> None:
    checker = jsonschema.Draft7Validator.FORMAT_CHECKER
    jsonschema.validate(definition, EXTRACTOR, format_checker=checker)


def test_either_credential_makes_a_whole_group(definition: dict[str, Any]) -> None:
    names = {one["name"] for one in definition["settings"]}
    groups = definition["settings_group_validation"]
    assert [set(group) & {"client_secret", "private_key"} for group in groups] == [
        {"client_secret"},
        {"private_key"},
    ]
    assert all(names.issuperset(group) for group in groups)


def test_each_supported_python_is_one_that_ci_tests(definition: dict[str, Any]) -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    tested = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert definition["supported_python_versions"] == tested


def test_meltano_leaves_it_to_the_tap_to_refuse_a_wrong_setting(
    definition: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "meltano.yml").write_text((ROOT / "meltano.yml").read_text())
    names = [one["name"] for one in definition["settings"] if one["kind"] != "object"]
    wrong = {f"TAP_TECHWOLF_{name.upper()}": "\x7f" for name in names}
    output = run("meltano invoke --dump=config tap-techwolf", tmp_path, wrong)
    config = json.loads(output[output.index("{") :])
    assert config == dict.fromkeys(names, "\x7f")
