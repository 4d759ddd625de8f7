"""Report a stream's progress: at its start, at most twice a minute, and at its end."""

import logging
import time
from collections.abc import Mapping
from typing import Any

from tap_techwolf.api.client import ExportClient
from tap_techwolf.sync.pass_settings import PassSettings
from tap_techwolf.sync.state import Checkpoint, next_start

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LINES = 30.0


class Progress:
    """Count what a stream reads and writes in a run; each line has what it says as fields, too."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self.pages = self.records = 0
        self.is_resumed = False

    def start(
        self,
        checkpoint: Checkpoint,
        settings: PassSettings,
        state: Mapping[str, Any],
        client: ExportClient,
    ) -> None:
        """Report which pass starts, and where; the state and the client change until its end."""
        self._started = self._reported = time.monotonic()
        self._settings, self._state, self._client = settings, state, client
        if checkpoint.continues is not None:
            what = f"incremental pass, updates after {checkpoint.filter_date}"
        elif checkpoint.filter_date is not None:
            what = f"first pass, updates after {checkpoint.filter_date} ('start_date')"
        else:
            what = f"full pass ({'no bookmark' if settings.is_incremental else 'FULL_TABLE'})"
        self.is_resumed = checkpoint.starting_after is not None
        if self.is_resumed:
            records = count_text(checkpoint.records, "record")
            what += f", resumed at page {checkpoint.page} after {records}"
        self._log(what)

    def page_written(self, records: int) -> None:
        """Count a page and its records, and report them if it is time."""
        self.pages += 1
        self.records += records
        if time.monotonic() - self._reported >= SECONDS_BETWEEN_LINES:
            self._reported = time.monotonic()
            self._log(f"{self._tally()} so far")

    def end(self, last: Checkpoint) -> None:
        """Report what was written in this run, and in the whole pass if it took several runs."""
        whole = ""
        if last.runs > 1:
            pages, records = count_text(last.page, "page"), count_text(last.records, "record")
            whole = f"; the whole pass: {pages}, {records} in {last.runs} runs"
        self._log(f"done, {self._tally()}{whole}")

    def _log(self, what: str) -> None:
        fields = {
            "stream": self._stream,
            "records": self.records,
            "pages": self.pages,
            "requests": self._client.requests,
            "retries": self._client.retries,
            "seconds": round(time.monotonic() - self._started, 1),
            "resumed": self.is_resumed,
            "next": next_start(self._state, self._settings),
        }
        logger.info("%s: %s", self._stream, what, extra=fields)

    def _tally(self) -> str:
        seconds = time.monotonic() - self._started
        return (
            f"{count_text(self.pages, 'page')}, {count_text(self.records, 'record')} in "
            f"{seconds:.1f} s ({self.records / max(seconds, 0.001):.0f} per second)"
        )


def count_text(number: int, thing: str) -> str:
    """Return a number of things, such as `1 page` or `2 pages`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
