"""Define what the state holds.

Below `bookmarks.<stream>`:

    replication_key         exported_at
    replication_key_value   when the last complete pass began: the bookmark
    fingerprint             a hash of the settings of the last pass that exported everything
    tenant                  the tenant that the bookmark belongs to, as a hash
    checkpoint              the newest pass
        began_at            when it began; it becomes the bookmark
        continues           the bookmark that it continues; null for one that exports everything
        filter_date         it exports what was updated after this date; null for everything
        starting_after      the cursor of the next page; null once the pass is complete
        page                the number of the next page, or of the last one
        records, runs       how many records were written so far, and in how many runs
        completed_at        when its last page was written; null before
        is_full             whether it exported everything that there was; false before
        replication_method, scope_hash
                            settings of the pass, for the log of completed passes
        resume_hash         a hash of what must be the same for the pass to resume

A state store may merge states instead of replacing them: Meltano does during a full refresh. A key
that is removed from the state then comes back, so that no meaning hangs on a key's absence.
"""

from collections.abc import Collection, Iterator, Mapping, MutableMapping
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any, Self, TypeGuard

import msgspec

from tap_techwolf.dates import format_date_time, parse_date_time
from tap_techwolf.errors import StateError
from tap_techwolf.sync.pass_settings import PassSettings

REPLICATION_KEY = "exported_at"

# What `meltano state get` prints around a state.
_WRAPPER = "singer_state"

# What the SDK keeps in the states of other taps. It fails on partitions that it cannot read.
_SDK_KEYS = {
    *("partitions", "progress_markers", "replication_key_signpost"),
    "starting_replication_value",
}

_MIXED = "mixed"
_LAST_YEAR = 9998


def read_state(state: object, streams: Collection[str]) -> dict[str, Any]:
    """Return a state that the tap was given, without what it does not use.

    `meltano state get` prints one wrapped in an object, which is taken as well. Anything else would
    be a full sync that nobody asked for, and so is refused.
    """
    content = state
    if isinstance(state, dict) and "bookmarks" not in state:
        content = state.get(_WRAPPER, state)
    bookmarks = content.get("bookmarks", None if content else {}) if _is_object(content) else None
    if not _is_object(bookmarks) or not all(map(_is_object, bookmarks.values())):
        raise StateError(
            "The state must be an object whose 'bookmarks' hold an object for each stream. Fix "
            "it, or remove it to sync everything."
        )
    if bookmarks and not bookmarks.keys() & set(streams):
        raise StateError(
            "The state names none of this tap's streams. Fix it, or remove it to sync everything."
        )
    return {
        "bookmarks": {
            stream: {key: value for key, value in stream_state.items() if key not in _SDK_KEYS}
            for stream, stream_state in bookmarks.items()
        }
    }


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def read_bookmark(stream: str, state: Mapping[str, Any]) -> datetime | None:
    """Return when a stream's last complete pass began; None if no pass was ever completed.

    A bookmark that cannot be read is a StateError: syncing everything instead would hide it.
    """
    if "replication_key" not in state and "replication_key_value" not in state:
        if state and "checkpoint" not in state:
            raise StateError(
                f"{stream}: what the state says of it was not written by this tap. Remove it to "
                "sync everything."
            )
        return None
    is_readable = state.get("replication_key", REPLICATION_KEY) == REPLICATION_KEY
    try:
        return parse_moment(state.get("replication_key_value") if is_readable else None)
    except ValueError as error:
        raise StateError(
            f"{stream}: the bookmark in the state cannot be read. Set 'replication_key' to "
            f"{REPLICATION_KEY!r} and 'replication_key_value' to a date-time such as "
            "2026-01-01T00:00:00+00:00, or remove both to sync everything."
        ) from error


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a pass is; the module's docstring explains the fields."""

    began_at: Annotated[datetime, msgspec.Meta(tz=True)]
    continues: Annotated[datetime, msgspec.Meta(tz=True)] | None
    filter_date: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None
    starting_after: Annotated[str, msgspec.Meta(min_length=1)] | None
    page: Annotated[int, msgspec.Meta(ge=1)]
    records: Annotated[int, msgspec.Meta(ge=0)]
    runs: Annotated[int, msgspec.Meta(ge=1)]
    completed_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    is_full: bool = False
    replication_method: str
    scope_hash: str
    resume_hash: str

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> Self | None:
        """Read a stream's checkpoint; None if no pass has written any page, or a ValueError."""
        fields = state.get("checkpoint")
        if fields is None:
            return None
        checkpoint = msgspec.convert(fields, cls)
        for moment in (checkpoint.began_at, checkpoint.continues, checkpoint.completed_at):
            if moment is not None and not 1 < moment.year <= _LAST_YEAR:
                raise ValueError("too early or too late to calculate with")
        return checkpoint

    def write(self, state: MutableMapping[str, Any]) -> None:
        """Write the checkpoint into a stream's state."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        for name in ("began_at", "continues", "completed_at"):
            moment = getattr(self, name)
            fields[name] = None if moment is None else format_date_time(moment)
        state["checkpoint"] = fields

    def complete(self, settings: PassSettings, state: MutableMapping[str, Any]) -> None:
        """Write into a stream's state that the pass is complete: it becomes the bookmark."""
        self.write(state)
        state["replication_key"] = REPLICATION_KEY
        state["replication_key_value"] = state["checkpoint"]["began_at"]
        state["tenant"] = settings.tenant
        if self.continues is None:
            state["fingerprint"] = settings.fingerprint
        elif state.get("fingerprint") not in (None, settings.fingerprint):
            # Until everything is exported, there are rows of several settings.
            state["fingerprint"] = _MIXED


def loaded_passes(state: Mapping[str, Any], tenant: str) -> Iterator[tuple[str, Checkpoint]]:
    """Yield the complete passes of a tenant in a state that the tap was given, by stream.

    A loader returns a state once it has loaded what came before it: these passes are loaded.
    """
    for stream, stream_state in state.get("bookmarks", {}).items():
        with suppress(ValueError):
            found = Checkpoint.read(stream_state)
            is_complete = found and found.completed_at and found.starting_after is None
            if found and is_complete and stream_state.get("tenant") == tenant:
                yield stream, found


def next_start(state: Mapping[str, Any], settings: PassSettings) -> str:
    """Say where the next run starts with a stream's state and the same settings."""
    checkpoint = state.get("checkpoint")
    if isinstance(checkpoint, dict) and checkpoint.get("starting_after"):
        if checkpoint.get("resume_hash") == settings.resume_hash:
            return f"at page {checkpoint.get('page')}"
        if checkpoint.get("continues") is None:
            return "at the first page"
    bookmark = state.get("replication_key_value")
    if isinstance(bookmark, str) and settings.is_incremental:
        return f"with updates since {bookmark[:16].replace('T', ' ')} UTC"
    return "at the first page"


def parse_moment(value: object) -> datetime:
    """Parse the moment when a pass began; later passes must be able to begin after it."""
    moment = parse_date_time(value)
    if moment.year > _LAST_YEAR:
        raise ValueError("too late")
    return moment
