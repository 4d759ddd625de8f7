"""The settings: their defaults, and how they are described."""

from __future__ import annotations

import json
import subprocess

import pytest

from tap_techwolf.config.settings import SETTINGS
from tap_techwolf.errors import SettingsError
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


def test_discovery_refuses_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="'task_profile_format'"):
        discover({"task_profile_format": "tree"})


def test_settings_show_in_about() -> None:
    output = json.loads(subprocess.check_output([*COMMAND, "--about", "--format", "json"]))
    properties = SETTINGS.to_dict()["properties"]
    assert properties.keys() <= output["settings"]["properties"].keys()
