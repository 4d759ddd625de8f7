"""The tap: its settings, its streams, and how the SDK's command runs them."""

import io
import json
import logging
import os
import signal
from functools import cached_property
from types import FrameType
from typing import Any, ClassVar

import click
from singer_sdk import Tap
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TapCapabilities
from singer_sdk.streams import Stream
from typing_extensions import override

from tap_techwolf.config.settings import OPTIONAL_STREAMS, SETTINGS
from tap_techwolf.config.sources import misspelled_variables, read_environment, read_json_object
from tap_techwolf.config.validation import complete, problems
from tap_techwolf.errors import SettingsError, SyncError, Terminated
from tap_techwolf.signals import EXIT_SECONDS, exit_after, exit_now, handle_signals
from tap_techwolf.streams import STREAMS, streams_of
from tap_techwolf.sync.catalog import check_selection, read_catalog
from tap_techwolf.sync.context import RunContext
from tap_techwolf.sync.pass_log import CompletedPasses
from tap_techwolf.sync.runner import run_side_by_side, sync_streams
from tap_techwolf.sync.state import read_state
from tap_techwolf.sync.stream import ExportStream
from tap_techwolf.sync.stream_maps import LOG_NAME, build_mapper
from tap_techwolf.sync.writer import PageWriter
from tap_techwolf.version import NAME

logger = logging.getLogger(__name__)

_STREAM_NAMES = {LOG_NAME, *(vars(stream)["name"] for stream in STREAMS)}

#: The prefix of the environment variables that hold settings.
PREFIX = f"{NAME.upper().replace('-', '_')}_"


