"""Whatever ends a run or a stream is explained in one line that holds no data."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
import requests
import simpleeval
from requests.exceptions import InvalidProxyURL, InvalidSchema
from singer_sdk.exceptions import MappingError
from singer_sdk.mapper import PluginMapper

from tap_techwolf.api.page import BROKEN_PAGE_HINT, BrokenPageError
from tap_techwolf.errors import (
    AuthenticationError,
    ExportError,
    LoaderExitedError,
    OutputError,
    SettingsError,
    SyncError,
)
from tap_techwolf.explanation import explain, explain_stream

if TYPE_CHECKING:
    from collections.abc import Callable


def raised(function: Callable[[], object]) -> Exception:
    """The error of a function, with the places that it went through."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
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
        (LoaderExitedError(), "The loader exited; see its log, then run again."),
        (FileNotFoundError(2, "No such file", "x.pem"), "[Errno 2] No such file: 'x.pem'"),
        (
            BrokenPageError("'records' is missing"),
            f"'records' is missing. {BROKEN_PAGE_HINT}",
        ),
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
def test_what_is_safe_is_shown_on_one_line(error: Exception, text: str) -> None:
    assert explain(error) == text


@pytest.mark.parametrize("kind", [InvalidSchema, InvalidProxyURL])
def test_a_proxy_that_cannot_be_used_is_named_without_its_address(kind: type[Exception]) -> None:
    text = explain(kind("socks5://user:distinctive@proxy"))
    assert text.startswith("A proxy from the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY)")
    assert "distinctive" not in text


def test_all_streams_that_failed_are_named() -> None:
    error = SyncError({"goals": ExportError("goals, page 1: no."), "jobs": ExportError("No.")})
    assert explain(error) == "goals, page 1: no.; jobs: No."
    assert str(error) == "Failed: goals, jobs"


def test_an_explanation_names_its_stream_once() -> None:
    assert explain_stream("jobs", ExportError("jobs, page 1: no.")) == "jobs, page 1: no."
    assert explain_stream("jobs", BrokenPageError("no")).startswith("jobs: no. To go on could")


def test_a_failing_expression_of_a_stream_map_is_shown() -> None:
    config: Any = {"stream_maps": {"jobs": {"n": "int(name)"}}, "stream_map_config": {}}
    mapper = PluginMapper(config, logging.getLogger("test"))
    mapper.register_raw_stream_schema(
        "jobs", {"properties": {"name": {"type": "string"}}}, ["name"]
    )
    [one] = mapper.stream_maps["jobs"]
    text = explain(raised(lambda: one.transform({"name": "distinctive"})))
    assert text == (
        "Setting 'stream_maps': the expression 'int(name)' fails with ValueError for a record. "
        "Allow for null and other values."
    )


@pytest.mark.parametrize("kind", [KeyError, ValueError, requests.RequestException])
def test_an_unexpected_error_shows_its_kind_and_place_only(kind: type[Exception]) -> None:
    def fail() -> None:
        raise kind("distinctive")

    text = explain(raised(fail))
    assert re.fullmatch(
        rf"Unexpected {kind.__name__} in test_explanation\.py, line \d+\. Run again with "
        r"TAP_TECHWOLF_LOGLEVEL=DEBUG and report what follows\.",
        text,
    )
