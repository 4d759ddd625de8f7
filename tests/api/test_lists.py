"""Lists by offset, which move while they are read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_techwolf.api.page import BrokenPageError, Page
from tap_techwolf.api.pagination import LIMIT_OFFSET, ListPaginator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_techwolf.api.pagination import Position

NOW = datetime(2026, 11, 28, tzinfo=UTC)
KEY = {"external_id": str}


class Company:
    """People by name, with when they were last updated, and what happens between pages."""

    def __init__(self, names: Sequence[str], *, newest_first: bool = False, cap: int = 200) -> None:
        self.updated = {name: number for number, name in enumerate(names)}
        self.stayed = set(names)
        self.newest_first = newest_first
        self.cap = cap
        self.clock = len(names)

    def happens(self, what: str, who: str) -> None:
        self.clock += 1
        if what == "leaves":
            self.updated.pop(who, None)
            self.stayed.discard(who)
        elif what == "joins" or who in self.updated:
            self.updated[who] = self.clock

    def page(self, page_size: int, position: Position) -> Page:
        asked = LIMIT_OFFSET.parameters(page_size, position)
        names = sorted(self.updated, key=lambda one: (self.updated[one], one))
        if self.newest_first:
            names.reverse()
        first = asked["offset"]
        rows = names[first : first + min(asked["limit"], self.cap)]
        body = {"count": len(names), "results": [{"external_id": one} for one in rows]}
        return Page.parse(json.dumps(body).encode(), "results", NOW)


def read(
    company: Company, page_size: int, events: Sequence[Sequence[tuple[str, str]]] = ()
) -> tuple[list[str], bool, int]:
    """Read a list to its end: the names in it, whether nobody can be missing, and the pages."""
    paginator = ListPaginator("employees", "external_id")
    found: list[str] = []
    position: Position = None
    pages = 0
    while True:
        for event in events[pages] if pages < len(events) else ():
            company.happens(*event)
        page = company.page(page_size, position)
        pages += 1
        position = paginator.position_after(page)
        found += [one["external_id"] for one in paginator.new_records(page.records(KEY))]
        if position is None:
            return found, paginator.is_whole, pages


@pytest.mark.parametrize("page_size", [1, 2, 3, 4, 9, 10, 11, 100])
@pytest.mark.parametrize("cap", [2, 3, 200])
def test_a_list_at_rest_is_read_once_whatever_the_size_of_its_pages(
    page_size: int, cap: int
) -> None:
    names = list("abcdefghij")
    found, is_whole, pages = read(Company(names, cap=cap), page_size)
    assert (found, is_whole) == (names, True)
    step = max(min(page_size, cap) - 1, 1)
    assert pages <= -(-(len(names) - 1) // step) + 1


def test_an_empty_list_is_whole() -> None:
    assert read(Company([]), 5) == ([], True, 1)


@pytest.mark.parametrize("event", [("changes", "a"), ("leaves", "a"), ("joins", "z")])
@pytest.mark.parametrize("newest_first", [True, False])
def test_a_list_that_moves_once_is_read_again(
    event: tuple[str, str], *, newest_first: bool
) -> None:
    company = Company(list("abcdefghij"), newest_first=newest_first)
    found, is_whole, pages = read(company, 4, [[], [event]])
    assert is_whole
    assert set(found) >= company.updated.keys()
    assert len(found) == len(set(found))
    assert pages > 3


def test_a_list_that_never_rests_is_not_whole_although_all_were_found() -> None:
    company = Company(list("abcdefghij"), newest_first=True)
    found, is_whole, _ = read(company, 4, [[("changes", one)] for one in "bcdefghijb"])
    assert set(found) == set("abcdefghij")
    assert not is_whole


def test_a_list_of_which_records_are_missing_ends_with_both_numbers() -> None:
    company = Company(list("abcdefghij"))
    events = [
        [],
        [("leaves", "i"), ("leaves", "j")],
        *[[("changes", one)] for one in "abcdefgh" * 3],
    ]
    with pytest.raises(BrokenPageError, match=r"8 of 10 records"):
        read(company, 3, events)


def test_who_is_listed_twice_may_stand_where_another_was() -> None:
    paginator = ListPaginator("employees", "external_id")
    body: dict[str, Any] = {"count": 3, "results": [{"external_id": one} for one in "aba"]}
    page = Page.parse(json.dumps(body).encode(), "results", NOW)
    assert paginator.position_after(page) is None
    assert [one["external_id"] for one in paginator.new_records(page.records(KEY))] == ["a", "b"]
    assert not paginator.is_whole


def test_a_page_that_only_repeats_a_row_ends_with_an_error() -> None:
    with pytest.raises(BrokenPageError, match="no other result"):
        read(Company(list("abcdef"), cap=1), 5)


happenings = st.tuples(
    st.sampled_from(["changes", "changes", "leaves", "joins"]), st.sampled_from("abcdefghijklmnop")
)


@given(
    st.integers(min_value=0, max_value=12),
    st.integers(min_value=1, max_value=6),
    st.integers(min_value=2, max_value=6),
    st.booleans(),
    st.lists(st.lists(happenings, max_size=2), max_size=12),
)
def test_a_list_that_is_whole_lacks_nobody_who_stayed(
    size: int, page_size: int, cap: int, newest_first: bool, events: list[list[tuple[str, str]]]
) -> None:
    company = Company(list("abcdefghijkl"[:size]), newest_first=newest_first, cap=cap)
    try:
        found, is_whole, pages = read(company, page_size, events)
    except BrokenPageError:
        return
    assert len(found) == len(set(found))
    assert pages <= 3 * (size + 30)
    if is_whole:
        assert set(found) >= company.stayed
