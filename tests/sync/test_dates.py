"""Dates and date-times as the tap writes them, wherever its machine stands."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from tap_techwolf.sync.dates import filter_date, format_date_time

if TYPE_CHECKING:
    from collections.abc import Iterator

MOMENT = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)
IN_INDIA = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))


@pytest.fixture(autouse=True)
def _in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("moment", [MOMENT, IN_INDIA], ids=str)
def test_a_date_time_is_written_in_utc_with_all_its_digits(moment: datetime) -> None:
    assert format_date_time(moment) == "2026-11-22T00:30:00.000000+00:00"
    later = moment + timedelta(microseconds=1)
    assert format_date_time(later) == "2026-11-22T00:30:00.000001+00:00"


@pytest.mark.parametrize("moment", [MOMENT, IN_INDIA], ids=str)
def test_a_filter_date_is_the_lookback_and_a_spare_hour_before_the_moment(moment: datetime) -> None:
    assert filter_date(moment, 1) == "2026-11-20"
    assert filter_date(moment + timedelta(minutes=30), 1) == "2026-11-21"
    assert filter_date(moment, 21) == "2026-10-31"
