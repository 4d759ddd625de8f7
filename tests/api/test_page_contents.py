"""Answers that are legal but odd: half an emoji, numbers without end, boxes in boxes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from sandbox.exports import PATHS
from tap_techwolf.errors import ExportError
from tests.gateway import Answer, gateway
from tests.harness import arguments, run, settings
from tests.runs import GOALS, Attempt, attempt, only, warnings_in

if TYPE_CHECKING:
    from pathlib import Path

PATH = PATHS[GOALS]
REPLACED = "\N{REPLACEMENT CHARACTER}"


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)


def page(*records: str, cursor: str | None = None) -> Answer:
    """A page of records that are written as they stand here."""
    more = f'"has_next": true, "next_starting_after": "{cursor}"' if cursor else '"has_next": false'
    return Answer(content=f'{{{more}, "records": [{", ".join(records)}]}}'.encode())


def record(key: str = "a", **properties: str) -> str:
    """A record whose values are written as they stand here."""
    texts = "".join(f', "{name}": {value}' for name, value in properties.items())
    return f'{{"external_id": "{key}"{texts}}}'


def sync_pages(url: str, *pages: Answer, max_attempts: int = 2) -> Attempt:
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.answers[PATH] = [*pages]
        config = settings(address, max_attempts=max_attempts)
        output = attempt(config, catalog=only(GOALS))
        assert gate.requests.count(PATH) <= max(len(pages), max_attempts)
    return output


LONE = [
    (r"half \ud83d of it", f"half {REPLACED} of it"),
    (r"half \uD83D of it", f"half {REPLACED} of it"),
    (r"\ude80", REPLACED),
    (r"\ud83d", REPLACED),
    (r"\ud83d\ud83d\ude80", REPLACED + "🚀"),
    (r"\ud83d\ude80\ude80", "🚀" + REPLACED),
    (r"\ude80\ud83d", REPLACED * 2),
    (r"\ud83dA\ude80", f"{REPLACED}A{REPLACED}"),
    (r"\ud83d\u0041", f"{REPLACED}A"),
    (r"\ud83d\n", f"{REPLACED}\n"),
    (r"\ud83d\\ude80", REPLACED + r"\ude80"),
    (r"\\\ud83d", "\\" + REPLACED),
    (r"\\\\\ud83d\"", "\\\\" + REPLACED + '"'),
    ("ü\\ud83d🚀", f"ü{REPLACED}🚀"),
]


@pytest.mark.parametrize(("text", "expected"), LONE)
def test_half_an_emoji_is_replaced_and_the_record_comes(
    url: str, caplog: pytest.LogCaptureFixture, text: str, expected: str
) -> None:
    answer = page(record("a", goal='"before"'), record("b", goal=f'"{text}"'), record("c"))
    output = sync_pages(url, answer)
    assert output.error is None
    assert output.ids(GOALS) == ["a", "b", "c"]
    assert output.records[GOALS][1]["goal"] == expected
    [told] = warnings_in(caplog)
    assert "of it" not in told
    assert REPLACED not in told


WHOLE = [
    (r"\ud83d\ude80", "🚀"),
    (r"\uD83D\uDE80", "🚀"),
    (r"\\ud83d", r"\ud83d"),
    (r"\\\\ud83d", r"\\ud83d"),
    (r"\\ud83d\ud83d\ude80", r"\ud83d🚀"),
    (r"\\\u00fc", "\\ü"),
    (r"\ufffd", REPLACED),
    (r"\ud7ff\ue000", "\ud7ff\ue000"),
    ("🚀", "🚀"),
]


@pytest.mark.parametrize(("text", "expected"), WHOLE)
@pytest.mark.parametrize("beside", ["", r"\ud83d"])
def test_whole_characters_and_escaped_backslashes_stay_as_they_are(
    url: str, caplog: pytest.LogCaptureFixture, text: str, expected: str, beside: str
) -> None:
    odd = record("b", goal=f'"{beside}"')
    output = sync_pages(url, page(record("a", goal=f'"{text}"'), odd))
    assert output.error is None
    assert output.records[GOALS][0]["goal"] == expected
    assert len(warnings_in(caplog)) == bool(beside)


def test_half_an_emoji_may_stand_in_ids_and_deep_inside(url: str) -> None:
    skills = r'[{"skill_id": "\ud83d"}, {"skill_id": "\ud83d\ude80"}]'
    output = sync_pages(url, page(record(r"a\ud83d", target_skills=skills)))
    assert output.error is None
    [brought] = output.records[GOALS]
    assert brought["external_id"] == f"a{REPLACED}"
    assert brought["target_skills"] == [{"skill_id": REPLACED}, {"skill_id": "🚀"}]


def test_half_an_emoji_is_told_of_once(url: str, caplog: pytest.LogCaptureFixture) -> None:
    odd = [record(name, goal=r'"\ud83d"') for name in "abcd"]
    output = sync_pages(url, page(*odd[:2], cursor="x"), page(*odd[2:]))
    assert output.ids(GOALS) == ["a", "b", "c", "d"]
    assert len(warnings_in(caplog)) == 1


def test_half_an_emoji_is_brought_by_the_command(url: str, tmp_path: Path) -> None:
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.answers[PATH] = [page(record("a", goal=r'"\ud83d"'))]
        output = run(arguments(tmp_path, settings(address, max_attempts=1), catalog=only(GOALS)))
    assert output.exit_status == 0, output.log
    assert output.records[GOALS][0]["goal"] == REPLACED


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


TOO_MUCH = [
    ("version", "7" * 4301),
    ("version", "-" + "7" * 5000),
    ("version", "7" * 100_000),
    ("version", "1e9999999999999999999"),
    ("version", "-1E-9999999999999999999"),
    ("target_skills", nested(1_500)),
    ("target_skills", nested(100_000)),
    ("target_skills", '{"a":' * 1_500 + "7777" + "}" * 1_500),
]


@pytest.mark.parametrize(("name", "value"), TOO_MUCH, ids=lambda value: value[:12])
def test_what_cannot_be_read_ends_the_run_in_one_line(url: str, name: str, value: str) -> None:
    good = record("distinctive-id", goal='"distinctive"')
    answers = [page(good, cursor="x"), *[page(record("b", **{name: value}))] * 2]
    output = sync_pages(url, *answers)
    assert isinstance(output.error, ExportError)
    assert f"{GOALS}, page 2" in output.said
    assert "\n" not in output.said
    assert "distinctive" not in output.said
    assert "777" not in output.said
    assert "999" not in output.said
    assert len(output.said) < 500
    assert output.ids(GOALS) == ["distinctive-id"]


def test_what_cannot_be_read_shows_nothing_in_the_log(url: str, tmp_path: Path) -> None:
    with gateway(url, keeps_alive=True) as (address, gate):
        gate.answers[PATH] = [page(record("distinctive-id", version="7" * 4301))]
        config = settings(address, max_attempts=1)
        command = arguments(tmp_path, config, catalog=only(GOALS))
        output = run(command, TAP_TECHWOLF_LOGLEVEL="DEBUG")
    assert output.exit_status == 1
    assert "distinctive" not in output.log
    assert "7777" not in output.log
    errors = [line for line in output.log.splitlines() if "ERROR" in line]
    assert len(errors) == 1
    assert f"{GOALS}, page 1" in errors[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", "7" * 18),
        ("version", "1.10"),
        ("version", "1E+400"),
        ("target_skills", nested(100)),
    ],
    ids=lambda value: value[:12],
)
def test_what_can_be_read_arrives(url: str, name: str, value: str) -> None:
    output = sync_pages(url, page(record("a", **{name: value})))
    assert output.error is None
    assert output.ids(GOALS) == ["a"]
