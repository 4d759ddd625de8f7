"""One HTTP session's ways: what it takes from its surroundings, and what it never does."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests


def send(
    session: requests.Session, request: requests.PreparedRequest, timeout: float
) -> requests.Response:
    """Send a request once, and read its answer whole.

    Proxies and a custom CA bundle come from the environment, which `Session.send` alone
    would not look up. Redirects are never followed: they would carry the request, and
    what it holds, to a host that nobody chose.

    Args:
        session: The session, for its open connections.
        request: A request that holds all its headers.
        timeout: Seconds to wait for a connection, and for each part of the answer.

    Returns:
        The answer, whatever its status.

    Raises:
        requests.RequestException: There was no whole answer.
    """
    surroundings: dict[str, Any] = dict(
        session.merge_environment_settings(request.url, {}, False, None, None)  # noqa: FBT003
    )
    return session.send(request, timeout=timeout, allow_redirects=False, **surroundings)


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
