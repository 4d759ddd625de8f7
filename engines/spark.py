"""Apache Spark itself, in this process."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from pyspark.sql import SparkSession

from engines.tables import Row, Table, in_utc, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engines.package import Package

# For tables of a few rows, what Spark does for large ones is most of the time.
SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.legacy.createHiveTableByDefault": "false",
    # Wherever the cluster stands, all moments are meant in UTC.
    "spark.sql.session.timeZone": "Asia/Tokyo",
    "spark.sql.shuffle.partitions": "1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
SCALARS = {"text": "string", "integer": "bigint", "number": "double", "boolean": "boolean"}
# Lists and objects, and date-times: as target-databricks writes them, and as others may.
FORMS = {
    "text": ("string", "timestamp"),
    "variant": ("variant", "timestamp_ntz"),
    "structs": ("structs", "timestamp"),
    "texts": ("texts", "string"),
}


class Spark:
    """A session of Spark, with its tables in a folder."""

    forms: ClassVar = tuple(FORMS)
    is_slow: ClassVar = True
    keeps_histories: ClassVar = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        options = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
        settings = SETTINGS | {
            "spark.driver.extraJavaOptions": options,
            "spark.sql.warehouse.dir": str(folder / "tables"),
        }
        builder = SparkSession.builder.master("local[1]").config(map=settings)
        self._session = builder.getOrCreate()
        self._session.sparkContext.setLogLevel("OFF")

    def profile(self, schema: str) -> Row:
        """Return how dbt connects: to the session of this process, whatever the host."""
        return {"type": "spark", "method": "session", "host": "none", "schema": schema}

    def load(self, schema: str, tables: Iterable[Table], form: str) -> None:
        """Make a schema of these tables, in place of one that is there."""
        nested, moments = FORMS[form]
        self._session.sql(f"drop schema if exists {schema} cascade")
        self._session.sql(f"create schema {schema}")
        file = self._folder / "table.json"
        for table in tables:
            types = ", ".join(
                f"{column} {_type(definition, nested, moments)}"
                for column, definition in table.columns.items()
            )
            write_moment = in_utc if moments == "timestamp_ntz" else datetime.isoformat
            rows = (json.dumps(row, default=write_moment) + "\n" for row in table.rows)
            file.write_text("".join(rows))
            read = self._session.read.schema(types).option("mode", "FAILFAST").json(str(file))
            read.write.saveAsTable(f"{schema}.{table.name}")

    def build(self, package: Package, *selection: str) -> dict[str, str]:
        """Build models and run tests; return how each ended, by its short name."""
        self._session.sql(f"create schema if not exists {package.schema}")
        # Unit tests ask nothing of an engine, and take it twenty seconds.
        package("build", "--exclude-resource-type", "unit_test", *selection)
        return package.ended()

    def rows(self, package: Package, model: str) -> list[Row]:
        """Return the rows of a model that was built."""
        return self._query(f"select * from {package.schema}.{model}")  # noqa: S608

    def found(self, package: Package, name: str) -> list[Row]:
        """Return what a compiled model or test finds in the tables as they are now."""
        return self._query(package.compiled(name))

    def _query(self, sql: str) -> list[Row]:
        return [row.asDict() for row in self._session.sql(sql).collect()]


def _type(schema: Row, nested: str, moments: str) -> str:
    kind = kind_of(schema)
    if kind == "date-time":
        return moments
    if kind not in ("array", "object"):
        return SCALARS[kind]
    if nested == "texts":
        return "array<string>" if kind == "array" else "string"
    return _struct(schema) if nested == "structs" else nested


def _struct(schema: Row) -> str:
    kind = kind_of(schema)
    if kind == "array":
        return f"array<{_struct(schema['items'])}>"
    if kind == "object" and schema.get("properties"):
        fields = (f"`{key}`: {_struct(value)}" for key, value in schema["properties"].items())
        return f"struct<{', '.join(fields)}>"
    return SCALARS.get(kind, "string")
