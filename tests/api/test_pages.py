"""A page is taken whole or not at all, and says where the next one is."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.api.page import BrokenPageError, NoPageError, Page
from tap_techwolf.api.pagination import LIMIT_OFFSET, NEXT_STARTING_AFTER, Paginator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_techwolf.api.pagination import Pagination, Position

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEY = {"external_id": str}
REPLACED = "\N{REPLACEMENT CHARACTER}"


def parse(body: Any, pagination: Pagination = NEXT_STARTING_AFTER) -> Page:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Page.parse(content, pagination.records, NOW)


def record(**properties: str) -> bytes:
    """A last page with one record, whose values are JSON as it stands here."""
    texts = "".join(f', "{name}": {text}' for name, text in properties.items())
    return f'{{"has_next": false, "records": [{{"external_id": "a"{texts}}}]}}'.encode()


def read(page: Page, key: Mapping[str, type] = KEY) -> list[dict[str, Any]]:
    """Read a page to its end, as a pass does."""
    Paginator(None, KEY).position_after(page)
    return page.records(key)


# What a page must have


def page(**changes: Any) -> dict[str, Any]:
    good = {"has_next": True, "next_starting_after": "c", "records": [{"external_id": "a"}]}
    return {name: value for name, value in (good | changes).items() if value != "missing"}


#: Pages that break the documented format, and what an error says of each.
BROKEN: list[tuple[dict[str, Any], str]] = [
    (page(**{name: value}), f"'{name}'")
    for name, values in {
        "has_next": ("missing", None, "true", 1, 0, []),
        "next_starting_after": ("missing", None, "", 5, ["a"]),
        "records": ("missing", None, {"external_id": "a"}, ""),
    }.items()
    for value in values
]
ODD: tuple[Any, ...] = (None, "", 5, True, ["a"])
BROKEN += [(page(records=[{"external_id": value}]), "'external_id'") for value in ODD if value != 5]
BROKEN += [(page(records=[{"external_id": "a"}, value]), "record 2") for value in (*ODD, {})]


@pytest.mark.parametrize(("broken", "named"), BROKEN, ids=[str(one[0]) for one in BROKEN])
def test_a_page_without_what_is_needed_is_broken(broken: dict[str, Any], named: str) -> None:
    with pytest.raises(BrokenPageError, match=named):
        read(parse(broken))


@pytest.mark.parametrize("version", ["missing", None, "2", True, 2.5, 2**63, 1e30])
def test_each_part_of_a_key_must_have_its_type(version: Any) -> None:
    key = {"external_id": str, "version": int}
    good = {"external_id": "a", "version": 2}
    assert read(parse(page(records=[good])), key) == [good]
    bad = {"external_id": "b"} | ({} if version == "missing" else {"version": version})
    with pytest.raises(BrokenPageError, match=r"record 2.*'version'"):
        read(parse(page(records=[good, bad])), key)


@pytest.mark.parametrize(
    ("sent", "read_as"),
    [
        ({"external_id": 4711}, {"external_id": "4711"}),
        ({"external_id": 47.50}, {"external_id": "47.5"}),
        ({"version": 2.0}, {"version": 2}),
        ({"version": -(2**63)}, {"version": -(2**63)}),
    ],
    ids=str,
)
def test_a_key_that_says_what_it_means_in_another_type_is_brought_to_its_own(
    sent: dict[str, Any], read_as: dict[str, Any]
) -> None:
    key = {"external_id": str, "version": int}
    good = {"external_id": "a", "version": 2}
    assert read(parse(page(records=[good | sent])), key) == [good | read_as]


@pytest.mark.parametrize(
    "body",
    [
        *(b"[]", b"null", b"5", b"", b"<html>", b"\xff", b'{"has_next": false'),
        b'{"has_next": false, "records": [{"external_id": "a',
        b'{"has_next": false, "records": [{"external_id": "\xff"}]}',
        b'{"has_next": false, "records": [{"external_id": "\xc3',
        b'{"has_next": false, "records": [], "more": "\xe9"}',
        b"{'has_next': false, 'records': []}",
        b'{"has_next": false, "records": [], "n": NaN}',
    ],
)
def test_what_is_no_json_object_in_utf_8_is_no_page(body: bytes) -> None:
    with pytest.raises(NoPageError):
        parse(body)


@pytest.mark.parametrize("size", [1 << 16, (1 << 16) + 1])
def test_a_character_of_several_bytes_may_lie_anywhere(size: int) -> None:
    start = record(goal='"')[:-3]
    body = start + b"x" * (size - len(start) - 1) + "é".encode() + b'"}]}'
    assert read(parse(body))[0]["goal"].endswith("xé")


# Values


@pytest.mark.parametrize(
    "number",
    ["1.10", "1E+400", "-0.00", "12345678901234567890.123456789", "7" * 400, "-1", "1e-7"],
)
def test_a_number_stays_as_the_api_wrote_it(number: str) -> None:
    [one] = read(parse(record(n=number)))
    assert str(one["n"]).upper() == number.upper()


@pytest.mark.parametrize(
    "value",
    [
        *("7" * 4301, "-" + "7" * 5000, "1e9999999999999999999", "-1E-9999999999999999999"),
        "[" * 1500 + "]" * 1500,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 1500 + "7777" + "}" * 1500,
    ],
    ids=lambda value: value[:12],
)
def test_what_no_program_can_read_is_broken_and_not_shown(value: str) -> None:
    with pytest.raises(BrokenPageError) as caught:
        read(parse(record(n=value)))
    assert "777" not in str(caught.value)
    assert "999" not in str(caught.value)


@pytest.mark.parametrize("value", ["7" * 4301, "[" * 1500 + "]" * 1500], ids=["long", "deep"])
def test_a_has_next_that_no_program_can_read_is_broken(value: str) -> None:
    with pytest.raises(BrokenPageError):
        read(parse(b'{"has_next": %s, "records": []}' % value.encode()))


def test_lists_in_lists_are_read() -> None:
    assert str(read(parse(record(n="[" * 100 + "]" * 100)))[0]["n"]) == "[" * 100 + "]" * 100


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (r"half \ud83d of it", f"half {REPLACED} of it"),
        (r"\uDE80", REPLACED),
        (r"\ud83d\ud83d\ude80", REPLACED + "🚀"),
        (r"\ud83d\ude80\ude80", "🚀" + REPLACED),
        (r"\ude80\ud83d", REPLACED * 2),
        (r"\ud83dA\ude80", f"{REPLACED}A{REPLACED}"),
        (r"\ud83d\u0041", f"{REPLACED}A"),
        (r"\ud83d\\ude80", REPLACED + r"\ude80"),
        (r"\\\\\ud83d\"", "\\\\" + REPLACED + '"'),
        ("ü\\ud83d🚀", f"ü{REPLACED}🚀"),
        (b"\xed\xa0\xbd".decode("latin-1"), REPLACED),
        # Whole characters, and backslashes that are escaped themselves
        (r"\uD83D\uDE80", "🚀"),
        (r"\\ud83d", r"\ud83d"),
        (r"\\ud83d\ud83d\ude80", r"\ud83d🚀"),
        (r"\\\u00fc", "\\ü"),
        (r"\ufffd", REPLACED),
        (r"\ud7ff\ue000", "\ud7ff\ue000"),
    ],
)
@pytest.mark.parametrize("beside", ["", r"\ud83d"])
def test_half_a_character_is_replaced_and_nothing_else(
    sent: str, expected: str, beside: str
) -> None:
    encoding = "latin-1" if sent.startswith("\xed") else "utf-8"
    body = record(goal="'GOAL'", skills=f'[{{"skill_id": "{beside}"}}]')
    one = parse(body.replace(b"'GOAL'", b'"' + sent.encode(encoding) + b'"'))
    [found] = read(one)
    assert found["goal"] == expected
    assert found["skills"] == [{"skill_id": REPLACED if beside else ""}]
    is_whole = not beside and (REPLACED not in expected or sent == r"\ufffd")
    named = "goal" if REPLACED in expected and sent != r"\ufffd" else "skills"
    assert one.replaced_in == (None if is_whole else named)


def test_a_nul_is_replaced_in_records_and_nowhere_else() -> None:
    body = page(
        records=[
            {"external_id": "a", "goal": None},
            {"external_id": "b\0", "tasks": [{"c\0": "\0"}]},
        ],
        next_starting_after="c\0",
    )
    one = parse(body)
    assert read(one) == [
        {"external_id": "a", "goal": None},
        {"external_id": "b" + REPLACED, "tasks": [{"c" + REPLACED: REPLACED}]},
    ]
    assert one.replaced_in == "external_id"
    assert NEXT_STARTING_AFTER.next_position(one, None) == "c\0"


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (r"Lead\u0000 a team", f"Lead{REPLACED} a team"),
        (r"\\u0000", r"\u0000"),
        (r"\\\u0000", "\\" + REPLACED),
        (r"\u0000\ud83d", REPLACED * 2),
        (r"\ud83d\ude80\u0000", "🚀" + REPLACED),
    ],
)
def test_a_nul_is_told_from_what_looks_like_one(sent: str, expected: str) -> None:
    one = parse(record(goal=f'"{sent}"'))
    assert read(one)[0]["goal"] == expected
    assert one.replaced_in == ("goal" if REPLACED in expected else None)


# Where the next page is


@pytest.mark.parametrize("records", [[], [{"external_id": "z"}]])
def test_has_next_alone_decides_whether_there_is_another_page(records: list[Any]) -> None:
    more = page(records=records, next_starting_after="c")
    assert NEXT_STARTING_AFTER.next_position(parse(more), "b") == "c"
    last = page(records=[{"external_id": "y"}] * 100, has_next=False)
    assert NEXT_STARTING_AFTER.next_position(parse(last), "b") is None
    for odd in ("missing", None, "", 5):
        last = page(has_next=False, next_starting_after=odd)
        assert NEXT_STARTING_AFTER.next_position(parse(last), "b") is None


@pytest.mark.parametrize("cursors", ["aa", "aba", "abca", "abcc", "abcdefghia"])
def test_a_loop_of_any_length_ends_with_an_error(cursors: str) -> None:
    paginator = Paginator(None, KEY)
    for cursor in cursors[:-1]:
        assert paginator.position_after(parse(page(next_starting_after=cursor))) == cursor
    with pytest.raises(BrokenPageError, match="earlier page"):
        paginator.position_after(parse(page(next_starting_after=cursors[-1])))


def test_a_loop_to_the_cursor_of_a_resumed_pass_ends_with_an_error() -> None:
    paginator = Paginator("a", KEY)
    paginator.position_after(parse(page(next_starting_after="b")))
    with pytest.raises(BrokenPageError):
        paginator.position_after(parse(page(next_starting_after="a")))


@pytest.mark.parametrize(
    ("position", "size", "count", "following"),
    [
        (None, 0, 0, None),
        (None, 3, 3, None),
        (None, 100, 250, 99),  # The last row is repeated.
        (99, 100, 250, 198),
        (198, 52, 250, None),
        (None, 7, 250, 6),  # A short page is not the last one.
        (6, 2, 250, 7),
        (None, 1, 3, 0),
        (200, 0, 150, None),  # The list has become shorter.
        (200, 0, 250, None),  # And longer again, while it was read.
        (200, 1, 250, None),
        (200, 50, 150, None),
    ],
)
def test_an_offset_moves_on_by_what_was_received_until_count_is_reached(
    position: Position, size: int, count: int, following: Position
) -> None:
    body = {"count": count, "results": [{"external_id": "a"}] * size}
    assert LIMIT_OFFSET.next_position(parse(body, LIMIT_OFFSET), position) == following


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"results": [], "count": None}, "'count'"),
        ({"results": [], "count": True}, "'count'"),
        ({"results": [], "count": -1}, "'count'"),
        ({"results": [], "count": 3.0}, "'count'"),
        ({"results": [], "count": "3"}, "'count'"),
        ({"results": []}, "'count'"),
        ({"count": 3}, "'results'"),
        ({"count": 3, "results": None}, "'results'"),
        ({"count": 3, "results": {}}, "'results'"),
        ({"count": 3, "results": []}, "'count'"),  # Without an end, it would be asked for ever.
    ],
    ids=str,
)
def test_a_list_by_offset_must_say_how_long_it_is(body: dict[str, Any], named: str) -> None:
    with pytest.raises(BrokenPageError, match=named):
        LIMIT_OFFSET.next_position(parse(body, LIMIT_OFFSET), None)
