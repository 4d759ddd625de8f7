"""The gateway breaks connections exactly as it was told."""

from __future__ import annotations

import http.client
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from sandbox.exports import PATHS
from tests.gateway import gateway

if TYPE_CHECKING:
    import requests

    from tests.gateway import Delivery

JOBS = PATHS["job_task_profiles"]
BODY = json.dumps({"limit": 1})


def test_a_stale_connection_is_closed_when_the_second_request_arrives(
    url: str, session: requests.Session
) -> None:
    headers = {
        "Authorization": str(session.headers["Authorization"]),
        "Content-Type": "application/json",
    }
    with gateway(url) as (address, gate):
        gate.breaks[JOBS] = ["stale"]
        client = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
        client.request("POST", JOBS, BODY, headers)
        answer = client.getresponse()
        assert answer.status == 200
        assert answer.read()
        assert not answer.will_close
        client.request("POST", JOBS, BODY, headers)
        with pytest.raises(http.client.RemoteDisconnected):
            client.getresponse()
        client.close()
        client.request("POST", JOBS, BODY, headers)
        assert client.getresponse().status == 200
        client.close()
        assert (gate.requests, gate.unanswered) == ([JOBS, JOBS], [JOBS])


def test_a_stale_connection_that_stays_open_does_not_hold_up_the_end(
    url: str, session: requests.Session
) -> None:
    with gateway(url) as (address, gate):
        gate.breaks[JOBS] = ["stale"]
        assert session.post(address + JOBS, json={"limit": 1}, timeout=10).ok
    assert gate.unanswered == []


@pytest.mark.parametrize("kind", ["drip_headers", "drip_body"])
def test_a_drip_arrives_whole_and_late(url: str, session: requests.Session, kind: Delivery) -> None:
    expected = session.post(url + JOBS, json={"limit": 1}, timeout=10)
    with gateway(url) as (address, gate):
        gate.breaks[JOBS] = [kind]
        gate.pause = 0.005
        began = time.monotonic()
        answer = session.post(address + JOBS, json={"limit": 1}, timeout=10, stream=True)
        headers_arrived = time.monotonic()
        assert answer.content == expected.content
        body_arrived = time.monotonic()
    late = (headers_arrived - began, body_arrived - headers_arrived)[kind == "drip_body"]
    assert late >= 0.1


def test_a_client_that_leaves_ends_a_drip(url: str, session: requests.Session) -> None:
    with gateway(url) as (address, gate):
        gate.breaks[JOBS] = ["drip_body"]
        gate.pause = 60
        answer = session.post(address + JOBS, json={"limit": 1}, timeout=10, stream=True)
        answer.close()


def test_queries_and_other_methods_are_forwarded(url: str, session: requests.Session) -> None:
    with gateway(url) as (address, gate):
        answer = session.get(address + "/employees?limit=3", timeout=10)
        assert len(answer.json()["results"]) == 3
        assert gate.requests == ["/employees"]
