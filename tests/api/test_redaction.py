"""What the API says in an error is shown without ids, addresses, quotations and secrets."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tap_techwolf.api.redaction import api_message, redact, status_text
from tap_techwolf.api.transport import Response

UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        # E-mail addresses
        ("No user ada.lovelace@example.com here", "No user [hidden] here"),
        ("<ada@example.com>, (bob@example.org)", "<[hidden]>, ([hidden])"),
        # UUIDs, whatever their form
        (f"Employee {UUID} is unknown", "Employee [hidden] is unknown"),
        (f"Employee {UUID.upper()}.", "Employee [hidden]."),
        (f"Employee {UUID.replace('-', '')}!", "Employee [hidden]!"),
        # Words with five or more digits, and only these
        ("Employee E-12345 of 1234", "Employee [hidden] of 1234"),
        ("Employee a1b2c3d4e5, 2026-11-22", "Employee [hidden], [hidden]"),
        ("limit must be at most 1000", "limit must be at most 1000"),
        ("\u0661\u0662\u0663\u0664\u0665", "[hidden]"),
        # Quoted values, other than the names and options of the documentation
        ("'Ada Lovelace' is not an option", "[hidden] is not an option"),
        ('"Ada Lovelace" is not an option', "[hidden] is not an option"),
        (
            "`Ada` and \u201cBob\u201d and \u2018Eve\u2019 and \u00abJo\u00bb",
            "[hidden] and [hidden] and [hidden] and [hidden]",
        ),
        ("'limit' must be \"all\" or `Latest`", "'limit' must be \"all\" or `Latest`"),
        ("'Content-Type' must be 'application/json'", "'Content-Type' must be 'application/json'"),
        (
            "'Bearer Token_Type' or '/export/Employees'",
            "'Bearer Token_Type' or '/export/Employees'",
        ),
        ("'limit Ada' is wrong", "[hidden] is wrong"),
        ("'' is wrong", "[hidden] is wrong"),
        ("no \u201eAda\u201c, &quot;Bob&quot;, &#39;Eve&#39;", "no [hidden], [hidden], [hidden]"),
        ('goal"Ada"s', "goal[hidden]s"),
        # Quotation marks within a quotation
        ('{"goal": "Ada said \\"no\\" in May", "x": 1}', "{[hidden]: [hidden], [hidden]: 1}"),
        (r"'Ada said \'no\' in May' fails", "[hidden] fails"),
        # Quotations that are not closed, as in a text that was cut
        ('not "Ada Lovelace', "not [hidden]"),
        ("not 'Ada Lovelace", "not [hidden]"),
        ("not `Ada Lovelace", "not [hidden]"),
        ("not \u201cAda Lovelace", "not [hidden]"),
        ('not "Ada\\', "not [hidden]"),
        # An apostrophe is no quotation mark
        ("The employee's goal isn't there", "The employee's goal isn't there"),
        ("'Ada's goal' isn't there", "[hidden] isn't there"),
        # One line
        ("first\n\tsecond", "first second"),
    ],
)
def test_what_could_be_about_a_person_is_hidden(said: str, shown: str) -> None:
    assert redact(said) == shown


def refused(body: Any, **sent: str) -> Response:
    """A refusal of a request with a token that sent a JSON body."""
    headers = {"Authorization": "Bearer a-long-token"}
    request = requests.Request("POST", "https://127.0.0.1/x", headers=headers, json=sent)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Response(403, {}, content, datetime.now(UTC), 0.0, request.prepare())


@pytest.mark.parametrize("name", ["client_secret", "client_assertion", "starting_after"])
@pytest.mark.parametrize(
    ("value", "said", "shown"),
    [
        ("jdoe", "No jdoe, JDoe; jdoe-17 (jdoe_x).", "No [hidden], [hidden]; [hidden] ([hidden])."),
        ("jdoe", "xjdoe, x-jdoe", "xjdoe, x-jdoe"),  # Other words that merely contain it
        ("j.1", "j.1 jx1", "[hidden] jx1"),
        ("a-long-secret", "a-long-secret, xA-LONG-SECRETx!", "[hidden], x[hidden]!"),
        # What looks like an HTML entity, which is resolved
        ("p&notq&ltr&amp;s", "p&notq&ltr&amp;s is wrong", "[hidden] is wrong"),
        ("p&notq", "p&amp;notq is wrong", "[hidden] is wrong"),
        ("j doe/ä", "starting_after=j%20doe/%C3%A4 is wrong", "starting_after=[hidden] is wrong"),
        ("j doe/ä", "starting_after=j+doe%2f%c3%a4", "starting_after=[hidden]"),
        ("two words", "Not two\nwords", "Not two words"),
    ],
)
def test_what_was_sent_is_hidden(name: str, value: str, said: str, shown: str) -> None:
    assert api_message(refused({"message": said}, **{name: value, "tenant": "acme"})) == shown


def test_the_token_is_hidden_and_what_is_no_secret_is_not() -> None:
    said = "Bearer A-Long-Token of acme, a-long-token2"
    assert (
        api_message(refused({"message": said}, tenant="acme"))
        == "Bearer [hidden] of acme, [hidden]"
    )


def test_a_cursor_in_a_query_is_hidden() -> None:
    request = requests.Request(
        "GET", "https://127.0.0.1/x?starting_after=j%20doe&limit=7"
    ).prepare()
    response = Response(400, {}, b'{"message": "No j doe."}', datetime.now(UTC), 0.0, request)
    assert api_message(response) == "No [hidden]."


def test_nothing_is_shown_because_a_long_text_is_cut() -> None:
    assert redact(f'Value "Ada {"x" * 11_000}" for goal') == "Value [hidden]"
    assert redact(f"x:{' ' * 9_995}settings-secret", ("settings-secret",)) == "x: [hidden]"
    quoted = f'"{"x" * 9_993}"'
    assert redact(f"{quoted} fails") == "[hidden]"
    assert redact(f"{quoted} fail") == "[hidden] fail"
    quoted = f'"{"x " * 4_990}"'
    assert redact(f"{quoted} ada.lovelace@example.com") == "[hidden]"


@pytest.mark.parametrize("text", ["x " * 9999, "word\n" * 999, "\u2028\x85\r\n\x0b\x0c" * 99])
def test_a_text_becomes_one_short_line(text: str) -> None:
    assert len(redact(text)) <= 300
    assert len(redact(text).splitlines()) <= 1


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ([{"title": "Bad request", "description": "No."}], "Bad request: No."),
        ([5, {"title": "a"}, {"other": "c"}, {"description": "b"}], "a; b"),
        ({"error": "invalid_client", "error_description": "No."}, "invalid_client: No."),
        ({"detail": "Not here."}, "Not here."),
        ({"message": "Not for E-12345 here."}, "Not for [hidden] here."),
        ({"detail": [{"msg": "field required"}, {"msg": "too long"}]}, "field required: too long"),
        ({"error": {"message": "inner"}}, "inner"),
        ({"message": ""}, ""),
        ("text", ""),
        (None, ""),
        ([{"title": "t" * 290}, {"title": "u" * 290}], "t" * 290 + "; " + "u" * 8),
    ],
    ids=lambda value: str(value)[:40],
)
def test_all_forms_of_errors_are_read(body: Any, shown: str) -> None:
    assert api_message(refused(body)) == shown


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html>", b"\xff", b"9" * 5000, b"[" * 5000 + b"]" * 5000),
        b'{"error":' * 500 + b"1" + b"}" * 500,
        b'{"error":' * 100_000,
    ],
    ids=lambda body: f"{body[:9]!r} {len(body)}",
)
def test_an_error_without_a_readable_text_has_none(body: bytes) -> None:
    assert api_message(refused(body)) == ""


def test_a_status_without_a_name_is_a_number() -> None:
    assert status_text(418) == "418 I'm a Teapot"
    assert status_text(599) == "599"
