"""An export as the SDK wants to see it: a stream that has a client and runs a pass."""

from __future__ import annotations

import logging
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.streams.rest import HTTPRequest, PageContext, RESTStream

from tap_techwolf.api.client import Client, Request
from tap_techwolf.api.export import headers
from tap_techwolf.api.page import Page
from tap_techwolf.api.paginator import ExportPaginator
from tap_techwolf.config.urls import endpoints
from tap_techwolf.sync.catalog import reconcile
from tap_techwolf.sync.checkpoint import REPLICATION_KEY
from tap_techwolf.sync.columns import Columns
from tap_techwolf.sync.output import PassOutput
from tap_techwolf.sync.pass_settings import PassSettings
from tap_techwolf.sync.passes import Pass, Source
from tap_techwolf.sync.progress import Progress
from tap_techwolf.sync.schemas import read_schema
from tap_techwolf.sync.start import begin_pass, read_bookmark
from tap_techwolf.sync.state_manager import PassStateManager

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests
    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import Catalog, SchemaMessage

    from tap_techwolf.api.authenticator import TechWolfAuthenticator
    from tap_techwolf.api.export import Export
    from tap_techwolf.sync.checkpoint import Checkpoint
    from tap_techwolf.sync.run import Run

_JSON_TYPES = {str: "string", int: "integer"}


