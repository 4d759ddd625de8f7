"""Dates and date-times are read and written in UTC, in any time zone of the machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from tap_techwolf.dates import filter_date, format_date_time, parse_date_time

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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T12:30:00Z", datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),
        ("2026-01-31T12:30:00", datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),
        (" 2026-01-31T00:30:00.5+02:00 ", datetime(2026, 1, 30, 22, 30, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_a_date_time_is_read_in_utc(text: str, expected: datetime) -> None:
    parsed = parse_date_time(text)
    assert parsed == expected
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "text", [None, 20260131, "", "yesterday", "2026-02-30", "0001-01-01T00:00:00+01:00"]
)
def test_text_that_is_no_date_time_is_a_value_error(text: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_date_time(text)
