"""Connections that the server closes between requests, and answers that never come to an end."""

from __future__ import annotations

import gc
import logging
import socket
import threading
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from tap_techwolf.api.transport import Transport
from tap_techwolf.errors import AuthenticationError, ExportError
from tests.gateway import Delivery, gateway
from tests.harness import settings
from tests.runs import PROFILES, all_ids, attempt, only

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.app import Sandbox

PATH = PATHS[PROFILES]
PAGES = 5
STALE: tuple[Delivery, ...] = ("stale", "stale_reset")
DRIPS: tuple[Delivery, ...] = ("drip_body", "drip_headers")


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.INFO, "tap_techwolf"):
        yield


def attempts_told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line for line in caplog.messages if "attempt" in line]


@pytest.mark.parametrize("kind", STALE)
def test_a_connection_closed_meanwhile_costs_no_attempt(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture, kind: Delivery
) -> None:
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.breaks[PATH] = ["none", kind, "none", kind, "none"]
        output = attempt(settings(address, max_attempts=1), catalog=only(PROFILES))
        assert not gate.breaks[PATH]
    assert output.error is None
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert gate.unanswered == [PATH, PATH]
    assert gate.requests.count(PATH) == sandbox.requests[PATH] == PAGES
    assert not attempts_told(caplog)


def test_a_gateway_that_closes_each_connection_after_a_page_costs_no_time(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with gateway(url, keeps_alive=True) as (address, gate):
        for path in (PATH, TOKEN_PATH):
            gate.breaks[path] = ["stale"] * 50
        config = settings(address, page_size=20, max_attempts=1)
        started = time.monotonic()
        output = attempt(config, catalog=only(PROFILES))
        took = time.monotonic() - started
    assert output.error is None
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert not attempts_told(caplog)
    assert took < 10  # A wait for each of 22 pages would take longer.


def test_a_token_request_on_a_connection_closed_meanwhile_costs_no_attempt(
    sandbox: Sandbox, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    revoked: list[str] = []

    def revoke_once(path: str) -> None:
        if not revoked:
            revoked.append(path)
            sandbox.tokens.revoke()

    sandbox.before_page = revoke_once
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.breaks[TOKEN_PATH] = ["stale"]
        config = settings(address, auth_url=address + TOKEN_PATH, max_attempts=1)
        output = attempt(config, catalog=only(PROFILES))
        assert gate.requests.count(TOKEN_PATH) == 2
        assert gate.unanswered == [TOKEN_PATH]
    assert output.error is None
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert not attempts_told(caplog)


def test_a_second_dead_connection_counts(
    sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.breaks[PATH] = ["stale", "close"]
        output = attempt(settings(address, max_attempts=1), catalog=only(PROFILES))
        assert gate.requests.count(PATH) == 2
        assert gate.unanswered == [PATH]
    assert isinstance(output.error, ExportError)
    assert output.ids(PROFILES) == all_ids(sandbox)[:100]


def test_a_new_connection_that_is_closed_counts(url: str) -> None:
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.breaks[PATH] = ["close"]
        output = attempt(settings(address, max_attempts=1), catalog=only(PROFILES))
        assert gate.requests.count(PATH) == 1
    assert isinstance(output.error, ExportError)


@pytest.mark.parametrize("kind", DRIPS)
def test_the_timeout_bounds_the_whole_request(url: str, kind: Delivery) -> None:
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.breaks[PATH] = [kind]
        config = settings(address, request_timeout=0.6, max_attempts=1)
        started = time.monotonic()
        output = attempt(config, catalog=only(PROFILES))
        took = time.monotonic() - started
    assert isinstance(output.error, ExportError)
    assert "in time" in output.said
    assert took < 1.9  # What is dripped takes two seconds.


def test_the_timeout_bounds_a_response_that_closes_its_connection(url: str) -> None:
    with gateway(url) as (address, gate):  # It answers with `Connection: close`.
        gate.breaks[PATH] = ["drip_body"]
        config = settings(address, auth_url=url + TOKEN_PATH, request_timeout=0.6, max_attempts=1)
        output = attempt(config, catalog=only(PROFILES))
    assert isinstance(output.error, ExportError)
    assert "in time" in output.said


@pytest.mark.parametrize("kind", DRIPS)
def test_the_timeout_bounds_the_whole_token_request(url: str, kind: Delivery) -> None:
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.breaks[TOKEN_PATH] = [kind]
        config = settings(
            address, auth_url=address + TOKEN_PATH, request_timeout=0.6, max_attempts=1
        )
        output = attempt(config, catalog=only(PROFILES))
    assert isinstance(output.error, AuthenticationError)
    assert "in time" in output.said


@pytest.mark.parametrize("kind", DRIPS)
def test_a_request_that_took_too_long_is_tried_again(
    sandbox: Sandbox,
    url: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    kind: Delivery,
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.breaks[PATH] = ["none", kind]
        config = settings(address, request_timeout=1, max_attempts=3)
        output = attempt(config, catalog=only(PROFILES))
    assert output.error is None
    assert output.ids(PROFILES) == all_ids(sandbox)
    assert attempts_told(caplog)


def test_what_a_tap_has_opened_is_closed_when_the_tap_is_forgotten(url: str) -> None:
    transport = Transport(5)
    request = transport.session.prepare_request(requests.Request("POST", url))
    transport.send(request)
    connected = weakref.ref(transport.session)
    del transport
    until = time.monotonic() + 20
    while connected() is not None and time.monotonic() < until:  # Its watcher ends in a moment.
        gc.collect()
    assert connected() is None


def test_the_timeout_outlives_one_that_expires_between_two_connections(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up, is_slow = socket.getaddrinfo, threading.Event()

    def look_up_slowly(*args: Any) -> Any:
        if is_slow.is_set():
            is_slow.clear()
            gate.released.wait(0.5)
        return look_up(*args)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
    with gateway(url) as (address, gate):  # It answers with `Connection: close`.
        transport = Transport(0.2)
        request = requests.Request("GET", f"{address}/any")
        gate.breaks["/any"] = ["none", "none", "drip_body"]
        transport.send(transport.session.prepare_request(request))
        is_slow.set()
        for _ in range(2):
            with pytest.raises(requests.Timeout):
                transport.send(transport.session.prepare_request(request))


def test_options_of_a_proxy_reach_the_connection_to_it() -> None:
    adapter = Transport(5).session.get_adapter("https://tenant.eu3.techwolf.ai/")
    assert isinstance(adapter, HTTPAdapter)
    manager = adapter.proxy_manager_for("http://127.0.0.1:1", proxy_assert_hostname="proxy.test")
    assert manager.proxy_config.assert_hostname == "proxy.test"


def test_the_timeout_bounds_a_proxy_that_is_asked_for_a_tunnel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(ConnectionError):
            for _ in range(400):
                connection.sendall(b"H")
                if ended.wait(0.05):
                    break

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listener.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        transport = Transport(0.6)
        request = requests.Request("POST", "https://tenant.eu3.techwolf.ai/")
        started = time.monotonic()
        with pytest.raises(requests.Timeout):
            transport.send(transport.session.prepare_request(request))
        assert time.monotonic() - started < 10
        ended.set()
        thread.join(10)


def test_a_slow_answer_within_the_timeout_is_taken(sandbox: Sandbox, url: str) -> None:
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.breaks[PATH] = ["drip_body"]
        config = settings(address, request_timeout=60, max_attempts=1)
        output = attempt(config, catalog=only(PROFILES))
    assert output.error is None
    assert output.ids(PROFILES) == all_ids(sandbox)
