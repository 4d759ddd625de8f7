"""The tap: its settings, its streams, and how they run side by side."""

from __future__ import annotations

import logging
import os
import signal
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

import click
from singer_sdk import Tap
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from tap_techwolf.api.access import Access
from tap_techwolf.config.settings import SETTINGS
from tap_techwolf.config.sources import misspelled_variables, read_environment, read_json_object
from tap_techwolf.config.validation import complete, problems
from tap_techwolf.error_messages import describe_stream_error
from tap_techwolf.errors import SettingsError, StateError, Terminated
from tap_techwolf.signals import EXIT_SECONDS, exit_after, exit_now
from tap_techwolf.streams import STREAMS
from tap_techwolf.sync.catalog import check_catalog
from tap_techwolf.sync.completed_passes import CompletedPasses
from tap_techwolf.sync.messages import PageWriter
from tap_techwolf.sync.run import Run
from tap_techwolf.sync.side_by_side import run_side_by_side
from tap_techwolf.sync.state import NO_STATE, read_state
from tap_techwolf.sync.stream import ExportStream
from tap_techwolf.sync.stream_maps import build_mapper
from tap_techwolf.sync.sync_all import sync_side_by_side
from tap_techwolf.version import NAME

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum
    from singer_sdk.plugin_base import _ConfigInput
    from singer_sdk.streams import Stream

logger = logging.getLogger(__name__)


