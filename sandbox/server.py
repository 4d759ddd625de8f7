"""A server on a loopback address, in a thread of the current process."""

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
SECONDS_TO_STOP = 5


class _Server(uvicorn.Server):
    """A server that signals when it accepts requests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_ready = Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_ready.set()


@contextmanager
def serve_app(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve an application in a thread, on loopback only and without logging requests.

    Args:
        app: The application.
        port: The port; 0 for any free one.

    Yields:
        Its URL.
    """
    # The sandbox has its own clock, so the server must not set the date.
    config = uvicorn.Config(
        app, lifespan="off", log_level="warning", access_log=False, date_header=False
    )
    server = _Server(config)
    # asyncio sets TCP_NODELAY only on sockets that name their protocol.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        thread = Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        server.is_ready.wait()
        try:
            yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            # A request that a test abandoned must not block the end of the test. The thread is
            # a daemon: it ends with the process at the latest.
            server.should_exit = server.force_exit = True
            thread.join(SECONDS_TO_STOP)
