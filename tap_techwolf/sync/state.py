"""Define what the state holds, and decide where a pass starts.

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
        replication_method, scope_hash
                            settings of the pass, for the log of completed passes
        resume_hash         a hash of what must be the same for the pass to resume

A state store may merge states instead of replacing them: Meltano does during a full refresh. A key
that is removed from the state then comes back, so that no meaning hangs on a key's absence.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Self

import msgspec
from msgspec.structs import replace

from tap_techwolf.dates import filter_date, format_date_time, parse_date_time
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

# Two right clocks differ by less, and the filter goes back by an hour more than `lookback_days`.
_LARGEST_CLOCK_DIFFERENCE = timedelta(hours=1)
_TICK = timedelta(microseconds=1)
# A loader may keep the state of an interrupted pass for ever: some store none without a record.
_LONGEST_PASS = timedelta(days=7)
_MIXED = "mixed"
_LAST_YEAR = 9998


def read_state(state: object) -> dict[str, Any]:
    """Return a state that the tap was given, without what it does not use.

    Args:
        state: A Singer state, or an object that wraps it, as `meltano state get` prints it.

    Raises:
        StateError: It is not a Singer state.
    """
    content = state.get(_WRAPPER, state) if isinstance(state, dict) else None
    bookmarks = None
    if isinstance(content, dict):
        # An object that holds something else is no empty state: it may be wrapped in another way.
        bookmarks = content.get("bookmarks", None if content else {})
    if not isinstance(bookmarks, dict) or not all(
        isinstance(stream_state, dict) for stream_state in bookmarks.values()
    ):
        raise StateError(
            "The state must be an object whose 'bookmarks' hold an object for each stream. Fix "
            "it, or remove it to sync everything."
        )
    return {
        "bookmarks": {
            stream: {key: value for key, value in stream_state.items() if key not in _SDK_KEYS}
            for stream, stream_state in bookmarks.items()
        }
    }


@dataclass(frozen=True, slots=True)
class Bookmark:
    """What the last complete pass left.

    Attributes:
        began_at: When that pass began.
        fingerprint: Its settings; None in a state that was written by hand.
        tenant: The tenant that it belongs to; None in a state that was written by hand.
    """

    began_at: datetime
    fingerprint: str | None
    tenant: str | None

    @classmethod
    def read(cls, stream: str, state: Mapping[str, Any]) -> Self | None:
        """Read a stream's bookmark; None if no pass was ever completed.

        Raises:
            StateError: It cannot be read. Syncing everything instead would hide that.
        """
        if "replication_key" not in state and "replication_key_value" not in state:
            return None
        is_readable = state.get("replication_key", REPLICATION_KEY) == REPLICATION_KEY
        try:
            began_at = _parse(state.get("replication_key_value") if is_readable else None)
        except ValueError as error:
            raise StateError(
                f"{stream}: the bookmark in the state cannot be read. Set 'replication_key' to "
                f"{REPLICATION_KEY!r} and 'replication_key_value' to a date-time such as "
                "2026-01-01T00:00:00+00:00, or remove both to sync everything."
            ) from error
        return cls(began_at, state.get("fingerprint"), state.get("tenant"))


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a pass is; the module's docstring explains the fields.

    Attributes:
        began_at: None before the first response: the API's clock counts, too.
    """

    began_at: Annotated[datetime, msgspec.Meta(tz=True)] | None
    continues: Annotated[datetime, msgspec.Meta(tz=True)] | None
    filter_date: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None
    starting_after: Annotated[str, msgspec.Meta(min_length=1)] | None
    page: Annotated[int, msgspec.Meta(ge=1)]
    records: Annotated[int, msgspec.Meta(ge=0)]
    runs: Annotated[int, msgspec.Meta(ge=1)]
    completed_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    replication_method: str
    scope_hash: str
    resume_hash: str

    @classmethod
    def read(cls, state: Mapping[str, Any]) -> Self | None:
        """Read a stream's checkpoint; None if no pass has written any page.

        Raises:
            ValueError: It cannot be read.
        """
        fields = state.get("checkpoint")
        if fields is None:
            return None
        checkpoint = msgspec.convert(fields, cls)
        if checkpoint.began_at is None:
            raise ValueError("no moment when it began")
        for moment in (checkpoint.began_at, checkpoint.continues):
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

    def on_last_page(self, completed_at: datetime) -> Self:
        """Return the checkpoint of the pass once its last page is written."""
        return replace(self, starting_after=None, completed_at=completed_at)

    def on_next_page(self, cursor: str | None) -> Self:
        """Return where the pass is once its current page is written."""
        return replace(self, starting_after=cursor, page=self.page + 1)

    def is_ahead_of(self, clock: datetime) -> bool:
        """Return whether the bookmark that the pass continues is ahead of a clock.

        A clock was wrong, then or now, and what changed meanwhile may have any date.
        """
        return self.continues is not None and self.continues - clock > _LARGEST_CLOCK_DIFFERENCE

    def belongs_to(self, bookmark: Bookmark | None) -> bool:
        """Return whether the pass may resume beside a bookmark.

        It may if it continues that bookmark, or if it continues none (a first sync, a full
        refresh) and began after it. The bookmark may have been moved by hand.
        """
        if self.continues is None:
            return not self.is_replaced_by(bookmark)
        return bookmark is not None and bookmark.began_at == self.continues

    def is_replaced_by(self, bookmark: Bookmark | None) -> bool:
        """Return whether a later pass than this one was completed."""
        return (
            bookmark is not None
            and self.began_at is not None
            and bookmark.began_at >= self.began_at
        )


