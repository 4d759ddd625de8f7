"""The optional streams from the API to the models, through both loaders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_techwolf.config.settings import OPTIONAL_STREAMS
from tests.dbt.conftest import _consumer, _dbt, _loaders, make_project, project, warehouse
from tests.dbt.singer import KEYS
from tests.dbt.warehouses import SCHEMA
from tests.harness import STREAMS, settings
from tests.warehouses.test_answers import (
    PAGE_SIZE,
    Extractor,
    compare,
    leave,
    removed,
    sandbox,
)
from tests.warehouses.truth import records, same

if TYPE_CHECKING:
    from sandbox.app import Sandbox
    from tests.dbt.warehouses import Project, Warehouse

# Fixtures.
__all__ = ["_consumer", "_dbt", "_loaders", "make_project", "project", "sandbox", "warehouse"]

MODELS = (
    "techwolf_employees",
    "techwolf_organisational_units",
    "techwolf_skills",
    "techwolf_employee_skills",
    "techwolf_job_skills",
    "techwolf_skill_gaps",
    "techwolf_jobs",
    "techwolf_employee_ai_exposure",
    "techwolf_unit_ai_exposure",
)


def test_both_loaders_take_them_and_the_models_follow_the_company(
    warehouse: Warehouse, project: Project, sandbox: Sandbox, url: str
) -> None:
    company = sandbox.company
    config = settings(url, page_size=PAGE_SIZE, optional_streams=[*OPTIONAL_STREAMS])
    one = Extractor(warehouse, sandbox, config)

    def all_records() -> dict[str, list[dict[str, object]]]:
        return {stream: records(sandbox, stream) for stream in (*STREAMS, *OPTIONAL_STREAMS)}

    one.sync()
    before = all_records()
    for stream in OPTIONAL_STREAMS:
        rows = warehouse.query(f"select * from {SCHEMA}.{stream}")  # noqa: S608
        same(rows, before[stream], *KEYS[stream])
    built = project.build()
    assert set(built.values()) == {"success", "pass", "warn"}
    compare(warehouse, before)
    for model in MODELS:
        assert warehouse.query(f"select * from {model} limit 1"), model  # noqa: S608
    expected = leave(sandbox)
    company.remove(company.units[-1])
    company.remove(company.skills[0])
    one.sync_in_full()
    project("run")
    after = all_records()
    for stream in OPTIONAL_STREAMS:
        ids = [{row[KEYS[stream][0]] for row in rows[stream]} for rows in (before, after)]
        assert ids[0] > ids[1]
        expected |= {(stream, str(key)) for key in ids[0] - ids[1]}
    assert removed(warehouse) == expected
    compare(warehouse, after)
