"""One token a run, by secret or key, renewed before it can expire in flight."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NameResolutionError

from sandbox.app import TOKEN_PATH
from sandbox.tokens import ASSERTION_TYPE, CLIENT_ID
from tap_techwolf.errors import AuthenticationError
from tap_techwolf.tap import TapTechWolf
from tests.config.keys import ENCRYPTED_KEY, KEY, PASSPHRASE, RSA_KEY
from tests.gateway import gateway
from tests.harness import discover, selecting, settings, sync

if TYPE_CHECKING:
    from pathlib import Path

    from requests_mock import Mocker

    from sandbox.app import Sandbox
    from tap_techwolf.api.authenticator import TechWolfAuthenticator

PUBLIC_KEY = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class Clock:
    """A clock that only moves when told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def authenticator(mock: Mocker, answer: Any, **overrides: Any) -> TechWolfAuthenticator:
    mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": "t"} | answer)
    tap = TapTechWolf(config=settings("http://127.0.0.1", **overrides))
    return tap.run.access.authenticator


@pytest.mark.parametrize(
    "key",
    [
        {"private_key": KEY},
        {"private_key": KEY.replace("\n", "\\n")},
        {"private_key": ENCRYPTED_KEY, "private_key_passphrase": PASSPHRASE},
    ],
    ids=["plain", "one line", "encrypted"],
)
def test_a_private_key_gets_a_token(sandbox: Sandbox, url: str, key: dict[str, str]) -> None:
    sandbox.tokens.public_key = PUBLIC_KEY.decode()
    output = sync(settings(url, client_secret=None, **key))
    assert len(output.ids("job_task_profiles")) == len(sandbox.company.jobs)
    assert sandbox.tokens.issued == 1


def test_the_assertion_is_as_documented(requests_mock: Mocker) -> None:
    one = authenticator(requests_mock, {}, client_secret=None, private_key=KEY)
    seen = set()
    for _ in range(2):
        one.update_access_token()
        body = requests_mock.request_history[-1].json()
        assert "client_secret" not in body
        assert body["client_assertion_type"] == ASSERTION_TYPE
        endpoint = "http://127.0.0.1" + TOKEN_PATH
        header = jwt.get_unverified_header(body["client_assertion"])
        claims = jwt.decode(
            body["client_assertion"], PUBLIC_KEY, algorithms=["RS256"], audience=endpoint
        )
        assert header["alg"] == "RS256"
        assert claims["iss"] == claims["sub"] == CLIENT_ID
        assert claims["aud"] == endpoint
        assert abs(claims["iat"] - time.time()) < 10
        assert 60 <= claims["exp"] - claims["iat"] <= 300
        assert len(claims["jti"]) <= 64
        seen.add(claims["jti"])
    assert len(seen) == 2


def test_a_key_that_techwolf_does_not_know_is_refused(sandbox: Sandbox, url: str) -> None:
    with pytest.raises(AuthenticationError, match="invalid_client"):
        sync(settings(url, client_secret=None, private_key=KEY))
    assert sandbox.tokens.issued == 0


@pytest.mark.parametrize(
    ("expires_in", "timeout", "good_for"),
    [(10800, 300, 10500), (10800, 60, 10740), (100, 300, 50), (2, 300, 1), (1.0, 300, 0.5)],
)
def test_a_token_is_renewed_before_it_can_expire_in_flight(
    requests_mock: Mocker, clock: Clock, expires_in: float, timeout: float, good_for: float
) -> None:
    answer = {"expires_in": expires_in}
    one = authenticator(requests_mock, answer, request_timeout=timeout)
    one.update_access_token()
    asked_at = clock.now
    clock.now = asked_at + good_for - 0.01
    assert one.is_token_valid()
    clock.now = asked_at + good_for
    assert not one.is_token_valid()


