"""Settings from environment variables, and warnings about misspelled ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tap_techwolf.config.environment import misspelled_variables
from tap_techwolf.errors import SettingsError
from tap_techwolf.tap import TapTechWolf
from tests.harness import settings, sync

if TYPE_CHECKING:
    from sandbox.app import Sandbox


def test_settings_come_from_the_environment(
    sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {
        **{name.upper(): str(value) for name, value in settings(url).items()},
        "PAGE_SIZE": "50",
        "IS_ACTIVE": "True",
        "REQUEST_TIMEOUT": "2.5",
        "EMPLOYEE_TASK_INCLUDES": '["ai_impact"]',
        "JOB_TASK_INCLUDES": "ai_impact, weekly_hours",
        "API_VERSION": "",
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"TAP_TECHWOLF_{name}", value)
    tap = TapTechWolf(parse_env_config=True)
    assert tap.config["page_size"] == 50
    assert tap.config["is_active"] is True
    assert tap.config["request_timeout"] == 2.5
    assert tap.config["employee_task_includes"] == ["ai_impact"]
    assert tap.config["job_task_includes"] == ["ai_impact", "weekly_hours"]
    assert "api_version" not in tap.config
    assert sync(tap.config).records
    assert all(page.limit == 50 for _, page in sandbox.pages)


@pytest.mark.parametrize(("text", "expected"), [("no", False), ("1", True), ("FALSE", False)])
def test_a_switch_in_the_environment_is_read(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: bool
) -> None:
    monkeypatch.setenv("TAP_TECHWOLF_IS_ACTIVE", text)
    tap = TapTechWolf(parse_env_config=True, validate_config=False)
    assert tap.config["is_active"] is expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("IS_ACTIVE", "maybe"),
        ("PAGE_SIZE", "many"),
        ("PAGE_SIZE", "1e2"),
        ("PAGE_SIZE", "100.0"),
        ("PAGE_SIZE", "9" * 5000),
        ("REQUEST_TIMEOUT", "NaN"),
        ("REQUEST_TIMEOUT", "Infinity"),
        ("REQUEST_TIMEOUT", "-1"),
        ("REQUEST_TIMEOUT", "true"),
        ("JOB_FAMILY_IDS", "123"),
        ("JOB_FAMILY_IDS", "true"),
        ("JOB_FAMILY_IDS", '["sales", "finance"'),
        ("JOB_FAMILY_IDS", "[" * 100_000),
        ("STREAM_MAPS", "{"),
    ],
    ids=lambda text: text[:20],
)
def test_a_wrong_text_in_the_environment_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(f"TAP_TECHWOLF_{name}", text)
    with pytest.raises(SettingsError, match=f"'{name.lower()}' must be") as caught:
        TapTechWolf(parse_env_config=True)
    assert text not in str(caught.value).replace(f"{name.lower()}' must be true", "")


PREFIX = "TAP_TECHWOLF_"


def warnings(*variables: str) -> list[str]:
    TapTechWolf.append_builtin_config(TapTechWolf.config_jsonschema)
    return list(misspelled_variables(TapTechWolf.config_jsonschema, PREFIX, variables))


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("TAP_TECHWOLF_PAGESIZE", "TAP_TECHWOLF_PAGE_SIZE"),
        ("TAP_TECHWOLF_TENNANT", "TAP_TECHWOLF_TENANT"),
        ("TAP_TECHWOLF_JOB_FAMILIES", "TAP_TECHWOLF_JOB_FAMILY_IDS"),
        ("TAP_TECHWOLF_PARALLEL_STREAM", "TAP_TECHWOLF_PARALLEL_STREAMS"),
        ("TAP_TECHWOLF_STREAM_MAP", "TAP_TECHWOLF_STREAM_MAPS"),
        ("TAP_TECHWOLF_LOG_LEVEL", "TAP_TECHWOLF_LOGLEVEL"),
    ],
)
def test_a_misspelled_variable_is_named_with_the_nearest_setting(variable: str, meant: str) -> None:
    (warning,) = warnings("PATH", "TAP_TECHWOLF_TENANT", variable)
    assert f"variable {variable} is ignored" in warning
    assert f"Did you mean {meant}?" in warning
    assert "\n" not in warning


@pytest.mark.parametrize(
    "variable",
    [
        "TAP_TECHWOLF_PAGE_SIZE",
        "TAP_TECHWOLF_LOGLEVEL",
        "TAP_TECHWOLF_FLATTENING_MAX_DEPTH",
        "TAP_TECHWOLF_STREAM_MAP_CONFIG",
        "TAP_TECHWOLF_STREAM_MAPS_JOB_TASK_PROFILES_TITLE",
        "TAP_TECHWOLF_FAKER_CONFIG_SEED",
        "TAP_TECHWOLF_SOMETHING_ELSE",
        "TAP_TECHWOLF__SELECT",
        "TAP_TECHWOLF__STREAM_MAPS",
        "TAP_TECHWOLF__TENNANT",
        "TAP_TECHWOLF_EMPLOYEE_AI_GOALS__LOAD_SCHEMA",
        "TAP_TECHWOLF_EMPLOYEE_AI_GOALS_TENANT",
        "TAP_TECHWOLF_EMPLOYEE_AI_GOALS_FLATTENING_ENABLED",
        "TAP_TECHWOLF_B_PRIVATE_KEY_PASSPHRASE",
        "TAP_TECHWOLF_B_LOGLEVEL",
        "TAP_TECHWOLF",
        "PAGESIZE",
        "TAP_TECHWOLFPAGESIZE",
        "TARGET_TECHWOLF_PAGESIZE",
    ],
)
def test_a_variable_that_means_no_setting_gets_no_warning(variable: str) -> None:
    assert warnings(variable) == []
