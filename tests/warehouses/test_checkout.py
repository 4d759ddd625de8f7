"""What this checkout's own project does through Meltano and dbt: the demo, and other databases.

Only here plugins are installed where users have them, and dbt writes into `transform/`.
"""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from demo.files import ROOT
from tests.dbt.conftest import _loaders
from tests.dbt.warehouses import SCHEMA, DuckDB, Postgres
from tests.harness import settings
from tests.warehouses.test_answers import Extractor, company, compare, leave, removed, sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from demo.meltano import Meltano
    from sandbox.app import Sandbox
    from tests.dbt.warehouses import Warehouse

__all__ = ["_loaders", "sandbox"]  # Fixtures.


@pytest.mark.usefixtures("_loaders")
def test_the_demo_shows_tables_that_equal_their_source() -> None:
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "demo"],  # noqa: S607 - as its readers run it
        cwd=ROOT,
        env=inherited,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "employee_ai_goals" in done.stdout


@pytest.fixture(params=["duckdb", "postgres"])
def warehouse(
    request: pytest.FixtureRequest, _loaders: dict[str, Path], tmp_path: Path, meltano: Meltano
) -> Warehouse:
    """An empty database of each kind, which the loader and dbt are set to."""
    if request.param == "duckdb":
        store = DuckDB(tmp_path / "answers.duckdb", _loaders["duckdb"])
        meltano.variables |= {
            "TARGET_DUCKDB_PATH": str(store.file),
            "TARGET_DUCKDB_DEFAULT_TARGET_SCHEMA": SCHEMA,
            "DBT_DUCKDB_PATH": str(store.file),
            "DBT_DUCKDB_SCHEMA": SCHEMA,
        }
        return store
    server = request.getfixturevalue("postgres_server")
    server.psql("CREATE DATABASE answers")
    url = server.get_uri("answers").replace("postgresql://", "postgresql+psycopg://")
    meltano.variables |= {
        "TARGET_POSTGRES_SQLALCHEMY_URL": url,
        "DBT_POSTGRES_HOST": str(server.pgdata),
        "DBT_POSTGRES_USER": "postgres",
        "DBT_POSTGRES_DBNAME": "answers",
    }
    return Postgres(server, "answers", _loaders["postgres"], tmp_path)


def test_meltano_runs_from_the_api_to_answers(
    meltano: Meltano, warehouse: Warehouse, sandbox: Sandbox, url: str
) -> None:
    Extractor(warehouse, sandbox, settings(url)).sync()
    sandbox.company.clock_offset = timedelta(0)
    left = leave(sandbox)
    sandbox.company.change_some(3)
    del meltano.variables["MELTANO_SYS_DIR_ROOT"]
    plugins = ("tap-techwolf", f"target-{warehouse.name}", f"dbt-{warehouse.name}")
    meltano("install", *plugins)
    if not (ROOT / "transform" / "dbt_packages").exists():  # The demo has fetched them, too.
        meltano("invoke", f"{plugins[-1]}:deps")
    meltano("run", "--full-refresh", *plugins[:2])
    log = meltano("run", *plugins[:2], f"{plugins[-1]}:build")
    assert "Done. PASS=" in log
    assert "ERROR=0" in log
    assert removed(warehouse) == left
    compare(warehouse, company(sandbox))
