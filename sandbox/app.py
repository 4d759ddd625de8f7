"""The HTTP application: the token endpoint, the exports, and the endpoints that steer them."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable  # noqa: TC003 - FastAPI reads the annotations
from inspect import isawaitable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from sandbox.exports import FORMS, export_page, read_export_request
from sandbox.instance import Sandbox
from sandbox.lists import LISTS, list_page, read_list_request
from sandbox.requests import PageRequest, Refused, refuse
from sandbox.responses import changed, errors, replacement, set_date
from sandbox.steering import PREFIX, add_steering
from sandbox.tokens import TOKEN_PATH, TokenRefused
from sandbox.version import add_version

__all__ = ["OPTIONAL_PATHS", "TOKEN_PATH", "Sandbox", "create_app"]

#: The paths of the exports and lists that the tap reads only if asked, by their streams.
OPTIONAL_PATHS = {form.stream: path for path, form in FORMS.items() if form.is_optional} | {
    form.stream: path for path, form in LISTS.items()
}

_RATE_LIMIT_SECONDS = 60


def create_app(sandbox: Sandbox) -> FastAPI:
    """Create the application.

    Args:
        sandbox: What it serves.

    Returns:
        An ASGI application.
    """
    app = FastAPI(title="TechWolf sandbox", docs_url=None, redoc_url=None, openapi_url=None)

    _add_clock_and_faults(app, sandbox)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(TokenRefused, _token_refused)

    @app.post(TOKEN_PATH)
    async def token(request: Request) -> Response:
        sandbox.token_headers.append(dict(request.headers))
        return JSONResponse(sandbox.tokens.give(await _json(request), str(request.url)))

    _add_exports(app, sandbox)
    add_version(app, sandbox)
    add_steering(app, sandbox)
    return app


def _add_clock_and_faults(app: FastAPI, sandbox: Sandbox) -> None:
    @app.middleware("http")
    async def clock_and_faults(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        path = request.url.path
        sandbox.requests[path] += 1
        if path in FORMS or path in LISTS:
            sandbox.note_arrival(path)
        fault = None if path.startswith(PREFIX) else sandbox.conditions.fault_for(path)
        response = replacement(fault) if fault else None
        if response is None:
            response = await call_next(request)
            if fault:
                response = await changed(response, fault)
        set_date(response, sandbox.company.now(), fault)
        _set_rate_limit(response, sandbox, path)
        return response


def _add_exports(app: FastAPI, sandbox: Sandbox) -> None:
    async def export(request: Request) -> Response:
        path = request.url.path
        variants = sandbox.variants
        _check_access(request, sandbox)
        query = request.query_params.multi_items()
        page_request = read_export_request(path, query, await _json(request), variants)
        await _before_page(sandbox, path, page_request)
        page = export_page(sandbox.company, path, page_request, sandbox.date_reading, variants)
        return JSONResponse(page)

    async def list_by_offset(request: Request) -> Response:
        path = request.url.path
        _check_access(request, sandbox)
        page_request = read_list_request(path, request.query_params.multi_items())
        await _before_page(sandbox, path, page_request)
        return JSONResponse(list_page(sandbox.company, path, page_request, sandbox.variants))

    for path in FORMS:
        app.post(path)(export)
    for path in LISTS:
        app.get(path)(list_by_offset)


async def _before_page(sandbox: Sandbox, path: str, request: PageRequest) -> None:
    sandbox.pages.append((path, request))
    with sandbox.page_in_progress(path):
        for move in sandbox.moves:
            move.meet(path, sandbox.company, sandbox.variants)
        waiting = sandbox.before_page(path)
        if isawaitable(waiting):
            await waiting
        await asyncio.sleep(sandbox.conditions.delay)


def _check_access(request: Request, sandbox: Sandbox) -> None:
    """Raise Refused unless a request may read an export, and its headers are as documented."""
    sandbox.headers.append(dict(request.headers))
    sandbox.tokens.require(request.headers.get("Authorization", ""))
    if request.url.path in sandbox.variants.forbidden_exports:
        raise Refused(403, "403 Forbidden", "This export is not part of the licence.")
    version = request.headers.get("X-API-Version", "2024-12-05")
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", version):
        raise refuse("X-API-Version must be a date.")


def _set_rate_limit(response: Response, sandbox: Sandbox, path: str) -> None:
    limit = sandbox.variants.rate_limit
    if limit is not None and path != TOKEN_PATH and not path.startswith(PREFIX):
        response.headers["X-RateLimit-Limit"] = str(limit)
        response.headers["X-RateLimit-Remaining"] = str(max(0, limit - sandbox.requests[path]))
        response.headers["X-RateLimit-Reset"] = str(int(time.time()) + _RATE_LIMIT_SECONDS)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - FastAPI calls it for nothing else
    return errors(error.status, error.title, str(error))


async def _token_refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, TokenRefused)  # noqa: S101 - FastAPI calls it for nothing else
    body = {"error": error.error, "error_description": str(error)}
    return JSONResponse(body, error.status)


async def _json(request: Request) -> Any:  # noqa: ANN401 - any JSON value
    """Return a JSON body; form-encoded ones are not documented."""
    if request.headers.get("Content-Type", "").partition(";")[0] != "application/json":
        raise refuse("The request body must be application/json.")
    try:
        return json.loads(await request.body())
    except ValueError as error:
        message = "The request body was not structured correctly."
        raise refuse(message) from error
