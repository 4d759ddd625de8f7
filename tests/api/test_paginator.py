"""The paginator follows cursors to each page once."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from singer_sdk.pagination import BaseAPIPaginator

from tap_techwolf.api.page import BrokenPageError, Page
from tap_techwolf.api.paginator import ExportPaginator

LAST: dict[str, Any] = {"has_next": False, "records": [{"external_id": "a"}]}


def body_leading_to(cursor: str) -> dict[str, Any]:
    return {"has_next": True, "next_starting_after": cursor, "records": []}


def parse(body: dict[str, Any]) -> Page:
    return Page.parse(json.dumps(body).encode())


def response(body: dict[str, Any]) -> requests.Response:
    made = requests.Response()
    made._content = json.dumps(body).encode()
    return made


def test_it_is_the_sdks_kind_of_paginator() -> None:
    assert isinstance(ExportPaginator(), BaseAPIPaginator)


@pytest.mark.parametrize("read", [parse, response], ids=["page", "response"])
def test_cursors_are_followed_to_the_last_page(read: Any) -> None:
    paginator = ExportPaginator()
    assert paginator.current_value is None
    for count, cursor in enumerate("bc", start=1):
        paginator.advance(read(body_leading_to(cursor)))
        current: Any = paginator.current_value
        assert (current, paginator.finished, paginator.count) == (cursor, False, count)
    assert not paginator.has_more(read(LAST))
    paginator.advance(read(LAST))
    assert paginator.finished


def test_an_interrupted_pass_goes_on_at_its_cursor() -> None:
    paginator = ExportPaginator("b")
    assert paginator.current_value == "b"
    with pytest.raises(BrokenPageError, match="leads back to an earlier page"):
        paginator.advance(parse(body_leading_to("b")))


def test_a_page_without_records_does_not_end_the_pages() -> None:
    paginator = ExportPaginator("a")
    paginator.advance(parse(body_leading_to("b")))
    assert not paginator.finished


@pytest.mark.parametrize("cursors", [["a"], ["b", "b"], ["b", "a"], ["b", "c", "b"]])
def test_a_cursor_that_was_used_before_is_refused(cursors: list[str]) -> None:
    paginator = ExportPaginator("a")
    for cursor in cursors[:-1]:
        paginator.advance(parse(body_leading_to(cursor)))
    with pytest.raises(BrokenPageError) as caught:
        paginator.advance(parse(body_leading_to(cursors[-1])))
    assert str(caught.value) == "'next_starting_after' leads back to an earlier page"
