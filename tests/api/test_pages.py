"""A page is taken whole or not at all, and its cursor leads on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tap_techwolf.api.page import BrokenPageError, Clock, NoPageError, Page

ASKED_AT = Clock(datetime(2026, 11, 22, tzinfo=UTC), None)
KEYS = {"external_id": str, "version": int}


def parse(body: bytes | dict[str, Any]) -> Page:
    return Page.parse(body if isinstance(body, bytes) else json.dumps(body).encode(), ASKED_AT)


def leading_to(cursor: str) -> Page:
    return parse({"has_next": True, "next_starting_after": cursor, "records": []})


def test_a_page_has_its_cursor_its_moment_and_its_records() -> None:
    text = '{"has_next":true,"next_starting_after":"é","records":[{"external_id":"a","n":1.10}]}'
    page = parse(text.encode())
    assert page.next_cursor == "é"
    assert page.requested_at == ASKED_AT
    [record] = page.records({"external_id": str})
    assert record == {"external_id": "a", "n": Decimal("1.10")}
    assert str(record["n"]) == "1.10"


@pytest.mark.parametrize("cursor", [{}, {"next_starting_after": "a"}, {"next_starting_after": 5}])
def test_the_last_page_leads_nowhere(cursor: dict[str, Any]) -> None:
    assert parse({"has_next": False, "records": [], **cursor}).next_cursor is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"[]", "the response is not a JSON object"),
        (b"null", "the response is not a JSON object"),
        (b"", "the response is not JSON, or cut short"),
        (b'{"has_next":false,"records":[{"a', "the response is not JSON, or cut short"),
        (b'{"has_next":false,"records":["\xff"]}', "the response is not JSON, or cut short"),
    ],
)
def test_an_answer_that_is_no_page_is_worth_another_try(body: bytes, text: str) -> None:
    with pytest.raises(NoPageError) as caught:
        parse(body)
    assert str(caught.value) == text


@pytest.mark.parametrize("has_next", [None, 0, 1, "true", []])
def test_a_page_must_say_whether_there_are_more(has_next: Any) -> None:
    with pytest.raises(BrokenPageError) as caught:
        parse({"has_next": has_next, "next_starting_after": "a", "records": []})
    assert str(caught.value) == "'has_next' is missing or neither true nor false"


@pytest.mark.parametrize("cursor", [None, "", 5, ["a"]])
def test_a_page_with_more_behind_it_must_say_where(cursor: Any) -> None:
    with pytest.raises(BrokenPageError) as caught:
        parse({"has_next": True, "next_starting_after": cursor, "records": []})
    assert str(caught.value) == "'has_next' is true, but 'next_starting_after' names no page"


@pytest.mark.parametrize("body", [{"has_next": False}, {"has_next": False, "records": {}}])
def test_records_must_be_a_list(body: dict[str, Any]) -> None:
    with pytest.raises(BrokenPageError) as caught:
        parse(body).records(KEYS)
    assert str(caught.value) == "'records' is missing or not a list"


@pytest.mark.parametrize("record", [None, 5, "a", []])
def test_a_record_must_be_an_object(record: Any) -> None:
    good = {"external_id": "a", "version": 1}
    with pytest.raises(BrokenPageError) as caught:
        parse({"has_next": False, "records": [good, record]}).records(KEYS)
    assert str(caught.value) == "record 2 is not an object"


@pytest.mark.parametrize(
    ("record", "key"),
    [
        ({"version": 1}, "external_id"),
        ({"external_id": "", "version": 1}, "external_id"),
        ({"external_id": 5, "version": 1}, "external_id"),
        ({"external_id": "a"}, "version"),
        ({"external_id": "a", "version": True}, "version"),
        ({"external_id": "a", "version": "1"}, "version"),
    ],
)
def test_a_record_must_have_its_key(record: dict[str, Any], key: str) -> None:
    with pytest.raises(BrokenPageError) as caught:
        parse({"has_next": False, "records": [record]}).records(KEYS)
    assert str(caught.value) == f"record 1 lacks its key {key!r}"


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (rb"\ud83d", "\ufffd"),
        (rb"half \uDE00 end", "half \ufffd end"),
        (rb"\ude00\ud83d", "\ufffd\ufffd"),
        (rb"\ud83d\ude00\ud83d", "\U0001f600\ufffd"),
        (rb"\\ud83d\ud83d", "\\ud83d\ufffd"),
        (b"\xed\xa0\xbd", "\ufffd"),
    ],
    ids=str,
)
def test_half_a_character_is_replaced(sent: bytes, read: str) -> None:
    body = b'{"has_next": false, "records": [{"external_id": "a", "goal": "%s"}]}' % sent
    page = parse(body)
    assert page.was_repaired
    assert page.size == len(body)
    [record] = page.records({"external_id": str})
    assert record["goal"] == read


@pytest.mark.parametrize("text", [r"\ud83d\ude00", r"\\ud83d", "\U0001f600"])
def test_whole_characters_stay_as_they_are(text: str) -> None:
    body = f'{{"has_next": false, "records": [{{"external_id": "a", "goal": "{text}"}}]}}'
    page = parse(body.encode())
    assert not page.was_repaired
    assert page.records({"external_id": str})[0]["goal"] == json.loads(f'"{text}"')


@pytest.mark.parametrize("number", ["9" * 5000, "1e9999999999999999999"])
def test_a_number_that_no_program_reads_breaks_the_page(number: str) -> None:
    text = f'{{"has_next": false, "records": [{{"external_id": "a", "n": {number}}}]}}'
    page = parse(text.encode())
    with pytest.raises(BrokenPageError, match="^a record holds a number that is too large to read"):
        page.records({"external_id": str})
    assert page.ids() == frozenset()


def test_a_response_that_is_nested_too_deeply_breaks_the_page() -> None:
    nested = "[" * 5000 + "]" * 5000
    with pytest.raises(BrokenPageError, match="^the response is nested too deeply to read$"):
        parse(f'{{"has_next": false, "records": [], "more": {nested}}}'.encode())


def test_a_page_knows_the_ids_that_no_message_may_show() -> None:
    records: list[Any] = [{"external_id": "a"}, {"external_id": 5}, {"goal": "g"}, "text", None]
    assert parse({"has_next": False, "records": records}).ids() == {"a"}
    assert parse({"has_next": False, "records": None}).ids() == frozenset()


@pytest.mark.parametrize(("machine", "api"), [(1, 2), (2, 1), (1, None)])
def test_the_earlier_of_two_clocks_counts(machine: int, api: int | None) -> None:
    clock = Clock(
        datetime(2026, 11, machine, tzinfo=UTC),
        datetime(2026, 11, api, tzinfo=UTC) if api else None,
    )
    assert clock.earlier == datetime(2026, 11, 1, tzinfo=UTC)
