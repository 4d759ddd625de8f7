from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox import tokens
from sandbox.app import TOKEN_PATH

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN_REQUEST = {
    "grant_type": "client_credentials",
    "client_id": tokens.CLIENT_ID,
    "client_secret": tokens.CLIENT_SECRET,
    "audience": tokens.AUDIENCE,
    "tenant": tokens.TENANT,
    "scopes": ["read"],
}


@pytest.fixture
def session(url: str) -> requests.Session:
    session = requests.Session()
    answer = session.post(url + TOKEN_PATH, json=TOKEN_REQUEST, timeout=5).json()
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 10800
    session.headers["Authorization"] = f"Bearer {answer['access_token']}"
    return session


@pytest.fixture
def ask(url: str, session: requests.Session) -> Callable[..., requests.Response]:
    """Ask for a page: by default the first, of 100."""

    def ask(path: str, query: str = "", **body: Any) -> requests.Response:
        return session.post(url + path + query, json={"limit": 100} | body, timeout=5)

    return ask


@pytest.fixture
def get(url: str, session: requests.Session) -> Callable[[str], Any]:
    """Ask for a page of a list."""

    def get(address: str) -> Any:
        answer = session.get(url + address, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get
