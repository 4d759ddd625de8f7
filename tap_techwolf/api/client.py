"""Send requests to a tenant's API, and fetch an export's pages, retrying transient errors."""

import logging
import math
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from threading import Event, Lock
from typing import Any

import requests

from tap_techwolf.api.auth import TechWolfAuthenticator
from tap_techwolf.api.export import Export, Request
from tap_techwolf.api.page import BrokenPageError, NoPageError, Page
from tap_techwolf.api.redaction import api_message, redact, status_text
from tap_techwolf.api.retry import LONGEST_WAIT, Retries, is_transient
from tap_techwolf.api.transport import RequestError, Response, Transport
from tap_techwolf.config.urls import endpoints
from tap_techwolf.errors import ExportError, StoppedError

logger = logging.getLogger(__name__)

_URL_ADVICE = "Check 'tenant', 'region' and 'api_url'."
_NETWORK_ADVICE = "Check 'api_url' and the network, or run again later."
_BROKEN_PAGE_ADVICE = (
    "Stopped so that no records are lost. Upgrade the tap, or ask TechWolf whether the API has "
    "changed."
)
_REQUEST_ADVICE = (
    "Check the settings that shape the request: 'external_vendor', 'page_size', the includes, "
    "'job_family_ids', 'api_version'."
)
_LEAVE_OUT = "or leave the stream out (deselect it, or take it out of 'optional_streams')."
_STATUS_ADVICE: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: _REQUEST_ADVICE,
    HTTPStatus.UNPROCESSABLE_ENTITY: _REQUEST_ADVICE,
    HTTPStatus.UNAUTHORIZED: (
        "Check 'region', 'audience', 'tenant', 'scopes' and 'api_url'. If only this export cannot "
        f"be read, ask TechWolf why, {_LEAVE_OUT}"
    ),
    HTTPStatus.FORBIDDEN: (
        "Ask TechWolf whether your company has this export and the client may read it, "
        f"{_LEAVE_OUT}"
    ),
    HTTPStatus.NOT_FOUND: (
        "Check 'tenant', 'region' and 'api_url', and ask TechWolf whether your company has this "
        f"export, {_LEAVE_OUT}"
    ),
}


def _status_advice(status: int) -> str:
    """Return what to do about the status of an export's response, other than 200."""
    if status in _STATUS_ADVICE:
        return _STATUS_ADVICE[status]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or is_transient(status):
        return "Run again later; contact TechWolf if the problem persists."
    if status >= HTTPStatus.BAD_REQUEST:
        return "Check the settings; contact TechWolf if they are right."
    return f"Redirects are not followed. {_URL_ADVICE}"


