"""Runs the sandbox on a loopback address, beside whatever else the process does."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

HOST = "127.0.0.1"


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_ready = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_ready.set()


def configure(app: ASGIApp, port: int = 0) -> uvicorn.Config:
    """Configure the server: loopback, no log of requests, and the sandbox's own clock.

    Args:
        app: What is served.
        port: The port; 0 for a free one.

    Returns:
        The configuration.
    """
    return uvicorn.Config(
        app,
        host=HOST,
        port=port,
        lifespan="off",
        log_level="warning",
        access_log=False,
        date_header=False,
    )


@contextmanager
def serve_app(app: ASGIApp) -> Iterator[str]:
    """Serve an application on a thread of its own.

    Args:
        app: What is served.

    Yields:
        Its URL.
    """
    server = _Server(configure(app))
    # asyncio sends small packets at once only on sockets that name their protocol.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind((HOST, 0))
        thread = Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        server.is_ready.wait()
        try:
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
