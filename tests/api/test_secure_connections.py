"""The same promises over TLS, as every real tenant has it."""

from __future__ import annotations

import ssl
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from socket import create_server
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tap_techwolf.api.retries import describe, is_untrusted_certificate
from tap_techwolf.api.transport import Transport, response_body
from tests.config.keys import RSA_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for this machine that nobody vouches for, with its key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(RSA_KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(RSA_KEY, hashes.SHA256())
    )
    key = RSA_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path / "certificate.pem"
    path.write_bytes(key + made.public_bytes(Encoding.PEM))
    return path


@contextmanager
def secure_server(certificate: Path, *, drips: bool = False) -> Iterator[str]:
    """Answer one connection over TLS, in one piece or byte by byte."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    ended = Event()

    def answer() -> None:
        with suppress(OSError), context.wrap_socket(listener.accept()[0], server_side=True) as one:
            one.recv(65536)
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


def test_a_response_comes_over_tls(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with secure_server(certificate) as url:
        assert response_body(send(url, 30)) == b"x" * 400


def test_the_timeout_bounds_a_response_that_drips_over_tls(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    started = time.monotonic()
    with secure_server(certificate, drips=True) as url, pytest.raises(requests.Timeout):
        send(url, 0.6)
    assert time.monotonic() - started < 10  # What is dripped takes twenty seconds.


def test_a_certificate_that_nobody_vouches_for_is_rejected(certificate: Path) -> None:
    with secure_server(certificate) as url, pytest.raises(requests.ConnectionError) as caught:
        send(url, 30)
    assert is_untrusted_certificate(caught.value)
    assert describe(caught.value).startswith("the server's certificate is not trusted")
