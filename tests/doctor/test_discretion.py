"""Whatever the API answers, neither report nor log holds anything of it but names of a schema."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from tap_techwolf.doctor.examination import Examination
from tap_techwolf.doctor.report import as_json, as_text
from tests.doctor.test_command import run
from tests.harness import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECRET = "Distinctive-4711"
STATUSES = (200, 201, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503)


def page(record: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"has_next": False, "records": [record] * 3, **more}


RECORDS: list[dict[str, Any]] = [
    {"external_id": SECRET},
    {"external_id": SECRET, SECRET: SECRET, "goal": {SECRET: SECRET}, "target_skills": [SECRET]},
    {"external_id": SECRET, "last_updated": SECRET, "created_on": [SECRET], "version": SECRET},
    {
        "external_id": SECRET,
        "tasks": [
            {
                SECRET: {SECRET: SECRET},
                "validation_state": SECRET,
                "ai_impact": {"level": SECRET, SECRET: 1, "rationale": [SECRET]},
                "source_events": [{"event_type": SECRET, "external_id": {SECRET: 1}}],
                "weekly_hours": SECRET,
            }
        ],
    },
    {"external_id": SECRET, "tasks": {SECRET: {SECRET: [SECRET]}}, "domains": [{SECRET: SECRET}]},
    {"external_id": {SECRET: SECRET}},
    {SECRET: SECRET},
]
BODIES: list[Any] = [
    *(page(record) for record in RECORDS),
    *(page(record, has_next=True, next_starting_after=SECRET) for record in RECORDS[:2]),
    page({}, has_next=SECRET),
    {"records": SECRET, "has_next": False},
    {"count": SECRET, "results": [SECRET], "version": SECRET, SECRET: SECRET},
    [{"title": SECRET, "description": SECRET}],
    SECRET,
]


@contextmanager
def server(answer: Callable[[str], tuple[int, Any]]) -> Iterator[str]:
    """A server that answers each path as a test wants it, with secrets in every header."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, content = answer(self.path.partition("?")[0])
            body = b"" if status == 204 else json.dumps(content).encode()
            self.send_response_only(status, SECRET)
            for name in (SECRET, f"X-RateLimit-{SECRET}", "Location", "Date"):
                self.send_header(name, SECRET)
            self.send_header("Retry-After", "0")
            self.send_header("X-RateLimit-Limit", SECRET)
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


def token(content: Any = None) -> dict[str, Any]:
    given = {"access_token": SECRET, "expires_in": 100, "scope": f"read {SECRET}", SECRET: SECRET}
    return given | (content or {})


def write_settings(folder: Path, address: str) -> Path:
    """Write settings that hold secrets, too."""
    file = folder / f"{SECRET}.json"
    config = settings(
        address,
        auth_url=f"{address}{TOKEN_PATH}",
        tenant=SECRET,
        client_id=f"client-{SECRET}",
        client_secret=f"secret-{SECRET}",
        job_family_ids=[SECRET],
        scopes=["read", SECRET],
        user_agent=SECRET,
    )
    file.write_text(json.dumps(config))
    return file


def check(folder: Path, address: str, caplog: pytest.LogCaptureFixture) -> None:
    file = write_settings(folder, address)
    with caplog.at_level(logging.DEBUG, "tap_techwolf"):
        examination = Examination(seconds=30)
        examination.run([str(file)])
    checks = examination.report.checks
    expect_nothing(as_json(checks) + as_text(checks) + caplog.text, address)


def expect_nothing(shown: str, address: str) -> None:
    port = address.rpartition(":")[2]
    for part in (SECRET, SECRET.lower(), "istinctive", "4711", "127.0.0.1", port):
        assert part not in shown, shown
    assert "Unexpected" not in shown, shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_no_content_shows(tmp_path: Path, caplog: pytest.LogCaptureFixture, number: int) -> None:
    def answer(path: str) -> tuple[int, Any]:
        return 200, token() if path == TOKEN_PATH else BODIES[number]

    with server(answer) as address:
        check(tmp_path, address, caplog)


@pytest.mark.parametrize("status", STATUSES)
def test_no_error_shows(tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int) -> None:
    def answer(path: str) -> tuple[int, Any]:
        return (200, token()) if path == TOKEN_PATH else (status, BODIES[-2])

    with server(answer) as address:
        check(tmp_path, address, caplog)


@pytest.mark.parametrize("status", [200, 302, 401, 403, 429, 500])
def test_no_word_of_the_token_endpoint_shows(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    def answer(_: str) -> tuple[int, Any]:
        return status, {"error": SECRET, "error_description": SECRET, "access_token": [SECRET]}

    with server(answer) as address:
        check(tmp_path, address, caplog)


@pytest.mark.parametrize("lifetime", [SECRET, -1, True, 1e400, [SECRET], 10**400], ids=range(6))
def test_an_odd_lifetime_does_not_show(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, lifetime: Any
) -> None:
    def answer(path: str) -> tuple[int, Any]:
        found = token({"expires_in": lifetime, "scope": lifetime})
        return 200, found if path == TOKEN_PATH else page(RECORDS[0])

    with server(answer) as address:
        check(tmp_path, address, caplog)


def test_pages_that_follow_do_not_show_either(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    record = {"external_id": SECRET, "last_updated": "9999-12-31T23:59:59.999999-23:59"}

    def answer(path: str) -> tuple[int, Any]:
        if path == TOKEN_PATH:
            return 200, token()
        if path in PATHS.values():
            return 200, page(record, has_next=True, next_starting_after=SECRET)
        return 200, {"count": 10**400}

    with server(answer) as address:
        check(tmp_path, address, caplog)


@pytest.mark.parametrize("option", ["--json", "--config=ENV"])
def test_the_process_shows_nothing_either(tmp_path: Path, option: str) -> None:
    def answer(path: str) -> tuple[int, Any]:
        return 200, token() if path == TOKEN_PATH else BODIES[3]

    with server(answer) as address:
        file = write_settings(tmp_path, address)
        done = run("--config", str(file), option, TAP_TECHWOLF_LOGLEVEL="DEBUG")
        expect_nothing(done.stdout + done.stderr, address)
    assert done.stdout
    assert "Checking" in done.stderr


def test_a_setting_that_nobody_knows_does_not_show(tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps({SECRET: SECRET, "page_size": SECRET, "private_key": SECRET}))
    done = run("--config", str(file))
    assert done.returncode == 1
    assert SECRET not in done.stdout + done.stderr
