"""The state of a stream: its bookmark, and the checkpoint of a pass that is under way.

Below `bookmarks.<stream>`:

    replication_key         exported_at
    replication_key_value   when the last complete pass began: the bookmark
    completed_pass          the same, but never edited by hand: that pass is over
    fingerprint             the settings of the last pass that brought everything
    tenant                  which tenant the bookmark belongs to, as a hash
    checkpoint              only meaningful while a pass is under way or interrupted
        began_at            when the pass began; it becomes the bookmark
        continues           the bookmark that the pass continues, or null
        filter_date         the date that `last_updated` has to be greater than, or null
        starting_after      the cursor of the next page
        page                the number of the next page
        records, runs       how many records were written, in how many runs
        unchanged           hashes of what must not change before the pass goes on

A state store may merge states instead of replacing them (Meltano does during a full refresh),
so that a key that was removed comes back. No meaning therefore hangs on a key's absence.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from tap_techwolf.dates import parse_date_time
from tap_techwolf.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

REPLICATION_KEY = "exported_at"

_KEY = "replication_key"
_VALUE = "replication_key_value"
_COMPLETED = "completed_pass"
_FINGERPRINT = "fingerprint"
_TENANT = "tenant"
_CHECKPOINT = "checkpoint"

# What the SDK keeps for other taps, and an older version of this one may have left.
_MARKERS = ("starting_replication_value", "replication_key_signpost", "progress_markers")


def fingerprint(content: Any) -> str:  # noqa: ANN401 - whatever settings hold
    """Return a short hash of settings and the like.

    Args:
        content: Any JSON value; what is none counts as its text, as a date in the settings of a
            program that runs the tap in its own process.

    Returns:
        Sixteen hexadecimal digits, the same for the same content in any order of keys.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Bookmark:
    """What the last complete pass left.

    Attributes:
        moment: When that pass began: what changed since then has yet to come.
        fingerprint: The settings of the last pass that brought everything; None in a state
            that another program wrote.
        tenant: Which tenant it belongs to; None in a state of an older version.
    """

    moment: datetime
    fingerprint: str | None
    tenant: str | None

    @classmethod
    def read(cls, stream: str, state: Mapping[str, Any]) -> Self | None:
        """Read the bookmark of a stream.

        Args:
            stream: The stream's name, for the error.
            state: The stream's part of the state.

        Returns:
            The bookmark, or None where no pass was ever completed.

        Raises:
            StateError: There is one, and it cannot be read. A sync of everything in its
                place would hide that.
        """
        if _VALUE not in state and _KEY not in state:
            return None
        try:
            if state.get(_KEY, REPLICATION_KEY) != REPLICATION_KEY:
                raise ValueError  # noqa: TRY301 - the ways to be unreadable end alike
            moment = parse_date_time(state.get(_VALUE))
        except ValueError as error:
            message = (
                f"{stream}: the bookmark in the state cannot be read. Set 'replication_key' to "
                f"{REPLICATION_KEY!r} and 'replication_key_value' to a date-time such as "
                "2026-01-01T00:00:00+00:00, or remove both to sync everything."
            )
            raise StateError(message) from error
        return cls(moment, state.get(_FINGERPRINT), state.get(_TENANT))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a pass is.

    Attributes:
        began_at: When the pass began, as the bookmark will hold it; None before the first
            response, whose clock counts too.
        continues: The bookmark that the pass continues; None for one that continues none.
        filter_date: The date that the pass asks for changes after; None for everything.
        starting_after: The cursor of the next page; None for the first.
        page: The number of the next page, counted from 1.
        records: How many records were written.
        runs: How many runs the pass has taken, this one included.
        unchanged: Hashes of what must not change before the pass goes on, by name.
    """

    began_at: str | None
    continues: str | None
    filter_date: str | None
    starting_after: str | None
    page: int
    records: int
    runs: int
    unchanged: dict[str, str]

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> Self | None:
        """Read where a pass was interrupted.

        Args:
            state: The stream's part of the state.

        Returns:
            The checkpoint; None where there is none. It may be an old one, see `belongs_to`.

        Raises:
            ValueError: There is one, and it cannot be read or is of an older version.
        """
        if (fields := state.get(_CHECKPOINT)) is None:
            return None
        try:
            checkpoint = cls(**{name: fields[name] for name in cls.__slots__})
            parse_date_time(checkpoint.began_at)
            if checkpoint.continues is not None:
                parse_date_time(checkpoint.continues)
            if checkpoint.filter_date is not None:
                datetime.strptime(checkpoint.filter_date, "%Y-%m-%d")  # noqa: DTZ007 - a plain date
        except (KeyError, TypeError) as error:
            message = "a field is missing or of another type"
            raise ValueError(message) from error
        kinds: tuple[tuple[object, type], ...] = (
            (checkpoint.starting_after, str),
            (checkpoint.page, int),
            (checkpoint.runs, int),
            (checkpoint.unchanged, dict),
        )
        if not all(value and type(value) is kind for value, kind in kinds):
            message = "no cursor, page or run"
            raise ValueError(message)
        if type(checkpoint.records) is not int or checkpoint.records < 0:
            message = "no count of records"
            raise ValueError(message)
        return checkpoint

    @property
    def began(self) -> datetime:
        """When the pass began."""
        return parse_date_time(self.began_at)

    def belongs_to(self, bookmark: Bookmark | None, state: Mapping[str, Any]) -> bool:
        """Return whether the pass was really interrupted, and not completed or replaced.

        It was if it continues exactly the bookmark beside it; or if it continues none (a
        first sync, a full refresh) and began after the bookmark beside it, if there is one.

        Args:
            bookmark: The bookmark that stands in the state.
            state: The stream's part of the state.
        """
        continues = None if self.continues is None else parse_date_time(self.continues)
        if (text := completed_pass(state)) is not None:
            last = parse_date_time(text)
            # A bookmark may have been moved back by hand, behind passes that are complete. A pass
            # that continues the last one began after it, whatever the clocks said.
            if self.began <= last and continues != last:
                return False
        if continues is not None:
            return bookmark is not None and bookmark.moment == continues
        return bookmark is None or self.began > bookmark.moment

    def after_page(self, cursor: str) -> Self:
        """Return where the pass is after the current page.

        Args:
            cursor: The next page's cursor.
        """
        return replace(self, starting_after=cursor, page=self.page + 1)

    def write(self, state: MutableMapping[str, Any]) -> None:
        """Write the checkpoint into the state.

        Args:
            state: The stream's part of the state.
        """
        state[_CHECKPOINT] = asdict(self)


def is_replaced(state: Mapping[str, Any], bookmark: Bookmark) -> bool:
    """Return whether a checkpoint that cannot be read is of a pass before the bookmark.

    Args:
        state: The stream's part of the state.
        bookmark: The bookmark that stands in the state.
    """
    fields = state.get(_CHECKPOINT)
    try:
        return parse_date_time(fields.get("began_at")) <= bookmark.moment  # type: ignore[union-attr]
    except (AttributeError, ValueError):
        return False


def completed_pass(state: Mapping[str, Any]) -> str | None:
    """Return when the last complete pass began.

    Args:
        state: The stream's part of the state.

    Returns:
        The date-time as the state holds it; None in a state of an older version.
    """
    value = state.get(_COMPLETED)
    try:
        parse_date_time(value)
    except ValueError:
        return None
    return str(value)


def earlier_passes(state: Mapping[str, Any]) -> Iterator[datetime]:
    """Yield when the last complete pass and the one of the checkpoint began, if they are known.

    Args:
        state: The stream's part of the state.
    """
    checkpoint = state.get(_CHECKPOINT)
    values = (
        state.get(_COMPLETED),
        checkpoint.get("began_at") if isinstance(checkpoint, dict) else None,
    )
    for value in values:
        try:
            yield parse_date_time(value)
        except ValueError:
            continue


def complete(
    state: MutableMapping[str, Any], began_at: str, tenant: str, *, brought_everything: str | None
) -> None:
    """Turn a pass that came to its last page into the bookmark.

    Args:
        state: The stream's part of the state.
        began_at: When the pass began, in the first run if there were several.
        tenant: Which tenant it belongs to, as a hash.
        brought_everything: The fingerprint of the settings, if the pass did not build on an
            earlier one; None keeps the earlier one's.
    """
    for name in (_CHECKPOINT, *_MARKERS):
        state.pop(name, None)
    state[_KEY] = REPLICATION_KEY
    state[_VALUE] = state[_COMPLETED] = began_at
    state[_TENANT] = tenant
    if brought_everything is not None:
        state[_FINGERPRINT] = brought_everything
