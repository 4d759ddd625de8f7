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

# The response is lost.
Break = Literal["none", "close", "reset", "cut_body", "cut_chunked", "not_gzip", "silent"]
# The response arrives whole, in an unusual way.
Delivery = Literal["stale", "stale_reset", "drip_headers", "drip_body"]
Kind = Break | Delivery

_DRIPS = 40  # Then the rest comes at once.


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
class Answer:
    """What the gateway says in the sandbox's place."""

    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw_headers: bytes = b""


@dataclass
class Gateway:
    """Forwards requests, except those that it was told to break.

    `stale` answers as if it kept the connection alive, and closes it without a word when the next
    request arrives on it; `stale_reset` resets it then. `drip_headers` and `drip_body` send the
    first bytes of the headers or the body one at a time.

    Attributes:
        upstream: The sandbox's address.
        keeps_alive: Whether a connection serves more than one request.
        breaks: What happens to the next requests to a path, in order; later ones succeed.
        answers: What is said to the next requests to a path, in order; later the sandbox's.
        pause: The seconds between two bytes of a drip.
        requests: The paths of the requests in order, without those in `unanswered`.
        unanswered: The paths of the requests that arrived on stale connections.
        released: Set at the end; ends silences and drips.
    """

    upstream: str
    keeps_alive: bool = False
    breaks: dict[str, list[Kind]] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    pause: float = 0.05
    requests: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    released: Event = field(default_factory=Event)
    _connections: list[socket.socket] = field(default_factory=list)

    def serve(self, connection: socket.socket) -> None:
        """Answer the requests of one connection, or break it."""
        # A client may close the connection at any time.
        with connection, suppress(ConnectionError):
            self._connections.append(connection)
            kind: Kind = "none"
            while request := _read_request(connection):
                if kind in ("stale", "stale_reset"):
                    self.unanswered.append(request.path)
                    break
                self.requests.append(request.path)
                waiting = self.breaks.get(request.path, [])
                kind = waiting.pop(0) if waiting else "none"
                if kind in ("close", "reset"):
                    break
                if kind == "silent":
                    self.released.wait()
                    break
                stays_open = kind in ("stale", "stale_reset") or (
                    self.keeps_alive and not kind.startswith(("cut", "not"))
                )
                self._send(connection, *self._response(request, kind, stays_open=stays_open), kind)
                if not stays_open:
                    break
            if kind.endswith("reset"):
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def release(self) -> None:
        """Close all connections, so that every thread ends."""
        self.released.set()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _send(self, connection: socket.socket, head: bytes, body: bytes, kind: Kind) -> None:
        for part, drips in ((head, kind == "drip_headers"), (body, kind == "drip_body")):
            count = min(_DRIPS, len(part)) if drips else 0
            for position in range(count):
                connection.sendall(part[position : position + 1])
                if self.released.wait(self.pause):
                    return
            connection.sendall(part[count:])

    def _response(self, request: Request, kind: Kind, *, stays_open: bool) -> tuple[bytes, bytes]:
        waiting = self.answers.get(request.path)
        answer = waiting.pop(0) if waiting else self._ask_sandbox(request)
        content = answer.content
        lines = [f"HTTP/1.1 {answer.status} X"]
        lines.append(f"Connection: {'keep-alive' if stays_open else 'close'}")
        lines += [f"{name}: {text}" for name, text in answer.headers.items()]
        if kind == "cut_chunked":
            lines.append("Transfer-Encoding: chunked")
            return _head(lines), b"5\r\n" + content[:5] + b"\r\n"
        if kind == "not_gzip":
            lines.append("Content-Encoding: gzip")
        if not {name.title() for name in answer.headers} & {"Content-Type"}:
            lines.append("Content-Type: application/json")
        lines.append(f"Content-Length: {len(content)}")
        head = _head(lines, answer.raw_headers)
        return head, content[: len(content) // 2] if kind == "cut_body" else content

    def _ask_sandbox(self, request: Request) -> Answer:
        client = http.client.HTTPConnection(urlsplit(self.upstream).netloc)
        target = urlsplit(request.target)._replace(scheme="", netloc="").geturl()
        client.request(request.method, target, request.body or None, request.headers)
        response = client.getresponse()
        content = response.read()
        client.close()
        kept = {
            name: text
            for name, text in response.getheaders()
            if name.title() in ("Date", "Retry-After")
        }
        return Answer(response.status, content, kept)


def _head(lines: list[str], raw: bytes = b"") -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode() + raw + b"\r\n"


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
def gateway(upstream: str, *, keeps_alive: bool = False) -> Iterator[tuple[str, Gateway]]:
    """Run a gateway in front of a sandbox; yield its address and the gateway."""
    one = Gateway(upstream, keeps_alive)
    threads: list[Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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
