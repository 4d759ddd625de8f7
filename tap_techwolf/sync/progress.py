"""Reports a stream's progress: at its start, at most twice a minute, and at its end."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_techwolf.sync.checkpoint import Checkpoint

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 30.0


class Progress:
    """Counts the pages and records of one stream in one run.

    Attributes:
        pages: How many pages were written.
        records: How many records were written.
    """

    def __init__(self, stream: str) -> None:
        """Start at zero.

        Args:
            stream: The stream's name.
        """
        self._stream = stream
        self._started = self._reported = time.monotonic()
        self.pages = self.records = 0

    def start(self, checkpoint: Checkpoint, *, is_incremental: bool) -> None:
        """Report what the pass brings.

        Args:
            checkpoint: Where the pass starts.
            is_incremental: Whether the pass would continue a bookmark, if there was one.
        """
        if checkpoint.continues is not None:
            what = f"incremental pass, updates after {checkpoint.filter_date}"
        elif checkpoint.filter_date is not None:
            what = f"first pass, updates after {checkpoint.filter_date} ('start_date')"
        else:
            what = f"full pass ({'no bookmark' if is_incremental else 'FULL_TABLE'})"
        if checkpoint.starting_after is not None:
            what += (
                f", resumed at page {checkpoint.page} after {_count(checkpoint.records, 'record')}"
            )
        logger.info("%s: %s", self._stream, what)

    def page_done(self, records: int) -> None:
        """Count a page that was written, and report it if it is time.

        Args:
            records: How many of its records were written.
        """
        self.pages += 1
        self.records += records
        now = time.monotonic()
        if now - self._reported >= SECONDS_BETWEEN_LINES:
            self._reported = now
            logger.info("%s: %s so far", self._stream, self._tally(now))

    def end(self, last: Checkpoint) -> None:
        """Report what the stream brought in this run, and in the whole pass if that took more.

        Args:
            last: The pass on its last page, all its records counted.
        """
        whole = ""
        if last.runs > 1:
            pages, records = _count(last.page, "page"), _count(last.records, "record")
            whole = f"; the whole pass: {pages}, {records} in {last.runs} runs"
        logger.info("%s: done, %s%s", self._stream, self._tally(time.monotonic()), whole)

    def _tally(self, now: float) -> str:
        seconds = now - self._started
        return (
            f"{_count(self.pages, 'page')}, {_count(self.records, 'record')} in {seconds:.1f} s "
            f"({self.records / max(seconds, 0.001):.0f} per second)"
        )


def _count(number: int, thing: str) -> str:
    """Return a number of things, such as `1 page` or `2 pages`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
