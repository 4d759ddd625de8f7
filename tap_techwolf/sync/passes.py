"""One pass over an export: every page once, and a state that covers what was written."""

from __future__ import annotations

import logging
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import backoff

from tap_techwolf.api.page import BROKEN_PAGE_HINT, BrokenPageError, Clock, Page
from tap_techwolf.dates import format_date_time, parse_date_time
from tap_techwolf.errors import ExportError
from tap_techwolf.sync import checkpoint as states
from tap_techwolf.sync.completed_pass import CompletedPass
from tap_techwolf.sync.read_ahead import ReadAhead
from tap_techwolf.sync.start import began_at, begin_pass, find_start, read_bookmark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future

    from backoff.types import Details

    from tap_techwolf.api.page import Record
    from tap_techwolf.api.paginator import ExportPaginator
    from tap_techwolf.sync.checkpoint import Checkpoint
    from tap_techwolf.sync.notices import Notices
    from tap_techwolf.sync.pass_settings import PassSettings
    from tap_techwolf.sync.progress import Progress

logger = logging.getLogger(__name__)

# What the API does with a cursor that it no longer knows is not documented. Each of these may
# be its way to refuse one; those of the second set may also be gone a moment later.
_REFUSED = {400, 404, 409, 410, 422}
_REFUSED_FOR_NOW = {404, 409}
_REFUSALS = 3
_SERVER_ERROR = 500

_SAME_TIME = timedelta(seconds=2)


class Output(Protocol):
    """Where a pass writes its pages."""

    def begin_page(self) -> None:
        """Take the turn for a page."""

    def count(self) -> int:
        """Return how many records of the page under way were written."""

    def write_page(self, update_state: Callable[[], None], completed: CompletedPass | None) -> None:
        """Write the page and the log of a completed pass; then update and write the state."""

    def flush(self) -> None:
        """Write what there is of the page, in a test run that ends within it."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a pass gets its pages from.

    Attributes:
        get_page: Asks for the page at a checkpoint.
        try_page: The same, but once.
        new_paginator: Makes a paginator that starts at a cursor.
        key: The properties that identify a record, and the type of each.
        page_error: Makes the error for a page number and a text.
        hide_ids: Told of each page and the next cursor, whose ids no error may show.
    """

    get_page: Callable[[Checkpoint], Page]
    try_page: Callable[[Checkpoint], Page]
    new_paginator: Callable[[str | None], ExportPaginator]
    key: Mapping[str, type]
    page_error: Callable[[int, str], ExportError]
    hide_ids: Callable[[Page | None, str | None], None]


