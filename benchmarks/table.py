"""Writes the results as Markdown, for the terminal and the README."""

from __future__ import annotations

from typing import Any

TAP, FLOOR = "tap-techwolf", "bare loop"


def results_table(results: dict[str, Any]) -> str:
    """Write the results as Markdown.

    Args:
        results: As `results.json` holds them.

    Returns:
        A table and three sentences.
    """
    speed = results["speed"]
    floor = speed[FLOOR]["wall"]
    rows = [
        "| | wall time | of the bare loop's | CPU time | records a second | peak memory |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, cost in sorted(speed.items(), key=lambda item: item[1]["wall"]):
        rows.append(
            f"| {name} | {cost['wall']:.1f} s | {cost['wall'] / floor:.2f} | {cost['cpu']:.1f} s "
            f"| {results['records'] / cost['wall']:,.0f} | {cost['memory']:.0f} MiB |"
        )
    slow = results["slow_reader"]
    (small, less), (large, more) = results["memory"].items()
    rows += [
        "",
        (
            "With a server that takes 30 ms and a reader that takes 20 ms a page, the tap takes "
            f"{slow['wall'] / slow['server_seconds']:.3f} times the server's own time."
        ),
        "",
        (
            f"Its peak memory at {int(large):,} entities of each export is {more / less:.2f} "
            f"times that at {int(small):,} ({more:.0f} and {less:.0f} MiB)."
        ),
        "",
        (
            f"Medians of {results['runs']} interleaved runs of whole processes; "
            f"Python {results['python']} on {results['machine']}; "
            + ", ".join(f"{name} {number}" for name, number in results["versions"].items())
            + "."
        ),
    ]
    return "\n".join(rows)
