"""Checks the token, the clocks and the tenant's version."""

from __future__ import annotations

import re
from datetime import date, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec

from tap_techwolf.api.client import Request
from tap_techwolf.api.redaction import status_text
from tap_techwolf.doctor.advice import answered
from tap_techwolf.doctor.contact import Contact, NoAnswerError, NoTokenError, NotReachedError
from tap_techwolf.doctor.report import Check

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DOCUMENTED_SCOPES = frozenset({"read", "write", "read_reports"})
_CREDENTIALS = (
    "Check 'client_id', 'client_secret' or 'private_key', 'tenant', 'region' and 'audience'."
)
_LARGEST_DIFFERENCE = timedelta(minutes=1)
_SECONDS_FOR_VERSION = 10.0
_FIRST_YEAR = 2019


def check_token(contact: Contact, config: Mapping[str, Any]) -> Check:
    """Get the token that all further requests use.

    Args:
        contact: The way to the API.
        config: Valid settings, defaults included.

    Returns:
        The check's entry.
    """
    try:
        token = contact.get_token()
    except NoTokenError as error:
        return _refused(error.status)
    except NoAnswerError as error:
        advice = "Check 'region', 'auth_url' and the network, or run again later."
        return Check("token", "error", f"The token endpoint gave no answer: {error}.", advice)
    except NotReachedError as error:
        return Check("token", "skipped", str(error))
    lifetime = (
        "for an unknown time" if token.lifetime is None else f"for {token.lifetime:.0f} seconds"
    )
    asked = config["scopes"]
    asked_text = f"Scopes asked for: {_scopes(asked)}"
    if token.scopes is None:
        return Check("token", "ok", f"Given {lifetime}. {asked_text}; the answer names none.")
    seen = f"Given {lifetime}. {asked_text}; given: {_scopes(token.scopes)}."
    if missing := set(asked or ["read"]) - token.scopes:
        advice = f"Ask TechWolf for the scopes that are missing: {_scopes(missing)}."
        return Check("token", "warning", seen, advice)
    return Check("token", "ok", seen)


def _refused(status: int) -> Check:
    if status == HTTPStatus.OK:
        seen, advice = "The token endpoint's answer holds no token.", "Check 'auth_url'."
    elif status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        seen = f"The token endpoint {answered(status)}."
        advice = "Run again later, and ask TechWolf if it stays so."
    else:
        seen, advice = f"Refused: the token endpoint {answered(status)}.", _CREDENTIALS
    return Check("token", "error", seen, advice)


def _scopes(scopes: Iterable[str]) -> str:
    """Name the documented scopes, and count the others."""
    found = set(scopes)
    words = sorted(found & _DOCUMENTED_SCOPES)
    if others := len(found - _DOCUMENTED_SCOPES):
        words.append(f"{others} that the documentation does not name")
    return ", ".join(words) or "none"


def check_clock(contact: Contact) -> Check:
    """Compare the clocks, which the answers so far have told.

    Args:
        contact: The way to the API.

    Returns:
        The check's entry.
    """
    if contact.clock_difference is None:
        seen = "Its answers have no date." if contact.has_answered else "The API gave no answer."
        return Check("clock", "skipped", seen)
    seconds = round(contact.clock_difference.total_seconds())
    if not seconds:
        return Check("clock", "ok", "The API's clock and this machine's agree.")
    direction = "ahead of" if seconds > 0 else "behind"
    unit = "second" if abs(seconds) == 1 else "seconds"
    seen = f"The API's clock is {abs(seconds)} {unit} {direction} this machine's."
    if abs(contact.clock_difference) <= _LARGEST_DIFFERENCE:
        return Check("clock", "ok", seen)
    advice = "Set this machine's clock. A token that is asked for with a private key needs it."
    return Check("clock", "warning", seen, advice)


def check_version(contact: Contact) -> Check:
    """Ask for the version of the tenant's API, which not every tenant may tell.

    Args:
        contact: The way to the API.

    Returns:
        The check's entry, never worse than skipped.
    """
    try:
        answer = contact.ask(
            Request(contact.url("/version"), "GET"), seconds=_SECONDS_FOR_VERSION, attempts=1
        )
    except NotReachedError as error:
        return Check("version", "skipped", str(error))
    except NoAnswerError as error:
        return Check("version", "skipped", f"GET /version: {error}.")
    if not answer.is_success:
        return Check("version", "skipped", f"GET /version {answered(answer.status)}.")
    version = next(_versions(answer.body), None)
    if version is None:
        seen = f"GET /version answered {status_text(answer.status)}, but names no dated version."
        return Check("version", "skipped", seen)
    return Check("version", "ok", f"The tenant's version is {version}.")


def _versions(body: bytes) -> Iterator[str]:
    """Find dates that can be a version: of a form, and of years, that the API has versions of."""
    try:
        content = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return
    values: list[Any] = [content]
    if isinstance(content, dict):
        values = list(content.values())
    elif isinstance(content, list):
        values = content
    for value in values:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            try:
                found = date.fromisoformat(value)
            except ValueError:
                continue
            if found.year >= _FIRST_YEAR:
                yield value
