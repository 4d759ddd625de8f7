"""The models of the optional streams: without these, and with what makes their answers wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.dbt.company import EXPORTS
from tests.dbt.company_of_optional_streams import OPTIONAL_EXPORTS
from tests.dbt.expected import models
from tests.dbt.expected_of_optional_streams import skills_of
from tests.dbt.singer import lines
from tests.dbt.test_models import PASS, found, ordered, with_other_types
from tests.dbt.warehouses import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dbt.warehouses import Project, Warehouse

ALWAYS = {stream: rows for stream, rows in EXPORTS.items() if stream not in OPTIONAL_EXPORTS}
COPY = "appended"
GAPS = "select * from techwolf_skill_gaps"


@pytest.fixture(scope="module", autouse=True)
def built(warehouse: Warehouse, project: Project) -> dict[str, str]:
    """How each model and test ended, without the optional streams."""
    log = [{**PASS, "stream": "employee_ai_goals"}]
    warehouse.load(lines({**ALWAYS, "completed_passes": log}))
    # Of somebody else: it has a column of the same name.
    warehouse.execute(f"create table {SCHEMA}.employees (external_id varchar, active boolean)")
    values = "values ('anna', false), ('zoe', true)"
    warehouse.execute(f"insert into {SCHEMA}.employees {values}")
    return project.build()


def test_without_them_their_models_are_empty_and_nothing_fails(
    warehouse: Warehouse, built: dict[str, str]
) -> None:
    assert set(built.values()) == {"success", "pass", "warn"}
    for model, rows in models(ALWAYS).items():
        assert found(warehouse, model) == ordered(rows), model


def test_one_is_missing_once_it_is_logged(
    warehouse: Warehouse, project: Project, built: dict[str, str]
) -> None:
    query = f"select * from ({project.compiled_test('techwolf_missing_sources')}) as missing"  # noqa: S608
    assert built["techwolf_missing_sources"] == "pass"
    assert warehouse.query(query) == []
    warehouse.load(lines({"completed_passes": [{**PASS, "stream": "employees"}]}))
    assert warehouse.query(query) == [{"missing_table": "employees", "missing_column": ""}]


@pytest.fixture(scope="module")
def appended(
    warehouse: Warehouse, built: dict[str, str], make_project: Callable[[Warehouse], Project]
) -> Project:
    """A project of views on tables of all streams that have no keys."""
    assert built
    warehouse.execute(f"drop table {SCHEMA}.employees")
    warehouse.load(lines(OPTIONAL_EXPORTS))
    warehouse.execute(with_other_types(warehouse, COPY))
    project = make_project(warehouse)
    views = {"+materialized": "view", "techwolf_removed": {"+materialized": "table"}}
    project.configure({"models": {"techwolf": views}, "vars": {"techwolf_schema": COPY}})
    tests = ("+techwolf_job_skills_not_in_vocabulary", "+techwolf_unknown_units")
    models = ("+techwolf_skill_gaps", "stg_techwolf__unit_ancestors")
    project("build", "--indirect-selection", "empty", "--select", *models, *tests)
    return project


def test_skill_ids_of_another_vocabulary_are_no_gaps(
    warehouse: Warehouse, appended: Project
) -> None:
    query = appended.compiled_test("techwolf_job_skills_not_in_vocabulary").strip()
    gaps = ordered(warehouse.query(GAPS))
    assert gaps == ordered(models(EXPORTS)["techwolf_skill_gaps"])
    assert warehouse.query(query) == []
    warehouse.execute(f"update {COPY}.skills set skill_id = 'other-' || skill_id")  # noqa: S608
    assert warehouse.query(GAPS) == []
    [counted] = warehouse.query(query)
    asked = [skill for job in OPTIONAL_EXPORTS["job_skill_profiles"] for skill in skills_of(job)]
    assert counted == {"job_skills": len(asked)}
    warehouse.execute(f"update {COPY}.skills set skill_id = replace(skill_id, 'other-', '')")  # noqa: S608
    assert ordered(warehouse.query(GAPS)) == gaps


@pytest.mark.usefixtures("appended")
def test_of_rows_that_a_loader_appended_the_newest_counts(warehouse: Warehouse) -> None:
    queries = (GAPS, "select * from techwolf_employees")
    once = [ordered(warehouse.query(query)) for query in queries]
    skill = OPTIONAL_EXPORTS["skills"][0]["skill_id"]
    long_ago = "exported_at = '2000-01-01 00:00:00+00:00'"
    asked = f"""skills = '[{{"skill_id": "{skill}"}}]', {long_ago}"""
    changed = {"job_skill_profiles": asked, "employees": long_ago}
    for table, values in changed.items():
        older = f"{COPY}.older_{table}"
        warehouse.execute(f"create table {older} as select * from {COPY}.{table}")  # noqa: S608
        warehouse.execute(f"update {older} set {values}")  # noqa: S608
        warehouse.execute(f"insert into {COPY}.{table} select * from {older}")  # noqa: S608
    assert [ordered(warehouse.query(query)) for query in queries] == once


@pytest.mark.usefixtures("appended")
@pytest.mark.parametrize("number", ["1e400", "1e-400"])
def test_a_number_that_is_too_large_or_small_ends_no_query(
    warehouse: Warehouse, number: str
) -> None:
    skills = f'[{{"skill_id": "large", "inferred_proficiency_level": {number}}}]'
    table = f"{COPY}.employee_skill_profiles"
    warehouse.execute(f"update {table} set skills = '{skills}' where external_id = 'Anna'")  # noqa: S608
    level = "select * from stg_techwolf__employee_skills where skill_id = 'large'"
    assert len(warehouse.query(level)) == 1


@pytest.mark.usefixtures("appended")
def test_a_column_of_skills_that_is_not_loaded_makes_no_gaps(warehouse: Warehouse) -> None:
    column = f"{COPY}.employee_skill_profiles set"
    warehouse.execute(f"update {column} skills = null")
    assert warehouse.query(GAPS) == []
    warehouse.execute(f"update {column} skills = '[]' where external_id = 'Anna'")
    assert {row["employee_id"] for row in warehouse.query(GAPS)} >= {"anna", "Anna", "bert"}


@pytest.mark.usefixtures("appended")
def test_units_that_a_loader_appended_many_times_end_all_the_same(warehouse: Warehouse) -> None:
    query = "select count(*) as ancestors from stg_techwolf__unit_ancestors"
    once = warehouse.query(query)
    table = f"{COPY}.organisational_units"
    warehouse.execute(f"insert into {table} select * from {table}")  # noqa: S608
    assert warehouse.query(query) == once


def test_units_that_nobody_lists_are_told(warehouse: Warehouse, appended: Project) -> None:
    query = f"select * from ({appended.compiled_test('techwolf_unknown_units')}) as unknown"  # noqa: S608
    assert {tuple(row.values())[:2] for row in warehouse.query(query)} == {
        ("employees", "nowhere"),
        ("organisational_units", "not-there"),
    }
    warehouse.execute(f"delete from {COPY}.organisational_units")  # noqa: S608
    assert warehouse.query(query) == []
