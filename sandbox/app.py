"""The HTTP side of the sandbox: the API, the token endpoint, and ways to steer both."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator  # noqa: TC003 - FastAPI reads them
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from sandbox.company import Company
from sandbox.exports import FORMS, DateReading, export_page
from sandbox.faults import Conditions, Fault
from sandbox.requests import PageRequest, Refused, read_request, refuse
from sandbox.tokens import TokenRefused, Tokens

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
TOO_MANY = 429


@dataclass
class Sandbox:
    """All that the sandbox is made of; tests hold it in their hands.

    Attributes:
        company: Whose data are served.
        tokens: The token endpoint.
        conditions: Delays and faults.
        date_reading: How the API reads the plain date of a filter.
        requests: How many requests came to each path.
        pages: The page requests that were found right, in order.
        headers: The headers of each page request.
        token_headers: The headers of each token request.
        most_at_once: The most page requests that were under way at one time.
        before_page: Called before each page is made, with its path.
    """

    company: Company = field(default_factory=Company)
    tokens: Tokens = field(default_factory=Tokens)
    conditions: Conditions = field(default_factory=Conditions)
    date_reading: DateReading = "moment"
    requests: Counter[str] = field(default_factory=Counter)
    pages: list[tuple[str, PageRequest]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    token_headers: list[dict[str, str]] = field(default_factory=list)
    most_at_once: int = 0
    before_page: Callable[[str], object] = lambda path: None  # noqa: ARG005
    _under_way: int = 0

    @contextmanager
    def page_under_way(self) -> Iterator[None]:
        """Count a page request that is being answered."""
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        yield
        self._under_way -= 1

    def summary(self) -> dict[str, Any]:
        """Count what is there and what came."""
        goals = [employee.goals for employee in self.company.employees if employee.goals]
        return {
            "employee_ai_goals": len(goals),
            "employee_ai_goal_versions": sum(map(len, goals)),
            "employee_task_profiles": len(self.company.employees),
            "job_task_profiles": len(self.company.jobs),
            "tokens": self.tokens.issued,
            "requests": dict(self.requests),
        }


def create_app(sandbox: Sandbox) -> FastAPI:
    """Build the application.

    Args:
        sandbox: What it serves.

    Returns:
        An ASGI application.
    """
    app = FastAPI(title="TechWolf sandbox", docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def clock_and_faults(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        path = request.url.path
        sandbox.requests[path] += 1
        fault = sandbox.conditions.fault_for(path)
        response = _faulty(fault) if fault else await call_next(request)
        response.headers["Date"] = format_datetime(sandbox.company.now(), usegmt=True)
        return response

    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(TokenRefused, _token_refused)

    @app.post(TOKEN_PATH)
    async def token(request: Request) -> Response:
        sandbox.token_headers.append(dict(request.headers))
        return JSONResponse(sandbox.tokens.give(await _json(request), str(request.url)))

    async def export(request: Request) -> Response:
        path = request.url.path
        sandbox.headers.append(dict(request.headers))
        if not sandbox.tokens.is_good(request.headers.get("Authorization", "")):
            description = "OAuth access token is missing, invalid or expired."
            raise Refused(401, "401 Unauthorized", description)
        version = request.headers.get("X-API-Version", "2024-12-05")
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", version):
            raise refuse("X-API-Version must be a date.")
        asked = read_request(FORMS[path], request.query_params.multi_items(), await _json(request))
        sandbox.pages.append((path, asked))
        sandbox.before_page(path)
        with sandbox.page_under_way():
            await asyncio.sleep(sandbox.conditions.delay)
        return JSONResponse(export_page(sandbox.company, path, asked, sandbox.date_reading))

    for path in FORMS:
        app.post(path)(export)

    _add_steering(app, sandbox)
    return app


def _add_steering(app: FastAPI, sandbox: Sandbox) -> None:
    """Add what the real API does not have."""

    @app.get("/sandbox/summary")
    async def summary() -> dict[str, Any]:
        return sandbox.summary()

    @app.post("/sandbox/changes")
    async def changes(count: int = 5) -> dict[str, list[str]]:
        return sandbox.company.change_some(count)

    @app.post("/sandbox/faults")
    async def faults(request: Request) -> None:
        sandbox.conditions.faults.append(Fault(**await request.json()))


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - FastAPI calls it for nothing else
    return _errors(error.status, error.title, str(error))


async def _token_refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, TokenRefused)  # noqa: S101 - FastAPI calls it for nothing else
    body = {"error": error.error, "error_description": str(error)}
    return JSONResponse(body, error.status)


def _errors(status: int, title: str, description: str) -> JSONResponse:
    """Make the documented error: an array of titles and descriptions."""
    return JSONResponse([{"title": title, "description": description}], status)


def _faulty(fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    if fault.kind == "not_json":
        return Response("<html>Bad gateway</html>", media_type="text/html")
    if fault.kind == "not_object":
        return JSONResponse([])
    if fault.kind == "redirect":
        return Response(status_code=fault.status, headers={"Location": "/somewhere/else"})
    if fault.path == TOKEN_PATH:
        body = {"error": "too_many_requests" if fault.status == TOO_MANY else "fault"}
        return JSONResponse(body | {"error_description": fault.text}, fault.status, headers)
    response = _errors(fault.status, f"{fault.status} Fault", fault.text)
    response.headers.update(headers)
    return response


async def _json(request: Request) -> Any:  # noqa: ANN401 - any JSON value
    """Read a JSON body: form-encoded ones are not documented."""
    if request.headers.get("Content-Type", "").partition(";")[0] != "application/json":
        raise refuse("The request body must be application/json.")
    try:
        return json.loads(await request.body())
    except ValueError as error:
        message = "The request body was not structured correctly."
        raise refuse(message) from error
