"""Report a stream's progress: at its start, at most twice a minute, and at its end."""

import logging
import time

from tap_techwolf.sync.pass_settings import PassSettings
from tap_techwolf.sync.state import Checkpoint

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 30.0


class Progress:
    """Count the pages and records that one stream writes in one run."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._started = self._reported = time.monotonic()
        self.pages = self.records = 0

    def start(self, checkpoint: Checkpoint, settings: PassSettings) -> None:
        """Report which pass starts, and where."""
        self._started = self._reported = time.monotonic()
        if checkpoint.continues is not None:
            what = f"incremental pass, updates after {checkpoint.filter_date}"
        elif checkpoint.filter_date is not None:
            what = f"first pass, updates after {checkpoint.filter_date} ('start_date')"
        else:
            what = f"full pass ({'no bookmark' if settings.is_incremental else 'FULL_TABLE'})"
        if checkpoint.starting_after is not None:
            records = count_text(checkpoint.records, "record")
            what += f", resumed at page {checkpoint.page} after {records}"
        logger.info("%s: %s", self._stream, what)

    def page_written(self, records: int) -> None:
        """Count a page and its records, and report them if it is time."""
        self.pages += 1
        self.records += records
        now = time.monotonic()
        if now - self._reported >= SECONDS_BETWEEN_LINES:
            self._reported = now
            logger.info("%s: %s so far", self._stream, self._tally(now))

    def end(self, last: Checkpoint) -> None:
        """Report what was written in this run, and in the whole pass if it took several runs."""
        whole = ""
        if last.runs > 1:
            pages, records = count_text(last.page, "page"), count_text(last.records, "record")
            whole = f"; the whole pass: {pages}, {records} in {last.runs} runs"
        logger.info("%s: done, %s%s", self._stream, self._tally(time.monotonic()), whole)

    def _tally(self, now: float) -> str:
        seconds = now - self._started
        return (
            f"{count_text(self.pages, 'page')}, {count_text(self.records, 'record')} in "
            f"{seconds:.1f} s ({self.records / max(seconds, 0.001):.0f} per second)"
        )


def count_text(number: int, thing: str) -> str:
    """Return a number of things, such as `1 page` or `2 pages`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
