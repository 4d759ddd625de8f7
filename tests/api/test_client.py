"""A client alone: what it sends, how often, and what it says when there is no page."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from urllib3.connection import HTTPConnection
from urllib3.exceptions import NameResolutionError

from sandbox.app import TOKEN_PATH
from tap_techwolf.api.access import Access
from tap_techwolf.api.client import Client, Request
from tap_techwolf.config.validation import complete
from tap_techwolf.errors import ExportError
from tap_techwolf.tap import TapTechWolf
from tests.harness import settings

if TYPE_CHECKING:
    from requests_mock import Mocker

pytestmark = pytest.mark.usefixtures("waits")

URL = "http://127.0.0.1"
PATH = "/export/things"
PAGE = {"json": {"has_next": False, "records": []}}
OTHER_HINT = "Check the settings, and ask TechWolf if they are right."
ADDRESS_HINT = "Check 'tenant', 'region' and 'api_url'."


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, _: low)


def client(mock: Mocker, *answers: dict[str, Any], **overrides: Any) -> Client:
    """A client whose API gives these answers, and the last one for ever."""
    mock.post(URL + TOKEN_PATH, json={"access_token": "a-token"})
    mock.post(URL + PATH, list(answers))
    config = complete(settings(URL, **overrides), TapTechWolf.config_jsonschema)
    return Client(Access(config), "things", PATH)


def failure(one: Client, max_attempts: int | None = None) -> ExportError:
    with pytest.raises(ExportError) as caught:
        one.get_page(Request(URL + PATH), 7, max_attempts)
    return caught.value


def test_a_page_is_tried_as_often_as_the_settings_say(
    requests_mock: Mocker, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    error = failure(client(requests_mock, {"status_code": 502}, max_attempts=3))
    assert str(error) == (
        f"things, page 7 ({PATH}): gave up after 3 attempts; the last one ended with: 502 Bad "
        "Gateway. Run again later: the sync goes on from the last state that the loader kept."
    )
    assert error.status == 502
    assert waits == [1, 2]
    assert caplog.messages == [
        f"things, page 7 ({PATH}): 502 Bad Gateway; attempt {number} of 3 follows in {wait} s"
        for number, wait in [(2, "1.0"), (3, "2.0")]
    ]


def test_a_caller_may_ask_for_fewer_attempts(
    requests_mock: Mocker, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    error = failure(client(requests_mock, {"status_code": 502}), max_attempts=2)
    assert "gave up after 2 attempts; " in str(error)
    assert waits == [1]
    assert "attempt 2 of 2 follows" in caplog.text
    assert "gave up after 1 attempt; " in str(
        failure(client(requests_mock, {"status_code": 502}), 1)
    )


def test_an_unknown_host_is_a_matter_of_the_settings(requests_mock: Mocker) -> None:
    unknown = NameResolutionError("nowhere.test", HTTPConnection("nowhere.test"), OSError())  # type: ignore[arg-type]
    error = failure(client(requests_mock, {"exc": unknown}, max_attempts=1))
    assert str(error) == (
        f"things, page 7 ({PATH}): gave up after 1 attempt; the last one ended with: the host name "
        f"is unknown. {ADDRESS_HINT}"
    )
    assert error.status is None


@pytest.mark.parametrize(
    ("body", "what"),
    [(b"[]", "the response is not a JSON object"), (b"", "the response is not JSON, or cut short")],
)
def test_what_is_no_page_is_described_and_waited_for_as_the_server_says(
    requests_mock: Mocker,
    waits: list[float],
    caplog: pytest.LogCaptureFixture,
    body: bytes,
    what: str,
) -> None:
    answer = {"content": body, "headers": {"Retry-After": "9"}}
    error = failure(client(requests_mock, answer, max_attempts=2))
    assert f"ended with: {what}. " in str(error)
    assert error.status == 200
    assert caplog.messages == [f"things, page 7 ({PATH}): {what}; attempt 2 of 2 follows in 9.0 s"]
    assert waits == [9]


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (400, "{}", "400 Bad Request (no message). Check the settings that shape the request: "),
        (401, "{}", "401 Unauthorized (no message). Check 'region', 'audience', 'tenant', "),
        (403, "{}", "403 Forbidden (no message). Ask TechWolf whether your company has this "),
        (404, '{"message": "Gone."}', f"404 Not Found (Gone.). {ADDRESS_HINT}"),
        (418, "", f"418 I'm a Teapot (no message). {OTHER_HINT}"),
        (499, "", f"499 (no message). {OTHER_HINT}"),
        (300, "", f"300 Multiple Choices. Redirects are not followed. {ADDRESS_HINT}"),
        (308, "", f"308 Permanent Redirect. Redirects are not followed. {ADDRESS_HINT}"),
    ],
)
def test_an_answer_that_no_attempt_helps_against_says_what_to_do(
    requests_mock: Mocker, waits: list[float], status: int, body: str, text: str
) -> None:
    error = failure(client(requests_mock, {"status_code": status, "text": body}))
    assert str(error).startswith(f"things, page 7 ({PATH}): the API answered {text}")
    assert error.status == status
    assert not waits


def test_a_refused_token_is_said_and_renewed(
    requests_mock: Mocker, caplog: pytest.LogCaptureFixture
) -> None:
    client(requests_mock, {"status_code": 401}, PAGE).get_page(Request(URL + PATH), 1)
    assert caplog.messages == ["things: the API rejected the token (401); getting a new one"]


def test_a_request_is_timed_by_this_machine(requests_mock: Mocker) -> None:
    for answers in ([PAGE], [{"status_code": 401}, PAGE]):
        before = datetime.now(UTC)
        response, asked_at = client(requests_mock, *answers).send(Request(URL + PATH))
        assert response.status_code == 200
        assert before <= asked_at <= datetime.now(UTC)
        assert asked_at.tzinfo is UTC


def test_every_request_names_the_tap(requests_mock: Mocker) -> None:
    one = client(requests_mock, PAGE, user_agent="our-sync/1")
    one.send(Request(URL + PATH, headers={"Accept": "application/json"}))
    sent = requests_mock.request_history[-1].headers
    assert sent["User-Agent"] == "our-sync/1"
    assert sent["Accept"] == "application/json"
    assert sent["Authorization"] == "Bearer a-token"


def test_a_repaired_page_is_named(requests_mock: Mocker, caplog: pytest.LogCaptureFixture) -> None:
    body = rb'{"has_next": false, "records": [{"external_id": "\ud83d"}]}'
    client(requests_mock, {"content": body}).get_page(Request(URL + PATH), 7)
    assert f"things, page 7 ({PATH}): the API sent an incomplete character" in caplog.text


def test_a_client_waits_for_a_pause_of_another_one_but_not_twice_for_its_own(
    requests_mock: Mocker, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    answer = {"status_code": 429, "headers": {"Retry-After": "5"}}
    one = client(requests_mock, answer, PAGE)
    one._access.pause.hold(0.5)
    one.get_page(Request(URL + PATH), 1)
    assert waits == [0.5, 5]
