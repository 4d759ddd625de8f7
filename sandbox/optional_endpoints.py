"""Endpoints beside the exports that a tenant may have: `GET /version` and `GET /employees`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from sandbox.requests import Refused, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.company import Company
    from sandbox.instance import Sandbox
    from sandbox.variants import EndpointAnswer

_DEFAULT_LIMIT = 100
_LARGEST_LIMIT = 200
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
    if unknown := query.keys() - {"limit", "offset", "is_active"}:
        raise refuse(f"Unknown query parameters: {sorted(unknown)}")
    limit = _integer(query.get("limit", str(_DEFAULT_LIMIT)), 1, _LARGEST_LIMIT)
    offset = _integer(query.get("offset", "0"), 0)
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
        for one in found[offset : offset + limit]
    ]
    return {"count": len(found), "results": results}


def _integer(text: str, smallest: int, largest: int | None = None) -> int:
    if not text.isascii() or not text.isdigit():
        raise refuse("limit and offset must be integers.")
    number = int(text)
    if number < smallest or (largest is not None and number > largest):
        raise refuse("limit must be from 1 to 200, offset at least 0.")
    return number