def plan_pass(settings: PassSettings, state: Mapping[str, Any]) -> tuple[Checkpoint, list[str]]:
    """Decide where a pass starts: where it was interrupted, if it may resume, or anew.

    Args:
        settings: The settings of the pass.
        state: The stream's state.

    Returns:
        The checkpoint to resume from, or that of a new pass; and warnings to log.

    Raises:
        StateError: The bookmark cannot be read, or belongs to another tenant.
    """
    bookmark = Bookmark.read(settings.stream, state)
    found, problem, is_full = _interrupted_pass(settings, bookmark, state)
    if found is not None and not problem:
        return replace(found, runs=found.runs + 1), []
    if bookmark is not None:
        _check_tenant(settings, bookmark)
    start = new_pass(settings, bookmark, is_full=is_full)
    warnings = [problem] if problem else []
    if bookmark and start.continues and bookmark.fingerprint not in (None, settings.fingerprint):
        warnings.append(
            "settings have changed, or selected columns or stream maps, since everything was last "
            "synced; until a full refresh (run once with --full-refresh), rows that have not "
            "changed since stay as they were, and those that a filter left out are missing"
        )
        if settings.has_versions:
            warnings[-1] += (
                "; if 'ai_goal_versions' has changed, drop the table before, as its key changes"
            )
    return start, warnings


def _interrupted_pass(
    settings: PassSettings, bookmark: Bookmark | None, state: Mapping[str, Any]
) -> tuple[Checkpoint | None, str, bool]:
    """Find the pass that was interrupted, if one was.

    Returns:
        The pass; why it cannot resume, empty if it can; and whether the one that takes its place
        has to export everything, whatever bookmark is in the state, as this one was or may have
        been to.
    """
    try:
        found = Checkpoint.read(state)
    except ValueError:
        checkpoint = state.get("checkpoint")
        if isinstance(checkpoint, dict) and checkpoint.get("starting_after", "") is None:
            return None, "", False  # At least it is known to be complete.
        return None, "the checkpoint in the state cannot be read; the pass starts over", True
    if found is None or found.starting_after is None or found.is_replaced_by(bookmark):
        return None, "", False
    if not found.belongs_to(bookmark):
        problem = (
            "the bookmark in the state is not the one that the interrupted pass continued; the "
            "pass starts over from the bookmark"
        )
        return found, problem, False
    problem = ""
    if found.began_at and datetime.now(UTC) - found.began_at > _LONGEST_PASS:
        problem = "the interrupted pass began over seven days ago; the pass starts over"
    elif found.resume_hash != settings.resume_hash:
        problem = (
            "settings (such as 'tenant', 'api_url', 'lookback_days', flattening or stream maps) or "
            "the selected columns have changed since the pass was interrupted; the pass starts over"
        )
    return found, problem, found.continues is None


