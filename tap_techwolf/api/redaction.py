"""Make the API's error messages safe to show: one line without ids, addresses or secrets."""

import html
import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

import msgspec
from requests import PreparedRequest

from tap_techwolf.api.transport import Response

HIDDEN = "[hidden]"

_LONGEST_TEXT = 300
_LONGEST_INPUT = 10_000
_DIGITS_OF_AN_ID = 5
_LONG_SECRET = 10

# Names and options in the API's documentation: a user who sees one quoted knows what to change,
# and none says anything about a person.
_DOCUMENTED = """
    access_denied access_token ai_goals ai_impact all application/json audience authorization
    bearer client_assertion client_assertion_type client_credentials client_id client_secret
    content-type employees eq error error_description export external_id external_vendor false
    filter filters get grant_type gt gte has_next hierarchy include invalid_client
    invalid_grant invalid_request invalid_scope is_active job_architecture job_family
    job_family_id_is_in_list job_family_ids jobs last_updated latest limit linked_skills list
    lt lte next_starting_after null operator post read read_reports records rejected_tasks
    response_format sap_attribute_library scope scopes source_data source_events
    starting_after task_profiles techwolf tenant token_type true unauthorized_client value
    versions weekly_hours workday write x-api-version
"""
_VOCABULARY = frozenset(_DOCUMENTED.split())

# What a request holds that no message may repeat. The rest of it is settings that are not secret.
_SENT_SECRETS = ("client_secret", "client_assertion", "starting_after")

# Only from the beginning of a word: otherwise a long one is read again from each of its letters.
_EMAIL = re.compile(r"(?<![^\s\"'`<>(),;:])[^\s\"'`<>(),;:]+@[^\s\"'`<>(),;:]+")
_UUID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}(?!\w)")
# An apostrophe after a letter opens no quotation, and one before a letter closes none. An open
# quotation ends with the text. A backslash escapes what follows.
_QUOTED = re.compile(
    r"\"((?:\\.|[^\"\\])*)(?:\"|\\?\Z)"
    r"|(?<!\w)'((?:\\.|[^'\\]|'(?=\w))*)(?:'|\\?\Z)"
    r"|`([^`]*)(?:`|\Z)"
    r"|[\u201c\u201e]([^\u201c\u201d]*)(?:[\u201c\u201d]|\Z)"
    r"|\u2018([^\u2019]*)(?:\u2019|\Z)"
    r"|\u00ab([^\u00bb]*)(?:\u00bb|\Z)"
)
_WORD = re.compile(r"[\w.+-]+")
_FIELDS = ("title", "description", "error", "error_description", "message", "detail", "msg")


def api_message(response: Response) -> str:
    """Return what an error response says, in one line that is safe to show; empty if nothing.

    The API documents a list of objects with `title` and `description`, its token endpoint an
    object with `error` and `error_description`; gateways send `detail` or `message`. What the
    request held in secrets and cursors is hidden wherever the response repeats it.
    """
    try:
        texts = list(_texts(msgspec.json.decode(response.body)))
    except (ValueError, RecursionError):
        return ""
    sent = _sent_secrets(response.request)
    messages = (redact(text, sent) for text in texts)
    return "; ".join(message for message in messages if message)[:_LONGEST_TEXT]


def redact(text: object, secrets: tuple[str, ...] = ()) -> str:
    """Make a text from outside safe to show: one line of at most 300 characters.

    Whole words are hidden: e-mail addresses, UUIDs, words with five or more digits, quotations
    other than names and options in the API's documentation, and the given secrets wherever they
    occur, in upper or lower case. A person's name cannot be recognized.
    """
    # Before entities are resolved, too: a secret may hold what looks like one.
    shown = _hide(secrets, html.unescape(_hide(secrets, str(text))))
    shown = " ".join(shown.split())
    if len(shown) > _LONGEST_INPUT:  # Without half a word at the end: it might be half an id.
        shown = shown[:_LONGEST_INPUT].rpartition(" ")[0]
    shown = _EMAIL.sub(HIDDEN, shown)
    shown = _UUID.sub(HIDDEN, shown)
    shown = _QUOTED.sub(_hide_unless_documented, shown)
    shown = _WORD.sub(_hide_if_many_digits, shown)
    return " ".join(shown.split())[:_LONGEST_TEXT]


def status_text(status: int) -> str:
    """Return an HTTP status with the standard's phrase, such as `503 Service Unavailable`.

    The server's own phrase is not used: it may hold anything.
    """
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _sent_secrets(request: PreparedRequest) -> tuple[str, ...]:
    sent: dict[str, Any] = dict(parse_qsl(urlsplit(str(request.url)).query))
    if request.body:
        sent |= json.loads(request.body)  # The tap sends no other body than a JSON object.
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    values = [token, *(sent.get(name) for name in _SENT_SECRETS)]
    return tuple(value for value in values if isinstance(value, str) and value)


def _hide(secrets: tuple[str, ...], text: str) -> str:
    # A message may show it as a URL does.
    for secret in (*secrets, *map(quote_plus, secrets), *map(quote, secrets)):
        # A short id must not spoil words that merely contain it; with something attached to its
        # end it is still an id.
        start = "" if len(secret) >= _LONG_SECRET else r"(?<![\w-])"
        text = re.sub(rf"{start}{re.escape(secret)}[\w-]*", HIDDEN, text, flags=re.IGNORECASE)
    return text


def _hide_if_many_digits(match: re.Match[str]) -> str:
    return HIDDEN if sum(map(str.isdigit, match[0])) >= _DIGITS_OF_AN_ID else match[0]


def _hide_unless_documented(match: re.Match[str]) -> str:
    value = next(group for group in match.groups() if group is not None).lower()
    words = value.replace("/", " ").split()
    is_documented = value in _VOCABULARY or (bool(words) and _VOCABULARY.issuperset(words))
    return match[0] if is_documented else HIDDEN


def _texts(content: object) -> Iterator[str]:
    for error in content if isinstance(content, list) else [content]:
        if isinstance(error, dict):
            parts: list[str] = []
            for value in filter(None, map(error.get, _FIELDS)):
                parts += [value] if isinstance(value, str) else _texts(value)
            if parts:
                yield ": ".join(parts)
