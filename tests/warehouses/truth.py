"""What the sandbox holds, and whether a warehouse holds the same."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.exports import FORMS, export_page
from sandbox.lists import LISTS, list_page
from sandbox.requests import PageRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.app import Sandbox

Row = dict[str, Any]
DATES = {"created_on", "last_updated"}
EVERYBODY = 10**6


PATHS = {form.stream: path for path, form in (FORMS | LISTS).items()}
# What the tap does not ask for by default.
LEFT_OUT = frozenset(
    {
        *("rejected_tasks", "sources", "rejected_skills"),
        *("low_data_availability_flag", "proficiency_float"),
    }
)


def records(sandbox: Sandbox, stream: str, **query: str) -> list[Row]:
    """The records of a stream, as the tap would show them with its default includes."""
    path = PATHS[stream]
    if path in LISTS:
        request = PageRequest(EVERYBODY, None, frozenset(), {}, {})
        listed: list[Row] = list_page(sandbox.company, path, request)["results"]
        return listed
    form = FORMS[path]
    defaults = {name: values[0] for name, values in form.query.items()}
    request = PageRequest(EVERYBODY, None, form.includes - LEFT_OUT, {}, defaults | query)
    shown: list[Row] = export_page(sandbox.company, path, request, "moment")["records"]
    if not stream.endswith("task_profiles"):
        return shown
    if query.get("response_format") == "hierarchy":
        return [_of_hierarchy(record) for record in shown]
    return [{**record, "hierarchy": None} for record in shown]


def _of_hierarchy(record: Row) -> Row:
    """A record as the tap shows it, with the unused column null."""
    return {"external_id": record.pop("external_id"), "tasks": None, "hierarchy": record}


def same(found: Iterable[Row], expected: list[Row], *keys: str) -> None:
    """Compare rows, column by column, whatever types a warehouse gives them."""
    rows = {tuple(str(row[key]) for key in keys): row for row in found}
    wanted = {tuple(str(row[key]) for key in keys): row for row in expected}
    assert len(wanted) == len(expected)
    assert rows.keys() == wanted.keys()
    for key, record in wanted.items():
        for column, value in record.items():
            assert _plain(column, rows[key].get(column)) == _plain(column, value), column


def _plain(column: str, value: Any) -> Any:
    if column in DATES and value is not None:
        moment = value if isinstance(value, date) else datetime.fromisoformat(value)
        assert isinstance(moment, datetime)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if isinstance(value, str) and value[:1] in ("[", "{"):
        value = json.loads(value)
    return json.loads(json.dumps(value, default=_number))


def _number(value: object) -> float:
    assert isinstance(value, Decimal)
    return float(value)
