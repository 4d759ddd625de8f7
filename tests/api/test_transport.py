"""The transport alone: what comes of a response, and of a connection that breaks."""

from __future__ import annotations

import gzip
from io import BytesIO, RawIOBase
from typing import TYPE_CHECKING

import pytest
import requests
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError

from tap_techwolf.api.transport import Transport, response_body

if TYPE_CHECKING:
    from requests_mock import Mocker

URL = "http://127.0.0.1/any"
RESET = ProtocolError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))


class Broken(RawIOBase):
    """A body that breaks off."""

    def readinto(self, _: object, /) -> int:
        raise RESET


def send() -> requests.Response:
    transport = Transport(5)
    return transport.send(transport.session.prepare_request(requests.Request("POST", URL)))


def test_plain_and_secure_connections_are_observed_alike() -> None:
    session = Transport(5).session
    secure = session.get_adapter("https://tenant.eu3.techwolf.ai/")
    assert secure is session.get_adapter("http://127.0.0.1/")
    assert secure is not requests.Session().get_adapter("https://tenant.eu3.techwolf.ai/")


def test_a_compressed_body_is_unpacked(requests_mock: Mocker) -> None:
    raw = HTTPResponse(
        BytesIO(gzip.compress(b'{"has_next": false}')),
        {"Content-Encoding": "gzip"},
        status=200,
        preload_content=False,
    )
    requests_mock.post(URL, raw=raw)
    response = send()
    assert response_body(response) == response.content == b'{"has_next": false}'


def test_a_connection_that_was_closed_meanwhile_is_no_failure(requests_mock: Mocker) -> None:
    requests_mock.post(URL, [{"exc": RESET}, {"text": "here"}])
    assert response_body(send()) == b"here"


def test_a_response_that_breaks_off_is_a_failure(requests_mock: Mocker) -> None:
    requests_mock.post(URL, body=Broken())
    with pytest.raises(requests.ConnectionError) as caught:
        send()
    assert caught.value.__cause__ is RESET
    assert requests_mock.call_count == 1
