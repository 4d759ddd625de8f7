"""One HTTP session's ways: what it takes from its surroundings, and what it never does."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

import requests
from urllib3.exceptions import HTTPError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Sender:
    """Sends one session's requests, all of which go to one host."""

    def __init__(self, session: requests.Session, timeout: float) -> None:
        """Start with nothing sent.

        Args:
            session: The session, for its open connections.
            timeout: Seconds to wait for a connection, and for each part of an answer.
        """
        self.session = session
        self._timeout = timeout
        self._surroundings: dict[str, Any] = {}

    def send(
        self, request: requests.PreparedRequest, on_sent: Callable[[], None] | None = None
    ) -> requests.Response:
        """Send a request once, and read its answer whole.

        Proxies and a custom CA bundle come from the environment, which `Session.send` alone
        would not look up. Redirects are never followed: they would carry the request, and
        what it holds, to a host that nobody chose.

        Args:
            request: A request that holds all its headers.
            on_sent: Called when the request is on its way, if anybody waits for that.

        Returns:
            The answer, whatever its status.

        Raises:
            requests.RequestException: There was no whole answer.
        """
        if not self._surroundings:
            self._surroundings |= self.session.merge_environment_settings(
                request.url, {}, stream=True, verify=None, cert=None
            )
        if on_sent:
            request.body = _AnnouncedBody(request.body, on_sent)  # type: ignore[assignment]  # it may be iterable
        response = self.session.send(
            request, timeout=self._timeout, allow_redirects=False, **self._surroundings
        )
        try:
            # At one go: requests would read it in parts of 10 kB, in twice the time.
            response.raw = BytesIO(response.raw.read(decode_content=True))
        except HTTPError as error:
            raise requests.ConnectionError(error) from error
        return response


def body(response: requests.Response) -> bytes:
    """Get an answer's body without another copy of it.

    Args:
        response: What `Sender.send` has returned.

    Returns:
        What `response.content` is, too.
    """
    whole: BytesIO = response.raw  # type: ignore[assignment]  # as `Sender.send` left it
    return whole.getvalue()


class _AnnouncedBody:
    """A request's body that tells when it was sent."""

    def __init__(self, content: Any, on_sent: Callable[[], None]) -> None:  # noqa: ANN401 - text or bytes
        self._content = content
        self._on_sent = on_sent

    def __iter__(self) -> Iterator[Any]:
        """Give the body to the one who sends it, who comes back for more afterwards."""
        yield self._content
        self._on_sent()


def one_line(text: object, hidden: tuple[str | None, ...] = ()) -> str:
    """Make a text that came from outside fit to print.

    Args:
        text: What the server says in an error.
        hidden: Secrets, tokens and cursors that it may have repeated.

    Returns:
        The text on one line, at most 300 characters, with nothing hidden left in it.
    """
    shown = str(text)
    for secret in hidden:
        if secret:
            shown = shown.replace(secret, "[hidden]")
    return " ".join(shown.split())[:300]


def status_text(status: int) -> str:
    """Name an HTTP status in the standard's words, not in the server's.

    Args:
        status: For example 503.

    Returns:
        For example `503 Service Unavailable`.
    """
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
