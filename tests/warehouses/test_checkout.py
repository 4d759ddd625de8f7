"""What this checkout's own project does through Meltano and dbt: the demo.

Only here plugins are installed where users have them, and dbt writes into `transform/`. The
package in a project of one's own, on PostgreSQL, is in tests/project/test_quick_start.py.
"""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from demo.answers import ANSWERS, answers
from demo.files import DATABASE, ROOT
from generate.diagrams import model_columns, model_key
from tests.dbt.conftest import _loaders

__all__ = ["_loaders"]  # A fixture.


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
