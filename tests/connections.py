"""A gateway before the sandbox that keeps connections open, and treats them badly on request."""

from __future__ import annotations

import http.client
import socket
import struct
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Break = Literal["none", "stale", "stale_reset", "dead", "drip_body", "drip_headers"]

_BETWEEN_DRIPS = 0.05
_DRIPS = 40  # Two seconds; then the rest comes at once.


@dataclass
class Answer:
    """What the gateway says in the sandbox's place."""

    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw_headers: bytes = b""


@dataclass
class KeepAliveGateway:
    """Passes requests on over connections that stay open.

    Attributes:
        upstream: The sandbox's address.
        breaks: What happens to the next requests of a path, in order; then nothing. "stale"
            and "stale_reset" wait for a connection that has served before: the server closes
            it when the next request arrives. "dead" closes any connection without a byte.
        answers: What is said to the next requests of a path, in order; then the sandbox's.
        edit: What is made of the body of a page.
        ends_connections: Whether each connection serves one request, and dies at the next.
        requests: How many requests came to each path.
        connections: How many connections there were.
        released: Ends all drips.
    """

    upstream: str
    breaks: dict[str, list[Break]] = field(default_factory=dict)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    edit: Callable[[str, bytes], bytes] = lambda path, content: content  # noqa: ARG005
    ends_connections: bool = False
    requests: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    released: Event = field(default_factory=Event)

    def serve(self, connection: socket.socket) -> None:
        """Answer the requests of one connection."""
        with connection, suppress(ConnectionError):
            served = 0
            while request := _read_request(connection):
                head, body = request
                path = urlsplit(head.split(b" ")[1].decode()).path
                self.requests[path] += 1
                kind = self._next_break(path, has_served=bool(served))
                if kind == "stale_reset":
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                if kind in ("stale", "stale_reset", "dead"):
                    return
                self._send(connection, self._answer(path, head, body), kind)
                served += 1

    def _next_break(self, path: str, *, has_served: bool) -> Break:
        if self.ends_connections and has_served:
            return "stale"
        waiting = self.breaks.get(path, [])
        if not waiting or (waiting[0].startswith("stale") and not has_served):
            return "none"
        return waiting.pop(0)

    def _answer(self, path: str, head: bytes, body: bytes) -> tuple[bytes, bytes]:
        if waiting := self.answers.get(path):
            answer = waiting.pop(0)
            headers, content, raw = answer.headers, answer.content, answer.raw_headers
            status = answer.status
        else:
            lines = head.decode("latin-1").split("\r\n")[1:]
            client = http.client.HTTPConnection(urlsplit(self.upstream).netloc)
            sent = dict(line.split(": ", 1) for line in lines if line)
            client.request("POST", head.split(b" ")[1].decode(), body, sent)
            response = client.getresponse()
            content, raw, status = self.edit(path, response.read()), b"", response.status
            headers = {"Date": response.headers["Date"]}
            client.close()
        headers = {"Content-Type": "application/json"} | headers
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        length = f"Content-Length: {len(content)}\r\n".encode()
        return f"HTTP/1.1 {status} X\r\n{fields}".encode() + length + raw + b"\r\n", content

    def _send(self, connection: socket.socket, answer: tuple[bytes, bytes], kind: Break) -> None:
        head, content = answer
        dripped = {"drip_headers": head + content, "drip_body": content}.get(kind, b"")
        whole = (head + content)[: len(head + content) - len(dripped)]
        connection.sendall(whole)
        for position in range(min(_DRIPS, len(dripped))):
            if self.released.wait(_BETWEEN_DRIPS):
                return
            connection.sendall(dripped[position : position + 1])
        connection.sendall(dripped[_DRIPS:])


def _read_request(connection: socket.socket) -> tuple[bytes, bytes] | None:
    received = b""
    while b"\r\n\r\n" not in received:
        if not (part := connection.recv(65536)):
            return None
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head, body


@contextmanager
def keep_alive_gateway(upstream: str) -> Iterator[tuple[str, KeepAliveGateway]]:
    """Run a gateway before a sandbox."""
    gate = KeepAliveGateway(upstream)
    threads: list[Thread] = []
    open_connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                gate.connections += 1
                open_connections.append(connection)
                threads.append(Thread(target=gate.serve, args=(connection,), daemon=True))
                threads[-1].start()

        acceptor = Thread(target=accept, daemon=True)
        acceptor.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", gate
        finally:
            gate.released.set()
            listener.shutdown(socket.SHUT_RDWR)
            for connection in open_connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in (acceptor, *threads):
                thread.join()