class TapTechWolf(Tap):
    """Employee AI goals, employee task profiles and job task profiles from TechWolf."""

    name = NAME
    config_jsonschema: ClassVar[dict[str, Any]] = SETTINGS.to_dict()
    message_writer_class = PageWriter
    message_writer: PageWriter

    #: Neither BATCH nor ACTIVATE_VERSION: a STATE message may only cover what was written,
    #: and a pass that is resumed would activate a version that its first pages lack.
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - as the SDK declares them
        """Validate the settings.

        Args:
            kwargs: What the SDK's `Tap` takes.

        Raises:
            SettingsError: A setting is missing, unknown or wrong.
            StateError: The state is not a Singer state.
            CatalogError: The catalog is not a Singer catalog.
        """
        if isinstance(kwargs.get("state"), list):  # The SDK takes an empty one for no state.
            raise StateError(NO_STATE)
        if kwargs.get("catalog") is not None:
            check_catalog(kwargs["catalog"])
        self._is_terminated = False
        super().__init__(**kwargs)
        if self.metrics_logger.level == logging.INFO:
            # The SDK sets this level for each tap; at DEBUG its lines stay.
            self.metrics_logger.setLevel(logging.WARNING)

    # Settings

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 - the SDK's descriptor gives a class
        """The settings that are in the environment."""
        cls.append_builtin_config(cls.config_jsonschema)
        schema, prefix = cls.config_jsonschema, cls._env_var_prefix
        for warning in misspelled_variables(schema, prefix, os.environ):
            logger.warning(warning)
        return read_environment(schema, prefix)

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Refuse wrong settings in one line.

        Replaces the SDK's texts, which repeat the value of a wrong setting, secrets
        included.

        Args:
            raise_errors: Whether required settings must be there; discovery needs none.

        Returns:
            No errors: they are raised.

        Raises:
            SettingsError: A setting is missing, unknown or wrong.
        """
        self.append_builtin_config(self.config_jsonschema)
        self._config = complete(self._config, self.config_jsonschema)
        found = list(problems(self._config, self.config_jsonschema, allow_missing=not raise_errors))
        if found:
            message = f"Settings: {'; '.join(found)}. See `{self.name} --about`."
            raise SettingsError(message)
        return []

    # Streams

    @cached_property
    def run(self) -> Run:
        """What the streams of a run share."""
        return Run(
            access=Access(self.config),
            writer=self.message_writer,
            write_state=lambda: self.state_writer.write_state(self.state),
            log=CompletedPasses(self),
        )

    @property
    def exports(self) -> list[ExportStream]:
        """The streams that are exports of the API."""
        return [one for one in self.streams.values() if isinstance(one, ExportStream)]

    def discover_streams(self) -> list[Stream]:
        """Return the streams, which are the same for every tenant."""
        return [*(stream(self, self.run) for stream in STREAMS), self.run.log]

    def setup_mapper(self) -> None:
        """Register the streams with the mapper, after they have corrected the catalog."""
        self.mapper = build_mapper(self.config, self.streams, self.catalog, self.logger)

    # State

    def load_state(self, state: dict[str, Any]) -> None:
        """Take the state of the last run.

        Args:
            state: The state, or an object that wraps it, as `meltano state get` prints it.

        Raises:
            StateError: It is not a Singer state.
        """
        super().load_state(read_state(state))

    # Sync

    def sync_all(self) -> None:  # type: ignore[misc]
        """Sync the selected streams side by side.

        Replaces the SDK's loop, in which each stream waits for the one before, and one that
        fails keeps the later ones from starting. The SDK declares it final; it has no hook.

        Raises:
            SyncError: Some streams failed; the others are complete.
            AuthenticationError: There is no token.
            ConfigurationError: The state or a setting cannot be used.
            OutputError: The messages cannot be written.
            Terminated: A signal asked the run to end.
        """
        self._reset_state_progress_markers()
        selected = [stream for stream in self.exports if stream.selected]
        sync_side_by_side(selected, self.run, self.state, self.config["parallel_streams"])

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """End with a last STATE message, or at once at the second signal.

        Replaces the SDK's, which may write into the middle of a message, and reports success.

        Args:
            signum: The signal.
            frame: Not used.

        Raises:
            Terminated: The first time.
        """
        del frame
        name = signal.Signals(signum).name
        if self._is_terminated:
            exit_now(f"Ended at once by a second signal ({name}). Run again to go on.")
        self._is_terminated = True
        exit_after(EXIT_SECONDS, name)
        raise Terminated(name)

    # Command line

    def check_exports(self) -> bool:
        """Ask for the first page of each export, and report whether it can be read.

        Returns:
            Whether all of them can.
        """
        failures = run_side_by_side(
            {stream.name: stream.check_export for stream in self.exports},
            self.config["parallel_streams"],
            lambda _: False,
        )
        for stream in self.exports:
            if stream.name in failures:
                logger.error("%s", describe_stream_error(stream.name, failures[stream.name]))
            else:
                logger.info("%s: ok", stream.name)
        return not failures

    @classmethod
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """Test the exports, without printing records of people as the SDK does.

        Args:
            ctx: The command's context.
            param: The option.
            value: What to test.
        """
        if value != "all":
            super().cb_test(ctx, param, value)
            return
        config: _ConfigInput = ctx.params["config"]
        tap = cls(config=config.config, parse_env_config=config.parse_env)
        ctx.exit(0 if tap.check_exports() else 1)

    @classmethod
    def cb_config(
        cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]
    ) -> _ConfigInput:
        """Read the settings; an error names the file that it is about.

        Args:
            ctx: The command's context.
            param: The option.
            value: Paths of files, and ENV for the environment.

        Returns:
            The settings, as the SDK wants them.
        """
        found = super().cb_config(ctx, param, tuple(one for one in value if one == "ENV"))
        for path in value:
            if path != "ENV":
                found.config |= read_json_object(path, "config")
        return found

    @classmethod
    def get_singer_command(cls) -> click.Command:
        """Return the SDK's command; errors name the file that they are about."""
        command = super().get_singer_command()
        readers: dict[str, Callable[[str], dict[str, Any]]] = {
            "state": partial(read_json_object, option="state"),
            "catalog": partial(read_json_object, option="catalog"),
        }
        for option in command.params:
            if option.name in readers:
                option.type = click.STRING
                option.metavar = "FILENAME"
                read = readers[option.name]
                option.callback = lambda _ctx, _param, path, read=read: path and read(path)
        return command

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: dict[str, Any] | None = None,
        catalog: dict[str, Any] | None = None,
    ) -> None:
        """Run the tap.

        Replaces the SDK's way in one point: state and catalog were read already.

        Args:
            about: Whether to print the settings instead.
            about_format: How to print them.
            config: The settings.
            state: The state of the last run.
            catalog: The catalog.
        """
        super(Tap, cls).invoke(about=about, about_format=about_format)
        settings = config.config if config else {}
        tap = cls(
            config=settings,
            state=state,
            catalog=catalog,
            parse_env_config=bool(config and config.parse_env),
        )
        tap.sync_all()
