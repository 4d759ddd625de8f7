"""Settings, addresses, token, clock and version."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from datetime import timedelta
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.app import TOKEN_PATH
from sandbox.faults import Fault
from tap_techwolf.config.settings import SETTINGS
from tap_techwolf.config.validation import complete
from tap_techwolf.doctor.addresses_check import check_addresses
from tap_techwolf.doctor.examination import Examination
from tests.config.certificates import certificate
from tests.config.keys import KEY, RSA_KEY
from tests.doctor.conftest import verdicts
from tests.gateway import refusing_port
from tests.harness import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.app import Sandbox
    from tap_techwolf.doctor.report import Check
    from tests.doctor.conftest import Examine


def run(*sources: str) -> dict[str, Check]:
    examination = Examination()
    examination.run(sources)
    return {one.check: one for one in examination.report.checks}


# Settings


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"tenant": None}, "'tenant' is missing"),
        ({"page_size": 1000}, "'page_size' must be at most 100"),
        ({"pagesize": 5}, "'pagesize' is not a setting of this tap (did you mean 'page_size'?)"),
        ({"Jane Doe 4711": 5}, "a name that is not a setting of this tap"),
    ],
)
def test_wrong_settings_are_named_and_all_else_is_skipped(
    sandbox: Sandbox, examine: Examine, overrides: dict[str, Any], words: str
) -> None:
    checks = examine(**overrides)
    assert checks["settings"].verdict == "error"
    assert words in checks["settings"].seen
    assert "Jane" not in checks["settings"].seen
    assert checks["settings"].advice
    assert verdicts(checks, "skipped") == checks.keys() - {"settings"}
    assert not sandbox.requests


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not valid JSON (line 1, column 2)"),
        ("[]", "must hold a JSON object, not a list"),
        (None, "cannot be read (No such file or directory)"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_by_its_number(
    tmp_path: Path, content: str | None, words: str
) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "jane.json"
    good.write_text("{}")
    if content is not None:
        bad.write_text(content)
    checks = run(str(good), str(bad))
    assert checks["settings"].verdict == "error"
    assert checks["settings"].seen == f"Wrong: the file of --config number 2 {words}."


def test_settings_can_come_from_the_environment(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in settings(url).items():
        monkeypatch.setenv(f"TAP_TECHWOLF_{name.upper()}", value)
    monkeypatch.setenv("TAP_TECHWOLF_PAGE_SIZE", "50")
    file = tmp_path / "config.json"
    file.write_text('{"page_size": 7}')
    checks = run("ENV", str(file))
    assert checks["settings"].verdict == "ok"
    assert "page_size 50" in checks["settings"].seen
    assert checks["token"].verdict == "ok"


@pytest.mark.parametrize(
    ("variable", "shown"),
    [
        ("TAP_TECHWOLF_TENNANT", "TAP_TECHWOLF_TENNANT"),
        ("TAP_TECHWOLF_Tenant1", "a variable of the environment"),
    ],
)
def test_a_misspelled_variable_is_a_warning(
    url: str, monkeypatch: pytest.MonkeyPatch, variable: str, shown: str
) -> None:
    for name, value in settings(url).items():
        monkeypatch.setenv(f"TAP_TECHWOLF_{name.upper()}", value)
    monkeypatch.setenv(variable, "distinctive")
    check = run("ENV")["settings"]
    assert check.verdict == "warning"
    assert f"no setting belongs to {shown}." in check.seen
    assert "distinctive" not in check.seen


def test_without_settings_the_missing_ones_are_named() -> None:
    assert "'client_id' is missing" in run()["settings"].seen


# Addresses


def config_for(**values: Any) -> dict[str, Any]:
    given = {"tenant": "acme", "client_id": "x", "client_secret": "y", **values}
    return complete(given, SETTINGS.to_dict())


class _Accept(BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(1)


class _TLSServer(ThreadingTCPServer):
    daemon_threads = True
    context: ssl.SSLContext

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        return self.context.wrap_socket(connection, server_side=True), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def tls_server(file: Path) -> Iterator[str]:
    with _TLSServer(("127.0.0.1", 0), _Accept) as server:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(file)
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_an_address_that_speaks_tls_is_ok(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with tls_server(file) as address:
        check = check_addresses(config_for(api_url=address, auth_url=address))
    assert check.verdict == "ok", check
    assert "speaks TLSv1" in check.seen
    assert "127.0.0.1" not in check.seen


def test_a_certificate_that_nobody_trusts_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with tls_server(certificate(tmp_path)) as address:
        check = check_addresses(config_for(api_url=address, auth_url=address))
    assert check.verdict == "error"
    assert "certificate is not trusted" in check.seen
    assert "REQUESTS_CA_BUNDLE" in check.advice


def test_a_folder_can_name_whom_to_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    with tls_server(certificate(tmp_path)) as address:
        check = check_addresses(config_for(api_url=address, auth_url=address))
    assert "certificate is not trusted" in check.seen


def test_an_address_that_speaks_no_tls_is_an_error(url: str) -> None:
    address = url.replace("http:", "https:")
    check = check_addresses(config_for(api_url=address, auth_url=address))
    assert check.verdict == "error"
    assert "does not speak TLS" in check.seen


def test_a_refused_connection_is_an_error_and_the_checks_go_on(
    sandbox: Sandbox, examine: Examine
) -> None:
    with refusing_port() as address:
        checks = examine(api_url=address)
    assert checks["addresses"].verdict == "error"
    assert "API (an address of your own): the connection was refused" in checks["addresses"].seen
    assert checks["token"].verdict == "ok"
    assert checks["clock"].verdict == "skipped"
    assert checks["version"].verdict == "skipped"
    assert checks["export:job_task_profiles"].verdict == "error"
    assert checks["form:job_task_profiles"].verdict == "skipped"
    assert checks["learned:rate_limit"].verdict == "skipped"
    assert sandbox.requests.keys() == {TOKEN_PATH}


def test_the_addresses_show_the_region_and_no_other_part_of_a_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise __import__("socket").gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.create_connection", unknown)
    check = check_addresses(config_for(region="us3"))
    assert check.verdict == "error"
    assert "https://<tenant>.us3.techwolf.ai): its host name is unknown" in check.seen
    assert "acme" not in check.seen
    hidden = check_addresses(config_for(region="janedoe4711", auth_url="https://x.invalid"))
    assert "janedoe" not in hidden.seen


def test_a_server_that_never_greets_keeps_nobody_waiting() -> None:
    with ThreadingTCPServer(("127.0.0.1", 0), _Accept) as server:
        server.daemon_threads = True
        address = f"https://127.0.0.1:{server.server_address[1]}"
        check = check_addresses(config_for(api_url=address, auth_url=address), 0.2)
    assert check.verdict == "error"
    assert "no connection in time" in check.seen


def test_an_address_behind_a_proxy_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    check = check_addresses(config_for())
    assert check.verdict == "skipped"
    assert "names a proxy" in check.seen


# Token


@pytest.mark.parametrize(
    ("overrides", "status"),
    [({"client_secret": "wrong"}, "401 Unauthorized"), ({"audience": "other"}, "403 Forbidden")],
)
def test_a_refused_token_is_an_error_and_what_needs_it_is_skipped(
    examine: Examine, overrides: dict[str, Any], status: str
) -> None:
    checks = examine(**overrides)
    assert checks["token"].verdict == "error"
    assert status in checks["token"].seen
    assert "client_secret" in checks["token"].advice
    assert verdicts(checks, "error") == {"token"}
    assert verdicts(checks, "ok") == {"settings", "addresses"}
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


@pytest.mark.parametrize("body", ["<html>", "[]", '{"access_token": "\\n"}', '{"token": "x"}'])
def test_an_answer_without_a_token_is_an_error(
    sandbox: Sandbox, examine: Examine, body: str
) -> None:
    fault = Fault(TOKEN_PATH, kind="raw", status=200, body=body)
    sandbox.conditions.faults.append(fault)
    check = examine()["token"]
    assert (check.verdict, check.advice) == ("error", "Check 'auth_url'.")


def test_no_answer_of_the_token_endpoint_is_an_error(examine: Examine) -> None:
    with refusing_port() as address:
        check = examine(auth_url=address)["token"]
    assert check.verdict == "error"
    assert "gave no answer: the connection was refused" in check.seen


def test_the_token_tells_its_life_and_its_scopes(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.tokens.expires_in = 7200
    check = examine(scopes=[])["token"]
    assert check.verdict == "ok"
    assert "for 7200 seconds" in check.seen
    assert "Scopes asked for: none; given: read, read_reports, write." in check.seen


@pytest.mark.parametrize(
    ("body", "verdict", "words"),
    [
        ('"scope": "write jane"', "warning", "given: write, 1 that the documentation does not"),
        ('"expires_in": "jane"', "ok", "Given for an unknown time."),
        ('"expires_in": true', "ok", "the answer names none"),
    ],
)
def test_what_the_token_endpoint_says_is_not_repeated(
    sandbox: Sandbox, examine: Examine, body: str, verdict: str, words: str
) -> None:
    answer = f'{{"access_token": "t", {body}}}'
    sandbox.conditions.faults.append(Fault(TOKEN_PATH, kind="raw", status=200, body=answer))
    check = examine()["token"]
    assert check.verdict == verdict
    assert words in check.seen
    assert "jane" not in check.seen


def test_a_private_key_gets_a_token_too(sandbox: Sandbox, examine: Examine) -> None:
    public = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    sandbox.tokens.public_key = public.decode()
    checks = examine(client_secret=None, private_key=KEY)
    assert checks["token"].verdict == "ok"
    assert "private key" in checks["settings"].seen


def test_a_token_that_does_not_last_is_renewed(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.tokens.expires_in = 0.2
    checks = examine()
    assert checks["filter:job_task_profiles"].verdict == "ok"
    assert sandbox.requests[TOKEN_PATH] > 1


def test_a_token_that_is_not_renewed_ends_the_checks(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.tokens.expires_in = 0.002
    sandbox.conditions.faults.append(Fault(TOKEN_PATH, status=401, skip=1, times=99))
    checks = examine()
    assert checks["token"].verdict == "ok"
    assert checks["version"].seen == "The token expired, and there was no new one."
    assert checks["export:employee_ai_goals"].verdict == "skipped"


# Clock


@pytest.mark.parametrize(
    ("offset", "verdict", "words"),
    [
        (timedelta(0), "ok", "agree"),
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


def test_answers_without_a_date_leave_the_clock_unknown(sandbox: Sandbox, examine: Examine) -> None:
    sandbox.conditions.faults += [
        Fault(path, kind="date", times=99)
        for path in (
            "/version",
            "/employees",
            "/export/employees/ai_goals",
            "/export/employees/task_profiles",
            "/job_architecture/export/jobs/task_profiles",
        )
    ]
    check = examine()["clock"]
    assert (check.verdict, check.seen) == ("skipped", "Its answers have no date.")


# Version


@pytest.mark.parametrize("answer", ["not_found", "not_allowed", "html", "forbidden"])
def test_a_version_that_is_not_there_is_skipped(
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