class Pass:
    """Goes through the pages of an export, from its checkpoint or the beginning to the end.

    Attributes:
        exported_at: When the pass began; the same for all its records, in all its runs. Known
            as soon as there is a page.
    """

    exported_at: str
    _clock: Clock

    def __init__(  # noqa: PLR0913 - each is one thing that a pass needs
        self,
        settings: PassSettings,
        source: Source,
        output: Output,
        progress: Progress,
        notices: Notices,
        *,
        is_test: bool,
    ) -> None:
        """Prepare a pass.

        Args:
            settings: Decide where the pass starts.
            source: Where its pages come from.
            output: Where its pages go.
            progress: Told of each page.
            notices: Logs what concerns all streams.
            is_test: Whether the run may end after any record: no page is asked for ahead.
        """
        self._settings = settings
        self._source = source
        self._output = output
        self._progress = progress
        self._notices = notices
        self._is_test = is_test
        self._ahead: ReadAhead[Page] = ReadAhead()

    def records(self, state: dict[str, Any]) -> Iterator[Record]:
        """Yield the records; after each page, write it and the state that covers it.

        Args:
            state: The stream's part of the state, which is kept up to date.

        Yields:
            The records as the API sent them. The page is written when the next one is asked for.

        Raises:
            ExportError: There is no such page, or it may not be whole.
            StateError: The state cannot be used.
        """
        with closing(self._ahead):
            yield from self._records(state)

    def _records(self, state: dict[str, Any]) -> Iterator[Record]:
        bookmark = read_bookmark(self._settings, state)
        here = find_start(self._settings, bookmark, state)
        self._progress.start(here, is_incremental=self._settings.is_incremental)
        page, here = self._first_page(here, bookmark, state)
        self.exported_at = str(here.began_at)
        paginator = self._source.new_paginator(here.starting_after)
        while True:
            try:
                paginator.advance(page)
                there = self._next(here, paginator)
                self._source.hide_ids(page, there.starting_after if there else None)
                upcoming = self._read_ahead(there)
                self._output.begin_page()
                records = page.records(self._source.key)
            except BrokenPageError as error:
                raise self._source.page_error(here.page, f"{error}. {BROKEN_PAGE_HINT}") from error
            for record in records:
                yield record
                if self._is_test:  # It may end before the page does.
                    self._output.flush()
            del records  # Not kept while this stream waits and another one's page needs the room.
            here = self._end_page(here, there, bookmark, state)
            if there is None:
                break
            here = replace(there, records=here.records)
            page = upcoming.result() if upcoming else self._source.get_page(here)
        self._progress.end(here)

    @staticmethod
    def _next(here: Checkpoint, paginator: ExportPaginator) -> Checkpoint | None:
        cursor = paginator.current_value
        return None if paginator.finished or cursor is None else here.after_page(cursor)

    def _first_page(
        self, here: Checkpoint, bookmark: states.Bookmark | None, state: Mapping[str, Any]
    ) -> tuple[Page, Checkpoint]:
        """Get this run's first page, and when the pass began."""
        if here.starting_after is None:
            page = self._source.get_page(here)
        else:
            page, here = self._resumed_page(here, bookmark)
        self._clock = page.requested_at or Clock(datetime.now(UTC), None)
        if here.began_at is None:
            began = began_at(here, self._clock, state, self._settings.stream, self._notices)
            here = replace(here, began_at=began)
        return page, here

    def _resumed_page(
        self, here: Checkpoint, bookmark: states.Bookmark | None
    ) -> tuple[Page, Checkpoint]:
        """Get the page that an interrupted pass goes on at, or start over.

        A refusal that may be temporary does not throw the checkpoint away at once. A server
        error that outlasts all attempts may be the API's answer to a cursor that is gone, and
        would end every run to come: if the export's first page comes, the cursor is to blame.
        """
        self._source.hide_ids(None, here.starting_after)
        get_page = backoff.on_exception(
            backoff.expo,
            ExportError,
            max_tries=_REFUSALS,
            giveup=lambda error: error.status not in _REFUSED_FOR_NOW,
            on_backoff=self._log_refusal,
            jitter=None,
            logger=None,
        )(self._source.get_page)
        beginning = begin_pass(self._settings, bookmark)
        try:
            return get_page(here), here
        except ExportError as error:
            if error.status in _REFUSED:
                self._log_start_over()
                return self._source.get_page(beginning), beginning
            if error.status is None or error.status < _SERVER_ERROR:
                raise
            page = self._page_in_spite_of(error, beginning)
            self._log_start_over()
            return page, beginning

    def _page_in_spite_of(self, error: ExportError, beginning: Checkpoint) -> Page:
        try:
            return self._source.try_page(beginning)
        except ExportError:
            raise error from None

    def _log_start_over(self) -> None:
        logger.warning(
            "%s: the API refuses the cursor of the checkpoint; the pass starts over",
            self._settings.stream,
        )

    def _log_refusal(self, details: Details) -> None:
        logger.warning(
            "%s: the API refused the cursor of the checkpoint; attempt %d of %d follows in %.1f s",
            self._settings.stream,
            details["tries"] + 1,
            _REFUSALS,
            details["wait"],
        )

    def _read_ahead(self, there: Checkpoint | None) -> Future[Page] | None:
        if there is None or self._is_test:
            return None
        return self._ahead.ask(partial(self._source.get_page, there))

    def _end_page(
        self,
        here: Checkpoint,
        there: Checkpoint | None,
        bookmark: states.Bookmark | None,
        state: dict[str, Any],
    ) -> Checkpoint:
        """Write the page's records, then a state that covers them and nothing else."""
        written = self._output.count()
        here = replace(here, records=here.records + written)
        if there:
            checkpoint = replace(there, records=here.records)
            self._output.write_page(partial(checkpoint.write, state), None)
        else:
            completed = self._completed(here)
            is_whole = bookmark is None or here.filter_date is None
            complete = partial(
                states.complete,
                state,
                completed.began_at,
                self._settings.tenant,
                brought_everything=self._settings.record_settings if is_whole else None,
            )
            self._output.write_page(complete, completed)
        self._progress.page_done(written)
        return here

    def _completed(self, last: Checkpoint) -> CompletedPass:
        now = datetime.now(UTC)
        if self._clock.api is not None:
            # The API's clock goes on as this machine's does. It is read in whole seconds, so
            # that a small difference is none.
            difference = self._clock.api - self._clock.machine
            now = now + difference if difference < -_SAME_TIME else now
        began = str(last.began_at)
        return CompletedPass(
            began_at=began,
            completed_at=format_date_time(max(now, parse_date_time(began))),
            replication_method=self._settings.replication_method,
            updated_after=last.filter_date,
            record_count=last.records,
            page_count=last.page,
            run_count=last.runs,
        )