@pytest.mark.parametrize("expires_in", [{}, {"expires_in": None}, {"expires_in": "soon"}])
def test_a_token_that_tells_no_end_is_used_until_it_is_refused(
    requests_mock: Mocker, clock: Clock, expires_in: dict[str, Any]
) -> None:
    one = authenticator(requests_mock, expires_in)
    one.update_access_token()
    clock.now += 1e6
    assert one.is_token_valid()
    request = requests.Request("POST", "http://127.0.0.1", auth=one).prepare()
    one.discard_token(request)
    assert not one.is_token_valid()


def test_a_token_is_discarded_once_however_many_requests_were_refused(
    requests_mock: Mocker,
) -> None:
    one = authenticator(requests_mock, {})
    given = iter("abc")
    requests_mock.post(
        "http://127.0.0.1" + TOKEN_PATH, json=lambda *_: {"access_token": next(given)}
    )
    refused = [requests.Request("POST", "http://127.0.0.1", auth=one).prepare() for _ in range(3)]
    for request in refused:
        one.discard_token(request)
        one(requests.Request("POST", "http://127.0.0.1").prepare())
    assert one.access_token == "b"


def test_threads_that_need_a_token_at_once_get_one(requests_mock: Mocker) -> None:
    one = authenticator(requests_mock, {})
    asked, answer_now = threading.Event(), threading.Event()

    def slow(*_: object) -> dict[str, Any]:
        asked.set()
        assert answer_now.wait(10)
        return {"access_token": "t"}

    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json=slow)
    with ThreadPoolExecutor(3) as pool:
        signed = [
            pool.submit(requests.Request("POST", "http://127.0.0.1", auth=one).prepare)
            for _ in range(3)
        ]
        assert asked.wait(10)
        answer_now.set()
        assert {each.result(10).headers["Authorization"] for each in signed} == {"Bearer t"}
    assert requests_mock.call_count == 1


def test_a_refusal_is_not_asked_for_again(requests_mock: Mocker) -> None:
    one = authenticator(requests_mock, {})
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, status_code=403)
    for _ in range(2):
        with pytest.raises(AuthenticationError, match="403 Forbidden"):
            one.update_access_token()
    assert requests_mock.call_count == 1


def test_a_short_lived_token_is_renewed_during_the_sync(sandbox: Sandbox, url: str) -> None:
    sandbox.tokens.expires_in = 0.4
    sandbox.conditions.delay = 0.06
    output = sync(settings(url, page_size=50))
    assert len(output.ids("employee_task_profiles")) == len(sandbox.company.employees)
    assert sandbox.tokens.issued > 1


def test_the_time_a_token_request_takes_counts(requests_mock: Mocker, clock: Clock) -> None:
    one = authenticator(requests_mock, {"expires_in": 100})

    def slow(*_: object) -> dict[str, Any]:
        clock.now += 40
        return {"access_token": "t", "expires_in": 100}

    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json=slow)
    one.update_access_token()
    clock.now += 11
    assert not one.is_token_valid()


@pytest.mark.parametrize("key", [{}, {"client_secret": None, "private_key": KEY}])
def test_a_refusal_that_repeats_what_was_sent_shows_none_of_it(
    requests_mock: Mocker, key: dict[str, Any]
) -> None:
    sent: list[str] = []

    def refuse(request: Any, context: Any) -> dict[str, Any]:
        body = request.json()
        sent.extend(body[name] for name in ("client_secret", "client_assertion") if name in body)
        context.status_code = 401
        return {"error": sent[-1], "error_description": f"This was sent: {sent[-1]}"}

    one = authenticator(requests_mock, {}, **key)
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json=refuse)
    with pytest.raises(AuthenticationError) as caught:
        one.update_access_token()
    assert "([hidden]: This was sent: [hidden])" in str(caught.value)
    assert sent[-1] not in str(caught.value)


def test_a_refusal_without_a_word_names_what_to_check(requests_mock: Mocker) -> None:
    one = authenticator(requests_mock, {})
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, status_code=403)
    with pytest.raises(AuthenticationError) as caught:
        one.update_access_token()
    assert str(caught.value) == (
        "The token endpoint answered 403 Forbidden (no message). Check 'client_id', "
        "'client_secret' or 'private_key', 'tenant', 'region' and 'audience'."
    )


