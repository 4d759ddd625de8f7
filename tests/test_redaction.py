"""What the log shows of the API's own words: what helps, and nothing about people."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from sandbox.faults import Fault
from tap_techwolf.errors import StateError
from tests.gateway import Answer, gateway
from tests.harness import Output, arguments, run, settings
from tests.runs import GOALS, PROFILES, attempt, error_line, only

if TYPE_CHECKING:
    from sandbox.app import Sandbox

PATH = PATHS[GOALS]
DEBUG = {"TAP_TECHWOLF_LOGLEVEL": "DEBUG"}
UUID = "6f1d2c52-5f0e-4a43-9a53-3d1f4f6d8b11"
# The ids of the first page; the last one is its cursor, too.
IDS = ("jdoe", "art", "mm-17", "cursor.of.it")


def refuse(url: str, tmp_path: Path, description: str, status: int = 403, **config: Any) -> Output:
    """Run the command against an API that refuses the second page in these words."""
    records = [{"external_id": one, "goal": "Distinctive goal"} for one in IDS]
    first = {"has_next": True, "next_starting_after": IDS[-1], "records": records}
    refusal = [{"title": f"{status} Refused", "description": description}]
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.answers[PATH] = [
            Answer(content=json.dumps(first).encode()),
            *[Answer(status, json.dumps(refusal).encode())] * 2,
        ]
        command = arguments(tmp_path, settings(address, **config), catalog=only(GOALS))
        output = run(command, **DEBUG)
    assert output.exit_status == 1
    assert output.ids(GOALS) == list(IDS)
    assert str(status) in error_line(output)
    return output


MASKED = [
    "jane.doe@example.com",
    "Jane_Doe+hr@mail.example.co.uk",
    UUID,
    UUID.upper(),
    "12345",
    "EMP0012345",
]
FORMS = ["The value {} is wrong.", "(id:{}), here", 'the one of "{}" here']


@pytest.mark.parametrize("hidden", [MASKED[:3], MASKED[3:], IDS], ids=str)
@pytest.mark.parametrize("form", FORMS)
def test_what_may_be_about_people_is_masked(
    url: str, tmp_path: Path, form: str, hidden: list[str]
) -> None:
    text = " / ".join(form.format(one) for one in hidden)
    output = refuse(url, tmp_path, text)
    said = re.split(r"[^\w.@+-]+", error_line(output))
    shown = [one for one in hidden if one in said or one + "." in said]
    assert not shown
    assert {"wrong", "wrong.", "here"} & set(said)
    assert "Distinctive" not in output.log
    for one in hidden:
        if len(one) > 5:
            assert one not in output.log


@pytest.mark.parametrize("quote", ["'{}'", '"{}"'])
def test_quoted_values_are_masked_unless_the_documentation_names_them(
    url: str, tmp_path: Path, quote: str
) -> None:
    hidden = ["Jane Doe", "Lead the new team", "O-Brien"]
    named = ["external_vendor", "workday", "starting_after", "is_active", "last_updated"]
    text = "; ".join(f"got {quote.format(one)}" for one in (*hidden, *named))
    output = refuse(url, tmp_path, text, 400)
    for one in hidden:
        assert one not in output.log
    for one in named:
        assert one in error_line(output)


def test_what_the_api_says_stays_readable(url: str, tmp_path: Path) -> None:
    text = (
        "The external_vendor workday is not activated for this tenant: startup parties known "
        "to be partial. The limit is 100, not 1234, since 2024; see section 4.2 (v1)."
    )
    assert " ".join(text.split()) in error_line(refuse(url, tmp_path, text))


def test_several_lines_are_shown_as_one(url: str, tmp_path: Path) -> None:
    output = refuse(url, tmp_path, "The first\nand\r\n\tthe second.")
    assert "The first and the second." in error_line(output)


def test_every_token_of_the_run_is_masked(sandbox: Sandbox, url: str, tmp_path: Path) -> None:
    path = PATHS[PROFILES]

    def renew_then_tell(_: str) -> None:
        if len(sandbox.pages) == 1:
            sandbox.tokens.revoke()
        elif len(sandbox.pages) == 2:
            told = ", ".join(f"Bearer {one}; token={one}." for one in sandbox.tokens.secrets)
            sandbox.conditions.faults.append(Fault(path, status=403, times=9, text=told))

    sandbox.before_page = renew_then_tell
    output = run(arguments(tmp_path, settings(url), catalog=only(PROFILES)), **DEBUG)
    assert output.exit_status == 1
    assert len(sandbox.tokens.secrets) == 2
    assert "Bearer" in error_line(output)
    assert not [one for one in sandbox.tokens.secrets if one in output.log]


def test_the_token_endpoints_words_are_masked_as_well(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    text = f"Client of jane.doe@example.com ({UUID}) with sandbox-secret is not allowed."
    sandbox.conditions.faults.append(Fault(TOKEN_PATH, status=403, text=text))
    output = run(arguments(tmp_path, settings(url)), **DEBUG)
    assert output.exit_status == 1
    for one in ("jane.doe@example.com", UUID, "sandbox-secret"):
        assert one not in output.log
    assert "is not allowed" in error_line(output)


def test_what_the_api_says_of_an_error_that_is_tried_again_is_not_shown(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    text = "jane.doe@example.com is Distinctive"
    path = PATHS[PROFILES]
    sandbox.conditions.faults.append(Fault(path, status=503, times=2, retry_after="0", text=text))
    output = run(arguments(tmp_path, settings(url), catalog=only(PROFILES)), **DEBUG)
    assert output.exit_status == 0
    assert "example.com" not in output.log
    assert "Distinctive" not in output.log


@pytest.mark.parametrize(
    ("path", "level"), [(PATH, "DEBUG"), (PATH, "WARNING"), (TOKEN_PATH, "INFO")]
)
def test_a_malformed_header_is_not_shown(url: str, tmp_path: Path, path: str, level: str) -> None:
    page = {"has_next": False, "records": [{"external_id": "a"}]}
    token = {"access_token": "distinctive-token", "expires_in": 3600}
    content = json.dumps(page if path == PATH else token).encode()
    header = b"jane.doe@example.com distinctive\r\nX-More: distinctive\r\n"
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.answers[path] = [Answer(content=content, raw_headers=header)]
        gate.answers.setdefault(PATH, [Answer(content=json.dumps(page).encode())])
        config = settings(address, auth_url=address + TOKEN_PATH)
        command = arguments(tmp_path, config, catalog=only(GOALS))
        output = run(command, TAP_TECHWOLF_LOGLEVEL=level)
    assert output.ids(GOALS) == ["a"]
    assert "jane.doe" not in output.log
    assert "distinctive" not in output.log


FOREIGN = "jane.doe@example.com distinctive " + "x" * 500


@pytest.mark.parametrize(
    "fields",
    [
        {"replication_key": "exported_at", "replication_key_value": FOREIGN},
        {"replication_key": FOREIGN, "replication_key_value": "2026-11-22T10:00:00Z"},
        {"replication_key": "exported_at", "replication_key_value": {"distinctive": FOREIGN}},
        {"replication_key": "exported_at", "replication_key_value": [FOREIGN]},
    ],
    ids=["value", "key", "object", "list"],
)
def test_a_foreign_bookmark_is_not_shown(url: str, fields: dict[str, Any]) -> None:
    refused = attempt(settings(url), {"bookmarks": {GOALS: fields}}, only(GOALS))
    assert isinstance(refused.error, StateError)
    assert GOALS in refused.said
    assert "distinctive" not in refused.said
    assert "example.com" not in refused.said
    assert len(refused.said) < 400


def test_the_security_policy_says_what_is_masked() -> None:
    text = " ".join((Path(__file__).parent.parent / "SECURITY.md").read_text().split())
    for word in ("e-mail", "UUID", "five or more digits", "quoted", "name"):
        assert word in text
