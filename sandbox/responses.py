"""Error responses, and the responses of faults."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, cast

from fastapi import Response
from fastapi.responses import JSONResponse, StreamingResponse

from sandbox.odd_pages import ODD_PAGES, odd_page
from sandbox.tokens import TOKEN_PATH

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from sandbox.faults import Fault

_TOO_MANY = 429
_OK = 200


def errors(status: int, title: str, description: str) -> JSONResponse:
    """Return the documented form of an error: an array of titles and descriptions."""
    return JSONResponse([{"title": title, "description": description}], status)


def replacement(fault: Fault) -> Response | None:
    """Return the response that a fault gives instead of the real one, if it does."""
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    match fault.kind:
        case "not_json":
            response = Response("<html>Bad gateway</html>", media_type="text/html")
        case "not_object":
            response = JSONResponse([])
        case "redirect":
            response = Response(status_code=fault.status, headers={"Location": "/somewhere/else"})
        case "raw":
            response = Response(fault.body, fault.status, media_type="application/json")
        case "status" if fault.path == TOKEN_PATH:
            error = "too_many_requests" if fault.status == _TOO_MANY else "fault"
            body = {"error": error, "error_description": fault.text}
            response = JSONResponse(body, fault.status)
        case "status":
            response = errors(fault.status, f"{fault.status} Fault", fault.text)
        case _:
            return None
    response.headers.update(headers)
    return response


async def changed(response: Response, fault: Fault) -> Response:
    """Return a real response as a fault changes it."""
    if fault.kind == "date":
        return response
    # What a middleware's `call_next` returns is always a stream of bytes.
    parts = cast("AsyncIterator[bytes]", cast("StreamingResponse", response).body_iterator)
    body = b"".join([part async for part in parts])
    headers = {name: text for name, text in response.headers.items() if name != "content-length"}
    if fault.kind in ODD_PAGES and response.status_code == _OK:
        body = odd_page(fault, body)
    if fault.kind != "drip":
        return Response(body, response.status_code, headers)
    headers["content-length"] = str(len(body))
    return StreamingResponse(_drip(body, fault.pause), response.status_code, headers)


async def _drip(body: bytes, pause: float) -> AsyncIterator[bytes]:
    for position in range(len(body)):
        yield body[position : position + 1]
        await asyncio.sleep(pause)


def set_date(response: Response, now: datetime, fault: Fault | None) -> None:
    """Set the `Date` header, as the server's clock or a fault has it."""
    if fault and fault.kind == "date":
        if fault.date_offset is None:
            return
        now += timedelta(seconds=fault.date_offset)
    response.headers["Date"] = format_datetime(now, usegmt=True)