def test_a_token_answer_that_is_no_object_is_told_and_tried_again_when_it_asks_to_be(
    requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    one = authenticator(requests_mock, {})
    odd = {"json": [], "headers": {"Retry-After": "3"}}
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, [odd, {"json": {"access_token": "t"}}])
    one.update_access_token()
    assert waits == [3]
    told = "Token request: the response is not a JSON object; attempt 2 of 8 follows in 3.0 s"
    assert told in caplog.messages


def test_a_token_endpoint_with_an_unknown_name_is_a_matter_of_the_settings(
    requests_mock: Mocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    one = authenticator(requests_mock, {}, max_attempts=2)
    unknown = NameResolutionError("nowhere.test", HTTPConnection("nowhere.test"), OSError())  # type: ignore[arg-type]
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, exc=unknown)
    with pytest.raises(AuthenticationError) as caught:
        one.update_access_token()
    assert str(caught.value) == (
        "The token endpoint gave no token after 2 attempts; the last one ended with: the host name "
        "is unknown. Check 'region' and 'auth_url'."
    )
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("answer", "scopes", "lifetime"),
    [
        ({"scope": "read read_reports", "expires_in": 60}, ["read", "read_reports"], 60),
        ({"scope": 5, "expires_in": "60"}, None, None),
        ({"scope": "", "expires_in": True}, [], None),
        ({}, None, None),
    ],
)
def test_what_the_endpoint_says_of_a_token_is_kept(
    requests_mock: Mocker, answer: dict[str, Any], scopes: list[str] | None, lifetime: float | None
) -> None:
    one = authenticator(requests_mock, answer)
    assert (one.scopes, one.lifetime) == (None, None)
    one.update_access_token()
    assert (one.scopes, one.lifetime) == (scopes, lifetime)


def test_the_run_learns_what_it_must_not_show(requests_mock: Mocker) -> None:
    requests_mock.post("http://127.0.0.1" + TOKEN_PATH, json={"access_token": "a.token"})
    config = settings("http://127.0.0.1", client_secret="a.secret")
    access = TapTechWolf(config=config).run.access
    access.authenticator.update_access_token()
    assert access.redactor.clean("a.token a.secret") == "[hidden] [hidden]"
    assert access.traffic.requests == 1


def test_a_token_request_waits_as_long_as_any_other(requests_mock: Mocker) -> None:
    one = authenticator(requests_mock, {}, request_timeout=12)
    one.update_access_token()
    assert requests_mock.request_history[-1].timeout == 12


def test_credentials_from_netrc_are_not_sent(
    sandbox: Sandbox, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1\nlogin somebody\npassword distinctive\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    sync(settings(url))
    assert all(headers["authorization"].startswith("Bearer ") for headers in sandbox.headers)
    assert not any("authorization" in headers for headers in sandbox.token_headers)
    assert sandbox.token_headers


def test_proxies_from_the_environment_are_used(
    sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gateway(url) as (address, gate):
        monkeypatch.setenv("http_proxy", address)
        output = sync(settings("http://localhost:1"))
    assert len(output.ids("job_task_profiles")) == len(sandbox.company.jobs)
    assert gate.requests.count(TOKEN_PATH) == sandbox.tokens.issued == 1


def test_a_ca_bundle_from_the_environment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "there-is-none.pem"))
    catalog = selecting(discover(), "job_task_profiles")
    with pytest.raises(OSError, match=r"there-is-none\.pem"):
        sync(settings("https://localhost:1", max_attempts=1), catalog=catalog)


def test_no_object_shows_a_secret(requests_mock: Mocker) -> None:
    one = authenticator(requests_mock, {}, client_secret="distinctive")
    one.update_access_token()
    tap = TapTechWolf(config=settings("http://127.0.0.1", client_secret="distinctive"))
    shown = [repr(one), str(one), repr(tap), *map(repr, tap.streams.values())]
    assert not [text for text in shown if "distinctive" in text or "Bearer" in text]
