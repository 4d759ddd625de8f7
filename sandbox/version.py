"""`GET /version`, which a tenant may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from sandbox.requests import Refused

if TYPE_CHECKING:
    from sandbox.instance import Sandbox


def add_version(app: FastAPI, sandbox: Sandbox) -> None:
    """Add the endpoint to an application; a variant decides how it answers."""

    @app.get("/version")
    async def version(request: Request) -> Response:
        match sandbox.variants.version_endpoint:
            case "not_found":
                return JSONResponse({"detail": "Not Found"}, 404)
            case "not_allowed":
                return JSONResponse({"detail": "Method Not Allowed"}, 405)
            case "html":
                return Response("<html>Welcome</html>", media_type="text/html")
            case "forbidden":
                raise Refused(403, "403 Forbidden", "The token may not read this.")
        sandbox.tokens.require(request.headers.get("Authorization", ""))
        return JSONResponse(sandbox.variants.version_body)