class ApiClient:
    """What all requests of a run share: connections, the token, retries, counts and limits.

    Any thread may use it.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        most_requests: float = math.inf,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        """Prepare the client; it connects with the first request."""
        self.config = config
        self.transport = Transport(config["request_timeout"], most_requests)
        self.retries = Retries(config["max_attempts"], longest_wait)
        self.authenticator = TechWolfAuthenticator(config, self.transport, self.retries)
        self._url = endpoints(config).api_url
        self._headers = {"Accept": "application/json", "User-Agent": config["user_agent"]}
        if api_version := config.get("api_version"):
            self._headers["X-API-Version"] = api_version
        self._lock = Lock()
        self._warned: set[str] = set()

    def warn_once(self, message: str, *values: object) -> None:
        """Log a warning once in a run, whatever its values are."""
        with self._lock:
            is_new = message not in self._warned
            self._warned.add(message)
        if is_new:
            logger.warning(message, *values)

    def send(self, request: Request) -> Response:
        """Send a request; if the API rejects the token, send it once more with a new one.

        Raises:
            AuthenticationError: There is no token.
            RequestError: There was no whole response in time.
        """
        response = self._send_once(request)
        if response.status == HTTPStatus.UNAUTHORIZED:
            logger.info("The API rejected the token (401); getting a new one")
            self.authenticator.discard_token(response.request)
            response = self._send_once(request)
        return response

    def _send_once(self, request: Request) -> Response:
        self.retries.wait_for_pause()
        response = self.transport.send(
            requests.Request(
                request.method,
                self._url + request.path,
                params=dict(request.params),
                headers=self._headers,
                json=request.json,
                auth=self.authenticator,
            )
        )
        logger.debug(
            "%s %s: status %d, %.3f s, %d bytes",
            *(request.method, request.path, response.status),
            *(response.seconds, len(response.body)),
        )
        return response


class ExportClient:
    """Fetch the pages of one export, one at a time.

    Attributes:
        requests: How many requests for pages were sent.
        retries: How many of them repeated one that had failed.
    """

    def __init__(self, api: ApiClient, export: Export) -> None:
        self.export = export
        self.requests = self.retries = 0
        self._api = api
        self._stopped = Event()

    def stop(self) -> None:
        """Stop retrying: the stream has ended, and nothing is waiting for the page.

        A page that was requested ahead would otherwise go on pausing the other streams.
        """
        self._stopped.set()

    def get_page(self, request: Request, number: int, max_attempts: int | None = None) -> Page:
        """Fetch a page, retrying transient errors.

        Args:
            request: The request for the page.
            number: The page's number, for messages: a cursor is the id of an employee or job.
            max_attempts: The number of attempts; the setting if left out.

        Raises:
            AuthenticationError: There is no token.
            ExportError: There is no such page, or it may be incomplete.
            StoppedError: The stream has ended meanwhile.
        """
        before = self.requests
        try:
            return self._api.retries.run(
                partial(self._get_page, request, number), self._place(number), max_attempts
            )
        except RequestError as error:
            status = error.response.status if error.response else None
            advice = error.advice or _NETWORK_ADVICE
            if status is not None and is_transient(status):
                advice = _status_advice(status)
            raise self._error(number, error.summary, advice, status, error.reason) from error
        finally:
            self.retries += max(self.requests - before - 1, 0)

    def _get_page(self, request: Request, number: int) -> Page:
        """Make one attempt to fetch a page."""
        response = self._send(request)
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            reason = status_text(response.status)
            what = f"the API answered {reason} ({api_message(response) or 'no message'})"
            advice = _status_advice(response.status)
            raise self._error(number, what, advice, response.status, reason)
        try:
            page = Page.parse(
                response.body, self.export.pagination.records, response.data_from, response.seconds
            )
        except NoPageError as error:
            raise RequestError(str(error), response) from error
        except BrokenPageError as error:
            raise self.broken_page_error(number, error) from error
        if page.replaced_in is not None:
            self._api.warn_once(
                "%s: the API sent a character that no loader can store (a NUL, or half of a pair) "
                "in %r. It is replaced by U+FFFD, here and wherever it happens again",
                *(self._place(number), redact(page.replaced_in)),
            )
        return page

    def _send(self, request: Request) -> Response:
        self._raise_if_stopped()
        self.requests += 1
        try:
            response = self._api.send(request)
        except RequestError:
            self._raise_if_stopped()
            raise
        if is_transient(response.status):
            self._raise_if_stopped()
            raise RequestError(status_text(response.status), response)
        return response

    def _raise_if_stopped(self) -> None:
        if self._stopped.is_set():
            raise StoppedError

    def broken_page_error(self, number: int, error: BrokenPageError) -> ExportError:
        """Return the error to raise for a page that breaks the documented format."""
        advice = error.advice or _BROKEN_PAGE_ADVICE
        return self._error(number, str(error), advice, reason=str(error))

    def _error(
        self, number: int, what: str, advice: str, status: int | None = None, reason: str = ""
    ) -> ExportError:
        place = self._place(number)
        return ExportError(
            f"{what}. {advice}", place=place, status=status, reason=reason, advice=advice
        )

    def _place(self, number: int) -> str:
        return f"{self.export.name}, page {number} ({self.export.path})"
