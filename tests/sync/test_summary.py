"""The closing line of a run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tap_techwolf.api.traffic import Traffic
from tap_techwolf.sync.summary import summarize

DONE = {"replication_key_value": "2026-11-22T10:05:59.000000+00:00"}
LATER = {"replication_key_value": "2026-11-22T10:06:00.000000+00:00"}
INTERRUPTED = {"checkpoint": {"page": 7}}


def summary(
    complete: list[str],
    state: dict[str, Any],
    records: int = 3,
    requests: int = 2,
    retries: int = 0,
) -> str:
    traffic = Traffic()
    for _ in range(requests):
        traffic.count_request()
    for _ in range(retries):
        traffic.count_retry()
    streams: Any = [
        SimpleNamespace(name=name, progress=SimpleNamespace(records=records)) for name in state
    ]
    return summarize(streams, complete, traffic, 3.21, {"bookmarks": state})


def test_it_tells_what_a_run_brought_and_what_it_took() -> None:
    text = summary(["a", "b"], {"a": DONE, "b": DONE}, retries=2)
    assert text == (
        "2 of 2 streams complete: 6 records, 2 requests, 2 retries in 3.2 s; if the loader keeps "
        "the last state, the next run goes on with updates since 2026-11-22 10:05 UTC"
    )


def test_one_of_a_thing_is_no_plural() -> None:
    text = summary([], {"a": {}}, records=1, requests=1, retries=1)
    assert text.startswith("0 of 1 stream complete: 1 record, 1 request, 1 retry in 3.2 s; ")
    assert text.endswith("the next run goes on at the first page")


def test_each_stream_may_go_on_elsewhere() -> None:
    text = summary(["b"], {"a": DONE | INTERRUPTED, "b": LATER | INTERRUPTED, "c": {}})
    assert text.endswith(
        "the next run goes on a at page 7, b with updates since 2026-11-22 10:06 UTC, c at the "
        "first page"
    )


@pytest.mark.parametrize("state", [{}, {"bookmarks": {}}])
def test_a_stream_without_a_state_goes_on_at_the_first_page(state: dict[str, Any]) -> None:
    streams: Any = [SimpleNamespace(name="a", progress=SimpleNamespace(records=0))]
    assert summarize(streams, [], Traffic(), 0.0, state).endswith("goes on at the first page")
