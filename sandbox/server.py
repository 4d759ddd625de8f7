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
SECONDS_TO_END = 5


class _Server(uvicorn.Server):
    """A server that says when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_ready = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_ready.set()


@contextmanager
def serve_app(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve an application on a thread of its own: loopback only, without a log of requests.

    Args:
        app: What is served.
        port: The port; 0 for a free one.

    Yields:
        Its URL.
    """
    # The sandbox has a clock of its own, so that the server must not write the date.
    config = uvicorn.Config(
        app, lifespan="off", log_level="warning", access_log=False, date_header=False
    )
    server = _Server(config)
    # asyncio sends small packets at once only on sockets that name their protocol.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        thread = Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        server.is_ready.wait()
        try:
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            # A request that a test left behind must not keep anybody waiting: the thread is a
            # daemon, and ends with the process if not before.
            server.should_exit = server.force_exit = True
            thread.join(SECONDS_TO_END)
