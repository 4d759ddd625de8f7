"""The SDK stream for an export."""

import logging
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

from singer_sdk import Tap
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.helpers.types import Context, Record
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.singerlib import Catalog, Metadata, MetadataMapping
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL
from singer_sdk.streams import Stream
from typing_extensions import override

from tap_techwolf.api.client import ExportClient
from tap_techwolf.api.export import VERSIONS, Export, Filter, Parameter
from tap_techwolf.api.page import BrokenPageError
from tap_techwolf.api.pagination import Pagination
from tap_techwolf.schemas import read_schema
from tap_techwolf.sync.catalog import below_lists, reconcile
from tap_techwolf.sync.columns import Columns
from tap_techwolf.sync.context import RunContext
from tap_techwolf.sync.pass_settings import PassSettings
from tap_techwolf.sync.passes import Pass
from tap_techwolf.sync.progress import Progress
from tap_techwolf.sync.start import new_pass, plan_pass
from tap_techwolf.sync.state import REPLICATION_KEY
from tap_techwolf.sync.state_manager import PassStateManager

logger = logging.getLogger(__name__)

_PYTHON_TYPES = {"string": str, "integer": int}


class ExportStream(Stream):
    """One of the API's exports.

    It is not a `RESTStream`: the SDK's loop ends at a page without records, takes a missing cursor
    for the last page, parses each page twice, waits for each page in turn, and never writes a state
    from which a killed run could resume. Almost nothing of a `RESTStream` would be left.

    A subclass is data; `Export` explains what it says.

    Attributes:
        all_versions_key: The key if all versions of each record are exported; None if records have
            no versions.
        no_columns: Documented properties that are left out of the table, without a warning.
    """

    path: ClassVar[str]
    all_versions_key: ClassVar[tuple[str, ...] | None] = None
    no_columns: ClassVar[frozenset[str]] = frozenset()
    parameters: ClassVar[tuple[Parameter, ...]]
    include: ClassVar[str | None]
    filters: ClassVar[tuple[Filter, ...]]
    pagination: ClassVar[Pagination]

    #: The API's values are of JSON types already; the SDK would walk through each record.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    def __init__(self, tap: Tap, context: RunContext) -> None:
        super().__init__(tap, schema=read_schema(self.name))
        self._run = context
        self.export = self.export_of(self.config)
        self.progress = Progress(self.name)
        self.primary_keys = tuple(self.export.key)
        for name in self.export.key:
            kinds = self.schema["properties"][name]["type"]
            self.schema["properties"][name]["type"] = _not_null(kinds)
        self._set_replication()

    @classmethod
    def export_of(cls, config: Mapping[str, Any]) -> Export:
        """Return the export that the stream reads, without anything of Singer."""
        name: str = vars(cls)["name"]
        properties = read_schema(name)["properties"]
        all_versions = config.get(VERSIONS.setting) == "all" and cls.all_versions_key
        return Export(
            name=name,
            path=cls.path,
            key={
                key: _PYTHON_TYPES[_not_null(properties[key]["type"])]
                for key in all_versions or vars(cls)["primary_keys"]
            },
            pagination=cls.pagination,
            parameters=cls.parameters,
            include=cls.include,
            filters=cls.filters,
            no_columns=cls.no_columns,
        )

    def _set_replication(self) -> None:
        if self.export.has_last_updated:
            self.replication_key = REPLICATION_KEY
        else:
            self.replication_key = None
            self.forced_replication_method = REPLICATION_FULL_TABLE

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Yield the rows of a pass, from its checkpoint or the beginning to the end."""
        del context  # The streams have no partitions.
        one_pass = Pass(
            self._run,
            ExportClient(self._run.api, self.export),
            self.pass_settings,
            self.stream_state,
            self.progress,
            alias=self._alias,
        )
        known = {*self.schema["properties"], *self.export.no_columns}
        wanted = self.effective_schema["properties"]
        columns = Columns(self.name, known, wanted, self._run.api)
        for record, exported_at, page in one_pass.records():
            row = columns.fit(self.export.to_record(record, self.config), page)
            row[REPLICATION_KEY] = exported_at
            yield row
            if self.ABORT_AT_RECORD_COUNT is not None:  # A test may end after any record.
                self._run.writer.flush()

    @property
    def _alias(self) -> str:
        """The stream's name in the messages: that of the first stream map that keeps records."""
        kept = (one for one in self.stream_maps if not isinstance(one, RemoveRecordTransform))
        return next(kept, self.stream_maps[0]).stream_alias

    def check_state(self) -> None:
        """Raise StateError for a bookmark that cannot be used, before any request."""
        plan_pass(self.pass_settings, self.stream_state)

    def check_export(self) -> None:
        """Request the first page and check it, without writing anything."""
        client = ExportClient(self._run.api, self.export)
        start = new_pass(self.pass_settings, {})
        request = self.export.request(self.config, filter_date=start.filter_date)
        page = client.get_page(request, start.page)
        try:
            self.export.pagination.next_position(page, None)
            page.records(self.export.key)
        except BrokenPageError as error:
            raise client.broken_page_error(start.page, error) from error

    @property
    def pass_settings(self) -> PassSettings:
        """The settings that decide where a pass starts, and whether it may resume."""
        deselected = ("/".join(path) for path, selected in self.mask.items() if not selected)
        return PassSettings.read(
            self.export,
            self.config,
            self.replication_method,
            columns=(sorted(self.effective_schema["properties"]), sorted(deselected)),
        )

    @property
    @override
    def metadata(self) -> MetadataMapping:
        """The stream's metadata, with the properties below lists, which the SDK's leave out.

        Meltano marks what a user deselects only where discovery lists it. The tap can then refuse
        what it cannot leave out, instead of loading it against the user's will.
        """
        is_new = self._metadata is None  # There is no public hook for metadata of one's own.
        metadata = super().metadata
        if is_new and self._tap_input_catalog is None:
            for breadcrumb in below_lists(self.schema):
                metadata[breadcrumb] = Metadata(Metadata.InclusionType.AVAILABLE)
        return metadata

    @cached_property
    @override
    def state_manager(self) -> PassStateManager:
        """A state manager that leaves the state to the pass."""
        return PassStateManager(stream_name=self.name, tap_state=self.tap_state)

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Apply the catalog after correcting what would lose data (see `reconcile`)."""
        reconcile(self, catalog)
        super().apply_catalog(catalog)
        is_incremental = self.forced_replication_method == REPLICATION_INCREMENTAL
        if is_incremental and not self.export.has_last_updated:
            logger.warning(
                "%s: the catalog asks for INCREMENTAL, but this export cannot be filtered by its "
                "last update; it is synced in full",
                self.name,
            )
        self._set_replication()

    @override
    def log(self, message: str, *args: Any, level: int = logging.INFO, **kwargs: Any) -> None:
        """Log the SDK's own lines at DEBUG: the tap reports progress and errors once, itself."""
        del level
        super().log(message, *args, level=logging.DEBUG, **kwargs)


def _not_null(kinds: str | list[str]) -> str:
    """Return the type of a column that is a key, and so never null."""
    return kinds if isinstance(kinds, str) else next(kind for kind in kinds if kind != "null")