class TapTechWolf(Tap):
    """Employee AI goals, task and skill profiles, and more, from TechWolf."""

    name = NAME
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS.to_dict()
    message_writer_class = PageWriter
    message_writer: PageWriter

    #: Neither BATCH nor ACTIVATE_VERSION: a STATE message may only cover what was written, and a
    #: resumed pass would activate a version that its first pages lack.
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(
        self,
        *,
        config: dict[str, Any] | None = None,
        catalog: Any = None,  # noqa: ANN401 - anything that a file may hold
        state: Any = None,  # noqa: ANN401 - as above
        parse_env_config: bool = False,
        validate_config: bool = True,
        **kwargs: Any,  # noqa: ANN401 - as the SDK declares them
    ) -> None:
        """Validate the settings, the catalog and the state; take what the SDK's `Tap` takes.

        The environment is read here: the SDK takes any text but "true" and its like for false, and
        fails on an invalid number without naming the setting.

        Raises:
            SettingsError: A setting is missing, unknown or invalid.
            StateError: The state is not a Singer state.
            CatalogError: The catalog is not a Singer catalog.
        """
        schema = self.settings_schema()
        settings = dict(config or {})
        if parse_env_config:
            for warning in misspelled_variables(schema, PREFIX, os.environ):
                logger.warning(warning)
            settings |= read_environment(schema, PREFIX)
        settings = complete(settings, schema)
        if found := list(problems(settings, schema, allow_missing=not validate_config)):
            problem = f"Settings: {'; '.join(found)}. See `{self.name} --about`."
            if validate_config:
                raise SettingsError(problem)
            # Meltano discovers before it starts the doctor. A stream too many loses nothing.
            logger.warning(problem)
            for name, value in list(settings.items()):
                if any(problems({name: value}, schema, allow_missing=True)):
                    settings[name] = list(OPTIONAL_STREAMS) if name == "optional_streams" else None
            settings = complete(settings, schema)
        self._is_terminated = self._has_synced = False
        super().__init__(
            config=settings,
            catalog=None if catalog is None else read_catalog(catalog),
            state=None if state is None else read_state(state, _STREAM_NAMES),
            validate_config=validate_config,
            **kwargs,
        )
        if self.metrics_logger.level == logging.INFO:
            # The SDK sets this level for each tap; its metrics stay visible at DEBUG.
            self.metrics_logger.setLevel(logging.WARNING)

    # Settings

    @classmethod
    def settings_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema of the settings, including those that the SDK adds."""
        cls.append_builtin_config(cls.config_jsonschema)
        cls.config_jsonschema["properties"]["flattening_max_depth"]["minimum"] = 0
        return cls.config_jsonschema

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Return no errors: the settings are validated before the SDK sees them.

        Replaces the SDK's validation, whose texts repeat the values of wrong settings, secrets
        included. There is no public hook.
        """
        del raise_errors
        return []

    # Streams

    @cached_property
    def context(self) -> RunContext:
        """What the streams of a run share."""
        return RunContext(self.config, self.state, self.message_writer, CompletedPasses(self))

    @property
    def exports(self) -> list[ExportStream]:
        """The streams that are exports of the API."""
        return [stream for stream in self.streams.values() if isinstance(stream, ExportStream)]

    @override
    def discover_streams(self) -> list[Stream]:
        """Return the streams, which are the same for every tenant but for the optional ones."""
        exports = [stream_class(self, self.context) for stream_class in streams_of(self.config)]
        return [*exports, self.context.pass_log]

    @override
    def setup_mapper(self) -> None:
        """Register the streams with the mapper, after they have corrected the catalog."""
        self.mapper = build_mapper(self.config, self.streams, self.catalog, self.logger)

    # Sync

    @override  # type: ignore[misc]
    def sync_all(self) -> None:
        """Sync the selected streams side by side; see `sync_streams` for what it raises.

        Replaces the SDK's loop, in which each stream waits for the one before, and one that fails
        keeps the later ones from starting. The SDK declares it final, and has no hook for it.
        """
        if self._has_synced:
            # The state of the first sync is not known to be loaded: it did not come back.
            raise RuntimeError("A tap syncs once: make a new one, with the state that was loaded.")
        self._has_synced = True
        check_selection(self.exports, self.input_catalog)
        sync_streams([stream for stream in self.exports if stream.selected], self.context)

    @override
    def _setup_signal_handlers(self) -> None:
        """Handle two more signals than the SDK, and none that is ignored. There is no hook."""
        handle_signals(self._handle_termination)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """End with a last STATE message, or at once on the second signal.

        Replaces the SDK's handler, which may write into the middle of a message, and reports
        success. There is no public hook.
        """
        del frame
        name = signal.Signals(signum).name
        if self._is_terminated:
            exit_now(f"Stopped at once by a second signal ({name}). Run again to resume.")
        self._is_terminated = True
        exit_after(EXIT_SECONDS, name)
        raise Terminated(name)

    # Command line

    def check_exports(self) -> None:
        """Request the first page of each export; a SyncError names those that cannot be read."""
        _ = self.context.api  # Before there are threads.
        failures = run_side_by_side(
            {stream.name: stream.check_export for stream in self.exports},
            self.config["parallel_streams"],
        )
        for stream in self.exports:
            if stream.name not in failures:
                logger.info("%s: ok", stream.name)
        if failures:
            raise SyncError(failures)

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Test the exports, without printing records of people as the SDK does."""
        if value not in {"all", "records"}:
            super().cb_test(ctx, param, value)
            return
        given = ctx.params["config"]
        cls(config=given.config, parse_env_config=given.parse_env).check_exports()
        ctx.exit()

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the settings; unlike the SDK's, an error names the file that it is about."""
        found = super().cb_config(ctx, param, tuple(path for path in value if path == "ENV"))
        for path in value:
            if path != "ENV":
                found.config |= read_json_object(path, "config")
        return found

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        """Return the SDK's command; errors name the file that they are about."""
        command = super().get_singer_command()
        for option in command.params:
            if option.name in {"state", "catalog"}:
                option.type = _JsonFile(option.name)
        return command


class _JsonFile(click.ParamType[Any]):
    """A file that holds a JSON object, opened as the SDK expects it; an error names the file."""

    name = "filename"

    def __init__(self, option: Any) -> None:  # noqa: ANN401 - one of a few names
        self._option = option

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> io.StringIO:
        """Return a file of the object."""
        del param, ctx
        return io.StringIO(json.dumps(read_json_object(value, self._option)))
