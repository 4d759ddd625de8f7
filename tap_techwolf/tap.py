"""The tap: its settings, its streams, and the token that they share."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities

from tap_techwolf.auth import TechWolfAuthenticator
from tap_techwolf.config.environment import read_environment
from tap_techwolf.config.settings import SETTINGS
from tap_techwolf.config.validation import complete, problems
from tap_techwolf.errors import SettingsError, StateError
from tap_techwolf.messages import PageWriter
from tap_techwolf.streams import EmployeeAIGoals, EmployeeTaskProfiles, JobTaskProfiles
from tap_techwolf.versions import NAME

if TYPE_CHECKING:
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from tap_techwolf.export import ExportStream

STREAMS: tuple[type[ExportStream], ...] = (EmployeeAIGoals, EmployeeTaskProfiles, JobTaskProfiles)

_NO_STATE = (
    "The state must be an object whose 'bookmarks' hold an object for each stream. Mend it, or "
    "remove it to sync everything."
)


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
        """Check the settings.

        Args:
            kwargs: What the SDK's `Tap` takes.

        Raises:
            SettingsError: A setting is missing, unknown or wrong.
            StateError: The state is no Singer state.
        """
        if isinstance(kwargs.get("state"), list):  # The SDK takes an empty one for no state.
            raise StateError(_NO_STATE)
        super().__init__(**kwargs)
        if self.metrics_logger.level == logging.INFO:
            # The SDK sets this level for each tap; at DEBUG its lines stay.
            self.metrics_logger.setLevel(logging.WARNING)

    @classproperty
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805 - the SDK's descriptor gives a class
        """The settings that the environment holds."""
        cls.append_builtin_config(cls.config_jsonschema)
        return read_environment(cls.config_jsonschema, cls._env_var_prefix)

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

    def setup_mapper(self) -> None:
        """Let the streams look at the catalog before the mapper takes keys and columns from it."""
        _ = self.streams
        super().setup_mapper()

    def discover_streams(self) -> list[ExportStream]:
        """Make the streams: they are the same for every tenant."""
        return [stream(self) for stream in STREAMS]

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over the state of the last run.

        Args:
            state: The state.

        Raises:
            StateError: It is no Singer state.
        """
        bookmarks = state.get("bookmarks", {})
        if not isinstance(bookmarks, dict) or not all(
            isinstance(stream_state, dict) for stream_state in bookmarks.values()
        ):
            raise StateError(_NO_STATE)
        super().load_state(state)

    @cached_property
    def authenticator(self) -> TechWolfAuthenticator:
        """The run's one token, shared by all streams of this tap and by no other tap."""
        return TechWolfAuthenticator(self.config)

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End with a last STATE message.

        Replaces the SDK's handler, which may write its message into the middle of another
        and reports success.

        Args:
            signum: The signal.
            frame: Not used.

        Raises:
            Terminated: The output is at its end.
        """
        self.message_writer.terminate(signum, self.state)
