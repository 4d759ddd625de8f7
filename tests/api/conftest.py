from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from tests.api.servers import Api, serve

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _no_environment_of_the_testers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(autouse=True)
def _no_garbage_collection() -> Iterator[None]:
    """Finalizers that run while deeply nested JSON is read would fail, and be reported."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def api() -> Iterator[Api]:
    """An API on loopback whose token endpoint works."""
    with serve() as one:
        yield one
