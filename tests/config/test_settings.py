"""Each setting: what it may be, and the one line that says what is wrong with it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tap_techwolf.config.settings import SETTINGS
from tap_techwolf.errors import SettingsError
from tap_techwolf.tap import TapTechWolf
from tests.harness import COMMAND, arguments, discover, run, settings, sync

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox

SECRET = "distinctive-secret-4711"
PASSPHRASE = "distinctive-passphrase-0815"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: str | None = None) -> str:
    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY = pem(RSA_KEY)
ENCRYPTED_KEY = pem(RSA_KEY, PASSPHRASE)
EC_KEY = pem(ec.generate_private_key(ec.SECP256R1()))

BAD: list[tuple[str, dict[str, Any], str]] = [
    ("tenant missing", {"tenant": None}, "'tenant' is missing"),
    ("tenant empty", {"tenant": ""}, "'tenant' is missing"),
    ("tenant with a dot", {"tenant": "a.b"}, "'tenant' may hold only letters, digits"),
    ("tenant with a line break", {"tenant": "acme\n"}, "'tenant' may hold only letters"),
    ("tenant of another type", {"tenant": 5}, "'tenant' must be a text"),
    ("region of another form", {"region": "Europe"}, "'region' must look like eu3 or us3"),
    ("region unknown", {"region": "ap1", "auth_url": None}, "'auth_url' is missing"),
    ("client_id missing", {"client_id": None}, "'client_id' is missing"),
    ("no credential", {"client_secret": None}, "'client_secret' is missing (or 'private_key'"),
    ("empty credential", {"client_secret": ""}, "'client_secret' is missing (or 'private_key'"),
    ("both credentials", {"private_key": KEY}, "'client_secret' and 'private_key' are both set"),
    ("secret of another type", {"client_secret": 4711}, "'client_secret' must be a text"),
    (
        "a key that is no key",
        {"client_secret": None, "private_key": SECRET},
        "'private_key' must be a private key in PEM form",
    ),
    (
        "a key of another kind",
        {"client_secret": None, "private_key": EC_KEY},
        "'private_key' must be an RSA key",
    ),
    (
        "a key without its passphrase",
        {"client_secret": None, "private_key": ENCRYPTED_KEY},
        "'private_key_passphrase' is missing",
    ),
    (
        "a key with another passphrase",
        {"client_secret": None, "private_key": ENCRYPTED_KEY, "private_key_passphrase": SECRET},
        "'private_key_passphrase' does not open the private key",
    ),
    (
        "a passphrase too many",
        {"client_secret": None, "private_key": KEY, "private_key_passphrase": SECRET},
        "'private_key_passphrase' is set, but the private key is not encrypted",
    ),
    (
        "a passphrase alone",
        {"private_key_passphrase": SECRET},
        "'private_key_passphrase' is set, but 'private_key' is not",
    ),
    ("scopes no list", {"scopes": "read"}, "'scopes' must be a list"),
    ("scopes of numbers", {"scopes": [1]}, "'scopes' holds a value that must be a text"),
    ("scopes empty", {"scopes": [""]}, "'scopes' holds a value that must not be empty"),
    ("http", {"api_url": "http://techwolf.example"}, "'api_url' must be an https address"),
    ("http to a token", {"auth_url": "http://login.example/t"}, "'auth_url' must be an https"),
    ("a loopback look-alike", {"api_url": "http://127.0.0.1.evil.example"}, "'api_url' must be"),
    ("user in the address", {"api_url": "https://a:b@techwolf.example"}, "'api_url' must be"),
    ("query in the address", {"api_url": "https://techwolf.example?a=b"}, "'api_url' must be"),
    ("another scheme", {"api_url": "ftp://127.0.0.1"}, "'api_url' must be an https address"),
    ("no address", {"api_url": "techwolf.example"}, "'api_url' must be an https address"),
    ("a broken address", {"api_url": "https://[::1"}, "'api_url' must be an https address"),
    ("a broken port", {"api_url": "https://a:b"}, "'api_url' must be an https address"),
    ("a line break", {"api_url": "https://a\n.example"}, "'api_url' must be an https address"),
    ("api_version no date", {"api_version": "latest"}, "'api_version' must be a date"),
    ("api_version short", {"api_version": "20241205"}, "'api_version' must be a date"),
    ("api_version impossible", {"api_version": "2024-13-05"}, "'api_version' must be a date"),
    ("start_date no date", {"start_date": "yesterday"}, "'start_date' must be a date-time"),
    ("start_date a number", {"start_date": 20260101}, "'start_date' must be a text"),
    ("lookback_days 0", {"lookback_days": 0}, "'lookback_days' must be at least 1"),
    ("lookback_days 1.5", {"lookback_days": 1.5}, "'lookback_days' must be a whole number"),
    ("page_size 0", {"page_size": 0}, "'page_size' must be at least 1"),
    ("page_size 101", {"page_size": 101}, "'page_size' must be at most 100"),
    ("page_size a text", {"page_size": "100"}, "'page_size' must be a whole number"),
    ("page_size true", {"page_size": True}, "'page_size' must be a whole number"),
    ("is_active a text", {"is_active": "false"}, "'is_active' must be true or false"),
    ("external_vendor", {"external_vendor": "sap"}, "'external_vendor' must be one of: techwolf"),
    ("ai_goal_versions", {"ai_goal_versions": "newest"}, "'ai_goal_versions' must be one of"),
    ("task_profile_format", {"task_profile_format": "tree"}, "'task_profile_format' must be one"),
    (
        "an employee include of jobs",
        {"employee_task_includes": ["source_data"]},
        "'employee_task_includes' holds a value that must be one of",
    ),
    (
        "a job include of employees",
        {"job_task_includes": ["source_events"]},
        "'job_task_includes' holds a value that must be one of",
    ),
    ("job_family_ids", {"job_family_ids": "sales"}, "'job_family_ids' must be a list"),
    ("request_timeout 0", {"request_timeout": 0}, "'request_timeout' must be more than 0"),
    ("request_timeout years", {"request_timeout": 1e9}, "'request_timeout' must be at most 86400"),
    ("request_timeout a text", {"request_timeout": "5"}, "'request_timeout' must be a number"),
    ("max_attempts 0", {"max_attempts": 0}, "'max_attempts' must be at least 1"),
    ("user_agent", {"user_agent": "a\r\nb: c"}, "'user_agent' may hold only printable ASCII"),
    ("an unknown setting", {"page_sise": 5}, "'page_sise' is not a setting of this tap"),
    ("batch files", {"batch_config": {}}, "'batch_config' is not a setting of this tap"),
    ("faker", {"faker_config": {"seed": []}}, "'faker_config' holds a value that does not have"),
    ("flattening", {"flattening_enabled": "x"}, "'flattening_enabled' must be true or false"),
]


@pytest.mark.parametrize(("wrong", "text"), [one[1:] for one in BAD], ids=[one[0] for one in BAD])
def test_a_bad_setting_is_named(wrong: dict[str, Any], text: str) -> None:
    config = settings("https://techwolf.example", **{"client_secret": SECRET, **wrong})
    with pytest.raises(SettingsError) as caught:
        TapTechWolf(config=config)
    assert text in str(caught.value)
    for secret in (SECRET, PASSPHRASE, "4711", "PRIVATE KEY-----\n"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tenant": None},
        {"page_size": "x"},
        {"page_size": 101},
        {"client_secret": None},
        {"private_key": SECRET},
        {"client_secret": None, "private_key": SECRET},
        {"auth_url": "http://login.example"},
        {"unknown": SECRET},
    ],
    ids="+".join,
)
def test_a_bad_setting_ends_the_command_with_one_line_and_no_request(
    sandbox: Sandbox, url: str, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    config = settings(url, **{"client_secret": SECRET, **wrong})
    output = run(arguments(tmp_path, config))
    assert output.exit_status == 1
    assert len(output.log.splitlines()) == 1
    assert any(f"'{name}'" in output.log for name in wrong)
    assert SECRET not in output.log
    assert not output.messages
    assert not sandbox.requests


def test_several_bad_settings_are_named_in_one_line() -> None:
    with pytest.raises(SettingsError) as caught:
        TapTechWolf(config={"page_size": 0, "nonsense": 1})
    for name in ("tenant", "client_id", "client_secret", "page_size", "nonsense"):
        assert repr(name) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "good",
    [
        {"api_url": "http://localhost:1"},
        {"api_url": "http://127.8.9.1"},
        {"api_url": "http://[::1]:80/x"},
        {"api_url": "https://techwolf.example"},
        {"region": "ap1"},
        {"start_date": "2026-01-01"},
        {"start_date": "2026-01-01T00:00:00.5+02:00"},
        {"is_active": None},
        {"page_size": None},
        {"client_secret": None, "private_key": KEY},
        {"client_secret": None, "private_key": KEY.replace("\n", "\\n")},
        {"client_secret": None, "private_key": ENCRYPTED_KEY, "private_key_passphrase": PASSPHRASE},
        {"stream_maps": {}, "flattening_enabled": True, "flattening_max_depth": 2},
    ],
    ids="+".join,
)
def test_a_good_setting_is_taken(good: dict[str, Any]) -> None:
    TapTechWolf(config=settings("https://techwolf.example", **good))


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
        "employee_ai_goals",
        "employee_task_profiles",
        "job_task_profiles",
    ]


def test_discovery_refuses_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="'task_profile_format'"):
        discover({"task_profile_format": "tree"})


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
    ("name", "text"), [("IS_ACTIVE", "maybe"), ("PAGE_SIZE", "many"), ("STREAM_MAPS", "{")]
)
def test_a_wrong_text_in_the_environment_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(f"TAP_TECHWOLF_{name}", text)
    with pytest.raises(SettingsError, match=f"'{name.lower()}' must be"):
        TapTechWolf(parse_env_config=True)


def test_settings_show_in_about() -> None:
    output = json.loads(subprocess.check_output([*COMMAND, "--about", "--format", "json"]))
    properties = SETTINGS.to_dict()["properties"]
    assert properties.keys() <= output["settings"]["properties"].keys()
