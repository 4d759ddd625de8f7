"""Sends the doctor's requests: at most so many, within so much time, and no other."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import requests
from requests.exceptions import InvalidProxyURL, InvalidSchema
from singer_sdk.exceptions import RetriableAPIError

from tap_techwolf.api.authenticator import TechWolfAuthenticator
from tap_techwolf.api.client import Request
from tap_techwolf.api.retries import (
    describe,
    is_retried,
    is_untrusted_certificate,
    retry_after,
    server_time,
)
from tap_techwolf.api.transport import Transport, response_body
from tap_techwolf.config.urls import endpoints
from tap_techwolf.doctor.discretion import rate_limit_headers
from tap_techwolf.doctor.time_limit import run_within
from tap_techwolf.doctor.tokens import Token, read_token

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_REQUESTS = 30
#: For all requests together. Starting the process and printing the report take the rest of
#: three minutes.
SECONDS = 165.0

SECONDS_PER_REQUEST = 40.0
_SECONDS_PER_TOKEN = 20.0
_LONGEST_WAIT = 10.0
_SHORTEST_REQUEST = 0.1

_NO_PROXY = "the proxy that the environment names cannot be used"


class NotReachedError(Exception):
    """A request is not sent; the text says why, and is safe to publish."""


class NoAnswerError(Exception):
    """A request got no whole response; the text says why, and is safe to publish."""


class NoTokenError(Exception):
    """The token endpoint answered, but gave no token.

    Attributes:
        status: The HTTP status of its response.
    """

    def __init__(self, status: int) -> None:
        """Keep the status.

        Args:
            status: The HTTP status of the response.
        """
        super().__init__(f"status {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response.

    Attributes:
        status: Its HTTP status.
        body: Its body.
        seconds: How long it took, from the request to the last byte.
    """

    status: int
    body: bytes
    seconds: float

    @property
    def is_success(self) -> bool:
        """Whether the request succeeded."""
        return self.status == HTTPStatus.OK


