"""An export as a stream: one resumable pass over its pages."""

from __future__ import annotations

import logging
from copy import deepcopy
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.schema.source import SchemaDirectory
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from singer_sdk.streams.rest import PageContext

from tap_techwolf import checkpoint, schemas
from tap_techwolf.catalog import reconcile
from tap_techwolf.checkpoint import Bookmark, Checkpoint, PassStateManager, fingerprint
from tap_techwolf.client import BROKEN_PAGE_HINT
from tap_techwolf.errors import ExportError
from tap_techwolf.export_requests import ExportRequests
from tap_techwolf.moments import filter_date, format_moment, parse_moment
from tap_techwolf.pagination import BrokenPageError, CursorChain, Page
from tap_techwolf.progress import Progress
from tap_techwolf.read_ahead import read_ahead
from tap_techwolf.session import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import Catalog

    from tap_techwolf.tap import TapTechWolf

logger = logging.getLogger(__name__)

_SCHEMAS = SchemaDirectory(schemas)
_JSON_TYPES = {str: "string", int: "integer"}

# What the API does with a cursor that it does not know is not documented; any of these
# may be its way to refuse one.
_CURSOR_REFUSED = {400, 404, 409, 410, 422}


class ExportStream(ExportRequests):
    """One of the API's exports.

    A subclass names the path and what the settings add to the request.
    """

    #: The API's values are of JSON types already; the SDK would walk through each record.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: TapTechWolf) -> None:
        """Read the schema.

        Args:
            tap: The tap.
        """
        super().__init__(tap, deepcopy(_SCHEMAS.get_schema(self.name)))
        self.primary_keys = list(self.key_types)
        self.replication_key = checkpoint.REPLICATION_KEY
        self._exported_at = ""
        self._named: set[str] = set()
        properties = self.schema["properties"]
        for key, kind in self.key_types.items():
            properties[key]["type"] = _JSON_TYPES[kind]  # Never null, unlike all others.
        self.fit_columns(properties)

    def fit_columns(self, properties: dict[str, Any]) -> None:
        """Fit the columns to the settings.

        Args:
            properties: The properties as the schema file has them, to be changed in place.
        """

    @cached_property
    def state_manager(self) -> PassStateManager:
        """The state manager, which leaves the bookmark to the pass."""
        return PassStateManager(
            tap_name=self.tap_name, stream_name=self.name, tap_state=self.tap_state
        )

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """Give none: the SDK's is the client's clock, which may be wrong.

        Args:
            context: Not used: the streams have no partitions.
        """

    def request_records(self, context: Context | None) -> Iterator[Record]:
        """Go through the pages, from the checkpoint or the beginning to the end.

        Replaces the SDK's loop, which ends at a page without records, takes a missing
        cursor for the last page, parses each page twice, waits for each page in turn and
        never writes a state that a killed run could go on from.

        Args:
            context: Not used: the streams have no partitions.

        Yields:
            The records.

        Raises:
            ExportError: There is a page that cannot be had or trusted.
        """
        del context
        bookmark = Bookmark.read(self.name, self.stream_state)
        here = self._checkpoint(bookmark) or self._beginning(bookmark)
        progress = Progress(self.name)
        page, here = self._first_page(here, bookmark, progress)
        self._exported_at = here.began_at or ""
        cursors = CursorChain(here.starting_after)
        while True:
            try:
                cursor = cursors.follow(page)
                there = here.after_page(cursor) if cursor else None
                upcoming = self._read_ahead(there)
                records = page.records(self.key_types)
            except BrokenPageError as error:
                raise self.page_error(here.page, f"{error}. {BROKEN_PAGE_HINT}") from error
            for record in records:
                yield record
                if self._is_dry_run:  # It may end before the page does.
                    self._tap.message_writer.flush()
            # Here the last record of the page has been written.
            self._end_page(here, there, bookmark)
            progress.page_done(len(records))
            if there is None:
                break
            here = there
            page = self.get_page(_page_context(here), here.page, upcoming)
        progress.end()

    def _checkpoint(self, bookmark: Bookmark | None) -> Checkpoint | None:
        """Find where to go on, if the last pass was cut off and still fits the settings."""
        has_other_shape = bookmark and bookmark.fingerprint not in (None, fingerprint(self.shape))
        remark = (
            "; what does not change meanwhile keeps its old form until a full refresh"
            if has_other_shape
            else ""
        )
        try:
            found = Checkpoint.read(self.stream_state)
        except ValueError:
            logger.warning(
                "%s: the checkpoint in the state cannot be read; the pass starts over%s",
                self.name,
                remark,
            )
            return None
        if found and found.fingerprint == self._pass_fingerprint(bookmark):
            return found
        if found:
            logger.warning(
                "%s: settings or catalog have changed since the last pass was cut off; it "
                "starts over%s",
                self.name,
                remark,
            )
        elif has_other_shape and self.replication_method == REPLICATION_INCREMENTAL:
            logger.warning(
                "%s: settings have changed since everything was last synced%s (run once with "
                "--full-refresh)",
                self.name,
                remark,
            )
        return None

    def _beginning(self, bookmark: Bookmark | None) -> Checkpoint:
        """Begin a pass: since the bookmark, else since the start date, else everything."""
        since = None
        if self.replication_method == REPLICATION_INCREMENTAL:
            if bookmark:
                since = bookmark.moment
            elif start_date := self.config.get("start_date"):
                since = parse_moment(start_date)
        checkpoint.forget_checkpoint(self.stream_state)
        return Checkpoint(
            began_at=None,
            filter_date=filter_date(since, self.config["lookback_days"]) if since else None,
            starting_after=None,
            page=1,
            fingerprint=self._pass_fingerprint(bookmark),
        )

    def _pass_fingerprint(self, bookmark: Bookmark | None) -> str:
        """Condense what shapes a pass, the start date included where it has a say."""
        start_date = None if bookmark else self.config.get("start_date")
        return fingerprint(
            {**self.shape, "method": self.replication_method, "start_date": start_date}
        )

    def _first_page(
        self, here: Checkpoint, bookmark: Bookmark | None, progress: Progress
    ) -> tuple[Page, Checkpoint]:
        """Get this run's first page, and the moment that the pass began."""
        resumed_at = here.page if here.starting_after else None
        progress.start(self.replication_method, here.filter_date, resumed_at)
        try:
            page = self.get_page(_page_context(here), here.page)
        except ExportError as error:
            if not resumed_at or error.status not in _CURSOR_REFUSED:
                raise
            logger.warning("%s: the API refused the checkpoint; the pass starts over", self.name)
            here = self._beginning(bookmark)
            page = self.get_page(_page_context(here), here.page)
        if here.began_at is None:
            here = replace(here, began_at=format_moment(page.requested_at))
        return page, here

    @property
    def _is_dry_run(self) -> bool:
        return self.ABORT_AT_RECORD_COUNT is not None

    def _read_ahead(self, there: Checkpoint | None) -> Future[Page] | None:
        """Ask for the next page, unless a dry run will not want it."""
        if there is None or self._is_dry_run:
            return None
        return read_ahead(partial(self.ask_once, _page_context(there), there.page))

    def _end_page(
        self, here: Checkpoint, there: Checkpoint | None, bookmark: Bookmark | None
    ) -> None:
        """Write the page's records, then a state that covers them and nothing else."""
        with self._tap.message_writer.uninterrupted():
            self._tap.message_writer.flush()
            if there:
                there.write(self.stream_state)
            else:
                is_whole = bookmark is None or here.filter_date is None
                checkpoint.finish(
                    self.stream_state,
                    here.began_at or "",
                    brought_everything_for=fingerprint(self.shape) if is_whole else None,
                )
            self._tap.state_writer.write_state(self.tap_state)

    # The records

    def post_process(
        self,
        row: Record,
        context: Context | None = None,  # noqa: ARG002 - the streams have no partitions
    ) -> Record:
        """Add when the pass began, and leave out what the schema does not know.

        Args:
            row: A record as the API sent it. Nested properties stay as they are.
            context: Not used.

        Returns:
            The record as it is written.
        """
        if not row.keys() <= self._known:
            self._name_unknown(row.keys() - self._known)
            row = {name: value for name, value in row.items() if name in self._known}
        row[checkpoint.REPLICATION_KEY] = self._exported_at
        return row

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.effective_schema["properties"]) - {checkpoint.REPLICATION_KEY}

    def _name_unknown(self, names: set[str]) -> None:
        """Warn of properties that are left out: each once, by name, without a value."""
        for name in sorted(names - self._named):
            logger.warning(
                "%s: the API sends a property %r that the schema does not know; it is left out",
                self.name,
                one_line(name),
            )
        self._named |= names

    def apply_catalog(self, catalog: Catalog) -> None:
        """Obey the catalog, where that loses nothing.

        Args:
            catalog: The catalog that the run was given.

        Raises:
            CatalogError: It cannot be obeyed.
        """
        reconcile(self, catalog)
        super().apply_catalog(catalog)
        self.replication_key = checkpoint.REPLICATION_KEY

    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:  # noqa: ANN401
        """Keep the SDK's own lines for DEBUG: progress and errors say it once, and plainer.

        Args:
            message: The SDK's message.
            args: What goes into it.
            level: The SDK's level; DEBUG takes its place.
            kwargs: Passed on.
        """
        del level
        super().log(message, *args, level=logging.DEBUG, **kwargs)


def _page_context(position: Checkpoint) -> PageContext[str]:
    """Say which page is meant: its cursor, and the filter that all pages of a pass share."""
    context = {"filter_date": position.filter_date} if position.filter_date else None
    return PageContext(stream_context=context, next_page_token=position.starting_after)
