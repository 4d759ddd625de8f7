"""A page is taken whole or not at all, and its cursor leads on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from tap_techwolf.pagination import BrokenPageError, CursorChain, NoPageError, Page

ASKED_AT = datetime(2026, 11, 22, tzinfo=UTC)
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
        (b"[]", "the answer is not a JSON object"),
        (b"null", "the answer is not a JSON object"),
        (b"", "the answer is not JSON, or cut short"),
        (b'{"has_next":false,"records":[{"a', "the answer is not JSON, or cut short"),
        (b'{"has_next":false,"records":["\xff"]}', "the answer is not JSON, or cut short"),
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


def test_a_chain_of_cursors_leads_to_each_page_once() -> None:
    chain = CursorChain("a")
    assert chain.follow(leading_to("b")) == "b"
    assert chain.follow(leading_to("c")) == "c"
    assert chain.follow(parse({"has_next": False, "records": []})) is None


@pytest.mark.parametrize("cursors", [["a"], ["b", "b"], ["b", "a"], ["b", "c", "b"]])
def test_a_cursor_that_was_there_before_breaks_the_chain(cursors: list[str]) -> None:
    chain = CursorChain("a")
    for cursor in cursors[:-1]:
        chain.follow(leading_to(cursor))
    with pytest.raises(BrokenPageError) as caught:
        chain.follow(leading_to(cursors[-1]))
    told = "'next_starting_after' leads back to a page that was there before"
    assert str(caught.value) == told
