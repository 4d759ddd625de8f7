"""Loads by pipe, without Meltano: CSV files, and a DuckDB that is newer than the pin."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.harness import STREAMS, arguments, discover, environment, selecting, settings
from tests.warehouses.truth import records, same

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.app import Sandbox


def pipe(tap: list[str], target: Path, folder: Path, config: dict[str, object]) -> None:
    """Run `tap | target`."""
    file = folder / "target.json"
    file.write_text(json.dumps(config))
    with subprocess.Popen(tap, stdout=subprocess.PIPE, env=environment()) as source:
        subprocess.run(
            [target, "--config", str(file)], stdin=source.stdout, env=environment(), check=True
        )
        assert source.wait() == 0


def test_csv_files_hold_what_the_api_does(
    sandbox: Sandbox, url: str, tmp_path: Path, loader: Callable[..., Path]
) -> None:
    target = loader("target-csv", "meltanolabs-target-csv==0.5.0")
    pipe(arguments(tmp_path, settings(url)), target, tmp_path, {"output_path": str(tmp_path)})
    for stream in STREAMS:
        with (tmp_path / f"{stream}.csv").open(newline="") as file:
            rows = {row["external_id"]: row for row in csv.DictReader(file)}
        expected = records(sandbox, stream)
        assert rows.keys() == {one["external_id"] for one in expected}
        if stream == "employee_ai_goals":
            texts = [{name: one[name] for name in ("external_id", "goal")} for one in expected]
            same(rows.values(), texts, "external_id")


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="no wheel of the pinned loader")
@pytest.mark.parametrize(
    "duckdb_version",
    [
        "1.2.2",
        pytest.param(
            "1.4.4",
            marks=pytest.mark.xfail(
                raises=AssertionError,
                reason="target-duckdb 0.8.0 takes the first row of a batch for a header",
            ),
        ),
    ],
)
def test_duckdb_keeps_the_first_row_of_a_batch(
    sandbox: Sandbox,
    url: str,
    tmp_path: Path,
    loader: Callable[..., Path],
    duckdb_version: str,
) -> None:
    target = loader("target-duckdb", "target-duckdb==0.8.0", f"duckdb=={duckdb_version}")
    file = tmp_path / "techwolf.duckdb"
    config = {"path": str(file), "default_target_schema": "main", "batch_size_rows": 50}
    catalog = selecting(discover(), "employee_ai_goals")
    pipe(arguments(tmp_path, settings(url), catalog=catalog), target, tmp_path, config)
    script = (
        "import duckdb, sys\n"
        "with duckdb.connect(sys.argv[1]) as database:\n"
        "    print(*database.sql('SELECT count(*) FROM employee_ai_goals').fetchall()[0])"
    )
    count = subprocess.check_output([target.with_name("python"), "-c", script, file])
    assert int(count) == len(records(sandbox, "employee_ai_goals"))
