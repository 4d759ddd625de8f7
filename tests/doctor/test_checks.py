"""Settings, token, clock and version."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.app import OPTIONAL_PATHS, TOKEN_PATH
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tests.config.keys import KEY, RSA_KEY
from tests.doctor.conftest import run, verdicts
from tests.gateway import refusing_port
from tests.harness import settings

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox
    from tests.doctor.conftest import Examine


@pytest.fixture
def environment(url: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The sandbox's settings as environment variables."""
    for name, value in settings(url).items():
        monkeypatch.setenv(f"TAP_TECHWOLF_{name.upper()}", value)
    return monkeypatch


# Settings


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"tenant": None}, "'tenant' is missing"),
        ({"page_size": 1000}, "'page_size' must be at most 100"),
        ({"pagesize": 5}, "'pagesize' is not a setting of this tap (did you mean 'page_size'?)"),
    ],
)
def test_wrong_settings_are_named_and_all_else_is_skipped(
    sandbox: Sandbox, examine: Examine, overrides: dict[str, Any], words: str
) -> None:
    checks = examine(**overrides)
    assert checks["settings"].verdict == "error"
    assert words in checks["settings"].seen
    assert checks["settings"].advice
    assert verdicts(checks, "skipped") == checks.keys() - {"settings"}
    assert not sandbox.requests


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not valid JSON (line 1, column 2)"),
        ("[]", "must hold a JSON object"),
        (None, "cannot be read (No such file or directory)"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_by_its_number(
    tmp_path: Path, content: str | None, words: str
) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "jane.json"
    good.write_text("{}")
    if content is not None:
        bad.write_text(content)
    check = run(str(good), str(bad))["settings"]
    assert check.verdict == "error"
    assert f"The file given with --config, {words}" in check.seen
    assert "jane" not in check.seen


def test_settings_can_be_set_in_the_environment(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setenv("TAP_TECHWOLF_PAGE_SIZE", "50")
    file = tmp_path / "config.json"
    file.write_text('{"page_size": 7}')
    checks = run("ENV", str(file))
    assert checks["settings"].verdict == "ok"
    assert "page_size" in checks["settings"].seen
    assert checks["token"].verdict == "ok"


def test_a_misspelled_variable_is_a_warning(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TAP_TECHWOLF_TENNANT", "distinctive")
    check = run("ENV")["settings"]
    assert check.verdict == "warning"
    assert "Did you mean TAP_TECHWOLF_TENANT?" in check.seen
    assert "distinctive" not in check.seen


def test_a_dot_env_file_that_cannot_be_read_is_an_error(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"\xff\xfe\xfa")
    environment.setattr("tap_techwolf.config.sources.find_dotenv", lambda: str(file))
    check = run("ENV")["settings"]
    assert check.verdict == "error"
    assert "The file .env" in check.seen


@pytest.mark.parametrize("content", [None, "jane"])
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_ca_bundle_that_cannot_be_read_is_an_error_that_names_the_variable(
    environment: pytest.MonkeyPatch, tmp_path: Path, variable: str, content: str | None
) -> None:
    environment.delenv("REQUESTS_CA_BUNDLE", raising=False)
    file = tmp_path / "jane.pem"
    if content is not None:
        file.write_text(content)
    environment.setenv(variable, str(file))
    environment.setenv("TAP_TECHWOLF_AUTH_URL", "https://127.0.0.1:9")
    check = run("ENV")["token"]
    assert check.verdict == "error"
    assert variable in check.seen
    assert "not a CA bundle" in check.seen
    assert "jane" not in check.seen + check.advice
    environment.setenv(variable, str(tmp_path))
    assert "CA bundle" not in run("ENV")["token"].seen


# Token


@pytest.mark.parametrize(
    ("overrides", "status"),
    [({"client_secret": "wrong"}, "401 Unauthorized"), ({"audience": "other"}, "403 Forbidden")],
)
def test_a_rejected_token_request_is_an_error_and_what_needs_a_token_is_skipped(
    examine: Examine, overrides: dict[str, Any], status: str
) -> None:
    checks = examine(**overrides)
    assert status in checks["token"].seen
    assert "client_secret" in checks["token"].advice
    assert verdicts(checks, "error") == {"token"}
    assert verdicts(checks, "ok") == {"settings", "clock"}
    assert checks["goals_move_filter"].seen == "There is no token."


@pytest.mark.parametrize("status", [429, 503])
def test_a_token_endpoint_that_fails_twice_is_an_error(
    sandbox: Sandbox, examine: Examine, status: int
) -> None:
    fault = Fault(TOKEN_PATH, status=status, times=2, retry_after="0")
    sandbox.conditions.faults.append(fault)
    check = examine()["token"]
    assert check.verdict == "error"
    assert str(status) in check.seen
    assert "later" in check.advice
    assert sandbox.requests[TOKEN_PATH] == 2


def test_a_token_endpoint_that_fails_once_is_asked_again(
    sandbox: Sandbox, examine: Examine
) -> None:
    sandbox.conditions.faults.append(Fault(TOKEN_PATH, status=503, retry_after="0"))
    assert examine()["token"].verdict == "ok"


@pytest.mark.parametrize("body", ['{"access_token": "\\n"}', '{"token": "x"}'])
def test_a_response_without_a_token_is_an_error(
    sandbox: Sandbox, examine: Examine, body: str
) -> None:
    fault = Fault(TOKEN_PATH, kind="raw", status=200, body=body)
    sandbox.conditions.faults.append(fault)
    check = examine()["token"]
    assert (check.verdict, check.advice) == ("error", "Check 'auth_url'.")


def test_a_token_endpoint_that_refuses_connections_is_an_error(examine: Examine) -> None:
    with refusing_port() as address:
        check = examine(auth_url=address)["token"]
    assert check.verdict == "error"
    assert "Connection refused" in check.seen
    assert "auth_url" in check.advice


def test_a_proxy_that_cannot_be_used_is_an_error(
    examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "")
    check = examine(api_url=None, auth_url=None)["token"]
    assert check.verdict == "error"
    assert "HTTPS_PROXY" in check.advice


def test_the_lifetime_and_the_scopes_of_the_token_are_shown(
    sandbox: Sandbox, examine: Examine
) -> None:
    sandbox.tokens.expires_in = 7200
    check = examine(scopes=[])["token"]
    assert check.verdict == "ok"
    assert "7200 seconds" in check.seen


def test_a_private_key_gets_a_token_too(sandbox: Sandbox, examine: Examine) -> None:
    public = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    sandbox.tokens.public_key = public.decode()
    checks = examine(client_secret=None, private_key=KEY)
    assert checks["token"].verdict == "ok"
    assert "private_key" in checks["settings"].seen


def test_a_rejected_token_is_renewed(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.conditions.faults.append(Fault(PATHS["employee_ai_goals"], status=401))
    checks = examine()
    assert checks["filter:job_task_profiles"].verdict == "ok"
    assert sandbox.requests[TOKEN_PATH] == 2


def test_a_token_that_cannot_be_renewed_is_an_error(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.conditions.faults.append(Fault(PATHS["employee_ai_goals"], status=401))
    sandbox.conditions.faults.append(Fault(TOKEN_PATH, status=401, skip=1, times=99))
    checks = examine()
    assert "401" in checks["token"].seen
    assert verdicts(checks, "error") == {"token"}
    assert checks["export:employee_ai_goals"].seen == "There is no token."
    assert sandbox.requests[TOKEN_PATH] == 2


# Clock


def test_a_clock_that_is_wrong_is_named_if_there_is_no_token(
    sandbox: Sandbox, examine: Examine
) -> None:
    sandbox.company.clock_offset = timedelta(minutes=5)
    checks = examine(client_secret=None, private_key=KEY)
    assert checks["clock"].verdict == "warning"
    assert "clock" in checks["token"].advice


@pytest.mark.parametrize(
    ("offset", "verdict", "words"),
    [
        (timedelta(0), "ok", " seconds "),
        (timedelta(seconds=30), "ok", "ahead of"),
        (timedelta(hours=1), "warning", "ahead of this machine's"),
        (timedelta(days=-2), "warning", "behind this machine's"),
    ],
)
def test_clocks_that_differ_by_more_than_a_minute_are_a_warning(
    sandbox: Sandbox, examine: Examine, offset: timedelta, verdict: str, words: str
) -> None:
    sandbox.company.clock_offset = offset
    check = examine()["clock"]
    assert check.verdict == verdict
    assert words in check.seen
    assert bool(check.advice) is (verdict == "warning")


def test_responses_without_a_date_leave_the_clock_unknown(
    sandbox: Sandbox, examine: Examine
) -> None:
    sandbox.conditions.faults += [
        Fault(path, kind="date", times=99)
        for path in (TOKEN_PATH, "/version", *PATHS.values(), *OPTIONAL_PATHS.values())
    ]
    assert examine()["clock"].verdict == "skipped"


# Version


@pytest.mark.parametrize("answer", ["not_found", "not_allowed", "html", "forbidden"])
def test_a_version_that_cannot_be_read_is_skipped(
    sandbox: Sandbox, examine: Examine, answer: Any
) -> None:
    sandbox.variants.version_endpoint = answer
    assert examine()["version"].verdict == "skipped"


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ({"version": "2024-12-05"}, "ok"),
        ("2024-12-05", "ok"),
        (["x", "2024-12-05"], "ok"),
        ({"version": "jane"}, "skipped"),
        ({"born": "1980-12-05", "other": "2024-99-99"}, "skipped"),
        (7, "skipped"),
    ],
)
def test_the_version_is_found_in_any_form(
    sandbox: Sandbox, examine: Examine, body: Any, verdict: str
) -> None:
    sandbox.variants.version_endpoint = "json"
    sandbox.variants.version_body = body
    check = examine()["version"]
    assert check.verdict == verdict
    assert ("2024-12-05" in check.seen) is (verdict == "ok")
    assert "jane" not in check.seen
    assert "1980" not in check.seen


# A mistake of the doctor's own


def test_a_check_that_crashes_is_an_error_with_its_place(
    examine: Examine, monkeypatch: pytest.MonkeyPatch, url: str, tmp_path: Path
) -> None:
    def crash(_: object) -> None:
        raise KeyError("jane")

    examine()
    monkeypatch.setattr("tap_techwolf.doctor.runner.check_clock", crash)
    checks = run(str(tmp_path / "config.json"))
    assert checks["clock"].verdict == "error"
    assert "Unexpected KeyError in test_checks.py, line " in checks["clock"].seen
    assert "jane" not in checks["clock"].seen
    assert url not in checks["clock"].seen
    assert checks["export:job_task_profiles"].verdict == "ok"
