"""Where a pass starts: at its checkpoint, at the bookmark, at the start date, or at everything."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_techwolf.config.date_times import parse_date_time
from tap_techwolf.errors import StateError
from tap_techwolf.sync.checkpoint import (
    Bookmark,
    Checkpoint,
    completed_pass,
    fingerprint,
    is_replaced,
)
from tap_techwolf.sync.dates import filter_date, format_date_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_techwolf.api.page import Clock
    from tap_techwolf.sync.notices import Notices

logger = logging.getLogger(__name__)

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_TICK = timedelta(microseconds=1)

# What must not change while a pass is interrupted, as a user would call it.
_IN_WORDS = {
    "tenant": "'tenant' or 'audience'",
    "api_url": "'api_url'",
    "replication_method": "the replication method",
    "start_date": "'start_date'",
    "lookback_days": "'lookback_days'",
    "records": "settings that shape the records",
    "columns": "the selected columns",
    "stream_maps": "stream maps or flattening",
}


@dataclass(frozen=True, slots=True)
class PassSettings:
    """The settings that decide where a pass starts, and whether it may go on.

    Attributes:
        stream: The stream's name.
        replication_method: INCREMENTAL or FULL_TABLE.
        start_date: What the first sync asks for changes since; None for everything.
        lookback_days: How many days before its bookmark a pass asks for changes.
        records: What shapes the records.
        tenant: Which tenant it is, as a hash.
        api_url: The API's address.
        columns: Which columns are selected.
        stream_maps: What stream maps and flattening make of the records.
    """

    stream: str
    replication_method: str
    start_date: str | None
    lookback_days: int
    records: Mapping[str, Any]
    tenant: str
    api_url: str
    columns: Any
    stream_maps: Any

    @property
    def is_incremental(self) -> bool:
        """Whether the pass may continue a bookmark."""
        return self.replication_method == REPLICATION_INCREMENTAL

    def unchanged(self, *, continues_bookmark: bool) -> dict[str, str]:
        """Return hashes of what must not change while the pass is interrupted.

        Args:
            continues_bookmark: Whether the pass continues a bookmark; otherwise the start date
                counts.

        Returns:
            Hashes, by the names that `_IN_WORDS` explains.
        """
        start_date = self.start_date if self.is_incremental and not continues_bookmark else None
        everything: dict[str, Any] = {
            "tenant": self.tenant,
            "api_url": self.api_url,
            "replication_method": self.replication_method,
            "start_date": start_date,
            "lookback_days": self.lookback_days,
            "records": self.records,
            "columns": self.columns,
            "stream_maps": self.stream_maps,
        }
        return {name: fingerprint(value) for name, value in everything.items()}


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
        raise StateError(
            f"{settings.stream}: the bookmark in the state belongs to another tenant ('tenant' or "
            "'audience' has changed): an incremental sync would miss this tenant's older records. "
            "Use a state of its own for each tenant (meltano run --state-id-suffix), or start over "
            "with meltano run --full-refresh, or without --state."
        )
    return bookmark


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
    beginning = begin_pass(settings, bookmark)
    old_settings = bookmark is not None and bookmark.fingerprint not in (
        None,
        fingerprint(settings.records),
    )
    remark = (
        "; what does not change meanwhile keeps its old form until a full refresh"
        if old_settings
        else ""
    )
    try:
        found = Checkpoint.read(state)
    except ValueError:
        found = None
        if bookmark is None or not is_replaced(state, bookmark):
            logger.warning(
                "%s: the checkpoint in the state cannot be read, or is an older version's; the "
                "pass starts over%s",
                settings.stream,
                remark,
            )
            return beginning
    if found and not found.belongs_to(bookmark, state):
        is_over = completed_pass(state) == found.began_at
        if not is_over and (bookmark is None or bookmark.moment < found.began):
            logger.warning(
                "%s: the state's bookmark is not the one that the interrupted pass continued; the "
                "pass starts over from the bookmark that stands there%s",
                settings.stream,
                remark,
            )
            return beginning
        found = None
    if found:
        unchanged = settings.unchanged(continues_bookmark=found.continues is not None)
        changed = [name for name, value in unchanged.items() if found.unchanged.get(name) != value]
        if not changed:
            return replace(found, runs=found.runs + 1)
        logger.warning(
            "%s: changed since the last pass was interrupted: %s; the pass starts over%s",
            settings.stream,
            ", ".join(_IN_WORDS[name] for name in changed),
            remark,
        )
    elif old_settings and settings.is_incremental:
        logger.warning(
            "%s: settings have changed since everything was last synced%s (run once with "
            "--full-refresh)",
            settings.stream,
            remark,
        )
    return beginning


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
        that is over an hour ahead of both; and never the same as for the last complete pass.
    """
    began = clock.earlier
    later = max(clock.machine, clock.api or clock.machine)
    if clock.api is not None and later - began > _HOUR:
        notices.warn_once(
            "clocks",
            "The API's clock is %s %s this machine's; the earlier one counts. Check the machine's.",
            _duration(later - began),
            "ahead of" if clock.api > clock.machine else "behind",
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
    text = format_date_time(began)
    if text == completed_pass(state):
        text = format_date_time(began + _TICK)
    return text


def _duration(duration: timedelta) -> str:
    minutes = round(duration / _MINUTE)
    hours = round(duration / _HOUR)
    if duration >= timedelta(days=2):
        return f"{duration.days} days"
    return f"{hours} hours" if duration >= timedelta(hours=2) else f"{minutes} minutes"