class ExportStream(RESTStream[str]):
    """One of the API's exports.

    A subclass names its export: path, key, includes, filters.
    """

    export: ClassVar[Export]

    #: The API's values are of JSON types already; the SDK would walk through each record.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    _pass: Pass | None = None
    _first_cursor: str | None = None

    def __init__(self, tap: Tap, run: Run) -> None:
        """Read the schema.

        Args:
            tap: The tap.
            run: What the streams of the run share.
        """
        super().__init__(tap, schema=read_schema(self.name), path=self.export.path)
        self._run = run
        self.progress = Progress(self.name)
        self.primary_keys = list(self.key)
        self.replication_key = REPLICATION_KEY
        for name, kind in self.key.items():
            self.schema["properties"][name]["type"] = _JSON_TYPES[kind]  # Never null.

    # What a tap author expects of an HTTP stream

    http_method = "POST"

    @property
    def url_base(self) -> str:
        """The API's base URL."""
        return endpoints(self.config).api_url

    @property
    def authenticator(self) -> TechWolfAuthenticator:
        """The run's one authenticator: tokens are limited, so that all streams share one."""
        return self._run.access.authenticator

    @property
    def http_headers(self) -> dict[str, str]:
        """The headers of every request."""
        return headers(self.config)

    def get_http_request(self, *, page: PageContext[str]) -> HTTPRequest:
        """Return the request for a page.

        Args:
            page: Its cursor, and the pass's filter date as the stream's context.
        """
        filter_date = page.stream_context["filter_date"] if page.stream_context else None
        return HTTPRequest(
            url=self.url_base + self.path,
            method=self.http_method,
            params=self.export.params(self.config),
            headers=self.http_headers,
            data=self.export.body(self.config, filter_date, page.next_page_token),
        )

    def get_new_paginator(self) -> ExportPaginator:
        """Return a paginator that starts where the pass does."""
        return ExportPaginator(self._first_cursor)

    def parse_response(self, response: requests.Response) -> Iterator[Record]:
        """Yield the records of a response.

        Args:
            response: A page, as the API sent it.
        """
        yield from Page.parse(response.content).records(self.key)

    def post_process(
        self,
        row: Record,
        context: Context | None = None,  # noqa: ARG002 - the streams have no partitions
    ) -> Record:
        """Add when the pass began, and leave out what is not in the catalog.

        Args:
            row: A record as the API sent it. Nested properties stay as they are.
            context: Not used.

        Returns:
            The record as it is written.
        """
        row = self._columns.fit(self.export.row(row, self.config))
        row[REPLICATION_KEY] = self._pass.exported_at if self._pass else ""
        return row

    # The pass

    @property
    def key(self) -> dict[str, type]:
        """The properties that identify a record, and the type of each."""
        return self.export.key(self.config)

    @cached_property
    def client(self) -> Client:
        """Sends this export's requests."""
        return Client(self._run.access, self.name, self.path, self._log_request)

    def request_records(self, context: Context | None) -> Iterator[Record]:
        """Yield the records of a pass, from the checkpoint or the beginning to the end.

        Replaces the SDK's loop, which ends at a page without records, takes a missing
        cursor for the last page, parses each page twice, waits for each page in turn and
        never writes a state that a killed run could go on from.

        Args:
            context: Not used: the streams have no partitions.
        """
        del context
        settings = self.pass_settings
        written = (one for one in self.stream_maps if not isinstance(one, RemoveRecordTransform))
        alias = next(written, self.stream_maps[0]).stream_alias
        output = PassOutput(self._run, self.name, alias, settings.scope_hash)
        source = Source(
            get_page=self._get_page,
            try_page=partial(self._get_page, max_attempts=1),
            new_paginator=self._new_paginator,
            key=self.key,
            page_error=self.client.page_error,
            hide_ids=self._hide_ids,
        )
        self._pass = Pass(
            settings,
            source,
            output,
            self.progress,
            self._run.notices,
            is_test=self.ABORT_AT_RECORD_COUNT is not None,
        )
        try:
            yield from self._pass.records(self.stream_state)
        finally:
            self.client.stop()  # A page that was asked for ahead must not hold the other streams.

    def check_state(self) -> None:
        """Refuse a bookmark that cannot be used, before any request.

        Raises:
            StateError: It cannot be read, or belongs to another tenant.
        """
        read_bookmark(self.pass_settings, self.stream_state)

    def check_export(self) -> None:
        """Ask for the first page and check it, without writing anything.

        Raises:
            AuthenticationError: There is no token.
            ExportError: There is no page, or it may not be whole.
            BrokenPageError: A record is not of the documented form.
        """
        self._get_page(begin_pass(self.pass_settings, None)).records(self.key)

    @property
    def pass_settings(self) -> PassSettings:
        """What decides where a pass starts, and whether it may go on."""
        deselected = ("/".join(path) for path, selected in self.mask.items() if not selected)
        return PassSettings(
            self.name,
            self.export,
            self.config,
            self.replication_method,
            columns=(sorted(self.effective_schema["properties"]), sorted(deselected)),
        )

    def _get_page(self, checkpoint: Checkpoint, max_attempts: int | None = None) -> Page:
        request = self.get_http_request(
            page=PageContext(
                stream_context={"filter_date": checkpoint.filter_date},
                next_page_token=checkpoint.starting_after,
            )
        )
        return self.client.get_page(
            Request(
                url=request.url,
                method=request.method,
                params=request.encode_params(),
                headers=request.headers,
                json=request.data,
            ),
            checkpoint.page,
            max_attempts,
        )

    def _new_paginator(self, cursor: str | None) -> ExportPaginator:
        self._first_cursor = cursor
        return self.get_new_paginator()

    def _hide_ids(self, page: Page | None, cursor: str | None) -> None:
        """Keep the ids of a page out of all messages; it is read only if there is one."""
        self._run.access.redactor.set_ids(
            self.name, lambda: {*(page.ids() if page else ()), cursor}
        )

    def _log_request(self, response: requests.Response) -> None:
        self._write_request_duration_log(self.path, response, None, None)

    @cached_property
    def _columns(self) -> Columns:
        known, wanted = self.schema["properties"], self.effective_schema["properties"]
        return Columns(self.name, known, wanted, self._run.access.redactor.clean)

    # What the SDK asks of any stream

    @cached_property
    def state_manager(self) -> PassStateManager:
        """The state manager, which leaves the state to the pass."""
        return PassStateManager(
            tap_name=self.tap_name, stream_name=self.name, tap_state=self.tap_state
        )

    @property
    def partitions(self) -> None:
        """None, whatever a state of another tap holds: the streams have no partitions."""

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """Return none: the SDK's is this machine's clock alone, which may be wrong.

        Args:
            context: Not used: the streams have no partitions.
        """

    def apply_catalog(self, catalog: Catalog) -> None:
        """Apply the catalog, as far as that loses nothing.

        Args:
            catalog: The catalog that the run was given.

        Raises:
            CatalogError: It asks for what the stream cannot deliver.
        """
        reconcile(self, catalog)
        super().apply_catalog(catalog)
        self.replication_key = REPLICATION_KEY

    def _generate_schema_messages(self) -> Iterator[SchemaMessage]:  # type: ignore[override]
        """Name the replication key only where the stream maps have left it in the record."""
        for message in super()._generate_schema_messages():
            if REPLICATION_KEY not in message.schema["properties"]:
                message.bookmark_properties = None
            yield message

    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:  # noqa: ANN401
        """Keep the SDK's own lines for DEBUG: progress and errors are reported once.

        Args:
            message: The SDK's message.
            args: What goes into it.
            level: The SDK's level; DEBUG takes its place.
            kwargs: Passed on.
        """
        del level
        super().log(message, *args, level=logging.DEBUG, **kwargs)
