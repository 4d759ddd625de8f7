"""What is refused of a history, in one line and before anything is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dbt.adapters import run_on
from tests.dbt.company import EXPORTS
from tests.dbt.singer import lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.dbt.warehouses import DuckDB, Project, Warehouse

pytestmark = pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True, scope="module")
JOBS = "job_task_profiles"
ON = "techwolf_history: true"
MODEL = "techwolf_job_task_history"


@pytest.fixture(scope="module", autouse=True)
def _one_export(warehouse: Warehouse) -> None:
    warehouse.load(lines({JOBS: EXPORTS[JOBS]}))


def tables(warehouse: Warehouse) -> set[str]:
    rows = warehouse.query("select table_name from information_schema.tables")
    return {row["table_name"] for row in rows if row["table_name"].startswith("techwolf_")}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ("techwolf_changes_to: '2026-02-30'", "techwolf_changes_to must be a day such as"),
        ("techwolf_changes_from: last week", "techwolf_changes_from must be a day such as"),
        (
            "techwolf_changes_from: 2026-02-01, techwolf_changes_to: '2026-01-31'",
            "techwolf_changes_from is later than techwolf_changes_to",
        ),
    ],
)
def test_days_that_are_none_are_refused(
    warehouse: Warehouse, project: Project, variables: str, said: str
) -> None:
    assert said in project("run", "--vars", f"{{{ON}, {variables}}}", succeeds=False)
    assert tables(warehouse) == set()


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"+materialized": "view"}, "must be incremental, or each build would replace the history"),
        ({"+full_refresh": True}, "must be incremental, or each build would replace the history"),
        ({"+incremental_strategy": "append"}, "needs its own unique_key and incremental_strategy"),
        ({"+unique_key": "job_id"}, "needs its own unique_key and incremental_strategy"),
    ],
)
def test_a_history_that_each_build_would_damage_is_refused(
    warehouse: Warehouse,
    make_project: Callable[[Warehouse], Project],
    settings: dict[str, str | bool],
    error: str,
) -> None:
    project = make_project(warehouse)
    project.configure({"models": {"techwolf": settings}})
    said = project("run", "--select", MODEL, "--vars", f"{{{ON}}}", succeeds=False)
    assert f"{MODEL} {error}" in said
    assert tables(warehouse) == set()


def test_without_the_variable_no_history_is_built(warehouse: Warehouse, project: Project) -> None:
    project("run", "--select", MODEL, "techwolf_removed")
    assert tables(warehouse) == {"techwolf_removed"}


@pytest.mark.parametrize(
    ("name", "file_format", "refused"),
    [("databricks", "parquet", "parquet"), ("databricks", None, None)],
)
def test_on_databricks_a_format_is_needed_whose_tables_can_be_changed(
    tmp_path: Path,
    warehouse: DuckDB,
    make_project: Callable[[Warehouse], Project],
    name: str,
    file_format: str | None,
    refused: str | None,
) -> None:
    project = make_project(warehouse)
    settings = {"history": {"+file_format": file_format}} if file_format else {}
    project.configure({"vars": {"techwolf_history": True}, "models": {"techwolf": settings}})
    command = ("run", "--select", MODEL)
    done = run_on(name, "duckdb", warehouse.profile(), project, tmp_path, *command)
    error = f"{MODEL} cannot be kept in the file_format '{refused}'"
    assert (error in done.stdout) is (refused is not None), done.stdout
    assert ("OK hook: techwolf.on-run-start" in done.stdout) is (refused is None)
    if refused:
        assert "'+file_format' to delta, iceberg or hudi" in done.stdout
        assert "techwolf_history" in done.stdout
