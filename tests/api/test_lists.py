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
        self.counted: int | None = None

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
        results = [{"external_id": one, "last_updated": self.updated[one]} for one in rows]
        count = len(names) if self.counted is None else self.counted
        body = {"count": count, "results": results}
        return Page.parse(json.dumps(body).encode(), "results", NOW)


def read(
    company: Company, page_size: int, events: Sequence[Sequence[tuple[str, str]]] = ()
) -> tuple[list[str], bool, int]:
    """Read a list to its end: the names in it, whether nobody can be missing, and the pages."""
    paginator = ListPaginator("employees", KEY, page_size)
    found: list[str] = []
    position: Position = None
    pages = 0
    while True:
        for event in events[pages] if pages < len(events) else ():
            company.happens(*event)
        page = company.page(page_size, position)
        pages += 1
        position = paginator.position_after(page)
        found += [one["external_id"] for one in paginator.records(page)]
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
    assert pages <= -(-(len(names) - 1) // step) + 2


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


@pytest.mark.parametrize("counted", [0, 5, 10, 25])
def test_a_count_that_is_too_small_cuts_nothing_off(counted: int) -> None:
    company = Company([f"{number:02}" for number in range(30)])
    company.counted = counted
    found, is_whole, _ = read(company, 10)
    assert (len(found), is_whole) == (30, False)


def test_an_api_that_ignores_the_offset_is_asked_a_few_times_only() -> None:
    paginator = ListPaginator("employees", KEY, 3)
    body: dict[str, Any] = {"count": 3, "results": [{"external_id": one} for one in "abc"]}
    page = Page.parse(json.dumps(body).encode(), "results", NOW)
    found = [one["external_id"] for one in paginator.records(page)]
    for _ in range(6):
        position = paginator.position_after(page)
        found += [one["external_id"] for one in paginator.records(page)]
    assert position is None
    assert found == ["a", "b", "c"]
    assert not paginator.is_whole


def test_a_count_that_is_too_large_ends_with_both_numbers() -> None:
    company = Company(list("abcdefghij"))
    company.counted = 11
    with pytest.raises(BrokenPageError, match=r"10 of 11 records"):
        read(company, 4)


def test_a_row_that_changed_and_came_back_to_its_place_is_noticed() -> None:
    company = Company(list("abcdefghij"))
    events = [[], [("changes", "e"), *[("leaves", one) for one in "abcd"]]]
    events[1] += [("joins", one) for one in "uvwx"]
    found, _, pages = read(company, 5, events)
    assert set(found) >= company.stayed
    assert pages > 3


def test_the_same_id_in_another_spelling_is_the_same() -> None:
    paginator = ListPaginator("employees", KEY, 100)
    body = rb'{"count": 3, "results": [{"external_id": "1"}, {"external_id": 1}, %s]}'
    page = Page.parse(body % rb'{"external_id": "\u0031"}', "results", NOW)
    paginator.position_after(page)
    assert [one["external_id"] for one in paginator.records(page)] == ["1"]


def test_who_is_listed_twice_may_stand_where_another_was() -> None:
    paginator = ListPaginator("employees", KEY, 100)
    body: dict[str, Any] = {"count": 3, "results": [{"external_id": one} for one in "aba"]}
    page = Page.parse(json.dumps(body).encode(), "results", NOW)
    found = []
    for following in (0, 0, None):
        assert paginator.position_after(page) == following
        found += [one["external_id"] for one in paginator.records(page)]
    assert found == ["a", "b"]
    assert not paginator.is_whole


def test_who_left_meanwhile_does_not_stand_for_another() -> None:
    paginator = ListPaginator("employees", KEY, 100)

    def page(names: str, count: int) -> Page:
        body = {"count": count, "results": [{"external_id": one} for one in names]}
        return Page.parse(json.dumps(body).encode(), "results", NOW)

    assert paginator.position_after(page("abc", 4)) == 2
    assert paginator.position_after(page("d", 3)) == 0  # The count and the row have changed.
    assert paginator.position_after(page("aab", 3)) == 0
    assert paginator.position_after(page("aab", 3)) is None
    assert not paginator.is_whole


def test_a_page_that_leads_no_further_ends_a_reading() -> None:
    with pytest.raises(BrokenPageError, match="1 of 6 records"):
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
