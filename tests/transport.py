"""A gateway in front of the sandbox that breaks connections on request, on a real socket."""

from __future__ import annotations

import http.client
import socket
import struct
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

# The answer is lost.
Break = Literal["none", "close", "reset", "cut_body", "cut_chunked", "not_gzip", "silent"]
# The answer arrives whole, in an unusual way.
Delivery = Literal["stale", "drip_headers", "drip_body"]


@dataclass
class Request:
    """A request as it was received."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The path of the target; a proxy receives whole URLs."""
        return urlsplit(self.target).path


@dataclass
class Gateway:
    """Forwards requests, except those that it was told to break.

    `stale` answers as if it kept the connection alive, and closes it without a word when the
    next request arrives on it. `drip_headers` and `drip_body` send the headers or the body one
    byte at a time.

    Attributes:
        upstream: The sandbox's address.
        breaks: What happens to the next requests to a path, in order; later ones succeed.
        pause: The seconds between two bytes of a drip.
        requests: The paths of the requests in order, without those in `unanswered`.
        unanswered: The paths of the requests that arrived on stale connections.
        released: Set at the end; ends silences and drips.
    """

    upstream: str
    breaks: dict[str, list[Break | Delivery]] = field(default_factory=dict)
    pause: float = 0.05
    requests: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    released: Event = field(default_factory=Event)
    _connections: list[socket.socket] = field(default_factory=list)

    def serve(self, connection: socket.socket) -> None:
        """Answer one request, or break the connection."""
        # A client may close the connection at any time.
        with connection, suppress(ConnectionError):
            self._connections.append(connection)
            request = _read_request(connection)
            if request is None:
                return
            self.requests.append(request.path)
            waiting = self.breaks.get(request.path, [])
            kind = waiting.pop(0) if waiting else "none"
            if kind == "close":
                return
            if kind == "reset":
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return
            if kind == "silent":
                self.released.wait()
                return
            self._send(connection, *self._answer(request, kind), kind)
            if kind == "stale" and (another := _read_request(connection)):
                self.unanswered.append(another.path)

    def release(self) -> None:
        """Close all connections, so that every thread ends."""
        self.released.set()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _send(
        self, connection: socket.socket, head: bytes, body: bytes, kind: Break | Delivery
    ) -> None:
        for part, drips in ((head, kind == "drip_headers"), (body, kind == "drip_body")):
            if not drips:
                connection.sendall(part)
                continue
            for position in range(len(part)):
                connection.sendall(part[position : position + 1])
                if self.released.wait(self.pause):
                    return

    def _answer(self, request: Request, kind: Break | Delivery) -> tuple[bytes, bytes]:
        client = http.client.HTTPConnection(urlsplit(self.upstream).netloc)
        target = urlsplit(request.target)._replace(scheme="", netloc="").geturl()
        client.request(request.method, target, request.body or None, request.headers)
        response = client.getresponse()
        content = response.read()
        client.close()
        connection = "keep-alive" if kind == "stale" else "close"
        lines = [f"HTTP/1.1 {response.status} X", f"Connection: {connection}"]
        kept = ("Date", "Retry-After")
        lines += [f"{name}: {text}" for name, text in response.getheaders() if name.title() in kept]
        if kind == "cut_chunked":
            lines.append("Transfer-Encoding: chunked")
            return _head(lines), b"5\r\n" + content[:5] + b"\r\n"
        if kind == "not_gzip":
            lines.append("Content-Encoding: gzip")
        else:
            lines.append("Content-Type: application/json")
        lines.append(f"Content-Length: {len(content)}")
        return _head(lines), content[: len(content) // 2] if kind == "cut_body" else content


def _head(lines: list[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def _read_request(connection: socket.socket) -> Request | None:
    """Return a request, or None if the connection ends before it is complete."""
    received = b""
    while b"\r\n\r\n" not in received:
        if not (part := connection.recv(65536)):
            return None
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = dict(line.split(": ", 1) for line in lines)
    length = int({name.lower(): text for name, text in headers.items()}.get("content-length", 0))
    while len(body) < length:
        if not (part := connection.recv(65536)):
            return None
        body += part
    return Request(method, target, headers, body)


@contextmanager
def gateway(upstream: str) -> Iterator[tuple[str, Gateway]]:
    """Run a gateway in front of a sandbox; yield its address and the gateway."""
    one = Gateway(upstream)
    threads: list[Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threads.append(Thread(target=one.serve, args=(connection,), daemon=True))
                threads[-1].start()

        acceptor = Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", one
        finally:
            one.release()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (acceptor, *threads):
                thread.join()


@contextmanager
def refusing_port() -> Iterator[str]:
    """Yield an address at which nothing listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}"
