"""Sync the selected exports side by side, from the check of the state to the closing line."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from functools import partial

from singer_sdk.exceptions import ConfigurationError

from tap_techwolf.api.client import ApiClient
from tap_techwolf.config.settings import OPTIONAL_STREAMS
from tap_techwolf.errors import AuthenticationError, OutputError, SyncError, Terminated
from tap_techwolf.signals import EXIT_SECONDS
from tap_techwolf.sync.context import RunContext
from tap_techwolf.sync.pass_settings import tenant_hash
from tap_techwolf.sync.progress import count_text
from tap_techwolf.sync.state import loaded_passes, next_start
from tap_techwolf.sync.stream import ExportStream

logger = logging.getLogger(__name__)

# The rest of the time is for the last STATE message.
_SECONDS_FOR_PAGE = EXIT_SECONDS / 2

# Python handles a signal between two steps of the main thread. One that arrives just before the
# thread begins to wait does not wake it.
_SECONDS_BETWEEN_LOOKS = 0.5


def sync_streams(streams: Sequence[ExportStream], context: RunContext) -> None:
    """Sync the selected exports side by side.

    Raises:
        SyncError: Some streams failed; the others are complete.
        Exception: The error of one that ends all, such as an AuthenticationError.
    """
    started = time.monotonic()
    for stream in streams:
        stream.check_state()
    if not context.pass_log.is_written:
        logger.warning(
            "%s is not selected, or a stream map removes it: removed employees and jobs cannot be "
            "told from it, nor how fresh the tables are",
            context.pass_log.name,
        )
    api = context.api
    complete: list[str] = []
    try:
        # This thread writes nothing, so that a signal never interrupts a line.
        run_side_by_side({"beginning": partial(_write_beginning, context)}, 1, ends_all=Exception)
        failures = run_side_by_side(
            {stream.name: partial(_sync, stream, context, complete) for stream in streams},
            context.config["parallel_streams"],
            ends_all=(AuthenticationError, ConfigurationError, OutputError),
        )
    except BaseException as error:
        is_signal = isinstance(error, Terminated)
        context.writer.close(_SECONDS_FOR_PAGE, context.state if is_signal else None)
        raise
    finally:
        seconds = time.monotonic() - started
        line, fields = summarize(streams, complete, api, seconds)
        logger.info(line, extra=fields)
    if failures:
        raise SyncError(failures)


def _write_beginning(context: RunContext) -> None:
    # Before any record, even if it is empty: target-duckdb takes the first STATE message that it
    # reads for one that it has loaded.
    context.writer.write_state(context.state)
    context.pass_log.sync()
    now = datetime.now(UTC)
    # The log says which optional streams there are.
    left_out = set(OPTIONAL_STREAMS).difference(context.config["optional_streams"])
    for stream, last in loaded_passes(context.state, tenant_hash(context.config)):
        if stream not in left_out:
            context.pass_log.write(stream, last, loaded_at=now)
    context.writer.flush()


def _sync(stream: ExportStream, context: RunContext, complete: list[str]) -> None:
    try:
        stream.sync()
    finally:
        # The next stream on this thread must not write what a stream that failed has left.
        context.writer.discard_page()
    complete.append(stream.name)


def run_side_by_side(
    jobs: Mapping[str, Callable[[], object]],
    limit: int,
    ends_all: type[Exception] | tuple[type[Exception], ...] = (),
) -> dict[str, Exception]:
    """Run jobs at once, up to a limit, and wait for them; this thread is free to handle signals.

    An error of those that end all is raised: no further job starts, and those that are running are
    not waited for.

    Returns:
        The errors of the jobs that failed, by name, in the order of the jobs.
    """
    executor = ThreadPoolExecutor(max_workers=limit, thread_name_prefix="stream")
    failures: dict[str, Exception] = {}
    try:
        futures: dict[Future[object], str] = {
            executor.submit(job): name for name, job in jobs.items()
        }
        pending = set(futures)
        while pending:
            done, pending = wait(pending, _SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
            for future in done:
                error = future.exception()
                if isinstance(error, ends_all) or not isinstance(error, Exception | None):
                    raise error
                if error is not None:
                    failures[futures[future]] = error
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
    return {name: failures[name] for name in jobs if name in failures}


def summarize(
    streams: Sequence[ExportStream], complete: Sequence[str], api: ApiClient, seconds: float
) -> tuple[str, dict[str, object]]:
    """Return a run's closing line, as text and as fields; it says where the next starts."""
    places = defaultdict(list)
    for stream in streams:
        places[next_start(stream.stream_state, stream.pass_settings)].append(stream.name)
    by_place = (f"{', '.join(names)} {place}" for place, names in places.items())
    where = next(iter(places)) if len(places) == 1 else "; ".join(by_place)
    records = sum(stream.progress.records for stream in streams)
    requests, retries = api.transport.request_count, api.retries.count
    line = (
        f"{len(complete)} of {count_text(len(streams), 'stream')} complete: "
        f"{count_text(records, 'record')}, {count_text(requests, 'request')}, "
        f"{retries} {'retry' if retries == 1 else 'retries'} in {seconds:.1f} s; "
        f"if the last state is saved, the next run starts {where}"
    )
    return line, {
        "stream": ", ".join(stream.name for stream in streams),
        "streams": len(streams),
        "complete": len(complete),
        "records": records,
        "pages": sum(stream.progress.pages for stream in streams),
        "requests": requests,
        "retries": retries,
        "seconds": round(seconds, 1),
        "resumed": any(stream.progress.is_resumed for stream in streams),
        "next": where,
    }
