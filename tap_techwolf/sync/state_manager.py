"""Keep the SDK from writing the state, which the passes write."""

from typing import Any

from singer_sdk.helpers.types import Context
from singer_sdk.streams._state import StreamStateManager
from typing_extensions import override


class PassStateManager(StreamStateManager):
    """Leave the state as the pass wrote it.

    The SDK would keep the largest replication value of the records in progress markers, delete
    those when a run starts, so that nothing could resume, and write STATE messages between pages.
    Here a pass has one moment for all of its records. The class is private to the SDK, which has
    no public hook for a state of one's own.
    """

    @property
    def is_flushed(self) -> bool:
        """Whether there is no state to write: always, as the pass has written it."""
        return True

    @is_flushed.setter
    def is_flushed(self, value: bool) -> None:
        """Ignore what the SDK notes for each record."""

    @override
    def write_starting_replication_value(self, *args: Any, **kwargs: Any) -> None: ...

    @override
    def write_replication_key_signpost(self, *args: Any, **kwargs: Any) -> None: ...

    @override
    def increment_state(self, *args: Any, **kwargs: Any) -> None: ...

    @override
    def finalize_state(self, state: dict[str, Any] | None = None) -> None: ...

    @override
    def get_state_partition_context(self, context: Context | None) -> Any:
        """Return None: the streams have no partitions."""
