"""One token a run, by secret or key, renewed before it can expire in flight."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.tokens import ASSERTION_TYPE, CLIENT_ID, TOKEN_PATH
from tap_techwolf.api.export import Request
from tap_techwolf.errors import AuthenticationError
from tap_techwolf.tap import TapTechWolf
from tests.api.servers import Answer, Api, client
from tests.config.keys import ENCRYPTED_KEY, KEY, PASSPHRASE, RSA_KEY
from tests.harness import settings, sync

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox
    from tap_techwolf.api.client import ApiClient

PUBLIC_KEY = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PATH = "/export/things"
PAGE = Answer({})


@pytest.fixture(autouse=True)
def _pages(api: Api) -> None:
    api.answers[PATH] = [PAGE]


def send(one: ApiClient) -> int:
    return one.send(Request("POST", PATH, json={})).status


def tokens_sent(api: Api) -> list[str]:
    return [one.headers["authorization"] for one in api.sent_to(PATH)]


def token(**members: Any) -> Answer:
    return Answer({"access_token": "a-token", "token_type": "Bearer"} | members)


# Getting a token


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


def test_each_assertion_is_new_and_as_documented(api: Api) -> None:
    one = client(api, client_secret=None, private_key=KEY)
    seen = set()
    for _ in range(2):
        one.authenticator.update_access_token()
        body = api.received[-1].json
        assert "client_secret" not in body
        assert body["client_assertion_type"] == ASSERTION_TYPE
        assertion, endpoint = body["client_assertion"], api.url + TOKEN_PATH
        assert jwt.get_unverified_header(assertion)["alg"] == "RS256"
        claims = jwt.decode(assertion, PUBLIC_KEY, algorithms=["RS256"], audience=endpoint)
        assert claims["iss"] == claims["sub"] == CLIENT_ID
        assert 20 < time.time() - claims["iat"] < 40  # For a server whose clock is behind.
        assert 60 <= claims["exp"] - claims["iat"] <= 300
        assert len(claims["jti"]) <= 64
        seen.add(claims["jti"])
    assert len(seen) == 2


def test_threads_that_need_a_token_at_once_get_the_same(api: Api) -> None:
    asked, answer_now = threading.Event(), threading.Event()

    def hold(request: Any) -> None:
        if request.target == TOKEN_PATH:
            asked.set()
            assert answer_now.wait(10)

    api.before_answer = hold
    one = client(api)
    with ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(send, one) for _ in range(3)]
        assert asked.wait(10)
        answer_now.set()
        assert [each.result(10) for each in sent] == [200] * 3
    assert len(api.sent_to(TOKEN_PATH)) == 1
    assert tokens_sent(api) == ["Bearer token-1"] * 3


@pytest.mark.parametrize("value", ["missing", None, "", 5, "a\nb", "tökén"])
def test_a_response_without_a_token_is_an_error(api: Api, value: Any) -> None:
    api.answers[TOKEN_PATH] = [Answer({} if value == "missing" else {"access_token": value})]
    with pytest.raises(AuthenticationError, match=r"'access_token'.*'auth_url'"):
        send(client(api))
    assert api.sent_to(PATH) == []


def test_what_the_endpoint_says_of_a_token_is_known(api: Api) -> None:
    told: list[tuple[dict[str, Any], list[str] | None, float | None]] = [
        ({"scope": "read read_reports", "expires_in": 60}, ["read", "read_reports"], 60),
        ({"scope": 5, "expires_in": "60"}, None, None),
        ({"scope": "", "expires_in": True}, [], None),
        ({}, None, None),
    ]
    one = client(api).authenticator
    for members, scopes, lifetime in told:
        api.answers[TOKEN_PATH] = [token(**members)]
        one.update_access_token()
        assert (one.scopes, one.lifetime) == (scopes, lifetime)


# Refusals and failures


@pytest.mark.parametrize("status", [302, 400, 401, 403, 418])
def test_a_refusal_names_the_settings_and_is_remembered(
    api: Api, waits: list[float], status: int
) -> None:
    refusal = {"error": "access_denied", "error_description": "Grant type not allowed."}
    api.answers[TOKEN_PATH] = [Answer(refusal, status)]
    one = client(api)
    for _ in range(3):
        with pytest.raises(AuthenticationError) as caught:
            send(one)
        for word in ("Grant type not allowed", "client_id", "client_secret", "private_key"):
            assert word in str(caught.value)
        for word in (str(status), "tenant", "region", "audience"):
            assert word in str(caught.value)
    assert len(api.received) == 1
    assert not waits


@pytest.mark.parametrize(
    "answer",
    [
        *[Answer(status=status) for status in (408, 429, 500, 502, 503, 504)],
        *[Answer(body) for body in (b"[]", b"<html>", b"", b'{"access_token": "a', b"[" * 9999)],
    ],
    ids=lambda answer: f"{answer.status} {answer.body!r:.20}",
)
def test_a_fault_of_the_token_endpoint_is_tried_again(
    api: Api, waits: list[float], caplog: pytest.LogCaptureFixture, answer: Answer
) -> None:
    answer.headers["Retry-After"] = "3"
    api.answers[TOKEN_PATH] = [answer, answer, token()]
    one = client(api)
    assert send(one) == 200
    assert waits == [3, 3]
    assert one.retries.count == 2
    for number in (2, 3):
        assert f"attempt {number} of 8" in caplog.text


def test_the_token_endpoint_is_given_up_in_the_end_for_all(api: Api, waits: list[float]) -> None:
    api.answers[TOKEN_PATH] = [Answer(status=500)]
    one = client(api, max_attempts=3)
    for _ in range(2):
        with pytest.raises(AuthenticationError, match=r"3 attempts.*500 .*'region', 'auth_url'"):
            send(one)
    assert len(api.received) == 3
    assert len(waits) == 2


# Renewal


class Clock:
    """A clock that only moves when told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = time.monotonic()
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.mark.parametrize(
    ("expires_in", "timeout", "good_for"),
    [
        (10800, 300, 10500),
        (10800, 60, 10740),
        (100, 300, 50),
        (60, 300, 30),
        (10**400, 300, 1e8),  # Longer than any run
    ],
)
def test_a_token_is_renewed_before_it_can_expire_in_flight(
    api: Api, clock: Clock, expires_in: float, timeout: float, good_for: float
) -> None:
    api.answers[TOKEN_PATH] = [token(expires_in=expires_in)]
    one = client(api, request_timeout=timeout)
    send(one)
    start = clock.now
    clock.now = start + good_for - 0.01
    send(one)
    assert len(api.sent_to(TOKEN_PATH)) == 1
    clock.now = start + good_for
    send(one)
    assert len(api.sent_to(TOKEN_PATH)) == 2 - (expires_in > 1e9)


