"""The SDK's state manager, which leaves the state to the pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.streams._state import StreamStateManager

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context


class PassStateManager(StreamStateManager):
    """Leaves the state as the pass wrote it.

    The SDK would keep a maximum over records in progress markers, delete those when a run
    starts, so that nothing could be resumed, and write STATE messages between pages. Here a
    pass has one date-time for all of its records, and writes the state itself.
    """

    @property
    def is_flushed(self) -> bool:
        """Whether there is no state to write: always, as the pass has written it."""
        return True

    @is_flushed.setter
    def is_flushed(self, value: bool) -> None:
        """Ignore what the SDK notes for each record."""

    def write_starting_replication_value(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Leave the state as it is."""

    def increment_state(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Leave the state as it is."""

    def finalize_state(self, state: dict[str, Any] | None = None) -> None:
        """Leave the state as it is."""

    def get_state_partition_context(self, context: Context | None) -> Any:  # noqa: ANN401
        """Return None: the streams have no partitions."""
        del context
