"""A page of an export: asked for, checked, and tried again."""

from __future__ import annotations

import logging
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.exceptions import RetriableAPIError
from singer_sdk.streams import RESTStream

from tap_techwolf.config.endpoints import endpoints
from tap_techwolf.errors import ExportError
from tap_techwolf.pagination import BrokenPageError, NoPageError, Page
from tap_techwolf.retries import RETRIED_ERRORS, describe, is_retried, retried, server_time
from tap_techwolf.session import Sender, body, one_line, status_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    import requests
    from backoff.types import Details
    from singer_sdk.streams.rest import HTTPRequest, PageContext

    from tap_techwolf.tap import TapTechWolf

logger = logging.getLogger(__name__)

_HINTS: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: (
        "Check the settings that shape the request: 'external_vendor', the task includes, "
        "'job_family_ids', 'api_version'."
    ),
    HTTPStatus.UNAUTHORIZED: "Check 'audience', 'tenant', 'scopes' and 'api_url'.",
    HTTPStatus.FORBIDDEN: (
        "Ask TechWolf whether your company has this export and the client may read it, or "
        "deselect the stream."
    ),
    HTTPStatus.NOT_FOUND: "Check 'tenant', 'region' and 'api_url'.",
}
_OTHER_HINT = "Check the settings, and ask TechWolf if they are right."
BROKEN_PAGE_HINT = "To go on could lose records: ask TechWolf, or look for a newer tap."
_REDIRECT_HINT = "Redirects are not followed: check 'tenant', 'region' and 'api_url'."


