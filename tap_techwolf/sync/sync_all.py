"""Syncs the selected exports side by side, from the check of the state to the closing line."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import ConfigurationError

from tap_techwolf.errors import AuthenticationError, OutputError, SyncError, Terminated
from tap_techwolf.signals import EXIT_SECONDS
from tap_techwolf.sync.side_by_side import run_side_by_side
from tap_techwolf.sync.summary import summarize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_techwolf.sync.run import Run
    from tap_techwolf.sync.stream import ExportStream

logger = logging.getLogger(__name__)

# The rest of the time is for the last STATE message.
_SECONDS_FOR_PAGE = EXIT_SECONDS / 2


def sync_side_by_side(
    streams: Sequence[ExportStream], run: Run, state: Mapping[str, Any], limit: int
) -> None:
    """Sync exports side by side.

    Args:
        streams: The selected exports.
        run: What they share.
        state: The tap's state.
        limit: How many may run at once.

    Raises:
        SyncError: Some streams failed; the others are complete.
        AuthenticationError: There is no token.
        ConfigurationError: The state or a setting cannot be used.
        OutputError: The messages cannot be written.
        Terminated: A signal asked the run to end.
    """
    if not streams:
        logger.warning("The catalog selects no export: there is nothing to sync.")
        return
    started = time.monotonic()
    for stream in streams:
        stream.check_state()
    complete: list[str] = []
    failures: dict[str, Exception] = {}
    try:
        # This thread writes nothing, so that a signal never comes in the middle of a line.
        run_side_by_side({"beginning": partial(_write_beginning, run)}, 1, lambda _: True)
        jobs = {stream.name: partial(_sync, stream, run, complete) for stream in streams}
        failures = run_side_by_side(jobs, limit, _concerns_all)
    except BaseException as error:
        _close(run, state, error)
        raise
    finally:
        seconds = time.monotonic() - started
        logger.info(summarize(streams, complete, run.access.traffic, seconds, state))
    if failures:
        raise SyncError(failures)


def _write_beginning(run: Run) -> None:
    # Before any record, also where it is empty: target-duckdb takes the first STATE message that
    # it sees for one that it has loaded.
    run.write_state()
    run.log.write_schema()


def _sync(stream: ExportStream, run: Run, complete: list[str]) -> None:
    try:
        stream.sync()
    finally:
        run.writer.abandon_page()
    complete.append(stream.name)


def _close(run: Run, state: Mapping[str, Any], error: BaseException) -> None:
    """Keep the streams that are still running from writing; write a last state at a signal."""
    with run.writer.closing(_SECONDS_FOR_PAGE) as is_whole:
        if is_whole and isinstance(error, Terminated):
            run.writer.write_last_state(state)


def _concerns_all(error: BaseException) -> bool:
    """Return whether an error concerns all streams, and not the one that came upon it."""
    return isinstance(error, AuthenticationError | ConfigurationError | OutputError)
