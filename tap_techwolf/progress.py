"""Tells how a stream gets on: at its start, twice a minute at most, and at its end."""

from __future__ import annotations

import logging
import time

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 30.0


class Progress:
    """Counts the pages and records of one stream in one run."""

    def __init__(self, stream: str) -> None:
        """Start counting.

        Args:
            stream: The stream's name.
        """
        self._stream = stream
        self._started = self._told = time.monotonic()
        self._pages = self._records = 0

    def start(self, method: str, filter_date: str | None, resumed_at: int | None) -> None:
        """Say what the pass brings.

        Args:
            method: INCREMENTAL or FULL_TABLE.
            filter_date: What the pass asks for changes after; None for everything.
            resumed_at: The page that a pass goes on at; None for a new one.
        """
        logger.info(
            "%s: %s pass, %s%s",
            self._stream,
            method,
            f"updates after {filter_date}" if filter_date else "everything",
            f", resumed at page {resumed_at}" if resumed_at else "",
        )

    def page_done(self, records: int) -> None:
        """Count a page that was written, and say so if it is time.

        Args:
            records: How many records it held.
        """
        self._pages += 1
        self._records += records
        now = time.monotonic()
        if now - self._told >= SECONDS_BETWEEN_LINES:
            self._told = now
            logger.info("%s: %s so far", self._stream, self._tally(now))

    def end(self) -> None:
        """Say what the stream brought in this run."""
        logger.info("%s: done, %s", self._stream, self._tally(time.monotonic()))

    def _tally(self, now: float) -> str:
        seconds = now - self._started
        return (
            f"{self._pages} pages, {self._records} records in {seconds:.1f} s "
            f"({self._records / max(seconds, 0.001):.0f} a second)"
        )
