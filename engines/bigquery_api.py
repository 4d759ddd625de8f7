"""As much of BigQuery's REST API as dbt calls, on this machine. GoogleSQL runs the queries.

Paths and fields are those of https://cloud.google.com/bigquery/docs/reference/rest.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from zetasql.core.exceptions import ZetaSQLError
from zetasql.wasi._pb2.zetasql.public import type_pb2 as types

from engines.googlesql import GoogleSql, Rows

Answer = dict[str, Any]

PROJECT = "project"
ROOT = f"/bigquery/v2/projects/{PROJECT}"
CREATE = re.compile(
    r"\s*(?:/\*.*?\*/)?\s*create or replace table `(\w+)`\.`(\w+)`\.`(\w+)`"
    r"\s*options\(.*?\)\s*as \((.*)\);?\s*",
    re.IGNORECASE | re.DOTALL,
)
# The API calls some types otherwise than SQL.
NAMES = {types.TYPE_DOUBLE: "FLOAT", types.TYPE_STRUCT: "RECORD"}


class BigQueryApi:
    """A project with its tables.

    Attributes:
        datasets: The datasets that there are, apart from those of loaded tables.
        tables: The tables by their full names, `project.dataset.table`.
        url: Where the API is.
    """

    def __init__(self) -> None:
        self.datasets: set[str] = set()
        self.tables: dict[str, Rows] = {}
        self._jobs: dict[str, Answer] = {}
        self._results: dict[str, Rows] = {}
        self._sql = GoogleSql()
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = self.path.partition("?")[0].removeprefix(ROOT)
                status, answer = api._answer(self.command, path, json.loads(body or "{}"))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            do_POST = do_DELETE = do_GET  # noqa: N815 - the names are given

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}"
        Thread(target=server.serve_forever, daemon=True).start()

    def query(self, sql: str) -> Rows:
        """Run a query.

        Raises:
            ZetaSQLError: The query is wrong, or fails.
        """
        return self._sql.query(sql, self.tables)

    def _answer(self, method: str, path: str, body: Answer) -> tuple[HTTPStatus, Answer]:
        match path.strip("/").split("/"):
            case ["jobs"]:
                return self._run(body)
            case ["jobs", job]:
                return HTTPStatus.OK, self._jobs[job]
            case ["queries", job]:
                return HTTPStatus.OK, self._found(job)
            case ["datasets", *names]:
                return self._stored(method, *names)
        return _failed(HTTPStatus.NOT_FOUND, f"Not found: {method} {path}")

    def _stored(
        self, method: str, dataset: str = "", _: str = "", table: str = ""
    ) -> tuple[HTTPStatus, Answer]:
        """Look up datasets, the tables of one, or a table; or drop it."""
        if not dataset:
            known = [{"projectId": PROJECT, "datasetId": name} for name in self.datasets]
            return HTTPStatus.OK, {"datasets": [{"datasetReference": one} for one in known]}
        prefix = f"{PROJECT}.{dataset}."
        if not table:
            tables = [_table(*one) for one in self.tables.items() if one[0].startswith(prefix)]
            return HTTPStatus.OK, {"tables": tables}
        name = prefix + table
        rows = self._results.get(table) or self.tables.get(name)
        if method == "DELETE":
            self.tables.pop(name, None)
        if rows:
            return HTTPStatus.OK, _table(name, rows)
        return _failed(HTTPStatus.NOT_FOUND, f"Not found: {name}")

    def _run(self, job: Answer) -> tuple[HTTPStatus, Answer]:
        """Run a job, which dbt names, so that it is over when this returns."""
        name = job["jobReference"]["jobId"]
        query = job["configuration"]["query"]
        made = CREATE.fullmatch(query["query"])
        try:
            self._results[name] = self.query(made[4] if made else query["query"])
        except ZetaSQLError as error:
            return _failed(HTTPStatus.BAD_REQUEST, str(error))
        table = f"{PROJECT}.results.{name}"
        if made:
            table = ".".join(made.groups()[:3])
            self.tables[table] = self._results[name]
        query["destinationTable"] = _reference(table)
        kind = "CREATE_TABLE_AS_SELECT" if made else "SELECT"
        job["statistics"] = {"query": {"statementType": kind}}
        job["status"] = {"state": "DONE"}
        self._jobs[name] = job
        return HTTPStatus.OK, job

    def _found(self, job: str) -> Answer:
        rows = self._results[job]
        return {
            "jobReference": self._jobs[job]["jobReference"],
            "jobComplete": True,
            "schema": {"fields": _fields(rows)},
            "totalRows": str(len(rows.cells)),
            "rows": [{"f": [{"v": _plain(cell)} for cell in cells]} for cells in rows.cells],
        }


def _failed(status: HTTPStatus, message: str) -> tuple[HTTPStatus, Answer]:
    reason = {"message": message, "reason": "invalid"}
    return status, {"error": {"code": status, "message": message, "errors": [reason]}}


def _reference(name: str) -> Answer:
    project, dataset, table = name.split(".")
    return {"projectId": project, "datasetId": dataset, "tableId": table}


def _table(name: str, rows: Rows) -> Answer:
    return {
        "tableReference": _reference(name),
        "type": "TABLE",
        "numRows": str(len(rows.cells)),
        "schema": {"fields": _fields(rows)},
    }


def _fields(rows: Rows) -> list[Answer]:
    return [_field(name, kind) for name, kind in rows.columns.items()]


def _field(name: str, kind: Any) -> Answer:
    if kind.type_kind == types.TYPE_ARRAY:
        return {**_field(name, kind.array_type.element_type), "mode": "REPEATED"}
    sql_name = types.TypeKind.Name(kind.type_kind).removeprefix("TYPE_")
    inner = [_field(one.field_name, one.field_type) for one in kind.struct_type.field]
    return {"name": name, "type": NAMES.get(kind.type_kind, sql_name), "fields": inner}


def _plain(cell: Any) -> str | None:
    """Return a value as the API does: a text, or null; moments in microseconds."""
    which = cell.WhichOneof("value")
    if which == "timestamp_value":
        return str(cell.timestamp_value.ToMicroseconds())
    return (
        None
        if which is None
        else str(getattr(cell, which)).replace("True", "true").replace("False", "false")
    )
