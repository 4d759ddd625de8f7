"""An API on loopback that says what a test wants, and proxies in front of it."""

from __future__ import annotations

import json
import math
import select
import socket
import ssl
from collections import defaultdict
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import BaseRequestHandler, StreamRequestHandler, ThreadingTCPServer
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sandbox.tokens import TOKEN_PATH
from tap_techwolf.api.client import ApiClient
from tap_techwolf.api.retry import LONGEST_WAIT
from tap_techwolf.config.validation import complete
from tap_techwolf.tap import TapTechWolf
from tests.harness import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOST = "127.0.0.1"
PAUSE = 0.05  # seconds between two bytes of a drip


@dataclass
class Received:
    """A request as it arrived; the names of its headers in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What the API says; `body` is JSON unless it is bytes. `drips` sends it byte by byte."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drips: bool = False


@dataclass
class Api:
    """A server; of the answers for a path, the last one is repeated.

    Attributes:
        answers: What is said to the next requests for a path, in order.
        received: The requests, in order.
        before_answer: Called with each request before it is answered; may return the answer.
    """

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    received: list[Received] = field(default_factory=list)
    before_answer: Callable[[Received], object] = lambda _: None
    ended: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)

    def sent_to(self, path: str) -> list[Received]:
        """The requests for a path, in order."""
        return [one for one in self.received if urlsplit(one.target).path == path]

    def answer(self, request: Received) -> Answer:
        path = urlsplit(request.target).path
        with self._lock:
            self.received.append(request)
            number = len(self.sent_to(path))
        if isinstance(chosen := self.before_answer(request), Answer):
            return chosen
        waiting = self.answers[path]
        if path == TOKEN_PATH and not waiting:
            return Answer({"access_token": f"token-{number}"})
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


def client(
    api: Api, most_requests: float = math.inf, longest_wait: float = LONGEST_WAIT, **overrides: Any
) -> ApiClient:
    """A client with settings that reach an API."""
    config = complete(settings(api.url, **overrides), TapTechWolf.settings_schema())
    return ApiClient(config, most_requests, longest_wait)


@contextmanager
def listen(handler: type[BaseRequestHandler], certificate: Path | None = None) -> Iterator[str]:
    """Handle each connection in a thread, over TLS if there is a certificate; yield host:port."""

    class Server(ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client may hang up at any time."""

    with Server((HOST, 0), handler) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"{HOST}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join(10)


class _HttpHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_: object) -> None:
        pass

    def read(self) -> Received:
        headers = {name.lower(): text for name, text in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        return Received(self.command, self.path, headers, body)


@contextmanager
def serve(certificate: Path | None = None) -> Iterator[Api]:
    """Run an API."""
    api = Api()

    class Handler(_HttpHandler):
        def handle_one_request(self) -> None:
            with suppress(OSError):
                super().handle_one_request()

        def do_POST(self) -> None:
            answer = api.answer(self.read())
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body)
            content = body if isinstance(body, bytes) else body.encode()
            self.send_response_only(answer.status)
            for name, text in ({"Content-Length": str(len(content))} | answer.headers).items():
                self.send_header(name, text)
            self.end_headers()
            parts = [content[i : i + 1] for i in range(len(content))] if answer.drips else [content]
            for part in parts:
                self.wfile.write(part)
                if answer.drips and api.ended.wait(PAUSE):
                    break

        do_GET = do_POST  # noqa: N815 - the names that http.server looks for

    with listen(Handler, certificate) as place:
        api.url = f"http{'s' if certificate else ''}://{place}"
        try:
            yield api
        finally:
            api.ended.set()


def _pipe(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while True:
            pending = getattr(one, "pending", int)()  # What TLS has read already.
            ready = [one] if pending else select.select([one, other], [], [])[0]
            for here in ready:
                if not (part := here.recv(65536)):
                    return
                (other if here is one else one).sendall(part)


@contextmanager
def http_proxy(
    certificate: Path | None = None, *, status: int = 200
) -> Iterator[tuple[str, list[Received]]]:
    """Run a proxy that opens tunnels, or refuses to; yield its host:port and what it received."""
    received: list[Received] = []

    class Handler(_HttpHandler):
        def do_CONNECT(self) -> None:
            received.append(self.read())
            self.send_response(status)
            self.end_headers()
            host, _, port = self.path.partition(":")
            if status == 200:
                with socket.create_connection((host, int(port))) as upstream:
                    _pipe(self.connection, upstream)
            self.close_connection = True

        def do_POST(self) -> None:
            received.append(self.read())
            self.send_error(502)

        do_GET = do_POST  # noqa: N815

    with listen(Handler, certificate) as place:
        yield place, received


@contextmanager
def socks_proxy() -> Iterator[tuple[str, list[str]]]:
    """Run a SOCKS5 proxy; yield its host:port and the hosts that it connected to."""
    hosts: list[str] = []

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.read(self.rfile.read(2)[1])  # The ways to log in; none is needed.
            self.wfile.write(b"\x05\x00")
            kind = self.rfile.read(4)[3]
            length = 4 if kind == 1 else self.rfile.read(1)[0]
            address = self.rfile.read(length)
            host = socket.inet_ntoa(address) if kind == 1 else address.decode()
            port = int.from_bytes(self.rfile.read(2), "big")
            hosts.append(host)
            with socket.create_connection((host, port)) as upstream:
                self.wfile.write(b"\x05\x00\x00\x01" + bytes(6))
                _pipe(self.connection, upstream)

    with listen(Handler) as place:
        yield place, hosts