class PageClient(RESTStream[str]):
    """How any export is spoken to; what is asked for is the streams' business."""

    _tap: TapTechWolf

    def __init__(self, tap: TapTechWolf, schema: dict[str, Any]) -> None:
        """Prepare to ask for pages.

        Args:
            tap: The tap, which holds the run's token.
            schema: The stream's JSON Schema.
        """
        super().__init__(tap, schema=schema, http_method="POST")
        self._page_asked_for = 0
        self._cursor_asked_for: str | None = None

    @property
    def key_types(self) -> dict[str, type]:
        """The properties that identify a record, and the type of each."""
        return {"external_id": str}

    @property
    def url_base(self) -> str:
        """The API's base URL."""
        return endpoints(self.config).api_url

    @property
    def authenticator(self) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
        """The tap's one authenticator: tokens are limited, so that all streams share one."""
        return self._tap.authenticator

    @property
    def timeout(self) -> float:  # type: ignore[override]  # requests takes a float as well
        """Seconds to wait for the server."""
        return float(self.config["request_timeout"])

    @property
    def http_headers(self) -> dict[str, str]:
        """The headers of every request."""
        headers = {"Accept": "application/json"}
        if api_version := self.config.get("api_version"):
            headers["X-API-Version"] = api_version
        return headers

    def get_page(
        self, context: PageContext, number: int, asked_already: Future[Page] | None = None
    ) -> Page:
        """Get a page, trying again while that may help.

        Args:
            context: The page's cursor.
            number: The page's number, for people: cursors are ids of employees and jobs.
            asked_already: A first try that was begun ahead of time.

        Returns:
            The page.

        Raises:
            ExportError: There is no page to be had, or it cannot be trusted to be whole.
        """
        begun = [asked_already] if asked_already else []

        def try_once() -> Page:
            return begun.pop().result() if begun else self.ask_once(context, number)

        try:
            page: Page = self.request_decorator(try_once)()
        except RETRIED_ERRORS as error:
            raise self.page_error(
                number,
                f"no page (attempts: at most {self.backoff_max_tries()}). The last one ended "
                f"with: {describe(error)}. Run again later: it goes on at this page.",
            ) from error
        return page

    def ask_once(
        self, context: PageContext, number: int, on_sent: Callable[[], None] | None = None
    ) -> Page:
        """Ask for a page, and once more with a new token if the API refuses this one.

        Args:
            context: The page's cursor.
            number: The page's number, for people.
            on_sent: Called when the request is on its way, if anybody waits for that.

        Returns:
            The page.

        Raises:
            RetriableAPIError: The answer may be better at another try.
            ExportError: It will not.
        """
        self._page_asked_for, self._cursor_asked_for = number, context.next_page_token
        response = self._send(self.get_http_request(page=context), on_sent)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            logger.info("%s: the token was refused; getting a new one", self._place(number))
            self._tap.authenticator.discard_token()
            response = self._send(self.get_http_request(page=context), on_sent)
        self.validate_response(response)
        try:
            return Page.parse(body(response), server_time(response) - response.elapsed)
        except NoPageError as error:
            raise RetriableAPIError(str(error), response) from error
        except BrokenPageError as error:
            raise self.page_error(number, f"{error}. {BROKEN_PAGE_HINT}") from error

    @cached_property
    def _sender(self) -> Sender:
        return Sender(self.requests_session, self.timeout)

    def _send(self, request: HTTPRequest, on_sent: Callable[[], None] | None) -> requests.Response:
        """Send a request once; the SDK's way would authenticate it twice over."""
        prepared = self.build_prepared_request(
            method=request.method,
            url=request.url,
            params=request.encode_params(),
            headers=request.headers,
            json=request.data,
        )
        response = self._sender.send(prepared, on_sent)
        self._write_request_duration_log(self.path, response, None, None)
        return response

    def validate_response(self, response: requests.Response) -> None:
        """Let only a good answer pass.

        Replaces the SDK's texts, which hold the whole body: data about people.

        Args:
            response: The API's answer.

        Raises:
            RetriableAPIError: The fault may be gone at another try.
            ExportError: It will not be.
        """
        status = response.status_code
        if is_retried(status):
            raise RetriableAPIError(status_text(status), response)
        if status >= HTTPStatus.BAD_REQUEST:
            said = "; ".join(self._said(response)) or "no more"
            hint = _HINTS.get(status, _OTHER_HINT)
            message = f"the API answered {status_text(status)} ({said}). {hint}"
            raise self.page_error(self._page_asked_for, message, status)
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            message = f"the API answered {status_text(status)}. {_REDIRECT_HINT}"
            raise self.page_error(self._page_asked_for, message, status)

    def _said(self, response: requests.Response) -> Iterator[str]:
        """Read the errors that the API documents: an array of titles and descriptions."""
        try:
            errors = msgspec.json.decode(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return
        hidden = (self._tap.authenticator.access_token, self._cursor_asked_for)
        for error in errors if isinstance(errors, list) else [errors]:
            if isinstance(error, dict):
                texts = (error.get("title"), error.get("description"))
                yield ": ".join(one_line(text, hidden) for text in texts if isinstance(text, str))

    def page_error(self, number: int, what: str, status: int | None = None) -> ExportError:
        """Say what is wrong with a page.

        Args:
            number: The page's number.
            what: What happened and what to do, safe to print.
            status: The HTTP status of the answer, if it tells something.

        Returns:
            The error, to be raised.
        """
        return ExportError(f"{self._place(number)}: {what}", status)

    def _place(self, number: int) -> str:
        return f"{self.name}, page {number} ({self.path})"

    def backoff_max_tries(self) -> int:
        """How often a page is asked for in all."""
        attempts: int = self.config["max_attempts"]
        return attempts

    def backoff_handler(self, details: Details) -> None:
        """Log a wait, in one line without what was sent.

        Args:
            details: What `backoff` knows of the wait.
        """
        logger.warning(
            "%s: %s; attempt %d of %d follows in %.1f s",
            self._place(self._page_asked_for),
            describe(details["exception"]),
            details["tries"] + 1,
            self.backoff_max_tries(),
            details["wait"],
        )

    def request_decorator(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Try again by the rules of this tap: the SDK's way would log each wait twice.

        Args:
            func: Makes one try.

        Returns:
            A function that tries until it has an answer.
        """
        return retried(func, max_attempts=self.backoff_max_tries(), on_wait=self.backoff_handler)

    def parse_response(self, response: requests.Response) -> Iterator[dict[str, Any]]:
        """Refuse: a page is parsed once, for its records and its cursor.

        Args:
            response: The API's answer.

        Raises:
            NotImplementedError: Always; the SDK's page loop, which needs it, is replaced.
        """
        raise NotImplementedError

    def get_new_paginator(self) -> None:
        """Refuse: the stream follows the cursors itself.

        Raises:
            NotImplementedError: Always; the SDK's page loop, which needs it, is replaced.
        """
        raise NotImplementedError
