"""The closing line of a run: what it brought, what it took, and where the next one goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_techwolf.api.traffic import Traffic
    from tap_techwolf.sync.stream import ExportStream


def summarize(
    streams: Iterable[ExportStream],
    complete: Iterable[str],
    traffic: Traffic,
    seconds: float,
    state: Mapping[str, Any],
) -> str:
    """Summarize a run in one line.

    Args:
        streams: The selected exports.
        complete: The names of those whose pass came to its last page.
        traffic: The run's requests.
        seconds: How long the run took.
        state: The tap's state.

    Returns:
        For example `3 of 3 streams complete: 1901 records, 16 requests, 0 retries in 3.2 s; ...`.
    """
    streams = list(streams)
    done = set(complete)
    records = sum(stream.progress.records for stream in streams)
    bookmarks = state.get("bookmarks", {})
    next_runs = {
        stream.name: _next_run(bookmarks.get(stream.name, {}), is_complete=stream.name in done)
        for stream in streams
    }
    places = set(next_runs.values())
    where = (
        places.pop()
        if len(places) == 1
        else ", ".join(f"{stream} {place}" for stream, place in next_runs.items())
    )
    return (
        f"{len(done)} of {_count(len(streams), 'stream')} complete: {_count(records, 'record')}, "
        f"{_count(traffic.requests, 'request')}, "
        f"{traffic.retries} {'retry' if traffic.retries == 1 else 'retries'} in {seconds:.1f} s; "
        f"if the loader keeps the last state, the next run goes on {where}"
    )


def _next_run(state: Mapping[str, Any], *, is_complete: bool) -> str:
    bookmark = state.get("replication_key_value")
    checkpoint = state.get("checkpoint")
    if not is_complete and isinstance(checkpoint, dict):
        return f"at page {checkpoint.get('page')}"
    if isinstance(bookmark, str):
        return f"with updates since {bookmark[:16].replace('T', ' ')} UTC"
    return "at the first page"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
