from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from sandbox.app import Sandbox
from sandbox.company import Company
from sandbox.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator


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
def sandbox() -> Sandbox:
    """A company of a few pages."""
    return Sandbox(company=Company(employees=430, jobs=130))


@pytest.fixture
def url(sandbox: Sandbox) -> Iterator[str]:
    """The sandbox's address."""
    with serve(sandbox) as address:
        yield address
