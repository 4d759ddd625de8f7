"""What the API says in an error is shown without ids, addresses, quotations and tokens."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tap_techwolf.api.redaction import Redactor, one_line, status_text

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
    assert Redactor().clean(said) == shown


def test_every_token_of_the_run_is_hidden() -> None:
    redactor = Redactor(["settings-secret", None, ""])
    redactor.add_secret("token-one")
    redactor.add_secret("token-one-and-more")
    redactor.add_secret("a-token-one")
    said = "settings-secret, token-one, token-one-and-more, a-token-one"
    assert redactor.clean(said) == "[hidden], [hidden], [hidden], [hidden]"


def test_ids_of_the_last_page_are_hidden_as_whole_words() -> None:
    redactor = Redactor()
    redactor.set_ids("goals", lambda: {"ada", "", None})
    redactor.set_ids("jobs", lambda: {"j.1"})
    assert redactor.clean("ada, adage, x-ada, j.1, jx1") == "[hidden], adage, x-ada, [hidden], jx1"
    redactor.set_ids("goals", lambda: {"bob"})
    assert redactor.clean("ada, bob") == "ada, [hidden]"


def test_nothing_is_shown_because_a_long_text_is_cut() -> None:
    assert Redactor().clean(f'Value "Ada {"x" * 11_000}" for goal') == "Value [hidden]"
    spaces = " " * 9_995
    assert Redactor(["settings-secret"]).clean(f"x:{spaces}settings-secret") == "x: [hidden]"
    quoted = f'"{"x" * 9_993}"'
    assert Redactor().clean(f"{quoted} fails") == "[hidden]"
    assert Redactor().clean(f"{quoted} fail") == "[hidden] fail"
    quoted = f'"{"x " * 4_990}"'
    assert Redactor().clean(f"{quoted} ada.lovelace@example.com") == "[hidden]"


def test_a_text_is_shortened() -> None:
    assert Redactor().clean("x " * 9999) == ("x " * 150)
    assert one_line("a\n\tb  c\r\n") == "a b c"
    assert one_line("x" * 999) == "x" * 300


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
    assert Redactor().api_message(json.dumps(body).encode()) == shown


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 5000 + b"]" * 5000])
def test_an_error_without_a_readable_text_has_none(body: bytes) -> None:
    assert Redactor().api_message(body) == ""


def test_a_status_without_a_name_is_a_number() -> None:
    assert status_text(418) == "418 I'm a Teapot"
    assert status_text(599) == "599"
