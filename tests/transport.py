"""A gateway before the sandbox that breaks connections on request, on a real socket."""

from __future__ import annotations

import http.client
import socket
import struct
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

Break = Literal["none", "close", "reset", "cut_body", "cut_chunked", "not_gzip", "silent"]


@dataclass
class Gateway:
    """Passes requests on, except those that it was told to break.

    Attributes:
        upstream: The sandbox's address.
        breaks: What happens to the next requests of a path, in order; then nothing.
        requests: The paths that were asked for, in order.
        released: Ends the silence of requests that got no answer.
    """

    upstream: str
    breaks: dict[str, list[Break]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    released: Event = field(default_factory=Event)

    def serve(self, connection: socket.socket) -> None:
        """Answer one request, one way or the other."""
        with connection:
            head, body = _read_request(connection)
            path = urlsplit(head.split(b" ")[1].decode()).path  # A proxy is sent whole URLs.
            self.requests.append(path)
            waiting = self.breaks.get(path, [])
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
            connection.sendall(self._answer(path, head, body, kind))

    def _answer(self, path: str, head: bytes, body: bytes, kind: Break) -> bytes:
        lines = head.decode("latin-1").split("\r\n")[1:]
        headers = dict(line.split(": ", 1) for line in lines if line)
        client = http.client.HTTPConnection(urlsplit(self.upstream).netloc)
        client.request("POST", path, body, headers)
        response = client.getresponse()
        content = response.read()
        client.close()
        status = f"HTTP/1.1 {response.status} X\r\nConnection: close\r\n".encode()
        json_type = b"Content-Type: application/json\r\n"
        if kind == "cut_chunked":
            return status + b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + content[:5] + b"\r\n"
        if kind == "not_gzip":
            length = f"Content-Length: {len(content)}\r\n\r\n".encode()
            return status + b"Content-Encoding: gzip\r\n" + length + content
        length = f"Content-Length: {len(content)}\r\n\r\n".encode()
        cut = content[: len(content) // 2] if kind == "cut_body" else content
        return status + json_type + length + cut


def _read_request(connection: socket.socket) -> tuple[bytes, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head, body


@contextmanager
def gateway(upstream: str) -> Iterator[tuple[str, Gateway]]:
    """Run a gateway before a sandbox."""
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
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", one
        one.released.set()
        listener.shutdown(socket.SHUT_RDWR)
        for thread in (acceptor, *threads):
            thread.join()


@contextmanager
def refusing_port() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}"
