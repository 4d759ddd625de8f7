"""JSON files from the command line: what is wrong with one, without what is in it."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.config.files import Option, read_json_object
from tap_techwolf.errors import CatalogError, SettingsError, StateError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (
            b"{\n  'client_secret': 'distinctive-secret-4711'}",
            "is not valid JSON (line 2, column 3)",
        ),
        (b'{"client_secret": "distinctive-secret-4711"', "is not valid JSON (line 1, column 44)"),
        (
            b'{"client_secret": "distinctive-secret-4711 \xff"}',
            "is not valid JSON (not UTF-8 text)",
        ),
        (b'["distinctive-secret-4711"]', "must hold a JSON object, not a list"),
        (b'"distinctive-secret-4711"', "must hold a JSON object, not a string"),
        (b"null", "must hold a JSON object, not null"),
        (b"true", "must hold a JSON object, not true or false"),
        (b"4711", "must hold a JSON object, not a number"),
        (b"47.11", "must hold a JSON object, not a number"),
        (b'{"page_size": ' + b"9" * 5000 + b"}", "holds a number with too many digits"),
        (b"[" * 100_000, "holds a number with too many digits, or too many nested values"),
    ],
    ids=lambda one: repr(one[:30]),
)
def test_a_file_that_holds_no_object_is_named(tmp_path: Path, content: bytes, problem: str) -> None:
    file = tmp_path / "some.json"
    file.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        read_json_object(file, "config")
    text = str(caught.value)
    assert text.startswith(f"The file '{file}', given with --config, {problem}")
    assert "4711" not in text
    assert "\n" not in text
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    ("option", "error"),
    [("config", SettingsError), ("state", StateError), ("catalog", CatalogError)],
)
def test_a_file_that_cannot_be_read_is_named_with_its_option(
    tmp_path: Path, option: Option, error: type[Exception]
) -> None:
    with pytest.raises(
        error, match=rf"missing\.json', given with --{option}, cannot be read \(No s"
    ):
        read_json_object(str(tmp_path / "missing.json"), option)
    with pytest.raises(error, match=r"cannot be read \(Is a directory\)"):
        read_json_object(tmp_path, option)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_object_is_read_in_each_encoding_of_json(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"tenant": "acmé", "request_timeout": 2.5}', encoding=encoding)
    content: dict[str, Any] = read_json_object(file, "config")
    assert content == {"tenant": "acmé", "request_timeout": 2.5}
    assert isinstance(content["request_timeout"], float)


def test_a_dash_stands_for_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"bookmarks": {}}')))
    assert read_json_object("-", "state") == {"bookmarks": {}}
