"""JSON files and environment variables are read, and errors do not quote their content."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.config import sources
from tap_techwolf.config.sources import Option, misspelled_variables, read_json_object
from tap_techwolf.errors import CatalogError, SettingsError, StateError
from tap_techwolf.tap import TapTechWolf
from tests.harness import settings, sync

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox


@pytest.mark.parametrize("option", ["config", "state", "catalog"])
def test_content_in_place_of_a_path_is_not_repeated(option: Option) -> None:
    with pytest.raises((SettingsError, StateError, CatalogError)) as caught:
        read_json_object('{"client_secret": "distinctive"}', option)
    assert "distinctive" not in str(caught.value)
    assert f"--{option}" in str(caught.value)


def test_settings_are_read_from_the_environment(
    sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = {
        **{name.upper(): str(value) for name, value in settings(url).items()},
        "PAGE_SIZE": "50",
        "IS_ACTIVE": "True",
        "REQUEST_TIMEOUT": "25",
        "EMPLOYEE_TASK_INCLUDES": '["ai_impact"]',
        "JOB_TASK_INCLUDES": "ai_impact, weekly_hours",
        "API_VERSION": "",
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"TAP_TECHWOLF_{name}", value)
    tap = TapTechWolf(parse_env_config=True)
    assert tap.config["page_size"] == 50
    assert tap.config["is_active"] is True
    assert tap.config["request_timeout"] == 25
    assert tap.config["employee_task_includes"] == ["ai_impact"]
    assert tap.config["job_task_includes"] == ["ai_impact", "weekly_hours"]
    assert "api_version" not in tap.config
    assert sync(tap.config).records
    assert all(page.limit == 50 for _, page in sandbox.pages)


def test_a_variable_wins_over_a_file_above_the_tap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    file.write_text("TAP_TECHWOLF_PAGE_SIZE=7\nTAP_TECHWOLF_LOOKBACK_DAYS=3\n")
    monkeypatch.setattr(sources, "find_dotenv", lambda: str(file))
    monkeypatch.setenv("TAP_TECHWOLF_PAGE_SIZE", "50")
    tap = TapTechWolf(parse_env_config=True, validate_config=False)
    assert (tap.config["page_size"], tap.config["lookback_days"]) == (50, 3)
    assert "TAP_TECHWOLF_LOOKBACK_DAYS" not in os.environ


def test_stream_maps_are_read_as_meltano_passes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    joined = {"employees.location": "__NULL__", "employees.active": None, "employee_*": None}
    monkeypatch.setenv("TAP_TECHWOLF_STREAM_MAPS", json.dumps(joined))
    tap = TapTechWolf(parse_env_config=True, validate_config=False)
    nested = {"employees": {"location": "__NULL__", "active": None}, "employee_*": None}
    assert tap.config["stream_maps"] == nested


@pytest.mark.parametrize(
    ("joined", "nested"),
    [
        (
            {"employees.location": None, "employees": {"name": "'x'"}},
            {"employees": {"location": None, "name": "'x'"}},
        ),
        (
            {"employees": {"name": "'x'"}, "employees.location": None},
            {"employees": {"location": None, "name": "'x'"}},
        ),
        ({"employees": None, "employees.location": None}, {"employees": None}),
        ({"employees.location": None, "employees": "__NULL__"}, {"employees": "__NULL__"}),
    ],
)
def test_a_stream_map_in_two_forms_loses_no_removal(
    joined: dict[str, Any], nested: dict[str, Any]
) -> None:
    tap = TapTechWolf(config={"stream_maps": joined}, validate_config=False)
    assert tap.config["stream_maps"] == nested


def test_the_name_of_a_copied_stream_may_have_a_dot() -> None:
    maps = {"hr.employees": {"__source__": "employees", "location": "__NULL__"}}
    tap = TapTechWolf(config={"stream_maps": maps}, validate_config=False)
    assert tap.config["stream_maps"] == maps


@pytest.mark.parametrize(("text", "expected"), [("no", False), ("1", True), ("FALSE", False)])
def test_a_boolean_is_read_from_the_environment(
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
def test_a_wrong_value_in_the_environment_is_refused_by_name(
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
def test_other_variables_get_no_warning(variable: str) -> None:
    assert warnings(variable) == []


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not valid JSON"),
        (
            b"{\n  'client_secret': 'distinctive-secret-4711'}",
            "is not valid JSON (line 2, column 3)",
        ),
        (b'{"client_secret": "distinctive-secret-4711"', "is not valid JSON (line 1, column 44)"),
        (b'{"client_secret": "distinctive-secret-4711 \xff"}', "is not valid JSON"),
        (b'["distinctive-secret-4711"]', "must hold a JSON object"),
        (b'"distinctive-secret-4711"', "must hold a JSON object"),
        (b"null", "must hold a JSON object"),
        (b'{"page_size": ' + b"9" * 5000 + b"}", "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
    ],
    ids=lambda one: repr(one[:30]),
)
def test_a_file_without_a_json_object_is_named(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    file = tmp_path / "some.json"
    file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        read_json_object(file, "config")
    text = str(caught.value)
    assert text.startswith(f"The file '{file}', given with --config, {problem}")
    assert "4711" not in text
    assert "\n" not in text
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    ("option", "error"),
    [("config", SettingsError), ("state", StateError), ("catalog", CatalogError)],
)
def test_a_file_that_cannot_be_read_is_named_with_its_option(
    tmp_path: Path, option: Option, error: type[Exception]
) -> None:
    with pytest.raises(
        error, match=rf"missing\.json', given with --{option}, cannot be read \(No s"
    ):
        read_json_object(str(tmp_path / "missing.json"), option)
    with pytest.raises(error, match=r"cannot be read \(Is a directory\)"):
        read_json_object(tmp_path, option)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_object_is_read_in_each_encoding_of_json(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"tenant": "acmé", "request_timeout": 2.5}', encoding=encoding)
    content: dict[str, Any] = read_json_object(file, "config")
    assert content == {"tenant": "acmé", "request_timeout": 2.5}
    assert isinstance(content["request_timeout"], float)


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"bookmarks": {}}')))
    assert read_json_object("-", "state") == {"bookmarks": {}}
