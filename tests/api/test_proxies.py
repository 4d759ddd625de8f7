"""TLS, as every real tenant has it, and the proxies of the environment."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tap_techwolf.api.transport import RequestError, Response, Transport
from tests.api.servers import Answer, Api, http_proxy, serve, socks_proxy
from tests.config.certificates import certificate
from tests.gateway import refusing_port
from tests.harness import arguments, run, settings
from tests.runs import GOALS, all_ids, attempt, only

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.app import Sandbox

SECRET = "distinctive"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate that is trusted."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file := certificate(tmp_path)))
    return file


@pytest.fixture
def secure(file: Path) -> Iterator[Api]:
    """An API over TLS."""
    with serve(file) as api:
        api.answers["/any"] = [Answer({"is": "here"})]
        yield api


def post(url: str, timeout: float = 30) -> Response:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return Transport(timeout).send(requests.Request("POST", url + "/any", headers=headers))


# TLS


def test_a_response_is_read_over_tls(secure: Api) -> None:
    assert post(secure.url).body == b'{"is": "here"}'


def test_a_response_that_drips_over_tls_ends_within_the_time_limit(secure: Api) -> None:
    secure.answers["/any"] = [Answer(b"x" * 400, drips=True)]
    with pytest.raises(RequestError, match="in time"):
        post(secure.url, 0.5)


def test_an_untrusted_certificate_is_not_tried_again(
    secure: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(RequestError, match="certificate") as caught:
        post(secure.url)
    assert not caught.value.is_transient
    assert "REQUESTS_CA_BUNDLE" in caught.value.advice
    assert secure.received == []
    output = run(arguments(tmp_path, settings(secure.url), catalog=only(GOALS)))
    for word in ("certificate", "REQUESTS_CA_BUNDLE"):
        assert word in output.last_line
    assert "attempt" not in output.log


def test_a_ca_bundle_that_is_not_there_is_named(tmp_path: Path) -> None:
    config = settings("https://127.0.0.1:9", max_attempts=1)
    command = arguments(tmp_path, config, catalog=only(GOALS))
    output = run(command, REQUESTS_CA_BUNDLE=str(tmp_path / "none.pem"))
    assert output.exit_status == 1
    assert "none.pem" in output.last_line


# Proxies


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("is_secure", [False, True])
def test_a_proxy_is_used_and_sees_nothing_but_the_host(
    secure: Api, file: Path, monkeypatch: pytest.MonkeyPatch, variable: str, *, is_secure: bool
) -> None:
    with http_proxy(file if is_secure else None) as (place, received):
        monkeypatch.setenv(variable, f"http{'s' if is_secure else ''}://{place}")
        assert post(secure.url).body == b'{"is": "here"}'
    [tunnel] = received
    assert (tunnel.method, f"https://{tunnel.target}") == ("CONNECT", secure.url)
    assert SECRET not in str(received)
    assert len(secure.received) == 1


def test_no_proxy_excepts_hosts(secure: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with http_proxy() as (place, received):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{place}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert post(secure.url).status == 200
    assert received == []


@pytest.mark.parametrize("is_secure", [False, True])
def test_a_response_that_drips_through_a_proxy_ends_within_the_time_limit(
    secure: Api, file: Path, monkeypatch: pytest.MonkeyPatch, *, is_secure: bool
) -> None:
    secure.answers["/any"] = [Answer(b"x" * 400, drips=True)]
    with http_proxy(file if is_secure else None) as (place, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http{'s' if is_secure else ''}://{place}")
        started = time.monotonic()
        with pytest.raises(RequestError, match="in time"):
            post(secure.url, 1.5)
        assert time.monotonic() - started < 10


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_what_is_sent_to_a_loopback_address_reaches_no_proxy(
    sandbox: Sandbox, url: str, monkeypatch: pytest.MonkeyPatch, name: str, scheme: str
) -> None:
    with http_proxy() as (place, received):
        monkeypatch.setenv(name, f"{scheme}://{place}")
        output = attempt(settings(url), catalog=only(GOALS))
    assert output.ids(GOALS) == all_ids(sandbox, GOALS)
    assert received == []


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_is_used_if_pysocks_is_installed(
    secure: Api, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with socks_proxy() as (place, hosts):
        monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://{place}")
        assert post(secure.url).body == b'{"is": "here"}'
        secure.answers["/any"] = [Answer(b"x" * 400, drips=True)]
        with pytest.raises(RequestError, match="in time"):
            post(secure.url, 1.5)
    assert hosts == ["127.0.0.1"] * 2


def test_without_pysocks_one_line_says_what_to_install(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    missing.mkdir()
    (missing / "socks.py").write_text("raise ImportError")
    command = arguments(tmp_path, settings("https://127.0.0.1:9"), catalog=only(GOALS))
    output = run(command, HTTPS_PROXY="socks5://127.0.0.1:9", PYTHONPATH=str(missing))
    assert output.exit_status == 1
    assert "PySocks" in output.last_line
    assert "Traceback" not in output.log
    assert "attempt" not in output.log  # Nothing would change.


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
def test_an_unknown_proxy_is_a_matter_of_the_proxy(
    secure: Api, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    resolve = socket.getaddrinfo

    def know_no_proxy(host: Any, *more: Any, **options: Any) -> Any:
        if host == "proxy.test":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", know_no_proxy)
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://proxy.test:3128")
    check_blame(secure)


def check_blame(secure: Api) -> RequestError:
    with pytest.raises(RequestError, match="proxy") as caught:
        post(secure.url)
    assert "HTTPS_PROXY" in caught.value.advice
    assert "region" not in caught.value.advice
    assert secure.received == []
    return caught.value


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks5h"])
def test_a_proxy_that_cannot_be_reached_is_a_matter_of_the_proxy(
    secure: Api, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with refusing_port() as address:
        monkeypatch.setenv("HTTPS_PROXY", address.replace("http", scheme))
        check_blame(secure)


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses_is_a_matter_of_the_proxy(
    secure: Api, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with http_proxy(status=status) as (place, _):
        monkeypatch.setenv("HTTPS_PROXY", f"http://{place}")
        error = check_blame(secure)
    assert str(status) in error.reason
    assert ("password" in error.advice) is (status == 407)
    assert error.is_transient is (status == 502)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize(
    "address",
    [
        *(f"http://user:{SECRET}{odd}@127.0.0.1:9" for odd in "€ /#%\n\\"),
        *(f"http://user:{SECRET}@127.0.0.1:{port}" for port in ("port", "-1", "99999", "0x1")),
        f"user:{SECRET}@[::1:9",
    ],
)
def test_a_broken_address_of_a_proxy_is_one_line_without_its_password(
    tmp_path: Path, address: str, variable: str
) -> None:
    config = settings("https://127.0.0.1:9", max_attempts=1)
    output = run(arguments(tmp_path, config, catalog=only(GOALS)), **{variable: address})
    assert output.exit_status == 1
    assert f"Check {variable} in the environment" in output.last_line
    assert "the proxy" in output.last_line
    assert "Unexpected" not in output.log
    assert SECRET not in output.log


@pytest.mark.parametrize("address", ["ftp://127.0.0.1:9", "http://", "http://[", "nonsense://x"])
def test_an_address_that_is_no_proxys_is_a_matter_of_the_proxy(
    secure: Api, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address)
    check_blame(secure)
