"""Where a pass starts: at its checkpoint, at the bookmark, at the start date, or at everything."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_techwolf.dates import filter_date, format_date_time, parse_date_time
from tap_techwolf.errors import StateError
from tap_techwolf.sync.checkpoint import (
    Bookmark,
    Checkpoint,
    completed_pass,
    earlier_passes,
    is_replaced,
)
from tap_techwolf.sync.pass_settings import IN_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_techwolf.api.page import Clock
    from tap_techwolf.sync.notices import Notices
    from tap_techwolf.sync.pass_settings import PassSettings

logger = logging.getLogger(__name__)

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_TICK = timedelta(microseconds=1)

_UNREADABLE = (
    "the checkpoint in the state cannot be read, or is an older version's; the pass starts over"
)
_ANOTHER_BOOKMARK = (
    "the state's bookmark is not the one that the interrupted pass continued; the pass starts over "
    "from the bookmark that stands there"
)
_KEEPS_OLD_FORM = "; what does not change meanwhile keeps its old form until a full refresh"


def read_bookmark(settings: PassSettings, state: Mapping[str, Any]) -> Bookmark | None:
    """Read a stream's bookmark, and refuse that of another tenant.

    Args:
        settings: The pass's settings.
        state: The stream's part of the state.

    Returns:
        The bookmark; None where no pass was ever completed.

    Raises:
        StateError: It cannot be read, or belongs to another tenant.
    """
    bookmark = Bookmark.read(settings.stream, state)
    if bookmark and bookmark.tenant not in (None, settings.tenant):
        if _starts_over(settings, bookmark, state):
            return None
        raise StateError(
            f"{settings.stream}: the bookmark in the state belongs to another tenant ('tenant' or "
            "'audience' has changed): an incremental sync would miss this tenant's older records. "
            "Use a state of its own for each tenant (meltano run --state-id-suffix), or start over "
            "with meltano run --full-refresh, or without --state."
        )
    return bookmark


def _starts_over(settings: PassSettings, bookmark: Bookmark, state: Mapping[str, Any]) -> bool:
    """Return whether another tenant's bookmark is being replaced by an interrupted full refresh."""
    try:
        found = Checkpoint.read(state)
    except ValueError:
        return False
    return (
        found is not None
        and found.continues is None
        and found.unchanged.get("tenant") == settings.tenant
        and found.belongs_to(bookmark, state)
    )


def find_start(
    settings: PassSettings, bookmark: Bookmark | None, state: Mapping[str, Any]
) -> Checkpoint:
    """Decide where a pass starts: where it was interrupted, if it may go on there.

    Args:
        settings: The pass's settings.
        bookmark: The stream's bookmark.
        state: The stream's part of the state.

    Returns:
        The checkpoint to go on from, or a new pass's, which has no cursor.
    """
    found = _interrupted_pass(settings, bookmark, state)
    if isinstance(found, Checkpoint):
        return replace(found, runs=found.runs + 1)
    known = (None, settings.record_settings)
    has_old_settings = bookmark is not None and bookmark.fingerprint not in known
    remark = _KEEPS_OLD_FORM if has_old_settings else ""
    if found:
        logger.warning("%s: %s%s", settings.stream, found, remark)
    elif has_old_settings and settings.is_incremental:
        logger.warning(
            "%s: settings have changed since everything was last synced%s (run once with "
            "--full-refresh)",
            settings.stream,
            remark,
        )
    return begin_pass(settings, bookmark)


def _interrupted_pass(
    settings: PassSettings, bookmark: Bookmark | None, state: Mapping[str, Any]
) -> Checkpoint | str:
    """Return the pass to go on with, or why one is given up; empty where there is none, or over."""
    try:
        found = Checkpoint.read(state)
    except ValueError:
        is_over = bookmark is not None and is_replaced(state, bookmark)
        return "" if is_over else _UNREADABLE
    if found is None:
        return ""
    if not found.belongs_to(bookmark, state):
        return "" if _is_over(found, bookmark, state) else _ANOTHER_BOOKMARK
    unchanged = settings.unchanged(continues_bookmark=found.continues is not None)
    changed = [name for name, value in unchanged.items() if found.unchanged.get(name) != value]
    if changed:
        names = ", ".join(IN_WORDS[name] for name in changed)
        return f"changed since the last pass was interrupted: {names}; the pass starts over"
    return found


def _is_over(found: Checkpoint, bookmark: Bookmark | None, state: Mapping[str, Any]) -> bool:
    """Return whether a pass that does not belong to the bookmark was completed, or replaced."""
    last = completed_pass(state)
    if last is not None and found.began <= parse_date_time(last):
        return True
    return bookmark is not None and found.began <= bookmark.moment


def begin_pass(settings: PassSettings, bookmark: Bookmark | None) -> Checkpoint:
    """Return where a new pass begins.

    Args:
        settings: The pass's settings.
        bookmark: The stream's bookmark.

    Returns:
        A checkpoint without a cursor; its time is set by the first response.
    """
    continues = since = None
    if settings.is_incremental:
        if bookmark:
            since, continues = bookmark.moment, format_date_time(bookmark.moment)
        elif settings.start_date:
            since = parse_date_time(settings.start_date)
    date = None
    if since is not None:
        # A bookmark of a wrong clock may be in the future, where nothing has changed yet.
        date = filter_date(min(since, datetime.now(UTC)), settings.lookback_days)
    return Checkpoint(
        began_at=None,
        continues=continues,
        filter_date=date,
        starting_after=None,
        page=1,
        records=0,
        runs=1,
        unchanged=settings.unchanged(continues_bookmark=continues is not None),
    )


def began_at(
    checkpoint: Checkpoint,
    clock: Clock,
    state: Mapping[str, Any],
    stream: str,
    notices: Notices,
) -> str:
    """Decide when a pass began, from both clocks, and warn where they cannot be right.

    Args:
        checkpoint: The pass, before its first page.
        clock: When the first page was asked for.
        state: The stream's part of the state.
        stream: The stream's name, for the warning.
        notices: Logs the warning about the clocks once.

    Returns:
        The earlier of the clocks, but never before the bookmark that the pass continues, unless
        that is over an hour ahead of both. The same holds for the last complete pass, and for one
        that was interrupted.
    """
    began = clock.earlier
    later = max(clock.machine, clock.api or clock.machine)
    if clock.api is not None and later - began > _HOUR:
        notices.warn_once(
            "The API's clock is %s %s this machine's; the earlier one counts. Check the machine's.",
            _duration(later - began),
            "behind" if clock.api == began else "ahead of",
        )
    if checkpoint.continues is not None:
        bookmark = parse_date_time(checkpoint.continues)
        if bookmark - later > _MINUTE:
            logger.warning(
                "%s: the bookmark is %s ahead of the API's clock and this machine's: what changed "
                "since the sync that set it may be missing. Run once with --full-refresh, or set "
                "the bookmark back in the state.",
                stream,
                _duration(bookmark - later),
            )
        if bookmark - later <= _HOUR:
            began = max(began, bookmark + _TICK)
    # The API tells whole seconds, and clocks are set back: no two passes may begin at one time,
    # also where the earlier one was interrupted and is not resumed.
    for earlier in sorted(earlier_passes(state)):
        if began <= earlier and earlier - later <= _HOUR:
            began = earlier + _TICK
    return format_date_time(began)


def _duration(duration: timedelta) -> str:
    minutes = round(duration / _MINUTE)
    hours = round(duration / _HOUR)
    if duration >= timedelta(days=2):
        return f"{duration.days} days"
    return f"{hours} hours" if duration >= timedelta(hours=2) else f"{minutes} minutes"
