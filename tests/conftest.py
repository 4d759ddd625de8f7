from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.app import Sandbox, create_app
from sandbox.company import Company
from sandbox.server import serve_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

UV = Path(sys.executable).with_name("uv")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest: the other processes do the rest meanwhile.

    A mutant, which one test is enough to kill, meets those without a sandbox first.
    """
    if os.environ.get("MUTANT_UNDER_TEST"):
        items.sort(key=lambda item: "url" in getattr(item, "fixturenames", ()))
        return
    slow = {"warehouses", "dbt", "test_quick_start.py", "test_scale_out.py"}
    items.sort(key=lambda item: not slow & {item.path.parent.name, item.path.name})


@pytest.fixture(autouse=True)
def _own_signal_handlers() -> Iterator[None]:
    """A tap takes over SIGINT and SIGTERM; the test runner wants them back."""
    handlers = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
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


@pytest.fixture(scope="session")
def loader(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Installs a loader into an environment of its own, and tells where its command is."""

    def install(command: str, *requirements: str) -> Path:
        folder = tmp_path_factory.mktemp(command)
        subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder], check=True)
        python = folder / "bin" / "python"
        line: list[str | Path] = [
            UV,
            "pip",
            "install",
            "--quiet",
            "--python",
            python,
            *requirements,
        ]
        subprocess.run(line, check=True)
        return folder / "bin" / command

    return install
