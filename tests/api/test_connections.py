"""How requests are sent: in time, on connections that may be closed, without cookies."""

from __future__ import annotations

import gzip
import socket
import time
from contextlib import ExitStack, suppress
from socketserver import StreamRequestHandler
from threading import Event
from typing import TYPE_CHECKING

import pytest
import requests

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from tap_techwolf.api.transport import RequestError, Response, TooManyRequestsError, Transport
from tap_techwolf.errors import AuthenticationError, ExportError
from tests.api.servers import PAUSE, Answer, Api, client, listen
from tests.api.test_authentication import send
from tests.gateway import Break, Delivery, gateway, refusing_port
from tests.harness import settings
from tests.runs import PROFILES, all_ids, attempt, only

if TYPE_CHECKING:
    from sandbox.app import Sandbox

pytestmark = pytest.mark.usefixtures("waits")

PATH = PATHS[PROFILES]
PAGES = 5
BREAKS: tuple[Break, ...] = ("close", "reset", "cut_body", "cut_chunked", "not_gzip", "silent")


def get(url: str, transport: Transport | None = None) -> Response:
    return (transport or Transport(30)).send(requests.Request("GET", url))


# Connections that break


def test_an_interim_response_never_makes_the_next_request_get_this_ones_page() -> None:
    class EarlyHints(StreamRequestHandler):
        """Sends 103 at once, and the response a moment later."""

        def handle(self) -> None:
            path = b""
            while line := self.rfile.readline():
                path = line.split()[1] if line.startswith(b"GET") else path
                if line == b"\r\n":
                    self.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
                    late.wait(0.2)
                    with suppress(OSError):
                        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(path)
                        self.wfile.write(head + path)

    late = Event()
    with listen(EarlyHints) as address:
        transport = Transport(30)
        for path in ("one", "two", "three"):
            with pytest.raises(RequestError) as caught:
                get(f"http://{address}/{path}", transport)
            assert "103" in caught.value.reason
            assert caught.value.is_transient
            late.wait(0.3)  # The response has arrived by now, if anybody still listens.


@pytest.mark.parametrize("path", [PATH, TOKEN_PATH])
@pytest.mark.parametrize("kind", BREAKS)
def test_a_broken_connection_is_tried_again(
    sandbox: Sandbox, url: str, waits: list[float], kind: Break, path: str
) -> None:
    # Only silence takes as long as the timeout; a busy machine may take as long for an answer.
    timeout = 1 if kind == "silent" else 60
    with gateway(url) as (address, gate):
        gate.breaks[path] = [kind] * (1 if kind == "silent" else 3)
        config = settings(address, request_timeout=timeout, auth_url=address + TOKEN_PATH)
        output = attempt(config, catalog=only(PROFILES))
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert waits


@pytest.mark.parametrize("kind", ["stale", "stale_reset"])
def test_a_connection_closed_meanwhile_costs_neither_an_attempt_nor_time(
    sandbox: Sandbox, url: str, waits: list[float], kind: Delivery
) -> None:
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.breaks = {PATH: [kind] * 50, TOKEN_PATH: [kind]}
        config = settings(address, auth_url=address + TOKEN_PATH, max_attempts=1)
        output = attempt(config, catalog=only(PROFILES))
    assert output.error is None
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert gate.requests.count(PATH) == sandbox.requests[PATH] == PAGES
    assert len(gate.unanswered) >= PAGES
    assert not waits


@pytest.mark.parametrize("kind", ["close", "reset"])
def test_a_second_broken_connection_in_a_row_counts(url: str, kind: Break) -> None:
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.breaks[PATH] = [kind, kind]
        output = attempt(settings(address, max_attempts=1), catalog=only(PROFILES))
        assert gate.requests.count(PATH) == 2
    assert isinstance(output.error, ExportError)
    assert "1 attempt" in output.said


def test_a_refused_connection_is_tried_again(url: str, waits: list[float]) -> None:
    with refusing_port() as address:
        config = settings(address, auth_url=url + TOKEN_PATH, max_attempts=3)
        output = attempt(config, catalog=only(PROFILES))
    assert "Connection refused" in output.said
    assert len(waits) == 2


