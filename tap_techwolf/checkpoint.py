"""One pass over an export: when it began, where it is, and the bookmark that it leaves.

The state of a stream, below `bookmarks.<stream>`:

    replication_key         exported_at
    replication_key_value   when the last whole pass began: the bookmark
    fingerprint             what shaped the last pass that brought everything
    checkpoint              only while a pass is under way, or was cut off
        began_at            when the pass began; it becomes the bookmark
        filter_date         what the pass asked `last_updated` to be greater than, or null
        starting_after      the cursor of the next page
        page                the number of the next page, for people
        fingerprint         what shapes the pass
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from singer_sdk.streams._state import StreamStateManager

from tap_techwolf.errors import StateError
from tap_techwolf.moments import parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

REPLICATION_KEY = "exported_at"

_KEY = "replication_key"
_VALUE = "replication_key_value"
_FINGERPRINT = "fingerprint"
_CHECKPOINT = "checkpoint"


class PassStateManager(StreamStateManager):
    """The SDK's state manager, without its bookkeeping for each record.

    It would keep a maximum over records in progress markers, and wipe those when a run
    starts, so that nothing could be resumed. Here a pass has one moment for all of its
    records, and the stream writes it when the pass is done.
    """

    def write_starting_replication_value(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Leave the state as it is."""

    def increment_state(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Leave the state as it is."""


def fingerprint(shape: Mapping[str, Any]) -> str:
    """Condense what shapes a pass into a short text.

    Args:
        shape: Settings and the like, of JSON types.

    Returns:
        Sixteen hexadecimal digits, the same for the same shape.
    """
    text = json.dumps(shape, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Bookmark:
    """What the last whole pass left.

    Attributes:
        moment: When that pass began: what changed since then has yet to come.
        fingerprint: What shaped the last pass that brought everything; None in a state
            that another program wrote.
    """

    moment: datetime
    fingerprint: str | None

    @classmethod
    def read(cls, stream: str, state: Mapping[str, Any]) -> Self | None:
        """Read the bookmark of a stream.

        Args:
            stream: The stream's name, for the error.
            state: The stream's part of the state.

        Returns:
            The bookmark, or None where no pass was ever finished.

        Raises:
            StateError: There is one, and it cannot be read. A sync of everything in its
                place would hide that.
        """
        if _VALUE not in state and _KEY not in state:
            return None
        value = state.get(_VALUE)
        key = state.get(_KEY, REPLICATION_KEY)
        try:
            if key != REPLICATION_KEY:
                raise ValueError  # noqa: TRY301 - the ways to be unreadable end alike
            return cls(parse_moment(value), state.get(_FINGERPRINT))
        except ValueError as error:
            message = (
                f"{stream}: the bookmark {key!r} = {value!r} in the state cannot be read. Mend "
                f"it ({REPLICATION_KEY!r} and a date-time such as 2026-01-01T00:00:00+00:00), "
                "or remove it to sync everything."
            )
            raise StateError(message) from error


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a pass is.

    Attributes:
        began_at: When the pass began, as the bookmark will hold it; None before the first
            answer, whose clock decides.
        filter_date: The date that the pass asks for changes after; None for everything.
        starting_after: The cursor of the next page; None for the first.
        page: The number of the next page, counted from 1.
        fingerprint: What shapes the pass.
    """

    began_at: str | None
    filter_date: str | None
    starting_after: str | None
    page: int
    fingerprint: str

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> Self | None:
        """Read where a pass was cut off.

        Args:
            state: The stream's part of the state.

        Returns:
            The checkpoint, or None where the last pass was finished.

        Raises:
            ValueError: There is one, and it cannot be read.
        """
        if (fields := state.get(_CHECKPOINT)) is None:
            return None
        try:
            checkpoint = cls(**fields)
            parse_moment(checkpoint.began_at)
            if checkpoint.filter_date is not None:
                datetime.strptime(checkpoint.filter_date, "%Y-%m-%d")  # noqa: DTZ007 - a plain date
        except TypeError as error:
            message = "a field is missing, unknown or of another type"
            raise ValueError(message) from error
        kinds = ((checkpoint.starting_after, str), (checkpoint.page, int))
        if not all(value and type(value) is kind for value, kind in kinds):
            message = "no cursor or no page"
            raise ValueError(message)
        return checkpoint

    def write(self, state: MutableMapping[str, Any]) -> None:
        """Note where the pass goes on.

        Args:
            state: The stream's part of the state.
        """
        state[_CHECKPOINT] = asdict(self)

    def after_page(self, cursor: str) -> Self:
        """Go to the next page.

        Args:
            cursor: The next page's cursor.

        Returns:
            Where the pass is then.
        """
        return replace(self, starting_after=cursor, page=self.page + 1)


def forget_checkpoint(state: MutableMapping[str, Any]) -> None:
    """Let the next pass begin at the first page.

    Args:
        state: The stream's part of the state.
    """
    state.pop(_CHECKPOINT, None)


def finish(
    state: MutableMapping[str, Any], began_at: str, *, brought_everything_for: str | None
) -> None:
    """Turn a pass that came to its last page into the bookmark.

    Args:
        state: The stream's part of the state.
        began_at: When the pass began, in the first run if there were several.
        brought_everything_for: The fingerprint of what shaped the pass, if it did not
            build on an earlier one; None leaves the earlier one's.
    """
    forget_checkpoint(state)
    state[_KEY] = REPLICATION_KEY
    state[_VALUE] = began_at
    if brought_everything_for is not None:
        state[_FINGERPRINT] = brought_everything_for
