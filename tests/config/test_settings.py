"""The settings: their defaults, and how they are described."""

from __future__ import annotations

import json
import subprocess

import pytest

from tap_techwolf.config.settings import SETTINGS
from tap_techwolf.tap import TapTechWolf
from tests.harness import COMMAND, discover, settings


def test_unset_settings_have_their_documented_defaults() -> None:
    tap = TapTechWolf(config=settings("https://techwolf.example", page_size=None, region=""))
    shared = {"ai_impact", "linked_skills", "weekly_hours"}
    assert tap.config["region"] == "eu3"
    assert tap.config["scopes"] == ["read"]
    assert tap.config["lookback_days"] == 1
    assert tap.config["page_size"] == 100
    assert tap.config["ai_goal_versions"] == "latest"
    assert tap.config["task_profile_format"] == "list"
    assert set(tap.config["employee_task_includes"]) == shared | {"source_events"}
    assert set(tap.config["job_task_includes"]) == shared | {"source_data"}
    assert tap.config["request_timeout"] == 300
    assert tap.config["max_attempts"] == 8
    assert tap.config["parallel_streams"] == 3
    assert "is_active" not in tap.config


def test_every_setting_explains_itself() -> None:
    properties = SETTINGS.to_dict()["properties"]
    secrets = {name for name, one in properties.items() if one.get("secret")}
    assert secrets == {"client_secret", "private_key", "private_key_passphrase"}
    for setting in properties.values():
        assert setting["title"]
        assert setting["description"].endswith(".")


def test_discovery_needs_no_settings() -> None:
    assert [entry["tap_stream_id"] for entry in discover()["streams"]] == [
        "completed_passes",
        "employee_ai_goals",
        "employee_task_profiles",
        "job_task_profiles",
    ]


def test_discovery_names_a_wrong_setting_and_goes_on_without_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    wrong = {"region": "europe", "optional_streams": ["skils"], "ai_goal_versions": "all"}
    found = {entry["tap_stream_id"]: entry for entry in discover(wrong)["streams"]}
    assert found["employee_ai_goals"]["key_properties"] == ["external_id", "version"]
    assert "skills" in found
    [warning] = [one.message for one in caplog.records]
    assert "'region'" in warning
    assert "'optional_streams'" in warning
    assert "europe" not in warning


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("page_size", "50", 50),
        ("is_active", "True", True),  # As Meltano writes what is true in meltano.yml.
        ("flattening_enabled", "off", False),
        ("scopes", "read, write", ["read", "write"]),
        ("optional_streams", '["skills"]', ["skills"]),
        ("optional_streams", "['skills', 'employees']", ["skills", "employees"]),
        ("job_family_ids", "['a', \"b's\"]", ["a", "b's"]),
        ("job_family_ids", "null", None),
        ("page_size", "null", 100),
        ("tenant", "123", "123"),
    ],
)
def test_a_text_is_converted_to_the_type_of_its_setting(
    name: str, text: str, expected: object
) -> None:
    tap = TapTechWolf(config={name: text}, validate_config=False)
    assert tap.config.get(name) == expected


def test_settings_show_in_about() -> None:
    output = json.loads(subprocess.check_output([*COMMAND, "--about", "--format", "json"]))
    properties = SETTINGS.to_dict()["properties"]
    assert properties.keys() <= output["settings"]["properties"].keys()
