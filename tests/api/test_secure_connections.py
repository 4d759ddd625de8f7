"""The same promises over TLS, as every real tenant has it."""

from __future__ import annotations

import ssl
import time
from contextlib import contextmanager, suppress
from socket import create_server
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
import requests

from tap_techwolf.api.retries import describe, is_untrusted_certificate
from tap_techwolf.api.transport import Transport, response_body
from tests.config.certificates import certificate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n"


@contextmanager
def secure_server(file: Path, *, drips: bool = False, closes: bool = False) -> Iterator[str]:
    """Answer one connection over TLS, in one piece or byte by byte, or close it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    ended = Event()

    def answer() -> None:
        with suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as one:
            one.recv(65536)
            if closes:
                return
            one.sendall(HEAD)
            for _ in range(400):
                one.sendall(b"x")
                if drips and ended.wait(0.05):
                    return

    with create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            ended.set()
            thread.join(10)


def send(url: str, timeout: float) -> requests.Response:
    transport = Transport(timeout)
    return transport.send(transport.session.prepare_request(requests.Request("POST", url)))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a certificate that is trusted."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file := certificate(tmp_path)))
    return file


def test_a_response_comes_over_tls(file: Path) -> None:
    with secure_server(file) as url:
        assert response_body(send(url, 30)) == b"x" * 400


def test_the_timeout_bounds_a_response_that_drips_over_tls(file: Path) -> None:
    started = time.monotonic()
    with secure_server(file, drips=True) as url, pytest.raises(requests.Timeout):
        send(url, 0.6)
    assert time.monotonic() - started < 10  # What is dripped takes twenty seconds.


def test_a_new_connection_that_is_closed_is_a_failure(file: Path) -> None:
    with secure_server(file, closes=True) as url, pytest.raises(requests.ConnectionError):
        send(url, 5)  # Nobody answers a second connection.


def test_a_certificate_that_nobody_vouches_for_is_rejected(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with secure_server(file) as url, pytest.raises(requests.ConnectionError) as caught:
        send(url, 30)
    assert is_untrusted_certificate(caught.value)
    assert describe(caught.value).startswith("the server's certificate is not trusted")
