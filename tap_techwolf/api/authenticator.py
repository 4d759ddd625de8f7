"""One token for a whole run, by client secret or private key."""

from __future__ import annotations

import logging
import math
import time
import uuid
from http import HTTPMethod, HTTPStatus
from threading import RLock
from typing import TYPE_CHECKING, Any

import msgspec
import requests
from singer_sdk.authenticators import OAuthAuthenticator
from singer_sdk.exceptions import RetriableAPIError

from tap_techwolf.api.redaction import Redactor, status_text
from tap_techwolf.api.retries import (
    RETRIED_ERRORS,
    describe,
    is_retried,
    is_unknown_host,
    retried,
)
from tap_techwolf.api.traffic import Traffic
from tap_techwolf.api.transport import Transport
from tap_techwolf.config.private_key import load_private_key
from tap_techwolf.config.urls import endpoints
from tap_techwolf.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backoff.types import Details

logger = logging.getLogger(__name__)

# Auth0 refuses an assertion that is valid for longer than five minutes; a minute less
# leaves room for clocks that differ.
ASSERTION_SECONDS = 240

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CHECK = "Check 'client_id', 'client_secret' or 'private_key', 'tenant', 'region' and 'audience'."


class TechWolfAuthenticator(OAuthAuthenticator):
    """Gets a run's token, keeps it, and renews it before it can expire in flight.

    The body of a token request is the one that TechWolf's page on authentication shows;
    the assertion is as Auth0, which serves it, documents private key JWTs. Several threads
    may share one authenticator.

    Attributes:
        scopes: The scopes that the newest token was given; None where the endpoint did not say.
        lifetime: For how many seconds the newest token is valid; None as above.
    """

    scopes: list[str] | None = None
    lifetime: float | None = None

    #: On the monotonic clock; known as soon as there is a token.
    _renew_at: float

    def __init__(
        self,
        config: Mapping[str, Any],
        redactor: Redactor | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        """Take what a token request needs.

        Args:
            config: The tap's settings.
            redactor: Told of every token and assertion, so that no error shows one.
            traffic: Counts the requests.
        """
        addresses = endpoints(config)
        super().__init__(
            auth_endpoint=addresses.auth_url,
            client_id=config["client_id"],
            client_secret=config.get("client_secret"),
        )
        self._audience = addresses.audience
        self._tenant = config["tenant"]
        self._requested_scopes = config["scopes"]
        self._private_key = config.get("private_key")
        self._passphrase = config.get("private_key_passphrase")
        self._timeout = float(config["request_timeout"])
        self._max_attempts = config["max_attempts"]
        self._user_agent = config["user_agent"]
        self._redactor = redactor or Redactor()
        for secret in (self.client_secret, self._passphrase):
            if secret:
                self._redactor.add_secret(secret)
        self._traffic = traffic or Traffic()
        self._transport = Transport(self._timeout)
        self._lock = RLock()
        self._refusal: AuthenticationError | None = None

    @property
    def oauth_request_body(self) -> dict[str, Any]:
        """The body of a token request, with a fresh assertion where a key signs."""
        body: dict[str, Any] = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "audience": self._audience,
            "tenant": self._tenant,
        }
        if self._requested_scopes:
            body["scopes"] = self._requested_scopes
        if self._private_key is None:
            return body | {"client_secret": self.client_secret}
        assertion = self._assertion(self._private_key)
        self._redactor.add_secret(assertion)
        return body | {
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": assertion,
        }

    def _assertion(self, private_key: str) -> str:
        import jwt  # noqa: PLC0415 - slow to import, and a run with a secret needs none

        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.auth_endpoint,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        key = load_private_key(private_key, self._passphrase)
        return jwt.encode(claims, key, algorithm="RS256")

    def authenticate_request(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token to a request; threads that need a new one at a time wait for one.

        Args:
            request: The request.

        Returns:
            The same request.

        Raises:
            AuthenticationError: The token endpoint refused, or never gave a token.
        """
        with self._lock:
            return super().authenticate_request(request)

    def is_token_valid(self) -> bool:
        """Return whether the token outlives the longest request, or half its life if less.

        The SDK calls a token valid up to its last second.
        """
        return self.access_token is not None and time.monotonic() < self._renew_at

    def discard_token(self, request: requests.PreparedRequest) -> None:
        """Let the next request get a new token, unless another thread has got one already.

        Args:
            request: A request that the API refused.
        """
        with self._lock:
            if request.headers.get("Authorization") == f"Bearer {self.access_token}":
                self.access_token = None

    def update_access_token(self) -> None:
        """Get a token.

        Replaces the SDK's way, which sends a form, never repeats a request that failed with
        a 5xx, and logs the whole response.

        Raises:
            AuthenticationError: The token endpoint refused, or never gave a token.
        """
        if self._refusal is not None:  # For another thread, a moment ago.
            raise self._refusal
        try:
            self._get_token()
        except AuthenticationError as error:
            self._refusal = error
            raise

    def _get_token(self) -> None:
        ask = retried(self._ask, max_attempts=self._max_attempts, on_wait=self._log_wait)
        asked_at = time.monotonic()
        try:
            answer = ask()
        except RETRIED_ERRORS as error:
            advice = (
                "Check 'region' and 'auth_url'."
                if is_unknown_host(error)
                else "Check 'region', 'auth_url' and the network, or run again later."
            )
            raise AuthenticationError(
                f"The token endpoint gave no token after {attempts_text(self._max_attempts)}; the "
                f"last one ended with: {describe(error)}. {advice}"
            ) from error
        self.access_token = _token(answer)
        self._redactor.add_secret(self.access_token)
        self._renew_at = asked_at + self._useful_seconds(answer)
        scope = answer.get("scope")
        self.scopes = scope.split() if isinstance(scope, str) else None

    def _ask(self) -> dict[str, Any]:
        """Make one token request."""
        request = requests.Request(
            HTTPMethod.POST,
            self.auth_endpoint,
            json=self.oauth_request_body,
            headers={"Accept": "application/json", "User-Agent": self._user_agent},
            auth=_no_auth,
        )
        self._traffic.count_request()
        response = self._transport.send(self._transport.session.prepare_request(request))
        if is_retried(response.status_code):
            raise RetriableAPIError(status_text(response.status_code), response)
        if response.status_code != HTTPStatus.OK:
            status = status_text(response.status_code)
            message = self._redactor.api_message(response.content) or "no message"
            raise AuthenticationError(f"The token endpoint answered {status} ({message}). {_CHECK}")
        answer = _json_object(response)
        if answer is None:
            message = "the response is not a JSON object"
            raise RetriableAPIError(message, response)
        return answer

    def _useful_seconds(self, answer: Mapping[str, Any]) -> float:
        """Return for how many seconds a new token can be used."""
        expires_in = answer.get("expires_in")
        if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
            self.lifetime = None
            return math.inf  # The endpoint did not say; the API's 401 will.
        self.lifetime = expires_in
        return expires_in - min(self._timeout, expires_in / 2)

    def _log_wait(self, details: Details) -> None:
        self._traffic.count_retry()
        logger.warning(
            "Token request: %s; attempt %d of %d follows in %.1f s",
            describe(details["exception"]),
            details["tries"] + 1,
            self._max_attempts,
            details["wait"],
        )


def attempts_text(attempts: int) -> str:
    """Return a number of attempts in words.

    Args:
        attempts: At least 1.

    Returns:
        For example `8 attempts`.
    """
    return "1 attempt" if attempts == 1 else f"{attempts} attempts"


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the request as it is: without this, requests would look into `.netrc`."""
    return request


def _json_object(response: requests.Response) -> dict[str, Any] | None:
    try:
        answer = msgspec.json.decode(response.content)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _token(answer: Mapping[str, Any]) -> str:
    token = answer.get("access_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        message = "The token endpoint's response holds no 'access_token'. Check 'auth_url'."
        raise AuthenticationError(message)
    return token
