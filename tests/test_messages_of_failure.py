"""The last line of a run that failed names the cause, and what to do."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.app import TOKEN_PATH
from sandbox.exports import PATHS
from tap_techwolf.errors import TapTechWolfError
from tests.gateway import Answer, gateway, refusing_port
from tests.harness import Output, arguments, run, settings
from tests.runs import GOALS, Attempt, attempt, error_line, only

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox

PATH = PATHS[GOALS]


def check(output: Output, *words: str) -> str:
    """A run failed with one clear line at its end."""
    assert output.exit_status == 1
    assert "Traceback" not in output.log
    assert "Unexpected" not in output.log
    line = error_line(output)
    assert line == output.last_line
    for word in words:
        assert word in line
    return line


@pytest.mark.parametrize(
    ("expression", "cause"),
    [
        ("nonsense(goal)", "nonsense' not defined"),
        ("json.loads(goal)", "JSONDecodeError"),
        ("int(goal)", "ValueError"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_an_expression_that_fails_is_named_with_its_stream(
    sandbox: Sandbox, url: str, tmp_path: Path, expression: str, cause: str
) -> None:
    maps = {GOALS: {"label": expression}}
    command = arguments(tmp_path, settings(url, stream_maps=maps), catalog=only(GOALS))
    line = check(run(command), GOALS, cause)
    assert "map" in line
    assert "is not JSON" not in line
    titles = {one.goals[-1].title for one in sandbox.company.employees if one.goals}
    assert not [title for title in titles if title in line]


@pytest.mark.parametrize(
    ("broken", "content"),
    [("config", "{"), ("state", '{"a": 1}}'), ("catalog", "{'a': 1}"), ("state", "")],
)
def test_a_file_that_is_not_json_is_named(
    url: str, tmp_path: Path, broken: str, content: str
) -> None:
    command = arguments(tmp_path, settings(url), state={}, catalog=only(GOALS))
    (tmp_path / f"{broken}.json").write_text(content)
    check(run(command), f"{broken}.json", "JSON")


def test_an_unknown_host_names_the_settings_that_it_follows_from(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo

    def know_loopback_only(host: Any, *more: Any, **options: Any) -> Any:
        if host not in ("127.0.0.1", "localhost"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", know_loopback_only)
    config = settings(url, api_url=None, max_attempts=1)
    output = attempt(config, catalog=only(GOALS))
    for word in ("tenant", "region", "api_url"):
        assert f"'{word}'" in output.said
    assert "run again later" not in output.said.lower()


def test_one_cause_of_all_streams_is_said_once(sandbox: Sandbox, url: str, tmp_path: Path) -> None:
    with refusing_port() as address:
        config = settings(address, auth_url=url + TOKEN_PATH, max_attempts=1)
        line = check(run(arguments(tmp_path, config)), "Connection refused", *PATHS)
    assert line.count("Connection refused") == line.count("gave up") == 1
    assert sandbox.requests.keys() == {TOKEN_PATH}


@pytest.mark.parametrize(
    ("error", "words"),
    [("MemoryError()", "Out of memory"), ('RuntimeError("can\'t start new thread")', "threads")],
)
@pytest.mark.parametrize("place", ["sync.stream.ExportStream.post_process", "api.page.Page.parse"])
def test_a_limit_of_the_system_is_named(
    url: str, tmp_path: Path, error: str, words: str, place: str
) -> None:
    (tmp_path / "limited.py").write_text(
        "from importlib import import_module\n"
        "from tap_techwolf.cli import main\n"
        "import sys\n"
        "def fail(*_, **__):\n"
        f"    raise {error}\n"
        f"module, owner, name = 'tap_techwolf.{place}'.rsplit('.', 2)\n"
        "setattr(getattr(import_module(module), owner), name, fail)\n"
        "main()\n"
    )
    command = arguments(tmp_path, settings(url))
    line = check(run([command[0], str(tmp_path / "limited.py"), *command[3:]]), words)
    assert line.count(words) == 1


NESTINGS = (100, 300, 500, 800, 1000, 1500, 5000, 100_000)


@pytest.mark.parametrize("depth", NESTINGS)
@pytest.mark.parametrize("path", [TOKEN_PATH, PATH])
@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    "start",
    ['{"detail": ', "[", '{"access_token": ', '{"records": [{"external_id": "a", "goal": '],
)
def test_nesting_without_end_is_one_line(
    url: str, path: str, status: int, start: str, depth: int
) -> None:
    opening, closing = (start, "}" if start.startswith("{") else "]")
    if "records" in start:
        content = start + "[" * depth + "]" * depth + '}], "has_next": false}'
    else:
        content = f"{opening * depth}1{closing * depth}"
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.answers[path] = [Answer(status, content.encode())]
        config = settings(address, auth_url=address + TOKEN_PATH, max_attempts=1)
        output = attempt(config, catalog=only(GOALS))
    if output.error is not None:
        assert isinstance(output.error, TapTechWolfError), repr(output.error)
    else:
        assert "records" in start


def refused(url: str, status: int, content: Any) -> Attempt:
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.answers[PATH] = [Answer(status, json.dumps(content).encode())] * 2
        return attempt(settings(address), catalog=only(GOALS))


@pytest.mark.parametrize("status", [400, 403, 418])
def test_what_the_api_says_is_shown_with_its_status(url: str, status: int) -> None:
    said = refused(url, status, [{"title": "closed", "description": "This is\nclosed."}]).said
    assert "closed: This is closed." in said
    assert str(status) in said


@pytest.mark.parametrize("content", [5, None, [], {}, "text", {"detail": 5}, {"message": None}])
def test_a_refusal_of_any_form_is_one_line(url: str, content: Any) -> None:
    said = refused(url, 403, content).said
    assert "403 Forbidden" in said
    assert "\n" not in said


def test_the_token_endpoints_unknown_host_names_its_settings(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def know_nothing(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    config = settings(url, auth_url="https://auth.example" + TOKEN_PATH, max_attempts=1)
    monkeypatch.setattr(socket, "getaddrinfo", know_nothing)
    output = attempt(config, catalog=only(GOALS))
    assert "'auth_url'" in output.said
    assert "'region'" in output.said
