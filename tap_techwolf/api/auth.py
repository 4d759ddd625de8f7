"""Get one token for a whole run, by client secret or private key, and renew it in time."""

import logging
import math
import time
import uuid
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPMethod, HTTPStatus
from threading import RLock
from typing import Any

import msgspec
import requests
from singer_sdk.authenticators import OAuthAuthenticator
from typing_extensions import override

from tap_techwolf.api.redaction import api_message, status_text
from tap_techwolf.api.retry import Retries, is_transient
from tap_techwolf.api.transport import RequestError, Response, Transport
from tap_techwolf.config.private_key import load_private_key
from tap_techwolf.config.urls import endpoints
from tap_techwolf.errors import AuthenticationError

logger = logging.getLogger(__name__)

# Auth0 rejects an assertion that is valid for longer than five minutes, and strict servers one
# from the future: its time begins half a minute ago, and room is left for clocks that differ.
_ASSERTION_SECONDS = 240
_ASSERTION_AGE = 30

_CREDENTIALS_ADVICE = (
    "Check 'client_id', 'client_secret' or 'private_key', 'tenant', 'region' and 'audience'."
)

# In seconds. A shorter one would use up a token for every few pages, and their number is limited;
# a longer one is more than any clock can add to now.
_SHORTEST_LIFETIME = 60
_LONGEST_LIFETIME = 10**9