def _check_tenant(settings: PassSettings, bookmark: Bookmark) -> None:
    if bookmark.tenant not in (None, settings.tenant):
        raise StateError(
            f"{settings.stream}: the bookmark in the state belongs to another tenant ('tenant' or "
            "'audience' has changed): an incremental sync would miss this tenant's older records. "
            "Use a state of its own for each tenant (meltano run --state-id-suffix), or start over "
            "with meltano run --full-refresh, or without --state."
        )


def new_pass(
    settings: PassSettings, bookmark: Bookmark | None, *, is_full: bool = False
) -> Checkpoint:
    """Return the checkpoint of a new pass.

    Args:
        settings: The settings of the pass.
        bookmark: The bookmark in the state. Without one the pass exports everything since the
            start date.
        is_full: Whether it exports everything in spite of a bookmark. The start date, which may be
            later than the bookmark, then has no effect.
    """
    continues = since = None
    if settings.is_incremental and not (is_full and bookmark):
        if bookmark is not None:
            continues = since = bookmark.began_at
        elif settings.start_date is not None:
            since = parse_date_time(settings.start_date)
    first_date = None
    if since is not None:
        first_date = filter_date(min(since, datetime.now(UTC)), settings.lookback_days)
    return Checkpoint(
        began_at=None,
        continues=continues,
        filter_date=first_date,
        starting_after=None,
        page=1,
        records=0,
        runs=1,
        replication_method=settings.replication_method,
        scope_hash=settings.scope_hash,
        resume_hash=settings.resume_hash,
    )


def restart_pass(settings: PassSettings, state: Mapping[str, Any], *, is_full: bool) -> Checkpoint:
    """Return the checkpoint of a new pass in place of one that was given up.

    Args:
        settings: The settings of the pass.
        state: The stream's state.
        is_full: Whether it exports everything, whatever bookmark is in the state.
    """
    return new_pass(settings, Bookmark.read(settings.stream, state), is_full=is_full)


def next_began_at(requested_at: datetime, state: Mapping[str, Any]) -> datetime:
    """Return when a new pass begins: at its first request, but after each pass in the state.

    Removals are found by comparing these moments, so that no clock that goes back may make a new
    pass look older than one before it.

    Args:
        requested_at: When its first page was requested.
        state: The stream's state.
    """
    return max([requested_at, *(moment + _TICK for moment in _known_passes(state))])


def loaded_passes(state: Mapping[str, Any], tenant: str) -> Iterator[tuple[str, Checkpoint]]:
    """Yield the complete passes in a state that the tap was given, each with its stream's name.

    A loader returns a state once it has loaded what came before it: these passes are loaded.

    Args:
        state: The state of all streams.
        tenant: A hash of the tenant; passes of another one are left out.
    """
    for stream, stream_state in state.get("bookmarks", {}).items():
        with suppress(ValueError):
            found = Checkpoint.read(stream_state)
            if found and found.completed_at and stream_state.get("tenant") == tenant:
                yield stream, found


def _known_passes(state: Mapping[str, Any]) -> Iterator[datetime]:
    """Yield when the passes in a state began, as far as that can be read."""
    checkpoint = state.get("checkpoint")
    began_at = checkpoint.get("began_at") if isinstance(checkpoint, dict) else None
    for value in (state.get("replication_key_value"), began_at):
        with suppress(ValueError):
            yield _parse(value)


def _parse(value: object) -> datetime:
    """Parse the moment when a pass began; later passes must be able to begin after it."""
    moment = parse_date_time(value)
    if moment.year > _LAST_YEAR:
        raise ValueError("too late")
    return moment
