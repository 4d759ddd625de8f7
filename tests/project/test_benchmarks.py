"""A small run of the benchmark: it must still work on the day that somebody needs it."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from benchmarks.__main__ import measure
from benchmarks.plot import plot
from benchmarks.table import FLOOR, TAP, results_table


def test_a_small_benchmark_measures_what_it_says() -> None:
    results = json.loads(json.dumps(measure(300, 1, (100, 200), with_peers=False)))
    assert results["speed"].keys() == {TAP, FLOOR, "plain SDK tap"}
    assert all(cost["wall"] > 0 and cost["memory"] > 0 for cost in results["speed"].values())
    assert results["speed"][TAP]["size"] > 900 * 500
    assert results["slow_reader"]["wall"] > results["slow_reader"]["server_seconds"]
    table = results_table(results)
    assert "the tap takes" in table
    assert f"| {TAP} |" in table
    assert "plain SDK tap" in ET.tostring(ET.fromstring(plot(results)), encoding="unicode")  # noqa: S314
