from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tap_techwolf.doctor.client import REQUESTS
from tap_techwolf.doctor.runner import Runner, checks_of
from tests.harness import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandbox.app import Sandbox
    from tap_techwolf.doctor.report import Finding


class Examine(Protocol):
    """Runs all checks, with the sandbox's settings and some others."""

    def __call__(
        self,
        *,
        with_probes: bool = ...,
        requests: int = ...,
        **overrides: Any,
    ) -> dict[str, Finding]: ...


@pytest.fixture
def examine(url: str, tmp_path: Path, sandbox: Sandbox) -> Examine:
    def examine(
        *,
        with_probes: bool = False,
        requests: int = REQUESTS,
        **overrides: Any,
    ) -> dict[str, Finding]:
        file = tmp_path / "config.json"
        file.write_text(json.dumps(settings(url, **overrides)))
        sent = sandbox.requests.total()
        checks = run(str(file), requests=requests, with_probes=with_probes)
        assert sandbox.requests.total() <= sent + REQUESTS
        assert list(checks) == check_names(with_probes=with_probes, **overrides)
        assert not [one for one in checks.values() if "Unexpected" in one.seen]
        return checks

    return examine


def run(*sources: str, **limits: Any) -> dict[str, Finding]:
    """Run all checks, and return their entries by name."""
    runner = Runner(**limits)
    runner.run(sources)
    return runner.findings


def check_names(*, with_probes: bool = False, **settings: Any) -> list[str]:
    """The names of all checks with some settings, in the report's order."""
    return ["settings", *checks_of(settings, with_probes=with_probes)]


def verdicts(checks: dict[str, Finding], verdict: str) -> set[str]:
    """The names of the checks with a verdict."""
    return {name for name, one in checks.items() if one.verdict == verdict}


@contextmanager
def server(
    answer: Callable[[str], tuple[int, Any]], headers: dict[str, str] | None = None
) -> Iterator[str]:
    """A server that answers each path as a test wants it."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, content = answer(self.path)
            body = b"" if status == 204 else json.dumps(content).encode()
            self.send_response_only(status, "Distinctive-4711")
            for name, text in (headers or {}).items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 - as the base class calls them

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        thread = Thread(target=listener.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.server_address[1]}"
        listener.shutdown()
        thread.join()