@pytest.mark.parametrize("expires_in", ["missing", None, "60", True, [], 0, -5, -1e300, 0.01, 59])
def test_a_token_without_a_useful_end_is_used_until_it_is_refused(
    api: Api, clock: Clock, caplog: pytest.LogCaptureFixture, expires_in: Any
) -> None:
    members = {} if expires_in == "missing" else {"expires_in": expires_in}
    api.answers[TOKEN_PATH] = [token(**members)]
    one = client(api)
    send(one)
    clock.now += 1e6
    send(one)
    assert len(api.sent_to(TOKEN_PATH)) == 1
    api.answers[PATH] = [Answer(status=401), PAGE]
    assert send(one) == 200
    assert len(api.sent_to(TOKEN_PATH)) == 2
    is_short = type(expires_in) in (int, float)
    assert caplog.text.count("is valid for") == is_short


@pytest.mark.parametrize(
    ("offset", "words"),
    [(-100, "seconds ahead of"), (3600, "seconds behind"), (-9, ""), (9, ""), (None, "")],
)
def test_a_refused_token_request_names_a_clock_that_is_wrong(
    api: Api, offset: float | None, words: str
) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=offset or 0)
    date = {} if offset is None else {"Date": format_datetime(moment, usegmt=True)}
    api.answers[TOKEN_PATH] = [Answer(status=401, headers=date)]
    with pytest.raises(AuthenticationError, match="Check 'client_id'") as caught:
        send(client(api, client_secret=None, private_key=KEY))
    assert ("clock" in str(caught.value)) is bool(words)
    assert words in str(caught.value)
    with pytest.raises(AuthenticationError) as caught:
        send(client(api))  # A secret does not depend on the clock.
    assert "clock" not in str(caught.value)


def test_the_time_a_token_request_takes_counts(api: Api, clock: Clock) -> None:
    api.answers[TOKEN_PATH] = [token(expires_in=100)]

    def take_40_seconds(request: Any) -> None:
        if request.target == TOKEN_PATH:
            clock.now += 40

    api.before_answer = take_40_seconds
    one = client(api)
    send(one)
    clock.now += 11
    send(one)
    assert len(api.sent_to(TOKEN_PATH)) == 2


def test_a_rejected_token_is_renewed_once(api: Api, waits: list[float]) -> None:
    api.answers[PATH] = [PAGE, Answer(status=401), PAGE, Answer(status=401)]
    one = client(api)
    assert [send(one) for _ in range(3)] == [200, 200, 401]
    numbers = (1, 1, 2, 2, 3)
    assert tokens_sent(api) == [f"Bearer token-{number}" for number in numbers]
    assert not waits


def test_a_token_that_several_threads_were_refused_is_renewed_once(api: Api) -> None:
    all_there = threading.Barrier(3)

    def refuse_the_first_token_when_all_have_sent_it(request: Any) -> Answer | None:
        if request.headers.get("authorization") != "Bearer token-1":
            return None
        all_there.wait(10)
        return Answer(status=401)

    api.before_answer = refuse_the_first_token_when_all_have_sent_it
    api.answers[PATH] = [PAGE]
    one = client(api)
    with ThreadPoolExecutor(3) as pool:
        assert [each.result(20) for each in [pool.submit(send, one) for _ in range(3)]] == [200] * 3
    assert len(api.sent_to(TOKEN_PATH)) == 2


def test_two_taps_in_one_process_do_not_share_a_token(api: Api) -> None:
    for _ in range(2):
        send(client(api))
    assert tokens_sent(api) == ["Bearer token-1", "Bearer token-2"]


# What must not be sent or shown


def test_credentials_from_netrc_are_not_sent(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1\nlogin somebody\npassword distinctive\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    send(client(api))
    assert tokens_sent(api) == ["Bearer token-1"]
    [asked] = api.sent_to(TOKEN_PATH)
    assert "authorization" not in asked.headers


def test_no_object_shows_a_secret(api: Api) -> None:
    one = client(api, client_secret="distinctive")
    send(one)
    tap = TapTechWolf(config=settings(api.url, client_secret="distinctive"))
    shown = [*map(repr, (one, one.authenticator, one.transport, tap)), str(one.authenticator)]
    shown += [repr(stream) for stream in tap.streams.values()]
    shown.append(repr(one.send(Request("POST", PATH, json={}))))
    assert not [text for text in shown if "distinctive" in text or "token-1" in text]
