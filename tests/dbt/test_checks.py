"""What dbt refuses before it builds anything, and what it is told in variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dbt.adapters import run_on
from tests.dbt.company import EXPORTS
from tests.dbt.singer import lines
from tests.dbt.warehouses import SCHEMA, DuckDB

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.dbt.warehouses import Project, Warehouse

pytestmark = pytest.mark.parametrize("warehouse", ["duckdb"], indirect=True, scope="module")
JOBS = "job_task_profiles"


@pytest.fixture(scope="module", autouse=True)
def _one_export(warehouse: Warehouse) -> None:
    warehouse.load(lines({JOBS: EXPORTS[JOBS]}))


def jobs(warehouse: Warehouse) -> int:
    [count] = warehouse.query("select count(*) as jobs from techwolf_job_ai_exposure")
    number: int = count["jobs"]
    return number


def test_a_schema_without_any_export_is_refused_and_models_stay(
    warehouse: Warehouse, project: Project
) -> None:
    project("run")
    there = jobs(warehouse)
    assert there == len(EXPORTS[JOBS])
    for command in ("run", "build", "test"):
        said = project(command, "--vars", "{techwolf_schema: elsewhere}", succeeds=False)
        [line] = [line for line in said.splitlines() if "No table of tap-techwolf" in line]
        assert "'elsewhere'" in line
        assert "techwolf_schema" in line
    assert jobs(warehouse) == there


def test_what_is_not_of_the_package_is_built_all_the_same(project: Project) -> None:
    model = project.folder / "models" / "mine.sql"
    model.parent.mkdir(exist_ok=True)
    model.write_text("select 1 as one")
    project("run", "--select", "mine", "--vars", "{techwolf_schema: elsewhere}")


def test_incremental_models_are_refused(
    warehouse: Warehouse, make_project: Callable[[Warehouse], Project]
) -> None:
    project = make_project(warehouse)
    project.configure({"models": {"techwolf": {"+materialized": "incremental"}}})
    said = project("run", succeeds=False)
    assert "cannot be materialized as incremental: use table" in said
    assert "OK created" not in said


def test_tables_of_other_names_are_found(warehouse: Warehouse, project: Project) -> None:
    there = len(EXPORTS[JOBS])
    warehouse.execute(f"alter table {SCHEMA}.{JOBS} rename to jobs_view")
    try:
        project("run", "--vars", "{techwolf_identifiers: {job_task_profiles: jobs_view}}")
        assert jobs(warehouse) == there
    finally:
        warehouse.execute(f"alter table {SCHEMA}.jobs_view rename to {JOBS}")


def test_a_name_for_no_table_is_refused(project: Project) -> None:
    said = project("run", "--vars", "{techwolf_identifiers: {jobs: x}}", succeeds=False)
    assert "names 'jobs', which is none of: employee_ai_goals" in said


def test_the_package_is_a_project_of_its_own_with_unit_tests(
    tmp_path: Path, package_alone: Callable[[Warehouse], Project]
) -> None:
    warehouse = DuckDB(tmp_path / "alone.duckdb", None)
    warehouse.execute(f"create table {JOBS} (external_id varchar, exported_at timestamp)")
    project = package_alone(warehouse)
    ended = project.build()
    assert set(ended.values()) == {"success", "pass", "warn"}
    tested = {node["name"] for node in project.manifest()["unit_tests"].values()}
    assert tested
    assert "unit_test" in project("test", "--select", "test_type:unit")


def test_a_database_without_macros_is_refused(tmp_path: Path, project: Project) -> None:
    """An adapter that takes over the macros of PostgreSQL, as that of Redshift does."""
    output = dict.fromkeys(("host", "user", "password", "dbname", "schema"), "x") | {"port": 1}
    done = run_on("redshift", "postgres", output, project, tmp_path, "parse")
    assert done.returncode, done.stdout
    assert "Databricks, BigQuery and Snowflake, not on 'redshift'" in done.stdout
