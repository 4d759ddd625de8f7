"""Date-times of settings, bookmarks and checkpoints."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tap_techwolf.config.date_times import parse_date_time


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
def test_anything_else_is_a_value_error(text: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_date_time(text)
