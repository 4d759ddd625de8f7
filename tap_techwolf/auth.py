"""One token for a whole run, by client secret or private key."""

from __future__ import annotations

import logging
import math
import time
import uuid
from http import HTTPMethod, HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
import requests
from singer_sdk.authenticators import OAuthAuthenticator
from singer_sdk.exceptions import RetriableAPIError

from tap_techwolf.config.endpoints import endpoints
from tap_techwolf.config.private_key import load_private_key
from tap_techwolf.errors import AuthenticationError
from tap_techwolf.retries import RETRIED_ERRORS, describe, is_retried, retried
from tap_techwolf.session import Sender, one_line, status_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from backoff.types import Details

logger = logging.getLogger(__name__)

# Auth0 refuses an assertion that is valid for longer than five minutes; a minute less
# leaves room for clocks that differ.
ASSERTION_SECONDS = 240

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CHECK = "Check 'client_id', 'client_secret' or 'private_key', 'tenant' and 'audience'."


class TechWolfAuthenticator(OAuthAuthenticator):
    """Gets the run's token, keeps it, and renews it before it can expire in flight.

    The body of a token request is the one that TechWolf's page on authentication shows;
    the assertion is as Auth0, which serves it, documents private key JWTs.
    """

    #: By the monotonic clock; known as soon as there is a token.
    _renew_at: float

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Take what a token request needs.

        Args:
            config: The tap's settings.
        """
        where = endpoints(config)
        super().__init__(
            auth_endpoint=where.auth_url,
            client_id=config["client_id"],
            client_secret=config.get("client_secret"),
        )
        self._audience = where.audience
        self._tenant = config["tenant"]
        self._scopes = config["scopes"]
        self._private_key = config.get("private_key")
        self._passphrase = config.get("private_key_passphrase")
        self._timeout = float(config["request_timeout"])
        self._max_attempts = config["max_attempts"]
        self._user_agent = config["user_agent"]
        # The SDK's session tries again by itself, unseen and uncounted.
        self._sender = Sender(requests.Session(), self._timeout)

    @property
    def oauth_request_body(self) -> dict[str, Any]:
        """The body of a token request, with a fresh assertion where a key signs."""
        body: dict[str, Any] = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "audience": self._audience,
            "tenant": self._tenant,
        }
        if self._scopes:
            body["scopes"] = self._scopes
        if self._private_key is None:
            return body | {"client_secret": self.client_secret}
        return body | {
            "client_assertion_type": _ASSERTION_TYPE,
            "client_assertion": self._assertion(self._private_key),
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

    def is_token_valid(self) -> bool:
        """Tell whether the token outlives the longest request, or half its life if less.

        The SDK calls a token valid up to its last second.
        """
        return self.access_token is not None and time.monotonic() < self._renew_at

    def discard_token(self) -> None:
        """Let the next request get a new token: the API refused this one."""
        self.access_token = None

    def update_access_token(self) -> None:
        """Get a token.

        Replaces the SDK's way, which sends a form, never tries again after a 5xx, and
        logs the whole answer.

        Raises:
            AuthenticationError: The token endpoint refused, or never gave an answer.
        """
        ask = retried(self._ask, max_attempts=self._max_attempts, on_wait=self._log_wait)
        asked_at = time.monotonic()
        try:
            answer = ask()
        except RETRIED_ERRORS as error:
            message = (
                f"The token endpoint gave no token (attempts: at most {self._max_attempts}). "
                f"The last one ended with: {describe(error)}. Check 'region' or 'auth_url' "
                "and the network, or run again later."
            )
            raise AuthenticationError(message) from error
        self.access_token = _token(answer)
        self._renew_at = asked_at + self._lifetime(answer)

    def _ask(self) -> dict[str, Any]:
        """Make one token request."""
        body = self.oauth_request_body
        request = requests.Request(
            HTTPMethod.POST,
            self.auth_endpoint,
            json=body,
            headers={"Accept": "application/json", "User-Agent": self._user_agent},
            auth=_no_auth,
        )
        response = self._sender.send(self._sender.session.prepare_request(request))
        if is_retried(response.status_code):
            raise RetriableAPIError(status_text(response.status_code), response)
        answer = _json_object(response)
        if response.status_code != HTTPStatus.OK:
            hidden = (self.client_secret, self._passphrase, body.get("client_assertion"))
            said = ": ".join(
                one_line(answer[name], hidden)
                for name in ("error", "error_description")
                if answer and answer.get(name)
            )
            status = status_text(response.status_code)
            raise AuthenticationError(
                f"The token endpoint answered {status} ({said or 'no more'}). {_CHECK}"
            )
        if answer is None:
            message = "the answer is not a JSON object"
            raise RetriableAPIError(message, response)
        return answer

    def _lifetime(self, answer: Mapping[str, Any]) -> float:
        """Find for how many seconds a new token is good to use."""
        expires_in = answer.get("expires_in")
        if isinstance(expires_in, bool) or not isinstance(expires_in, int | float):
            return math.inf  # Not told: the API's 401 will.
        return expires_in - min(self._timeout, expires_in / 2)

    def _log_wait(self, details: Details) -> None:
        error = details["exception"]
        logger.warning(
            "Token request: %s; attempt %d of %d follows in %.1f s",
            describe(error),
            details["tries"] + 1,
            self._max_attempts,
            details["wait"],
        )


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the request as it is: without this, requests would look into `.netrc`."""
    return request


def _json_object(response: requests.Response) -> dict[str, Any] | None:
    try:
        answer = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return answer if isinstance(answer, dict) else None


def _token(answer: Mapping[str, Any]) -> str:
    token = answer.get("access_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        message = "The token endpoint's answer holds no 'access_token'. Check 'auth_url'."
        raise AuthenticationError(message)
    return token
