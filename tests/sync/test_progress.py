"""What a log tells of a sync's progress."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from tap_techwolf.progress import Progress
from tap_techwolf.session import status_text

if TYPE_CHECKING:
    import pytest


def test_progress_is_told_at_most_every_thirty_seconds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    with caplog.at_level(logging.INFO, "tap_techwolf.progress"):
        progress = Progress("jobs")
        progress.start("FULL_TABLE", None, None)
        for _ in range(12):
            now += 10
            progress.page_done(100)
        progress.end()
    assert caplog.messages == [
        "jobs: FULL_TABLE pass, everything",
        "jobs: 3 pages, 300 records in 30.0 s (10 a second) so far",
        "jobs: 6 pages, 600 records in 60.0 s (10 a second) so far",
        "jobs: 9 pages, 900 records in 90.0 s (10 a second) so far",
        "jobs: 12 pages, 1200 records in 120.0 s (10 a second) so far",
        "jobs: done, 12 pages, 1200 records in 120.0 s (10 a second)",
    ]


def test_the_start_tells_date_and_page(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "tap_techwolf.progress"):
        Progress("jobs").start("INCREMENTAL", "2026-11-21", 7)
    assert caplog.messages == [
        "jobs: INCREMENTAL pass, updates after 2026-11-21, resumed at page 7"
    ]


def test_a_status_without_a_name_is_a_number() -> None:
    assert status_text(418) == "418 I'm a Teapot"
    assert status_text(599) == "599"
