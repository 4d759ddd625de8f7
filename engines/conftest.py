"""Run the dbt package on engines that need an environment of their own: `make engines`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import pytest

from engines.package import Package

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from engines.engine import Engine

ENGINES = {"spark": "Spark", "bigquery": "BigQuery", "snowflake": "Snowflake"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=ENGINES, required=True)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the tests of the other engines, whose names begin with `test_<engine>_`."""
    others = tuple(f"test_{name}_" for name in ENGINES if name != config.getoption("--engine"))
    return collection_path.name.startswith(others) or None


def engine_type(config: pytest.Config) -> type[Engine]:
    """Return the engine that this environment is for."""
    name = config.getoption("--engine")
    found: type[Engine] = getattr(import_module(f"engines.{name}"), ENGINES[name])
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that names it for each form of columns after the first."""
    if "other_form" in metafunc.fixturenames:
        metafunc.parametrize("other_form", engine_type(metafunc.config).forms[1:])


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return engine_type(request.config)(tmp_path_factory.mktemp("engine"))


@pytest.fixture(scope="session")
def make_package(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Package]:
    """Make a package that works on the tables of a schema, with variables of a project."""

    def make(raw: str, **variables: object) -> Package:
        folder = tmp_path_factory.mktemp(raw) / "dbt"
        return Package(folder, engine.profile(f"{raw}_models"), raw, variables)

    return make
