"""Decide where a pass starts: where it was interrupted, from the bookmark, or from nothing."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from tap_techwolf.dates import filter_date, parse_date_time
from tap_techwolf.errors import StateError
from tap_techwolf.sync.pass_settings import PassSettings
from tap_techwolf.sync.state import Checkpoint, parse_moment, read_bookmark

_TICK = timedelta(microseconds=1)
# A loader may keep the state of an interrupted pass for ever: some store none without a record.
_LONGEST_PASS = timedelta(days=7)


def plan_pass(settings: PassSettings, state: Mapping[str, Any]) -> tuple[Checkpoint, list[str]]:
    """Return the checkpoint to resume from, or that of a new pass; and warnings to log."""
    bookmark = read_bookmark(settings.stream, state)
    found, problem, is_full = _interrupted_pass(settings, bookmark, state)
    if found is not None and not problem:
        return replace(found, runs=found.runs + 1), []
    if bookmark is not None and state.get("tenant") not in (None, settings.tenant):
        raise StateError(
            f"{settings.stream}: the bookmark in the state belongs to another tenant ('tenant' or "
            "'audience' has changed): an incremental sync would miss this tenant's older records. "
            "Use a state of its own for each tenant (meltano run --state-id-suffix), or start over "
            "with meltano run --full-refresh, or without --state."
        )
    start = new_pass(settings, state, is_full=is_full)
    warnings = [problem] if problem else []
    if start.continues and state.get("fingerprint") not in (None, settings.fingerprint):
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
    settings: PassSettings, bookmark: datetime | None, state: Mapping[str, Any]
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
    if found is None or found.starting_after is None:
        return None, "", False
    if bookmark is not None and bookmark >= found.began_at:  # A later pass was completed.
        return None, "", False
    if found.continues not in (None, bookmark):  # The bookmark may have been moved by hand.
        problem = (
            "the bookmark in the state is not the one that the interrupted pass continued; the "
            "pass starts over from the bookmark"
        )
        return found, problem, False
    problem = ""
    if datetime.now(UTC) - found.began_at > _LONGEST_PASS:
        problem = "the interrupted pass began over seven days ago; the pass starts over"
    elif found.resume_hash != settings.resume_hash:
        problem = (
            "settings (such as 'tenant', 'api_url' or stream maps), the replication method or the "
            "selected columns have changed since the pass was interrupted; the pass starts over"
        )
    return found, problem, found.continues is None


def new_pass(
    settings: PassSettings, state: Mapping[str, Any], *, is_full: bool = False
) -> Checkpoint:
    """Return the checkpoint of a new pass, in place of one that was given up or without one.

    It begins now, until its first response says when: the API's clock counts, too.
    Without a bookmark in the state it exports everything since the start date. A full one exports
    everything in spite of a bookmark: the start date, which may be later, then has no effect.
    """
    bookmark = read_bookmark(settings.stream, state)
    continues = since = None
    if settings.is_incremental and not (is_full and bookmark):
        if bookmark is not None:
            continues = since = bookmark
        elif settings.start_date is not None:
            since = parse_date_time(settings.start_date)
    first_date = None
    if since is not None:
        first_date = filter_date(min(since, datetime.now(UTC)), settings.lookback_days)
    return Checkpoint(
        began_at=datetime.now(UTC),
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


def next_began_at(requested_at: datetime, state: Mapping[str, Any]) -> datetime:
    """Return when a new pass begins: at its first request, but after each pass in the state.

    Removals are found by comparing these moments, so that no clock that goes back may make a new
    pass look older than one before it.
    """
    checkpoint = state.get("checkpoint")
    began_at = checkpoint.get("began_at") if isinstance(checkpoint, dict) else None
    moments = [requested_at]
    for value in (state.get("replication_key_value"), began_at):
        with suppress(ValueError):
            moments.append(parse_moment(value) + _TICK)
    return max(moments)
