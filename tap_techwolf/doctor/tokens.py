"""Reads the token endpoint's answer."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import msgspec

# A token is renewed this long before it expires, or after half its life if that is less.
_SPARE_SECONDS = 30.0

_LONGEST_LIFETIME = 10**9


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Attributes:
        text: The token itself.
        lifetime: For how many seconds it is valid; None where the endpoint did not say.
        scopes: What it allows; None as above.
        asked_at: When it was asked for, on the monotonic clock.
    """

    text: str = field(repr=False)
    lifetime: float | None
    scopes: frozenset[str] | None
    asked_at: float

    def is_expired(self) -> bool:
        """Return whether it is time for a new token."""
        if self.lifetime is None:
            return False
        useful = self.lifetime - min(_SPARE_SECONDS, self.lifetime / 2)
        return time.monotonic() >= self.asked_at + useful


def read_token(body: bytes, asked_at: float) -> Token | None:
    """Read the token endpoint's answer.

    Args:
        body: The body of its response.
        asked_at: When the token was asked for, on the monotonic clock.

    Returns:
        The token; None where there is none in the answer.
    """
    try:
        answer = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    text = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or not text:
        return None
    lifetime = answer.get("expires_in")
    is_number = isinstance(lifetime, int | float) and not isinstance(lifetime, bool)
    scope = answer.get("scope")
    return Token(
        text,
        float(lifetime) if is_number and 0 < lifetime < _LONGEST_LIFETIME else None,
        frozenset(scope.split()) if isinstance(scope, str) else None,
        asked_at,
    )
