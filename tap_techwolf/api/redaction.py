"""What the API says in an error, made safe to show: one line without ids, addresses or secrets."""

from __future__ import annotations

import html
import re
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

HIDDEN = "[hidden]"
LONGEST_TEXT = 300
_LONGEST_INPUT = 10_000
_DIGITS_OF_AN_ID = 5

# Names and options that the API's documentation shows: a user who sees one in a quotation
# knows what to change, and none says anything about a person.
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

# Only from the beginning of a word: otherwise a long one is read again from each of its letters.
_EMAIL = re.compile(r"(?<![^\s\"'`<>(),;:])[^\s\"'`<>(),;:]+@[^\s\"'`<>(),;:]+")
_UUID = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{8}(?:-?[0-9A-Fa-f]{4}){3}-?[0-9A-Fa-f]{12}(?!\w)")
# An apostrophe after a letter opens no quotation, and one before a letter closes none. What is
# not closed goes on to the end. A backslash escapes what follows.
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


class Redactor:
    """Hides what a run must never show: its tokens, and the ids of its newest pages."""

    def __init__(self, secrets: Iterable[str | None] = ()) -> None:
        """Start with secrets that are known from the settings.

        Args:
            secrets: For example a client secret; None and empty texts are ignored.
        """
        self._secrets = {secret for secret in secrets if secret}
        self._ids: dict[str, Callable[[], Iterable[str | None]]] = {}

    def add_secret(self, secret: str) -> None:
        """Hide a token or an assertion for the rest of the run.

        Args:
            secret: The text to hide, wherever it appears.
        """
        self._secrets.add(secret)

    def set_ids(self, export: str, ids: Callable[[], Iterable[str | None]]) -> None:
        """Hide the ids of an export's newest page and cursor, instead of the previous page's.

        Args:
            export: The export's name.
            ids: Gives the ids, among them None for what is not there; called only when there is
                something to show.
        """
        self._ids[export] = ids

    def clean(self, text: object) -> str:
        """Make a text from outside safe to show.

        Whole words are hidden: e-mail addresses, UUIDs, words with five or more digits, quoted
        values other than the names and options of the API's documentation, the run's secrets,
        and the ids of the newest pages. A person's name cannot be recognized.

        Args:
            text: What the API said.

        Returns:
            The text on one line, at most 300 characters long.
        """
        shown = html.unescape(str(text))
        for secret in sorted(self._secrets, key=len, reverse=True):
            shown = shown.replace(secret, HIDDEN)
        for ids in tuple(self._ids.values()):
            for one in ids():
                if one and one in shown:
                    shown = re.sub(rf"(?<![\w-]){re.escape(one)}(?![\w-])", HIDDEN, shown)
        shown = _beginning(" ".join(shown.split()))
        shown = _EMAIL.sub(HIDDEN, shown)
        shown = _UUID.sub(HIDDEN, shown)
        shown = _QUOTED.sub(_hide_unless_documented, shown)
        shown = _WORD.sub(_hide_if_many_digits, shown)
        return one_line(shown)

    def api_message(self, body: bytes) -> str:
        """Return what an error response says, safe to show.

        The API documents an array of objects with `title` and `description`, its token endpoint
        an object with `error` and `error_description`; gateways send `detail` or `message`.

        Args:
            body: The body of an error response.

        Returns:
            The texts, joined; empty where the body holds none of these.
        """
        try:
            content = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
            return ""
        return "; ".join(text for text in map(self.clean, _texts(content)) if text)[:LONGEST_TEXT]


def one_line(text: object) -> str:
    """Return a text on one line, at most 300 characters long.

    Args:
        text: For example the name of a property that the API sent.

    Returns:
        The text without line breaks and repeated spaces.
    """
    return " ".join(str(text).split())[:LONGEST_TEXT]


def status_text(status: int) -> str:
    """Return an HTTP status with the standard's phrase, not the server's.

    Args:
        status: For example 503.

    Returns:
        For example `503 Service Unavailable`.
    """
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _beginning(text: str) -> str:
    """Return the beginning of a long text, without half a word: it might be half an id."""
    return text if len(text) <= _LONGEST_INPUT else text[:_LONGEST_INPUT].rpartition(" ")[0]


def _hide_if_many_digits(match: re.Match[str]) -> str:
    digits = sum(character.isdigit() for character in match[0])
    return HIDDEN if digits >= _DIGITS_OF_AN_ID else match[0]


def _hide_unless_documented(match: re.Match[str]) -> str:
    value = next(group for group in match.groups() if group is not None)
    words = value.lower().replace("/", " ").split()
    is_documented = bool(words) and all(
        word in _VOCABULARY or value.lower() in _VOCABULARY for word in words
    )
    return match[0] if is_documented else HIDDEN


def _texts(content: object) -> Iterator[str]:
    errors = content if isinstance(content, list) else [content]
    for error in errors:
        if not isinstance(error, dict):
            continue
        parts = []
        for field in _FIELDS:
            value = error.get(field)
            if isinstance(value, str) and value:
                parts.append(value)
            elif isinstance(value, dict | list):
                parts.extend(_texts(value))
        if parts:
            yield ": ".join(parts)
