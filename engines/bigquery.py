"""BigQuery's SQL, run by GoogleSQL's reference implementation, with dbt's own adapter."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from zetasql.wasi._pb2.zetasql.public import type_pb2 as types
from zetasql.wasi._pb2.zetasql.public.value_pb2 import ValueProto

from engines.bigquery_api import PROJECT, BigQueryApi
from engines.googlesql import Rows
from engines.tables import Row, Table, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engines.package import Package

SCALARS = {
    "text": types.TYPE_STRING,
    "integer": types.TYPE_INT64,
    "number": types.TYPE_DOUBLE,
    "boolean": types.TYPE_BOOL,
    "date-time": types.TYPE_TIMESTAMP,
}
# As other loaders may write lists and objects, and as z3-target-bigquery does: if it denormalizes,
# and by default, with whole records in one column.
FORMS = ("json", "text", "records", "data")


class BigQuery:
    """A project of BigQuery's, as far as GoogleSQL's reference implementation stands for it."""

    forms: ClassVar = FORMS
    is_slow: ClassVar = False
    keeps_histories: ClassVar = True

    def __init__(self, folder: Path) -> None:  # noqa: ARG002 - other engines have files
        self._api = BigQueryApi()

    def profile(self, schema: str) -> Row:
        """Return how dbt connects: to the API of this process, which takes any token."""
        self._api.datasets.add(schema)
        return {
            "type": "bigquery",
            "method": "oauth-secrets",
            "token": "any",
            "project": PROJECT,
            "schema": schema,
            "api_endpoint": self._api.url,
            "job_retries": 0,
        }

    def load(self, schema: str, tables: Iterable[Table], form: str) -> None:
        """Make a schema of these tables, in place of one that is there."""
        dataset = f"{PROJECT}.{schema}."
        stored = self._api.tables
        for name in [name for name in stored if name.startswith(dataset)]:
            del stored[name]
        for table in tables:
            stored[dataset + table.name] = _stored(table, form)

    def build(self, package: Package, *selection: str) -> dict[str, str]:
        """Build models and run tests; return how each ended, by its short name."""
        package("build", *selection)
        return package.ended()

    def rows(self, package: Package, model: str) -> list[Row]:
        """Return the rows of a model that was built."""
        return _rows(self._api.tables[f"{PROJECT}.{package.schema}.{model}"])

    def found(self, package: Package, name: str) -> list[Row]:
        """Return what a compiled model or test finds in the tables as they are now."""
        return _rows(self._api.query(package.compiled(name)))


def _stored(table: Table, form: str) -> Rows:
    columns: dict[str, Any] = {name: _type(schema, form) for name, schema in table.columns.items()}
    rows = table.rows
    if form == "data":
        rows = [{"data": {name: row[name] for name in row if name in columns}} for row in rows]
        columns = {"data": _simple(types.TYPE_JSON)}
        for name in ("_sdc_extracted_at", "_sdc_received_at", "_sdc_batched_at"):
            columns[name] = _simple(types.TYPE_TIMESTAMP)
    cells = [[_value(row.get(name), kind) for name, kind in columns.items()] for row in rows]
    return Rows(columns, cells)


def _simple(kind: int) -> Any:
    return types.TypeProto(type_kind=kind)


def _type(schema: Row, form: str) -> Any:
    kind = kind_of(schema)
    if kind in SCALARS:
        return _simple(SCALARS[kind])
    if form != "records":
        return _simple(types.TYPE_STRING if form == "text" else types.TYPE_JSON)
    if kind == "array":
        element = types.ArrayTypeProto(element_type=_type(schema["items"], form))
        return types.TypeProto(type_kind=types.TYPE_ARRAY, array_type=element)
    if not schema.get("properties"):
        return _simple(types.TYPE_JSON)
    made = types.TypeProto(type_kind=types.TYPE_STRUCT)
    for name, inner in schema["properties"].items():
        made.struct_type.field.add(field_name=name, field_type=_type(inner, form))
    return made


def _value(value: Any, kind: Any) -> Any:
    """Return a value of a type. A repeated field cannot be null, nor can its elements."""
    made = ValueProto()
    match kind.type_kind:
        case types.TYPE_ARRAY:
            inner = kind.array_type.element_type
            elements = [_value(element or {}, inner) for element in value or ()]
            made.array_value.SetInParent()
            made.array_value.element.extend(elements)
        case _ if value is None:
            pass
        case types.TYPE_STRUCT:
            fields = kind.struct_type.field
            cells = [_value(value.get(one.field_name), one.field_type) for one in fields]
            made.struct_value.field.extend(cells)
        case types.TYPE_JSON:
            made.json_value = json.dumps(value, default=datetime.isoformat)
        case types.TYPE_STRING:
            made.string_value = value if isinstance(value, str) else json.dumps(value)
        case types.TYPE_TIMESTAMP:
            made.timestamp_value.FromDatetime(value)
        case types.TYPE_INT64:
            made.int64_value = value
        case types.TYPE_DOUBLE:
            made.double_value = value
        case types.TYPE_BOOL:
            made.bool_value = value
    return made


def _rows(rows: Rows) -> list[Row]:
    return [dict(zip(rows.columns, map(_plain, cells), strict=True)) for cells in rows.cells]


def _plain(cell: Any) -> Any:
    which = cell.WhichOneof("value")
    if which == "timestamp_value":
        return cell.timestamp_value.ToDatetime(UTC)
    return None if which is None else getattr(cell, which)
