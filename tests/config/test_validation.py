"""Each wrong setting is refused in one line that names it and does not repeat its value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import nan
from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.errors import SettingsError
from tap_techwolf.tap import TapTechWolf
from tests.config.keys import EC_KEY, ENCRYPTED_KEY, KEY, PASSPHRASE
from tests.harness import arguments, run, settings

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox

SECRET = "distinctive-secret-4711"
MAPS = {"employees": {"external_id": "md5(config['salt'] + external_id)"}}
MISSING_SALT = "'salt' in 'stream_map_config' is missing"

BAD: list[tuple[str, dict[str, Any], str]] = [
    ("tenant missing", {"tenant": None}, "'tenant' is missing"),
    ("tenant empty", {"tenant": ""}, "'tenant' is missing"),
    ("tenant with a dot", {"tenant": "a.b"}, "'tenant' may contain only letters, digits"),
    ("tenant with a line break", {"tenant": "acme\n"}, "'tenant' may contain only letters"),
    ("tenant of another type", {"tenant": 5}, "'tenant' must be a Unicode string"),
    ("tenant of 64 characters", {"tenant": "a" * 64}, "'tenant' must not be longer than 63"),
    ("region of another form", {"region": "Europe"}, "'region' must look like eu3 or us3"),
    ("region unknown", {"region": "ap1", "auth_url": None}, "'auth_url' is missing"),
    ("client_id missing", {"client_id": None}, "'client_id' is missing"),
    ("no credential", {"client_secret": None}, "'client_secret' or 'private_key' is missing"),
    ("empty credential", {"client_secret": ""}, "'client_secret' or 'private_key' is missing"),
    ("both credentials", {"private_key": KEY}, "'client_secret' and 'private_key' are both set"),
    ("secret of another type", {"client_secret": 4711}, "'client_secret' must be a Unicode string"),
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
        "'private_key_passphrase' does not decrypt the private key",
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
    (
        "a secret with bytes that are not UTF-8",
        {"client_secret": "secret-\udcff"},
        "'client_secret' must be a Unicode string",
    ),
    ("scopes no list", {"scopes": 5}, "'scopes' must be a list"),
    ("scopes of numbers", {"scopes": [1]}, "a value in 'scopes' must be a Unicode string"),
    ("scopes empty", {"scopes": [""]}, "a value in 'scopes' must not be empty"),
    ("http", {"api_url": "http://techwolf.example"}, "'api_url' must be an https URL"),
    ("http to a token", {"auth_url": "http://login.example/t"}, "'auth_url' must be an https"),
    ("a loopback look-alike", {"api_url": "http://127.0.0.1.evil.example"}, "'api_url' must be"),
    ("user in the address", {"api_url": "https://a:b@techwolf.example"}, "'api_url' must be"),
    ("query in the address", {"api_url": "https://techwolf.example?a=b"}, "'api_url' must be"),
    ("another scheme", {"api_url": "ftp://127.0.0.1"}, "'api_url' must be an https URL"),
    ("no address", {"api_url": "techwolf.example"}, "'api_url' must be an https URL"),
    ("a broken address", {"api_url": "https://[::1"}, "'api_url' must be an https URL"),
    ("a broken port", {"api_url": "https://a:b"}, "'api_url' must be an https URL"),
    ("a line break", {"api_url": "https://a\n.example"}, "'api_url' must be an https URL"),
    ("an empty label", {"api_url": "https://a..b"}, "'api_url' must be an https URL with a valid"),
    ("an empty first label", {"auth_url": "https://.a"}, "'auth_url' must be an https URL"),
    ("an empty host", {"api_url": "https://:443"}, "'api_url' must be an https URL"),
    ("a label of 64", {"api_url": f"https://{'a' * 64}.example"}, "'api_url' must be an https"),
    ("a wildcard", {"api_url": "https://*.example"}, "'api_url' must be an https URL"),
    ("no such international name", {"api_url": "https://😀.example"}, "'api_url' must be an"),
    ("a backslash", {"api_url": "https://a\\b.example"}, "'api_url' must be an https URL"),
    ("a port out of range", {"auth_url": "https://a:65536"}, "'auth_url' must be an https URL"),
    ("an empty query", {"api_url": "https://techwolf.example?"}, "'api_url' must be an https URL"),
    ("a fragment", {"api_url": "https://techwolf.example#"}, "'api_url' must be an https URL"),
    ("a user", {"api_url": "https://@techwolf.example"}, "'api_url' must be an https URL"),
    ("api_version no date", {"api_version": "latest"}, "'api_version' must be a date"),
    ("api_version short", {"api_version": "20241205"}, "'api_version' must be a date"),
    ("api_version impossible", {"api_version": "2024-13-05"}, "'api_version' must be a date"),
    ("start_date no date", {"start_date": "yesterday"}, "'start_date' must be a date-time"),
    ("start_date a number", {"start_date": 20260101}, "'start_date' must be a Unicode string"),
    ("lookback_days 0", {"lookback_days": 0}, "'lookback_days' must be at least 1"),
    ("lookback_days 1.5", {"lookback_days": 1.5}, "'lookback_days' must be a whole number"),
    ("page_size 0", {"page_size": 0}, "'page_size' must be at least 1"),
    ("page_size 101", {"page_size": 101}, "'page_size' must be at most 100"),
    ("page_size a text", {"page_size": "many"}, "'page_size' must be a whole number"),
    ("page_size true", {"page_size": True}, "'page_size' must be a whole number"),
    (
        "page_size 100.0",
        {"page_size": 100.0},
        "'page_size' must be a whole number, such as 10",
    ),
    ("page_size 100.0 from a file", {"page_size": Decimal("100.0")}, "'page_size' must be a whole"),
    ("parallel_streams 0", {"parallel_streams": 0}, "'parallel_streams' must be at least 1"),
    ("parallel_streams 10", {"parallel_streams": 10}, "'parallel_streams' must be at most 9"),
    ("is_active a text", {"is_active": "fals"}, "'is_active' must be true or false"),
    ("external_vendor", {"external_vendor": "sap"}, "'external_vendor' must be one of: techwolf"),
    ("ai_goal_versions", {"ai_goal_versions": "newest"}, "'ai_goal_versions' must be one of"),
    ("task_profile_format", {"task_profile_format": "tree"}, "'task_profile_format' must be one"),
    (
        "an employee include of jobs",
        {"employee_task_includes": ["source_data"]},
        "a value in 'employee_task_includes' must be one of",
    ),
    (
        "a job include of employees",
        {"job_task_includes": ["source_events"]},
        "a value in 'job_task_includes' must be one of",
    ),
    ("job_family_ids", {"job_family_ids": {"JF": 1}}, "'job_family_ids' must be a list"),
    *(
        (f"a salt that is {salt}", {"stream_maps": MAPS, "stream_map_config": salt}, MISSING_SALT)
        for salt in ({"salt": None}, {"salt": ""}, {"salt": "$TECHWOLF_SALT"}, {"other": "x"}, None)
    ),
    *(
        (f"job_family_ids {text}", {"job_family_ids": text}, "'job_family_ids' must be a list")
        for text in ("['a' 'b']", "('a','b')", "'a','b'", "['a'] # x", "[a]")
    ),
    ("job_family_ids a number", {"job_family_ids": 123}, "'job_family_ids' must be a list, such"),
    ("job_family_ids true", {"job_family_ids": True}, "'job_family_ids' must be a list"),
    (
        "job_family_ids of numbers",
        {"job_family_ids": [123]},
        "a value in 'job_family_ids' must be a Unicode string",
    ),
    ("request_timeout 0", {"request_timeout": 0}, "'request_timeout' must be at least 1"),
    ("request_timeout 2.5", {"request_timeout": 2.5}, "'request_timeout' must be a whole number"),
    ("request_timeout NaN", {"request_timeout": nan}, "'request_timeout' must be a whole number"),
    ("request_timeout years", {"request_timeout": 10**9}, "'request_timeout' must be at most 864"),
    ("client_id", {"client_id": " id"}, "'client_id' must not begin or end with white space"),
    ("client_secret", {"client_secret": f"{SECRET}\n"}, "'client_secret' must not begin or end"),
    ("client_secret", {"client_secret": f"\t{SECRET}"}, "'client_secret' must not begin or end"),
    ("scopes", {"scopes": ["read "]}, "a value in 'scopes' must not begin or end with white"),
    (
        "job_family_ids",
        {"job_family_ids": ["JF-1\n"]},
        "a value in 'job_family_ids' must not begin",
    ),
    ("audience", {"audience": "a\u00a0"}, "'audience' must not begin or end with white space"),
    ("start_date years ahead", {"start_date": "2999-01-01"}, "'start_date' is in the future"),
    ("start_date 9999", {"start_date": "9999-12-31"}, "'start_date' is in the future"),
    ("max_attempts 0", {"max_attempts": 0}, "'max_attempts' must be at least 1"),
    ("user_agent", {"user_agent": "a\r\nb: c"}, "'user_agent' may contain only printable ASCII"),
    (
        "a misspelled setting",
        {"page_sise": 5},
        "'page_sise' is not a setting of this tap (did you mean 'page_size'?)",
    ),
    ("an unknown setting", {"color": 5}, "'color' is not a setting of this tap."),
    ("batch files", {"batch_config": {}}, "'batch_config' is not a setting of this tap"),
    ("faker", {"faker_config": {"seed": []}}, "a value in 'faker_config' is not valid"),
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


def test_a_wrong_list_is_named_once() -> None:
    with pytest.raises(SettingsError) as caught:
        TapTechWolf(config=settings("https://techwolf.example", job_family_ids=[1, 2, 3]))
    assert str(caught.value).count("'job_family_ids'") == 1


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
        {"api_url": "https://techwolf.example./v1/"},
        {"api_url": "https://faß.example:65535"},
        {"api_url": "https://192.0.2.1"},
        {"api_url": "https://[2001:db8::1]"},
        {"api_url": f"https://{'a' * 63}.{'b' * 63}.example"},
        {"tenant": "a" * 63},
        {"request_timeout": 86400},
        {"start_date": str(datetime.now(UTC).date())},
        {"start_date": (datetime.now(UTC) + timedelta(hours=23)).isoformat()},  # Kiribati's
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
def test_a_good_setting_is_accepted(good: dict[str, Any]) -> None:
    TapTechWolf(config=settings("https://techwolf.example", **good))
