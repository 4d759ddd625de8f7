"""An error that ends a run or a stream is described in one line without data."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
import requests
import simpleeval
from singer_sdk.exceptions import MappingError
from singer_sdk.mapper import PluginMapper

from tap_techwolf.errors import (
    AuthenticationError,
    ExportError,
    OutputError,
    SettingsError,
    SyncError,
    describe_error,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def raised(function: Callable[[], object]) -> Exception:
    """The error of a function, with its traceback."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - of any type
        function()
    assert isinstance(caught.value, Exception)
    return caught.value


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SettingsError("Settings: 'tenant'\nis missing."), "Settings: 'tenant' is missing."),
        (AuthenticationError("No token."), "No token."),
        (ExportError("jobs, page 1: no."), "jobs, page 1: no."),
        (OutputError("stdout is closed."), "stdout is closed."),
        (FileNotFoundError(2, "No such file", "x.pem"), "[Errno 2] No such file: 'x.pem'"),
        (
            MappingError("Failed for stream jobs"),
            "Setting 'stream_maps': Failed for stream jobs",
        ),
        (
            caused(MappingError("Failed"), simpleeval.NameNotDefined("gaol", "gaol")),
            "Setting 'stream_maps': Failed ('gaol' is not defined for expression 'gaol')",
        ),
        (
            caused(MappingError("Failed"), ValueError("distinctive")),
            "Setting 'stream_maps': Failed",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_safe_text_is_shown_on_one_line(error: Exception, text: str) -> None:
    assert describe_error(error) == text


def test_each_failed_stream_is_named() -> None:
    error = SyncError(
        {"goals": ExportError("no.", place="goals, page 1"), "jobs": OutputError("No.")}
    )
    assert describe_error(error) == "goals, page 1: no.; jobs: No."
    assert str(error) == "Failed: goals, jobs"


def test_a_stream_is_named_once() -> None:
    error = SyncError({"jobs": ExportError("jobs: no."), "goals": ExportError("No.")})
    assert describe_error(error) == "jobs: no.; goals: No."


def test_one_cause_is_described_once() -> None:
    failures: dict[str, Exception] = {
        name: ExportError("no.", place=f"{name}, page {number}")
        for number, name in enumerate(("goals", "jobs"), start=1)
    }
    text = describe_error(SyncError({**failures, "profiles": MemoryError(), "more": MemoryError()}))
    assert text.count("no.") == text.count("Out of memory") == 1
    assert text.startswith("goals, page 1 and jobs, page 2: no.; profiles and more: Out of memory.")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "Out of memory"),
        (RuntimeError("can't start new thread"), "no more threads"),
    ],
)
def test_a_limit_of_the_system_is_named(error: Exception, words: str) -> None:
    text = describe_error(error)
    assert words in text
    assert "'parallel_streams'" in text
    assert "Unexpected" not in text


def test_a_failing_expression_names_the_setting_and_the_kind_of_error() -> None:
    config: Any = {"stream_maps": {"jobs": {"n": "int(name)"}}, "stream_map_config": {}}
    mapper = PluginMapper(config, logging.getLogger("test"))
    mapper.register_raw_stream_schema(
        "jobs", {"properties": {"name": {"type": "string"}}}, ["name"]
    )
    [one] = mapper.stream_maps["jobs"]
    text = describe_error(raised(lambda: one.transform({"name": "distinctive"})))
    assert text == (
        "Setting 'stream_maps': an expression fails with ValueError for a record. "
        "Allow for null and other values."
    )


@pytest.mark.parametrize("kind", [KeyError, ValueError, requests.RequestException])
def test_an_unexpected_error_shows_only_its_kind_and_place(kind: type[Exception]) -> None:
    def fail() -> None:
        raise kind("distinctive")

    text = describe_error(raised(fail))
    assert re.fullmatch(
        rf"Unexpected {kind.__name__} in test_error_messages\.py, line \d+\. Run again with "
        r"TAP_TECHWOLF_LOGLEVEL=DEBUG and report what follows\.",
        text,
    )
