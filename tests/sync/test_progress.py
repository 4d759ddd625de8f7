"""What a log says of a sync's progress."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from tap_techwolf.api.client import ExportClient
from tap_techwolf.streams import JobTaskProfiles
from tap_techwolf.sync.pass_settings import PassSettings
from tap_techwolf.sync.progress import Progress
from tap_techwolf.sync.state import Checkpoint
from tap_techwolf.tap import TapTechWolf
from tests.harness import settings as api_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST = Checkpoint(
    began_at=datetime(2026, 11, 29, tzinfo=UTC),
    continues=None,
    filter_date=None,
    starting_after=None,
    page=1,
    records=0,
    runs=1,
    replication_method="INCREMENTAL",
    scope_hash="",
    resume_hash="",
)


API = TapTechWolf(config=api_settings("http://127.0.0.1:9")).context.api
CLIENT = ExportClient(API, JobTaskProfiles.export_of({}))


def settings(*, is_incremental: bool) -> PassSettings:
    method = "INCREMENTAL" if is_incremental else "FULL_TABLE"
    return PassSettings("jobs", method, None, 1, "", "", "", "")


@pytest.fixture(autouse=True)
def _log_everything(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level(logging.INFO, "tap_techwolf"):
        yield


def test_progress_is_reported_at_most_every_thirty_seconds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    progress = Progress("jobs")
    progress.start(FIRST, settings(is_incremental=False), {}, CLIENT)
    for _ in range(12):
        now += 10
        progress.page_written(100)
    progress.end(FIRST)
    assert caplog.messages == [
        "jobs: full pass (FULL_TABLE)",
        "jobs: 3 pages, 300 records in 30.0 s (10 per second) so far",
        "jobs: 6 pages, 600 records in 60.0 s (10 per second) so far",
        "jobs: 9 pages, 900 records in 90.0 s (10 per second) so far",
        "jobs: 12 pages, 1200 records in 120.0 s (10 per second) so far",
        "jobs: done, 12 pages, 1200 records in 120.0 s (10 per second)",
    ]


DATED: dict[str, Any] = {"filter_date": "2026-11-21"}
CONTINUING: dict[str, Any] = {**DATED, "continues": datetime(2026, 11, 22, tzinfo=UTC)}
RESUMED: dict[str, Any] = {"starting_after": "x", "page": 7}


@pytest.mark.parametrize(
    ("changes", "is_incremental", "text"),
    [
        ({}, True, "full pass (no bookmark)"),
        ({}, False, "full pass (FULL_TABLE)"),
        (DATED, True, "first pass, updates after 2026-11-21 ('start_date')"),
        (CONTINUING, True, "incremental pass, updates after 2026-11-21"),
        (
            {**CONTINUING, **RESUMED, "records": 600},
            True,
            "incremental pass, updates after 2026-11-21, resumed at page 7 after 600 records",
        ),
        (
            {**RESUMED, "page": 2, "records": 1},
            True,
            "full pass (no bookmark), resumed at page 2 after 1 record",
        ),
    ],
)
def test_the_start_says_what_the_pass_brings_and_where_it_goes_on(
    caplog: pytest.LogCaptureFixture, changes: dict[str, Any], is_incremental: bool, text: str
) -> None:
    one = replace(FIRST, **changes)
    Progress("jobs").start(one, settings(is_incremental=is_incremental), {}, CLIENT)
    assert caplog.messages == [f"jobs: {text}"]


def test_a_pass_that_took_several_runs_is_summed_up(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress("jobs")
    progress.start(FIRST, settings(is_incremental=False), {}, CLIENT)
    progress.page_written(1)
    progress.end(replace(FIRST, page=7, records=601, runs=2))
    line = caplog.messages[-1]
    assert line.startswith("jobs: done, 1 page, 1 record in ")
    assert line.endswith("; the whole pass: 7 pages, 601 records in 2 runs")
