"""An emulator of Snowflake, in this process."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar

import fakesnow
import snowflake.connector

from engines.tables import Row, Table, in_utc, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engines.package import Package

DATABASE = "techwolf"
SCALARS = {"text": "varchar", "integer": "bigint", "number": "double", "boolean": "boolean"}
# Arrays, objects and date-times: as meltanolabs-target-snowflake writes them, and as others may.
FORMS = {
    "variant": {"array": "variant", "object": "variant", "date-time": "timestamp_ntz"},
    "array": {"array": "array", "object": "object", "date-time": "timestamp_tz"},
    "text": {"array": "varchar", "object": "varchar", "date-time": "varchar"},
}


class Snowflake:
    """What fakesnow makes of Snowflake, without a server."""

    forms: ClassVar = tuple(FORMS)
    is_slow: ClassVar = True
    keeps_histories: ClassVar = True

    def __init__(self, folder: Path) -> None:
        del folder  # all is in memory
        # It ends with the process, as dbt connects by the same patch until then.
        self._patch = fakesnow.patch()
        self._patch.__enter__()
        connection = snowflake.connector.connect(database=DATABASE, paramstyle="qmark")
        # Wherever the user is, all moments are meant in UTC. fakesnow refuses ALTER SESSION.
        connection._duck_conn.execute("set global TimeZone = 'Asia/Tokyo'")
        self._connection: Any = snowflake.connector.connect(database=DATABASE, paramstyle="qmark")

    def profile(self, schema: str) -> Row:
        """Return how dbt connects: fakesnow takes any account."""
        anybody = dict.fromkeys(("account", "user", "password", "warehouse"), "none")
        return {"type": "snowflake", **anybody, "database": DATABASE, "schema": schema}

    def load(self, schema: str, tables: Iterable[Table], form: str) -> None:
        """Make a schema of these tables, in place of one that is there."""
        self._run(f"drop schema if exists {schema} cascade")
        self._run(f"create schema {schema}")
        for table in tables:
            types = {
                name: (SCALARS | FORMS[form])[kind_of(column)]
                for name, column in table.columns.items()
            }
            columns = ", ".join(f"{name} {written}" for name, written in types.items())
            self._run(f"create table {schema}.{table.name} ({columns})")
            if not table.rows:
                continue
            selected = ", ".join(
                f"cast(parse_json(column{place}) as {written})"
                if written in ("variant", "array", "object")
                else f"cast(column{place} as {written})"
                for place, written in enumerate(types.values(), 1)
            )
            row = f"({', '.join('?' * len(types))})"
            self._run(
                f"insert into {schema}.{table.name} select {selected}"  # noqa: S608
                f" from values {', '.join([row] * len(table.rows))}",
                [_text(row.get(name), types[name]) for row in table.rows for name in types],
            )

    def build(self, package: Package, *selection: str) -> dict[str, str]:
        """Build models and run tests; return how each ended, by its short name."""
        # dbt runs unit tests in temporary tables, and fakesnow cannot create one in a schema.
        package("build", "--exclude-resource-type", "unit_test", *selection)
        return package.ended()

    def rows(self, package: Package, model: str) -> list[Row]:
        """Return the rows of a model that was built."""
        return self._query(f"select * from {package.schema}.{model}")  # noqa: S608

    def found(self, package: Package, name: str) -> list[Row]:
        """Return what a compiled model or test finds in the tables as they are now."""
        return self._query(package.compiled(name))

    def _run(self, sql: str, values: list[str | None] | None = None) -> None:
        self._connection.cursor().execute(sql, values)

    def _query(self, sql: str) -> list[Row]:
        found = self._connection.cursor(snowflake.connector.DictCursor).execute(sql).fetchall()
        # Names that are not quoted are in upper case.
        return [{name.lower(): value for name, value in row.items()} for row in found]


def _text(value: Any, written: str) -> str | None:
    """Return a value as the text that is cast to its type."""
    if isinstance(value, datetime):
        elsewhere = value.astimezone(timezone(timedelta(hours=5, minutes=30)))
        return in_utc(value) if written == "timestamp_ntz" else elsewhere.isoformat()
    return value if value is None or isinstance(value, str) else json.dumps(value)
