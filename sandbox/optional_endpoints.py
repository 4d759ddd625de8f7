"""Endpoints beside the exports that a tenant may have: `GET /version` and `GET /employees`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from sandbox.lists import list_page, read_window
from sandbox.requests import Refused, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.company import Company
    from sandbox.instance import Sandbox
    from sandbox.variants import EndpointAnswer

_BOOLEANS = {"true": True, "false": False}


def add_optional_endpoints(app: FastAPI, sandbox: Sandbox) -> None:
    """Add the endpoints to an application; their variants decide how they answer."""

    @app.get("/version")
    async def version(request: Request) -> Response:
        instead = _instead(sandbox.variants.version_endpoint)
        if instead:
            return instead
        sandbox.tokens.require(request.headers.get("Authorization", ""))
        return JSONResponse(sandbox.variants.version_body)

    @app.get("/employees")
    async def employees(request: Request) -> Response:
        instead = _instead(sandbox.variants.employees_endpoint)
        if instead:
            return instead
        sandbox.tokens.require(request.headers.get("Authorization", ""))
        return JSONResponse(_employees(sandbox.company, request.query_params))


def _instead(answer: EndpointAnswer) -> Response | None:
    if answer == "not_found":
        return JSONResponse({"detail": "Not Found"}, 404)
    if answer == "not_allowed":
        return JSONResponse({"detail": "Method Not Allowed"}, 405)
    if answer == "html":
        return Response("<html>Welcome</html>", media_type="text/html")
    if answer == "forbidden":
        raise Refused(403, "403 Forbidden", "The token may not read this.")
    return None


def _employees(company: Company, query: Mapping[str, str]) -> dict[str, Any]:
    window = read_window(query, {"is_active"})
    found = sorted(company.employees, key=lambda one: (one.last_updated, one.external_id))
    if "is_active" in query:
        if query["is_active"] not in _BOOLEANS:
            raise refuse("is_active must be true or false.")
        found = [one for one in found if one.is_active is _BOOLEANS[query["is_active"]]]
    results = [
        {
            "external_id": one.external_id,
            "active": one.is_active,
            "last_updated": f"{one.last_updated:%Y-%m-%dT%H:%M:%SZ}",
        }
        for one in found
    ]
    return list_page(results, window)