# Time


def test_a_response_that_drips_ends_within_the_time_limit(api: Api) -> None:
    api.answers["/any"] = [Answer(b"x" * 400, drips=True)]
    started = time.monotonic()
    with pytest.raises(RequestError, match="in time"):
        get(f"{api.url}/any", Transport(0.5))
    assert time.monotonic() - started < 400 * PAUSE / 2


def test_a_host_that_does_not_answer_takes_a_connect_timeout_for_each_of_its_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with ExitStack() as stack:
        deaf = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):  # They fill the queue: the system ignores whoever comes then.
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003
            waiting.connect_ex(deaf.getsockname())
        address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", deaf.getsockname())
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [address] * 4)
        monkeypatch.setattr("tap_techwolf.api.transport._LONGEST_CONNECT", 0.2)
        started = time.monotonic()
        with pytest.raises(RequestError, match="no connection in time"):
            get("http://host.test/any", Transport(60))
        assert 0.8 <= time.monotonic() - started < 30


def test_a_slow_response_within_the_time_limit_is_read(api: Api) -> None:
    api.answers["/any"] = [Answer(b"x" * 10, drips=True)]
    response = get(f"{api.url}/any")
    assert response.body == b"x" * 10
    assert response.seconds > 8 * PAUSE


# What is sent, and what is not


def test_a_compressed_body_is_unpacked(api: Api) -> None:
    packed = gzip.compress(b"x" * 1_000_000)
    api.answers["/any"] = [Answer(packed, headers={"Content-Encoding": "gzip"})]
    assert get(f"{api.url}/any").body == b"x" * 1_000_000
    assert "gzip" in api.received[0].headers["accept-encoding"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/elsewhere", "https://elsewhere.test/", "http://[", ""])
def test_a_redirect_is_not_followed(api: Api, status: int, location: str) -> None:
    api.answers["/any"] = [Answer(status=status, headers={"Location": location})]
    assert get(f"{api.url}/any").status == status
    assert len(api.received) == 1


def test_no_cookie_is_kept_or_sent_back(api: Api) -> None:
    cookie = {"Set-Cookie": "session=distinctive; Path=/"}
    api.answers["/export/things"] = [Answer(headers=cookie)]
    api.answers[TOKEN_PATH] = [Answer({"access_token": "t"}, headers=cookie)]
    one = client(api)
    for _ in range(3):
        send(one)
    assert len(api.received) == 4
    assert not [request for request in api.received if "cookie" in request.headers]


def test_each_request_is_counted_resends_and_tokens_included(sandbox: Sandbox, url: str) -> None:
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.breaks["/version"] = ["close", "reset"]
        transport = Transport(30)
        with pytest.raises(RequestError):
            get(f"{address}/version", transport)
        assert transport.request_count == len(gate.requests) == 2
        get(f"{address}/version", transport)
        assert transport.request_count == sum(sandbox.requests.values()) + 2 == 3


# Limits


def test_no_more_requests_are_sent_than_allowed(api: Api) -> None:
    api.answers["/export/things"] = [Answer(status=401)]
    one = client(api, 4)
    assert send(one) == 401  # Two tokens and two requests.
    with pytest.raises(TooManyRequestsError, match=r"\b4 requests"):
        send(one)
    assert len(api.received) == one.transport.request_count == 4


def test_a_resent_request_counts_too(url: str) -> None:
    with gateway(url) as (address, gate):
        gate.breaks["/any"] = ["close"] * 2
        with pytest.raises(TooManyRequestsError):
            get(f"{address}/any", Transport(30, 1))
        assert gate.requests == ["/any"]


def test_the_waits_between_attempts_can_be_limited(api: Api, waits: list[float]) -> None:
    api.answers[TOKEN_PATH] = [Answer(status=503, headers={"Retry-After": "90"})]
    with pytest.raises(AuthenticationError):
        send(client(api, longest_wait=5, max_attempts=3))
    assert waits == [5, 5]
