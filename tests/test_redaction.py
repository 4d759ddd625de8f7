"""What the log shows of the API's own words: what helps, and nothing about people."""

from __future__ import annotations

import json
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
CURSOR = "jdoe"
TOKEN = "Distinctive.Token"
HIDDEN = ["jane.doe@example.com", UUID, UUID.upper(), "12345", "EMP0012345", CURSOR, TOKEN]


def refuse(url: str, tmp_path: Path, refusal: bytes, status: int = 403) -> Output:
    """Run the command against an API that refuses the second page in these words."""
    record = {"external_id": CURSOR, "goal": "Distinctive goal"}
    first = {"has_next": True, "next_starting_after": CURSOR, "records": [record]}
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.answers[PATH] = [Answer(content=json.dumps(first).encode()), Answer(status, refusal)]
        gate.answers[TOKEN_PATH] = [Answer(content=json.dumps({"access_token": TOKEN}).encode())]
        config = settings(address, auth_url=address + TOKEN_PATH)
        output = run(arguments(tmp_path, config, catalog=only(GOALS)), **DEBUG)
    assert output.exit_status == 1
    assert output.ids(GOALS) == [CURSOR]
    assert str(status) in output.last_line
    assert "Distinctive" not in output.log
    assert "Traceback" not in output.last_line
    return output


@pytest.mark.parametrize(
    "form",
    ["The value {} is wrong.", "(id:{}), is wrong", 'the one of "{}" is wrong', "{}-17 is wrong"],
)
def test_what_may_be_about_people_or_was_sent_is_hidden(
    url: str, tmp_path: Path, form: str
) -> None:
    text = "; ".join(form.format(one) for one in HIDDEN)
    refusal = json.dumps([{"title": "Refused", "description": text}]).encode()
    output = refuse(url, tmp_path, refusal)
    assert not [one for one in HIDDEN if one.lower() in output.log.lower()]
    for word in ("Refused", "[hidden]", "is wrong"):
        assert word in output.last_line


def test_what_the_api_says_stays_readable(url: str, tmp_path: Path) -> None:
    text = (
        "The external_vendor 'workday' is not activated for this tenant: startup parties known "
        "to be partial. The limit is 100, not 1234, since 2024; see section 4.2 (v1)."
    )
    output = refuse(url, tmp_path, json.dumps({"message": text}).encode(), 400)
    assert text in output.last_line
    assert [line for line in output.log.splitlines() if "DEBUG" in line and PATH in line]


def test_an_error_that_is_nested_without_end_is_one_line(url: str, tmp_path: Path) -> None:
    output = refuse(url, tmp_path, b'[{"detail":' * 500 + b'"deep"' + b"}]" * 500)
    assert "no message" in output.last_line


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
    sandbox.conditions.faults.append(Fault(path, status=503, text=text))
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