_NETWORK_ADVICE = "Check 'region', 'auth_url' and the network, or run again later."

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class TechWolfAuthenticator(OAuthAuthenticator):
    """Hold the token of a run, for all of its threads: the number of tokens is limited.

    The body of a token request is the one in TechWolf's documentation on authentication, sent as
    JSON; the assertion is what Auth0, which serves the endpoint, documents for private key JWTs.

    Attributes:
        scopes: The scopes of the newest token; None if the endpoint did not name any.
        lifetime: The seconds for which the newest token is valid; None if unknown.
    """

    scopes: list[str] | None = None
    lifetime: float | None = None

    #: On the monotonic clock; set together with the token.
    _renew_at: float

    def __init__(self, config: Mapping[str, Any], transport: Transport, retries: Retries) -> None:
        urls = endpoints(config)
        super().__init__(
            auth_endpoint=urls.auth_url,
            client_id=config["client_id"],
            client_secret=config.get("client_secret"),
        )
        self._settings = config
        self._audience = urls.audience
        self._transport = transport
        self._retries = retries
        self._lock = RLock()
        self._error: AuthenticationError | None = None
        self._has_warned = False

    @property
    @override
    def oauth_request_body(self) -> dict[str, Any]:
        """The body of a token request, with a fresh assertion if a private key is set."""
        body: dict[str, Any] = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "audience": self._audience,
            "tenant": self._settings["tenant"],
        }
        if scopes := self._settings["scopes"]:
            body["scopes"] = scopes
        if "private_key" not in self._settings:
            return body | {"client_secret": self.client_secret}
        return body | {
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._assertion(),
        }

    def _assertion(self) -> str:
        import jwt  # noqa: PLC0415 - slow to import, and not needed with a client secret

        now = int(time.time())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.auth_endpoint,
            "iat": now - _ASSERTION_AGE,
            "exp": now + _ASSERTION_SECONDS,
            "jti": str(uuid.uuid4()),
        }
        key = load_private_key(
            self._settings["private_key"], self._settings.get("private_key_passphrase")
        )
        return jwt.encode(claims, key, algorithm="RS256")

    @override
    def authenticate_request(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token to a request; threads that need a new one wait for the same one."""
        with self._lock:
            return super().authenticate_request(request)

    @override
    def is_token_valid(self) -> bool:
        """Return whether the token outlives the longest request.

        The SDK calls a token valid up to its last second, so that it could expire in flight.
        """
        return self.access_token is not None and time.monotonic() < self._renew_at

    def discard_token(self, request: requests.PreparedRequest) -> None:
        """Drop the token that the API rejected, unless another thread has renewed it already."""
        with self._lock:
            if request.headers.get("Authorization") == f"Bearer {self.access_token}":
                self.access_token = None

    @override
    def update_access_token(self) -> None:
        """Get a token; an error is raised again for the rest of the run, without a request.

        What one thread was refused, the others would be refused as well. Replaces the SDK's
        request, which sends a form, does not retry a 5xx, and logs the whole response.

        Raises:
            AuthenticationError: The token endpoint rejected the request or gave no token.
        """
        if self._error is not None:
            raise self._error
        try:
            self._get_token()
        except AuthenticationError as error:
            self._error = error
            raise

    def _get_token(self) -> None:
        requested_at = time.monotonic()
        try:
            answer = self._retries.run(self._request_token, "Token request")
        except RequestError as error:
            what = f"The token endpoint gave no token: {error.summary}"
            status = error.response.status if error.response else None
            raise _error(what, error.advice or _NETWORK_ADVICE, error.reason, status) from error
        self.access_token = _access_token(answer)
        self.lifetime = _lifetime(answer)
        self._renew_at = requested_at + self._useful_seconds(self.lifetime)
        scope = answer.get("scope")
        self.scopes = scope.split() if isinstance(scope, str) else None

    def _request_token(self) -> dict[str, Any]:
        """Make one token request."""
        response = self._transport.send(
            requests.Request(
                HTTPMethod.POST,
                self.auth_endpoint,
                json=self.oauth_request_body,
                headers={"Accept": "application/json", "User-Agent": self._settings["user_agent"]},
                auth=lambda request: request,  # Or requests would use the user's `.netrc`.
            )
        )
        if is_transient(response.status):
            raise RequestError(status_text(response.status), response)
        if response.status != HTTPStatus.OK:
            reason = status_text(response.status)
            what = f"The token endpoint answered {reason} ({api_message(response) or 'no message'})"
            advice = _clock_advice(response) if "private_key" in self._settings else ""
            raise _error(what, advice + _CREDENTIALS_ADVICE, reason, response.status)
        try:
            return msgspec.json.decode(response.body, type=dict[str, Any])
        except (ValueError, RecursionError) as error:
            raise RequestError("the response is not a JSON object", response) from error

    def _useful_seconds(self, lifetime: float | None) -> float:
        if lifetime is not None and lifetime >= _SHORTEST_LIFETIME:
            return lifetime - min(self._transport.timeout, lifetime / 2)
        if lifetime is not None and not self._has_warned:
            self._has_warned = True
            logger.warning(
                "The token endpoint says that its token is valid for %.0f seconds; using it until "
                "the API rejects it",
                lifetime,
            )
        return math.inf  # The API's 401 will say when it is over.


def _error(what: str, advice: str, reason: str, status: int | None) -> AuthenticationError:
    return AuthenticationError(f"{what}. {advice}", status=status, reason=reason, advice=advice)


def _clock_advice(response: Response) -> str:
    """Return what to do about a clock that makes an assertion invalid, if it is that wrong."""
    seconds = round((response.clock_difference or timedelta()).total_seconds())
    if abs(seconds) <= _ASSERTION_AGE:
        return ""
    direction = "behind" if seconds > 0 else "ahead of"
    return f"Set this machine's clock: it is {abs(seconds)} seconds {direction} the server's. "


def _access_token(answer: Mapping[str, Any]) -> str:
    token = answer.get("access_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        reason = "the response has no 'access_token'"
        what = "The token endpoint's response has no 'access_token'"
        raise _error(what, "Check 'auth_url'.", reason, HTTPStatus.OK)
    return token


def _lifetime(answer: Mapping[str, Any]) -> float | None:
    seconds = answer.get("expires_in")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return float(max(0, min(seconds, _LONGEST_LIFETIME)))
