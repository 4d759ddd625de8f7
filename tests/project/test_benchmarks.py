"""A small run of the benchmark, so that it still works when somebody needs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks.__main__ import measure, parse
from benchmarks.measure import interleave, run
from benchmarks.plot import plot
from benchmarks.scenarios import BARE_LOOP, EARLIER_TAP, PLAIN_TAP, TAP
from benchmarks.table import results_table

ROOT = Path(__file__).parent.parent.parent
COMMITTED = json.loads((ROOT / "benchmarks" / "results.json").read_text())
DISTANT = {
    "page_seconds": 0.2,
    "pages": [30, 30, 10],
    "server_seconds": 6.0,
    "costs": {TAP: {"wall": 6.6}, EARLIER_TAP: {"wall": 15.0}, BARE_LOOP: {"wall": 14.4}},
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Any:
    earlier_tap = tmp_path_factory.mktemp("earlier") / "tap-techwolf"
    # It answers --version, and writes no record when it is asked to run.
    earlier_tap.write_text(
        "#!/bin/sh\n[ $1 = --config ] || echo tap-techwolf v0.0.1, SDK v0.54.9\n"
    )
    earlier_tap.chmod(0o755)
    options = parse(
        [
            *("--without-peers", "--entities", "300", "--runs", "1", "--sizes", "100", "200"),
            *("--distant-pages", "3", "1", "2", "--delay", "0.05"),
            *("--against", str(earlier_tap)),
        ]
    )
    return json.loads(json.dumps(measure(options)))


def test_each_scenario_measures_what_it_says(results: Any) -> None:
    peers = {TAP, EARLIER_TAP, BARE_LOOP, PLAIN_TAP}
    assert results["speed"].keys() == results["distant_api"]["costs"].keys() == peers
    assert results["versions"][EARLIER_TAP] == "0.0.1"
    assert results["records"] == 900
    sizes = {name: cost["size"] for name, cost in results["speed"].items()}
    # Goals, the smallest records, have about 500 bytes: every peer wrote all of them.
    assert min(sizes[name] for name in (TAP, BARE_LOOP, PLAIN_TAP)) > 900 * 500
    assert sizes[EARLIER_TAP] == 0
    distant = results["distant_api"]
    assert distant["server_seconds"] == pytest.approx(3 * 0.05)
    assert distant["costs"][BARE_LOOP]["wall"] > 6 * 0.05
    assert 900 * 500 / 2 < distant["costs"][BARE_LOOP]["size"] < sizes[BARE_LOOP]
    assert results["slow_reader"]["wall"] > 3 * 3 * 0.03
    assert results["memory"].keys() == {"100", "200"}


def test_the_table_and_the_chart_name_every_peer(results: Any) -> None:
    table = results_table(results)
    assert all(table.count(f"| {name} |") == 2 for name in results["speed"])
    chart = ET.tostring(ET.fromstring(plot(results)), encoding="unicode")  # noqa: S314
    assert all(chart.count(f">{name}<") == 2 for name in (TAP, BARE_LOOP, PLAIN_TAP))
    assert EARLIER_TAP not in chart


def test_results_without_the_distant_api_are_still_shown() -> None:
    old = {name: value for name, value in COMMITTED.items() if name != "distant_api"}
    assert "ms away" not in results_table(old) + plot(old)
    new = old | {"distant_api": DISTANT}
    assert "| tap-techwolf | 6.6 s | 1.10 |" in results_table(new)
    assert "200 ms away" in plot(new)


def test_the_chart_is_the_same_in_every_process(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("font.size: 30\n")
    program = (
        "import json, sys; from benchmarks.plot import plot; print(plot(json.load(sys.stdin)))"
    )
    again = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"MATPLOTLIBRC": str(tmp_path), "PYTHONHASHSEED": "7"},
        input=json.dumps(COMMITTED | {"distant_api": DISTANT}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert again.stdout == plot(COMMITTED | {"distant_api": DISTANT}) + "\n"


def test_the_memory_is_the_commands_own() -> None:
    small = run([sys.executable, "-I", "-S", "-c", "pass"])
    large = run([sys.executable, "-I", "-S", "-c", "bytes(range(256)) * 400_000"])
    assert small.memory < 20  # this process is larger
    assert large.memory - small.memory == pytest.approx(400_000 * 256 / 2**20, rel=0.1)


def test_a_warm_up_does_not_count(tmp_path: Path) -> None:
    program = (
        f"import os; p = {str(tmp_path)!r} + '/ran'; print('x' * os.path.exists(p)); open(p, 'w')"
    )
    command = [sys.executable, "-I", "-c", program]
    assert interleave({"once": command}, 1, warm_up=True)["once"]["size"] == 2


def test_a_command_that_fails_ends_the_benchmark_with_its_log() -> None:
    program = "import sys; sys.exit('what went wrong')"
    with pytest.raises(RuntimeError, match="what went wrong"):
        run([sys.executable, "-c", program])
