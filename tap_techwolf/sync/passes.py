"""Sync one export page by page; write a STATE message after each page."""

import logging
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import backoff
from backoff.types import Details
from msgspec.structs import replace

from tap_techwolf.api.client import ExportClient
from tap_techwolf.api.page import BrokenPageError, Page, Record
from tap_techwolf.api.pagination import Position
from tap_techwolf.dates import format_date_time
from tap_techwolf.errors import ExportError
from tap_techwolf.sync.context import RunContext
from tap_techwolf.sync.pass_settings import PassSettings
from tap_techwolf.sync.progress import Progress
from tap_techwolf.sync.start import new_pass, next_began_at, plan_pass
from tap_techwolf.sync.state import Checkpoint

logger = logging.getLogger(__name__)

# How the API answers a cursor that it no longer knows is not documented. Each of these statuses may
# be its way to reject one; those of the second set may also go away by themselves.
_REJECTED = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.CONFLICT,
    HTTPStatus.GONE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
_REJECTED_FOR_NOW = {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}
_REJECTIONS = 3

# Two right clocks differ by less, and the filter goes back by an hour more than `lookback_days`.
_LARGEST_CLOCK_DIFFERENCE = timedelta(hours=1)


@dataclass(eq=False)
class Pass:
    """Read an export from its checkpoint, or from the beginning, to the end.

    Attributes:
        state: The stream's state, which is kept up to date.
        alias: The stream's name in the messages, which a stream map may have changed.
    """

    context: RunContext
    client: ExportClient
    settings: PassSettings
    state: dict[str, Any]
    progress: Progress
    alias: str

    def records(self) -> Iterator[tuple[Record, str, int]]:
        """Yield each record, when the pass began (its `exported_at`), and its page's number.

        A page is written, with the state that covers it, when the record after it is asked for.
        """
        ahead = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read-ahead")
        try:
            yield from self._records(ahead)
        finally:
            # A page that was requested ahead must not hold up the other streams.
            self.client.stop()
            ahead.shutdown(wait=False, cancel_futures=True)

    def _records(self, ahead: ThreadPoolExecutor) -> Iterator[tuple[Record, str, int]]:
        here, warnings = plan_pass(self.settings, self.state)
        for warning in warnings:
            logger.warning("%s: %s.", self.settings.stream, warning)
        self.progress.start(here, self.settings, self.state, self.client)
        page, here = self._first_page(here)
        # By the same clock as the beginning, and not misled by one that is set meanwhile.
        clock = page.requested_at - timedelta(seconds=time.monotonic() - page.seconds)
        exported_at = format_date_time(here.began_at)
        page_size = self.context.config["page_size"]
        paginator = self.client.export.paginator(here.starting_after, page_size)
        while True:
            upcoming: Future[Page] | None = None
            try:
                position = paginator.position_after(page)
                if position is not None:
                    there = replace(here, page=here.page + 1)
                    upcoming = ahead.submit(self._get_page, there, position)
                records = paginator.records(page)
            except BrokenPageError as error:
                raise self.client.broken_page_error(here.page, error) from error
            for record in records:
                yield record, exported_at, here.page
            del records  # They need not stay in memory while this stream waits for its turn.
            written = self.context.writer.record_count(self.alias)
            here = replace(here, records=here.records + written)
            if position is None:
                if not paginator.is_whole:
                    logger.warning(
                        "%s: the list changed each time it was read, or has records twice, so "
                        "that some may be missing. The pass is not logged as full: it removes "
                        "nobody",
                        self.settings.stream,
                    )
                now = clock + timedelta(seconds=time.monotonic())
                here = replace(
                    here,
                    starting_after=None,
                    completed_at=max(now, here.began_at),
                    is_full=paginator.is_whole and here.filter_date is None,
                )
            else:
                cursor = position if isinstance(position, str) else None
                here = replace(here, starting_after=cursor, page=here.page + 1)
            self._write_page(here, is_last=position is None)
            self.progress.page_written(written)
            if upcoming is None:
                break
            page = upcoming.result()
        self.progress.end(here)

    def _get_page(
        self, here: Checkpoint, position: Position, max_attempts: int | None = None
    ) -> Page:
        request = self.client.export.request(
            self.context.config, filter_date=here.filter_date, position=position
        )
        return self.client.get_page(request, here.page, max_attempts)

    def _first_page(self, here: Checkpoint) -> tuple[Page, Checkpoint]:
        """Get this run's first page; a new pass begins with it."""
        if here.starting_after is None:
            page = self._get_page(here, None)
            if here.continues and here.continues - page.requested_at > _LARGEST_CLOCK_DIFFERENCE:
                logger.warning(
                    "%s: the bookmark in the state is ahead of the API's clock or this machine's; "
                    "the pass exports everything, as it is not known what changed since. Check the "
                    "clocks. If the bookmark is wrong, set 'replication_key_value' back in the "
                    "state, and 'began_at' in 'checkpoint'.",
                    self.settings.stream,
                )
                here = new_pass(self.settings, self.state, is_full=True)
                page = self._get_page(here, None)
        else:
            page, here = self._resume(here)
        if here.starting_after is None:
            here = replace(here, began_at=next_began_at(page.requested_at, self.state))
        return page, here

    def _resume(self, here: Checkpoint) -> tuple[Page, Checkpoint]:
        """Get the page at which an interrupted pass resumes, or start over.

        A rejection that may be temporary does not give up the checkpoint at once. A server error
        that outlasts all attempts may be the API's answer to a cursor that is gone, and would end
        every run to come: if the first page of the export is returned, the cursor is to blame.
        An empty last page, where the page before promised more, may be such an answer as well.
        """
        get_page = backoff.on_exception(
            backoff.expo,
            ExportError,
            max_tries=_REJECTIONS,
            giveup=lambda error: error.status not in _REJECTED_FOR_NOW,
            on_backoff=self._log_rejection,
            jitter=None,
            logger=None,
        )(self._get_page)
        start = new_pass(self.settings, self.state, is_full=here.continues is None)
        try:
            page = get_page(here, here.starting_after)
        except ExportError as error:
            if error.status in _REJECTED:
                page = self._get_page(start, None)
            elif error.status is None or error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                raise
            else:
                try:
                    page = self._get_page(start, None, max_attempts=1)
                except ExportError:
                    raise error from None
        else:
            if page.member("has_next") is not False or page.member(page.records_member) != []:
                return page, here
            page = self._get_page(start, None)
        logger.warning(
            "%s: the API rejects the cursor of the interrupted pass, or has nothing after it; the "
            "pass starts over",
            self.settings.stream,
        )
        return page, start

    def _log_rejection(self, details: Details) -> None:
        logger.warning(
            "%s: the API rejected the cursor of the interrupted pass; attempt %d of %d follows in "
            "%.1f s",
            self.settings.stream,
            details["tries"] + 1,
            _REJECTIONS,
            details["wait"],
        )

    def _write_page(self, here: Checkpoint, *, is_last: bool) -> None:
        """Write the page's records, then a state that covers them."""
        context, writer = self.context, self.context.writer
        if is_last:
            context.pass_log.write(self.settings.stream, here)
        with writer.turn():
            writer.flush()
            if is_last:
                here.complete(self.settings, self.state)
            elif here.starting_after is not None:
                here.write(self.state)
            else:  # An offset means another page in a later run, which therefore starts over.
                return
            writer.write_state(context.state)
