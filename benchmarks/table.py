"""Formats the results as Markdown, for the terminal and docs/costs.md."""

from __future__ import annotations

from typing import Any

from benchmarks.scenarios import BARE_LOOP, SLOW_READER_SECONDS, SLOW_READER_SERVER_SECONDS


def results_table(results: dict[str, Any]) -> str:
    """Format the results as Markdown.

    Args:
        results: As `results.json` holds them.

    Returns:
        A table for each scenario that all peers ran, and a sentence for each other one.
    """
    parts = [_speed(results)]
    # Results that were measured before this scenario was added do not have it.
    if distant := results.get("distant_api"):
        parts.append(_distant_api(distant))
    slow = results["slow_reader"]
    (small, less), (large, more) = results["memory"].items()
    parts += [
        (
            f"With a server that takes {SLOW_READER_SERVER_SECONDS * 1000:.0f} ms per page and a "
            f"reader that takes {SLOW_READER_SECONDS * 1000:.0f} ms per page, the tap takes "
            f"{slow['wall'] / slow['server_seconds']:.3f} times the server's own time."
        ),
        (
            f"Its peak memory at {int(large):,} entities of each export is {more / less:.2f} "
            f"times that at {int(small):,} ({more:.0f} and {less:.0f} MiB)."
        ),
        (
            f"Medians of {results['runs']} interleaved runs of whole processes; "
            f"Python {results['python']} on {results['machine']}; "
            + ", ".join(f"{name} {number}" for name, number in results["versions"].items())
            + "."
        ),
    ]
    return "\n\n".join(parts)


def _speed(results: dict[str, Any]) -> str:
    speed = results["speed"]
    bare_loop = speed[BARE_LOOP]["wall"]
    rows = [
        "| | wall time | ratio to the bare loop | CPU time | records per second | peak memory |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, cost in _fastest_first(speed):
        rows.append(
            f"| {name} | {cost['wall']:.1f} s | {cost['wall'] / bare_loop:.2f} "
            f"| {cost['cpu']:.1f} s | {results['records'] / cost['wall']:,.0f} "
            f"| {cost['memory']:.0f} MiB |"
        )
    return "\n".join(rows)


def _distant_api(distant: dict[str, Any]) -> str:
    *most, last = distant["pages"]
    rows = [
        (
            f"With an API {distant['page_seconds'] * 1000:.0f} ms away, exports of "
            f"{', '.join(map(str, most))} and {last} pages, and streams in parallel if the "
            f"tool supports it; the server alone takes {distant['server_seconds']:.1f} s for "
            "the longest export:"
        ),
        "",
        "| | wall time | ratio to the server's time |",
        "| --- | ---: | ---: |",
    ]
    for name, cost in _fastest_first(distant["costs"]):
        ratio = cost["wall"] / distant["server_seconds"]
        rows.append(f"| {name} | {cost['wall']:.1f} s | {ratio:.2f} |")
    return "\n".join(rows)


def _fastest_first(costs: dict[str, dict[str, float]]) -> list[tuple[str, dict[str, float]]]:
    return sorted(costs.items(), key=lambda item: item[1]["wall"])
