"""Asks for the pages of one export, and tries again while that may help."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from threading import Event
from typing import TYPE_CHECKING, Any

import requests
from singer_sdk.exceptions import RetriableAPIError

from tap_techwolf.api.authenticator import attempts_text
from tap_techwolf.api.page import BROKEN_PAGE_HINT, BrokenPageError, Clock, NoPageError, Page
from tap_techwolf.api.redaction import status_text
from tap_techwolf.api.retries import (
    RETRIED_ERRORS,
    RetriedError,
    describe,
    holds_all,
    is_retried,
    is_unknown_host,
    retried,
    server_time,
)
from tap_techwolf.api.transport import Transport, response_body
from tap_techwolf.errors import ExportError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from backoff.types import Details

    from tap_techwolf.api.access import Access

logger = logging.getLogger(__name__)

_HINTS: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: (
        "Check the settings that shape the request: 'external_vendor', the task includes, "
        "'job_family_ids', 'api_version'."
    ),
    HTTPStatus.UNAUTHORIZED: "Check 'region', 'audience', 'tenant', 'scopes' and 'api_url'.",
    HTTPStatus.FORBIDDEN: (
        "Ask TechWolf whether your company has this export and the client may read it, or "
        "deselect the stream."
    ),
    HTTPStatus.NOT_FOUND: "Check 'tenant', 'region' and 'api_url'.",
}
_OTHER_HINT = "Check the settings, and ask TechWolf if they are right."
_ADDRESS_HINT = "Check 'tenant', 'region' and 'api_url'."


@dataclass(slots=True)
class Request:
    """A request, without the token.

    Attributes:
        url: The address, without query parameters.
        method: The HTTP method.
        params: The query parameters, or the query string.
        headers: The headers.
        json: The JSON body; None for a request without one.
    """

    url: str
    method: str = "POST"
    params: Mapping[str, Any] | str = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None


class Client:
    """Sends the requests of one export, one at a time."""

    def __init__(
        self,
        access: Access,
        name: str,
        path: str,
        on_response: Callable[[requests.Response], object] = lambda _: None,
    ) -> None:
        """Create a client; it connects with the first request.

        Args:
            access: What the clients of a run share.
            name: The export's name, for messages.
            path: The export's path, for messages.
            on_response: Called with each response.
        """
        self._access = access
        self._name = name
        self._path = path
        self._on_response = on_response
        self._transport = Transport(access.timeout)
        self._waited_until = -math.inf  # Nothing yet.
        self._stopped = Event()

    def stop(self) -> None:
        """Try no request again: its stream has ended, and nobody waits for a page any more."""
        self._stopped.set()

    def get_page(self, request: Request, number: int, max_attempts: int | None = None) -> Page:
        """Get a page, trying again while that may help.

        Args:
            request: The request for the page.
            number: The page's number, for messages: cursors are ids of employees and jobs.
            max_attempts: How often to try in all; as the settings say if left out.

        Returns:
            The page.

        Raises:
            AuthenticationError: There is no token.
            ExportError: There is no such page, or it may not be whole.
            StoppedError: The stream has ended meanwhile.
        """
        attempts = max_attempts or self._access.max_attempts
        ask = retried(
            self._ask,
            max_attempts=attempts,
            on_wait=lambda details: self._log_wait(details, number, attempts),
        )
        try:
            return ask(request, number)
        except RETRIED_ERRORS as error:
            raise self._gave_up(error, number, attempts) from error

    def send(self, request: Request) -> tuple[requests.Response, datetime]:
        """Send a request once, and once more with a new token if the API refuses this one.

        Args:
            request: The request.

        Returns:
            The response, whatever its status, and when it was asked for by this machine's clock.

        Raises:
            AuthenticationError: There is no token.
            requests.RequestException: There was no whole response in time.
        """
        prepared = self._prepare(request)
        asked_at = datetime.now(UTC)
        response = self._send(prepared)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            logger.info("%s: the API rejected the token (401); getting a new one", self._name)
            self._access.authenticator.discard_token(prepared)
            prepared = self._prepare(request)
            asked_at = datetime.now(UTC)
            response = self._send(prepared)
        return response, asked_at

    def _prepare(self, request: Request) -> requests.PreparedRequest:
        self._access.pause.wait(self._waited_until)
        return self._transport.session.prepare_request(
            requests.Request(
                request.method,
                request.url,
                params=request.params,
                headers={"User-Agent": self._access.user_agent, **request.headers},
                json=request.json,
                auth=self._access.authenticator,
            )
        )

    def _send(self, prepared: requests.PreparedRequest) -> requests.Response:
        self._access.traffic.count_request()
        response = self._transport.send(prepared)
        self._on_response(response)
        return response

    def _ask(self, request: Request, number: int) -> Page:
        """Make one attempt to get a page."""
        self._refuse_if_stopped()
        response, asked_at = self.send(request)
        self._check(response, number)
        answered_at = server_time(response)
        clock = Clock(asked_at, answered_at - response.elapsed if answered_at else None)
        try:
            page = Page.parse(response_body(response), clock)
        except NoPageError as error:
            raise RetriableAPIError(str(error), response) from error
        except BrokenPageError as error:
            raise self.page_error(number, f"{error}. {BROKEN_PAGE_HINT}") from error
        if page.was_repaired:
            self._access.note_repaired_text(self._place(number))
        return page

    def _refuse_if_stopped(self) -> None:
        if self._stopped.is_set():
            raise StoppedError

    def _check(self, response: requests.Response, number: int) -> None:
        """Raise an error for any response that is not a page."""
        status = response.status_code
        if is_retried(status):
            raise RetriableAPIError(status_text(status), response)
        if status >= HTTPStatus.BAD_REQUEST:
            message = self._access.redactor.api_message(response_body(response)) or "no message"
            hint = _HINTS.get(status, _OTHER_HINT)
            what = f"the API answered {status_text(status)} ({message}). {hint}"
            raise self.page_error(number, what, status)
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            what = (
                f"the API answered {status_text(status)}. Redirects are not followed. "
                f"{_ADDRESS_HINT}"
            )
            raise self.page_error(number, what, status)

    def _gave_up(self, error: RetriedError, number: int, attempts: int) -> ExportError:
        advice = (
            _ADDRESS_HINT
            if is_unknown_host(error)
            else "Run again later: the sync goes on from the last state that the loader kept."
        )
        what = (
            f"gave up after {attempts_text(attempts)}; the last one ended with: {describe(error)}. "
            f"{advice}"
        )
        return self.page_error(
            number, what, None if error.response is None else error.response.status_code
        )

    def page_error(self, number: int, what: str, status: int | None = None) -> ExportError:
        """Make the error for a page.

        Args:
            number: The page's number.
            what: What happened and what to do, safe to show.
            status: The HTTP status of the response, if that is what is wrong.

        Returns:
            The error, to be raised.
        """
        return ExportError(f"{self._place(number)}: {what}", status)

    def _place(self, number: int) -> str:
        return f"{self._name}, page {number} ({self._path})"

    def _log_wait(self, details: Details, number: int, attempts: int) -> None:
        self._refuse_if_stopped()
        error: Any = details["exception"]  # One of RETRIED_ERRORS.
        seconds = details["wait"]
        self._access.traffic.count_retry()
        if holds_all(error):
            self._waited_until = self._access.pause.hold(seconds)
        logger.warning(
            "%s: %s; attempt %d of %d follows in %.1f s",
            self._place(number),
            describe(error),
            details["tries"] + 1,
            attempts,
            seconds,
        )
