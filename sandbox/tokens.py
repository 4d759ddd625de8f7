"""The token endpoint: it accepts a client secret or a private key, in the known forms only."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Any

import jwt

from sandbox.requests import Refused

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 - not a real secret
AUDIENCE = "eu3.techwolf.ai"
TENANT = "sandbox"
SCOPES = ("read", "write", "read_reports")
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_ASSERTION = 300
LONGEST_JTI = 64


class TokenRefused(Exception):  # noqa: N818 - an answer, not an error in the sandbox
    """The token endpoint answers with an OAuth error.

    Attributes:
        status: The HTTP status.
        error: The OAuth error code.
    """

    def __init__(self, status: int, error: str, description: str) -> None:
        """Store what the answer says."""
        super().__init__(description)
        self.status = status
        self.error = error


@dataclass
class Tokens:
    """Issues tokens and checks them.

    Attributes:
        expires_in: The lifetime of a token in seconds.
        public_key: The public half of the key that signs assertions, as PEM text.
        scopes_given: The scopes that every token gets, whatever was requested.
        issued: The number of tokens issued.
        secrets: All tokens and assertions so far, for tests of what is logged.
    """

    expires_in: float = 10800
    public_key: str | None = None
    scopes_given: tuple[str, ...] | None = None
    issued: int = 0
    secrets: set[str] = field(default_factory=set)
    _good_until: dict[str, float] = field(default_factory=dict)
    _scopes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _seen_assertions: set[str] = field(default_factory=set)

    def give(self, body: object, endpoint: str) -> dict[str, Any]:
        """Answer a token request.

        Args:
            body: The JSON body.
            endpoint: The URL of the token endpoint.

        Returns:
            The documented answer.

        Raises:
            TokenRefused: The request is not valid.
        """
        if not isinstance(body, dict) or body.get("grant_type") != "client_credentials":
            raise TokenRefused(400, "invalid_request", "grant_type must be client_credentials")
        fields = {"grant_type", "client_id", "audience", "tenant", "scopes"}
        by_secret = fields | {"client_secret"}
        by_key = fields | {"client_assertion", "client_assertion_type"}
        sent = body.keys() | {"scopes"}
        if sent not in (by_secret, by_key):
            raise TokenRefused(400, "invalid_request", "fields are missing or unknown")
        if body["audience"] != AUDIENCE or body["tenant"] != TENANT:
            raise TokenRefused(403, "access_denied", "audience or tenant is unknown")
        if body["client_id"] != CLIENT_ID:
            raise TokenRefused(401, "invalid_client", "client_id is unknown")
        if sent == by_secret and body["client_secret"] != CLIENT_SECRET:
            raise TokenRefused(401, "access_denied", "Unauthorized")
        if sent == by_key:
            self._check_assertion(body, endpoint)
        requested = self._read_scopes(body)
        return self._new_token(requested if self.scopes_given is None else self.scopes_given)

    def _read_scopes(self, body: dict[str, Any]) -> tuple[str, ...]:
        asked = body.get("scopes", list(SCOPES))
        if not isinstance(asked, list) or not asked or not set(asked) <= set(SCOPES):
            raise TokenRefused(403, "invalid_scope", "scopes must be a list of known scopes")
        return tuple(asked)

    def _check_assertion(self, body: dict[str, Any], endpoint: str) -> None:
        self.secrets.add(str(body["client_assertion"]))
        try:
            if body["client_assertion_type"] != ASSERTION_TYPE or self.public_key is None:
                raise ValueError  # noqa: TRY301 - every defect gets the same answer
            claims = jwt.decode(
                body["client_assertion"],
                self.public_key,
                algorithms=["RS256"],
                audience=endpoint,
                options={"require": ["iss", "sub", "aud", "iat", "exp", "jti"]},
            )
            if (
                claims["iss"] != CLIENT_ID
                or claims["sub"] != CLIENT_ID
                or claims["exp"] > time.time() + LONGEST_ASSERTION
                or not 1 <= len(claims["jti"]) <= LONGEST_JTI
                or claims["jti"] in self._seen_assertions
            ):
                raise ValueError  # noqa: TRY301 - as above
        except (jwt.PyJWTError, ValueError) as error:
            message = "the client assertion is not valid"
            raise TokenRefused(401, "invalid_client", message) from error
        self._seen_assertions.add(claims["jti"])

    def _new_token(self, scopes: tuple[str, ...]) -> dict[str, Any]:
        token = token_urlsafe(24)
        self.issued += 1
        self.secrets.add(token)
        self._good_until[token] = time.monotonic() + self.expires_in
        self._scopes[token] = scopes
        return {
            "access_token": token,
            "expires_in": self.expires_in,
            "scope": " ".join(scopes),
            "token_type": "Bearer",
        }

    def is_good(self, authorization: str) -> bool:
        """Return whether an Authorization header holds a token that may read.

        Args:
            authorization: The header.

        Returns:
            True for a token that has neither expired nor been revoked.
        """
        scheme, _, token = authorization.partition(" ")
        is_alive = self._good_until.get(token, 0) > time.monotonic()
        return scheme == "Bearer" and is_alive and "read" in self._scopes[token]

    def require(self, authorization: str) -> None:
        """Check an Authorization header.

        Args:
            authorization: The header.

        Raises:
            Refused: It holds no token that may read.
        """
        if not self.is_good(authorization):
            description = "OAuth access token is missing, invalid or expired."
            raise Refused(401, "401 Unauthorized", description)

    def revoke(self) -> None:
        """Revoke all tokens."""
        self._good_until.clear()