class Contact:
    """The doctor's only way to the API. Redirects are not followed.

    Every request, whether for a token or a repeated one, goes through one method, which
    enforces both limits. Each has a connection of its own: on one that was kept alive, the
    transport might send a request twice.

    Attributes:
        request_count: How many requests were sent.
        clock_difference: How far the API's clock is ahead of this machine's; None until known.
        rate_limit_headers: The names of the headers of a rate limit that the API sent.
        has_answered: Whether the API, and not only the token endpoint, has answered.
    """

    def __init__(
        self,
        config: Mapping[str, Any],
        most_requests: int = MOST_REQUESTS,
        seconds: float = SECONDS,
    ) -> None:
        """Start the time; no request is made yet.

        Args:
            config: Valid settings, defaults included.
            most_requests: How many requests there may be in all.
            seconds: How long they may take in all.
        """
        self._config = config
        self._api_url = endpoints(config).api_url
        self._authenticator = TechWolfAuthenticator(config)
        self._most_requests = most_requests
        self._ends_at = time.monotonic() + seconds
        self._token: Token | None = None
        self.request_count = 0
        self.clock_difference: timedelta | None = None
        self.rate_limit_headers: set[str] = set()
        self.has_answered = False

    @property
    def has_token(self) -> bool:
        """Whether there is a token to ask with."""
        return self._token is not None

    @property
    def requests_left(self) -> int:
        """How many requests may still be sent."""
        return self._most_requests - self.request_count

    def get_token(self) -> Token:
        """Get a token, and use it from now on.

        Returns:
            The token.

        Raises:
            NotReachedError: There was no request or time left.
            NoAnswerError: The token endpoint did not answer.
            NoTokenError: It answered without a token.
        """
        request = Request(self._authenticator.auth_endpoint)
        asked_at = time.monotonic()
        response = self._send_patiently(request, _SECONDS_PER_TOKEN, 2, is_for_token=True)
        token = read_token(response_body(response), asked_at)
        if response.status_code != HTTPStatus.OK or token is None:
            raise NoTokenError(response.status_code)
        self._token = token
        return token

    def url(self, path: str) -> str:
        """Return the address of a path of the API.

        Args:
            path: The path.
        """
        return self._api_url + path

    def ask(
        self, request: Request, *, seconds: float = SECONDS_PER_REQUEST, attempts: int = 2
    ) -> Answer:
        """Send a request to the API.

        Args:
            request: The request, without the token.
            seconds: How long it may take.
            attempts: How often it may be sent while the API's answer is a transient error.

        Returns:
            The response, whatever its status.

        Raises:
            NotReachedError: There was no token, request or time left.
            NoAnswerError: There was no whole response.
        """
        if self._token is None:
            raise NotReachedError("There is no token.")
        if self._token.is_expired():
            try:
                self.get_token()
            except NoTokenError as error:
                raise NotReachedError("The token expired, and there was no new one.") from error
        response = self._send_patiently(request, seconds, attempts)
        return Answer(
            response.status_code, response_body(response), response.elapsed.total_seconds()
        )

    def _send_patiently(
        self, request: Request, seconds: float, attempts: int, *, is_for_token: bool = False
    ) -> requests.Response:
        """Send a request, and again after a transient error, which a lost connection is too."""
        for left in range(attempts - 1, -1, -1):
            response = None
            try:
                response = self._send(request, seconds, is_for_token=is_for_token)
                if not left or not is_retried(response.status_code):
                    return response
            except requests.Timeout as error:
                raise NoAnswerError(describe(error)) from error
            except (InvalidSchema, InvalidProxyURL) as error:
                raise NoAnswerError(_NO_PROXY) from error
            except requests.RequestException as error:
                if not left or is_untrusted_certificate(error):
                    raise NoAnswerError(describe(error)) from error
            self._wait(response)
        raise AssertionError("no attempt was allowed")  # pragma: no cover

    def _wait(self, response: requests.Response | None) -> None:
        asked = retry_after(RetriableAPIError("", response)) if response is not None else None
        seconds = 1.0 if asked is None else min(asked, _LONGEST_WAIT)
        time.sleep(max(0.0, min(seconds, self._seconds_left())))

    def _send(self, request: Request, seconds: float, *, is_for_token: bool) -> requests.Response:
        """Send one request. There is no other place that does."""
        if self.requests_left <= 0:
            raise NotReachedError(f"Not reached within {self._most_requests} requests.")
        seconds_left = self._seconds_left()
        if seconds_left < _SHORTEST_REQUEST:
            raise NotReachedError("Not reached in time.")
        self.request_count += 1
        timeout = min(seconds, seconds_left, float(self._config["request_timeout"]))
        transport = Transport(timeout)
        prepared = transport.session.prepare_request(
            requests.Request(
                request.method,
                request.url,
                params=request.params,
                headers={"User-Agent": self._config["user_agent"], **request.headers},
                json=self._authenticator.oauth_request_body if is_for_token else request.json,
                auth=_no_auth if is_for_token else self._sign,
            )
        )
        asked_at, began = datetime.now(UTC), time.monotonic()
        try:
            response = run_within(timeout, lambda: transport.send(prepared))
        except (requests.Timeout, TimeoutError) as error:
            if timeout == seconds_left:
                raise NotReachedError("Not reached in time.") from error
            raise requests.Timeout from error
        finally:
            transport.session.close()
        response.elapsed = timedelta(seconds=time.monotonic() - began)  # The body included.
        if not is_for_token:
            self._observe(response, asked_at)
        return response

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token.text}"
        return request

    def _observe(self, response: requests.Response, asked_at: datetime) -> None:
        self.has_answered = True
        self.rate_limit_headers |= rate_limit_headers(response.headers)
        answered_at = server_time(response)
        if answered_at is not None and self.clock_difference is None:
            # The API stamped its answer at some moment between the request and its end.
            # A date has no parts of a second.
            earliest, latest = asked_at - timedelta(seconds=1), asked_at + response.elapsed
            nearest = min(max(answered_at, earliest), latest)
            self.clock_difference = answered_at - nearest

    def _seconds_left(self) -> float:
        return self._ends_at - time.monotonic()


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the request as it is: without this, requests would look into `.netrc`."""
    return request
