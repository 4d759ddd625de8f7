"""The token endpoint accepts what is documented, and an export accepts only its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from tests.sandbox.conftest import TOKEN_REQUEST

if TYPE_CHECKING:
    from sandbox.app import Sandbox

GOALS = PATHS["employee_ai_goals"]


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer nonsense", "Basic eDp5"])
def test_a_bad_token_gets_the_documented_401(url: str, token: str) -> None:
    headers = {"Authorization": token}
    answer = requests.post(url + GOALS, json={"limit": 5}, headers=headers, timeout=5)
    assert answer.status_code == 401
    [error] = answer.json()
    assert error == {
        "title": "401 Unauthorized",
        "description": "OAuth access token is missing, invalid or expired.",
    }


def test_an_expired_token_is_bad(sandbox: Sandbox, url: str) -> None:
    sandbox.tokens.expires_in = 0
    token = requests.post(url + TOKEN_PATH, json=TOKEN_REQUEST, timeout=5).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.post(url + GOALS, json={"limit": 5}, headers=headers, timeout=5)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"client_secret": "x"}, 401),
        ({"client_id": "x"}, 401),
        ({"audience": "x"}, 403),
        ({"tenant": "x"}, 403),
        ({"scopes": "read"}, 403),
        ({"scopes": ["everything"]}, 403),
        ({"grant_type": "password"}, 400),
        ({"more": 1}, 400),
    ],
    ids=str,
)
def test_a_bad_token_request_gets_an_oauth_error(
    url: str, change: dict[str, Any], status: int
) -> None:
    answer = requests.post(url + TOKEN_PATH, json=TOKEN_REQUEST | change, timeout=5)
    assert answer.status_code == status
    assert answer.json().keys() == {"error", "error_description"}


def test_forms_are_not_documented_for_tokens(url: str) -> None:
    assert requests.post(url + TOKEN_PATH, data=TOKEN_REQUEST, timeout=5).status_code == 400


def test_a_token_can_have_other_scopes_and_another_lifetime(sandbox: Sandbox, url: str) -> None:
    sandbox.tokens.scopes_given = ("read_reports",)
    sandbox.tokens.expires_in = 60
    answer = requests.post(url + TOKEN_PATH, json=TOKEN_REQUEST, timeout=5).json()
    assert (answer["scope"], answer["expires_in"]) == ("read_reports", 60)
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    answer = requests.post(url + GOALS, json={"limit": 5}, headers=headers, timeout=5)
    assert answer.status_code == 401
