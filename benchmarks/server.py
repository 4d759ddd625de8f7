"""Serves pages of the sandbox's company that were rendered before the first request.

    echo 30 30 10 0.2 | python -m benchmarks.server

The server renders a few pages of each export once and repeats them, each time with another
cursor, so that its own work hardly counts in a client's time. Each line of its standard input
says how many pages each export has from now on, and how many seconds a page takes.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from benchmarks.scenarios import PAGE
from sandbox.app import TOKEN_PATH
from sandbox.company import Company
from sandbox.exports import FORMS, PATHS, export_page
from sandbox.requests import PageRequest
from sandbox.server import serve_app

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

RENDERED = 5
TASKS = 12
TOKEN = b'{"access_token":"benchmark","expires_in":10800,"token_type":"Bearer"}'
JSON = [(b"content-type", b"application/json"), (b"date", b"Sun, 22 Nov 2026 10:00:00 GMT")]


def render() -> dict[str, list[bytes]]:
    """Render the records of a few pages of each export, with all that the tap asks for."""
    company = Company(employees=PAGE * RENDERED, jobs=PAGE * RENDERED)
    goals = next(employee.goals for employee in company.employees if employee.goals)
    for entity in company.entities():  # All pages are full, and profiles as large as real ones.
        entity.goals = entity.goals or goals
        while len(entity.tasks) < TASKS:
            company.change(entity)
    rendered: dict[str, list[bytes]] = {}
    for path, form in ((path, FORMS[path]) for path in PATHS.values()):
        query = {name: values[0] for name, values in form.query.items()}
        includes = form.includes - {"rejected_tasks"}
        cursor = None
        rendered[path] = []
        for _ in range(RENDERED):
            page = export_page(
                company, path, PageRequest(PAGE, cursor, includes, {}, query), "moment"
            )
            cursor = page.get("next_starting_after")
            text = json.dumps(page["records"], separators=(",", ":"), ensure_ascii=False)
            rendered[path].append(text.encode())
    return rendered


class Pages:
    """An ASGI application that answers with pages that were rendered before."""

    def __init__(self) -> None:
        """Render the pages."""
        self.rendered = render()
        self.pages = dict.fromkeys(PATHS.values(), 1)
        self.delay = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; the delay includes the server's own work."""
        began = time.perf_counter()
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        answer = TOKEN
        if scope["path"] != TOKEN_PATH:
            answer = self.page(scope["path"], json.loads(body or b"{}"))
            await self.wait(began + self.delay)
        headers = [*JSON, (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def wait(self, end: float) -> None:
        """Wait until an exact time: asyncio alone may take a millisecond more."""
        await asyncio.sleep(max(0, end - time.perf_counter() - 0.002))
        while time.perf_counter() < end:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0)

    def page(self, path: str, request: dict[str, Any]) -> bytes:
        """Return a page; its cursor is the number of the next one."""
        number = int(request.get("starting_after", "0"))
        records = self.rendered[path][number % RENDERED]
        if number + 1 >= self.pages[path]:
            return b'{"has_next":false,"records":' + records + b"}"
        head = f'{{"has_next":true,"next_starting_after":"{number + 1}","records":'
        return head.encode() + records + b"}"


def main() -> None:
    """Serve until the standard input is closed; repeat each of its lines as an answer."""
    app = Pages()
    with serve_app(app) as url:
        print(url, flush=True)  # noqa: T201 - the parent process waits for it
        for line in sys.stdin:
            *pages, delay = line.split()
            app.pages = dict(zip(PATHS.values(), map(int, pages), strict=True))
            app.delay = float(delay)
            print(line, end="", flush=True)  # noqa: T201 - as above


if __name__ == "__main__":
    main()
