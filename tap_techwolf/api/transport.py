"""Sends one request at a time over a kept-alive connection, within a time limit for the whole."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from tap_techwolf.api.time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from urllib3 import PoolManager
    from urllib3.connectionpool import ConnectionPool


class Transport:
    """One session to one host; a client and the authenticator have one each.

    Proxies and a CA bundle come from the environment. Redirects are never followed: they would
    carry the request, and the token that it holds, to a host that nobody chose.
    """

    def __init__(self, timeout: float) -> None:
        """Create the session.

        Args:
            timeout: Seconds that a whole request may take, from connecting to the last byte.
        """
        self.session = _Session()
        self._timeout = timeout
        self._limit = TimeLimit(timeout, self._shut_down)
        self._environment: Mapping[str, Any] = {}
        self._connection = _Connection()
        adapter = _ObservedAdapter(self._connection)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        """Send a request, and read its response whole.

        A kept-alive connection that turns out to be closed before any byte of a response came
        says nothing about the request: it is sent again at once, on a new connection.

        Args:
            request: A request with all its headers.

        Returns:
            The response, whatever its status.

        Raises:
            requests.RequestException: There was no whole response in time.
        """
        try:
            return self._send_once(request)
        except requests.ConnectionError as error:
            was_kept_alive = not self._connection.is_new and not self._connection.has_response
            if not was_kept_alive or not _is_closed_connection(error):
                raise
        return self._send_once(request)

    def _send_once(self, request: requests.PreparedRequest) -> requests.Response:
        if not self._environment:  # The same for all requests to one host.
            self._environment = self.session.merge_environment_settings(
                request.url, {}, stream=True, verify=None, cert=None
            )
        self._connection.is_new = self._connection.has_response = False
        self._limit.start()
        try:
            response = self.session.send(request, timeout=self._timeout, **self._environment)
            self._connection.has_response = True
            # At one go: requests would read it in parts of 10 kB, which takes twice as long.
            response.raw = BytesIO(response.raw.read(decode_content=True))
        except (HTTPError, requests.RequestException) as error:
            if self._limit.has_expired:
                raise requests.Timeout from error
            if isinstance(error, requests.RequestException):
                raise
            raise requests.ConnectionError from error
        finally:
            self._limit.stop()
        if self._limit.has_expired:  # A response without a length ends where the connection does.
            raise requests.Timeout
        return response

    def _shut_down(self) -> None:
        """Wake the thread that waits for a byte: closing alone would not."""
        if (connected := self._connection.socket) is not None:
            with suppress(OSError):
                # Not SSLSocket's own method, which changes the object under that thread.
                socket.socket.shutdown(connected, socket.SHUT_RDWR)


def response_body(response: requests.Response) -> bytes:
    """Return a response's body without copying it.

    Args:
        response: A response that `Transport.send` has returned.

    Returns:
        The same as `response.content`.
    """
    whole: BytesIO = response.raw  # type: ignore[assignment]  # as `Transport.send` left it
    return whole.getvalue()


class _Session(requests.Session):
    """A session that neither follows a redirect nor looks where it leads."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None: requests would parse the address even if it were told not to follow it."""
        del resp


@dataclass(slots=True)
class _Connection:
    """What is known of the connection that was opened last.

    It refers to nothing else: urllib3 keeps what its connections refer to as long as they are open.

    Attributes:
        is_new: Whether it was opened for the request under way.
        has_response: Whether it has brought the head of that request's response.
        socket: Its socket, which http.client lets go of where the server says
            `Connection: close`.
    """

    is_new: bool = False
    has_response: bool = False
    socket: socket.socket | None = None


class _ObservedAdapter(HTTPAdapter):
    """An adapter that notes when a connection is being opened, and its socket."""

    def __init__(self, connection: _Connection) -> None:
        super().__init__()
        self._pools = _observed_pools(connection)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> PoolManager:  # noqa: ANN401 - as declared
        manager: PoolManager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _observed_pools(connection: _Connection) -> dict[str, type[ConnectionPool]]:
    class Connection(HTTPConnection):
        def connect(self) -> None:
            connection.is_new = True
            super().connect()

        def _new_conn(self) -> socket.socket:
            connection.socket = connected = super()._new_conn()
            return connected

    class SecureConnection(HTTPSConnection):
        def connect(self) -> None:
            connection.is_new = True
            super().connect()
            connection.socket = self.sock  # TLS has taken the other one's place.

        def _new_conn(self) -> socket.socket:
            # Before a proxy is asked for a tunnel: it may drip, too.
            connection.socket = connected = super()._new_conn()
            return connected

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    return {"http": Pool, "https": SecurePool}


def _is_closed_connection(error: BaseException) -> bool:
    """Return whether the server had closed the connection that a request was sent on."""
    return any(isinstance(cause, ConnectionError) for cause in causes(error))


def causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from an error to what is behind it; requests and urllib3 keep that in several places.

    Args:
        error: Why a request failed.

    Yields:
        The error itself, and each error that led to it.
    """
    pending: list[Any] = [error]
    seen: set[int] = set()
    while pending:
        cause = pending.pop()
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
