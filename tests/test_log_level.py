"""An unknown log level is refused in one line, before the SDK raises an error for it."""

from __future__ import annotations

import pytest

from tap_techwolf.cli import check_log_level

TAP, ANY = "TAP_TECHWOLF_LOGLEVEL", "LOGLEVEL"
LEVELS = "must be one of: DEBUG, INFO, WARNING, ERROR, CRITICAL."


@pytest.mark.parametrize("level", ["debug", "INFO", "Warning", "warn", "ERROR", "critical"])
@pytest.mark.parametrize("variable", [TAP, ANY])
def test_a_known_level_is_kept(variable: str, level: str) -> None:
    environ = {variable: level}
    assert check_log_level(environ) is None
    assert environ == {variable: level}


@pytest.mark.parametrize("level", ["trace", "10", " ", "verbose-4711"])
@pytest.mark.parametrize("variable", [TAP, ANY])
def test_an_unknown_level_is_refused_without_its_value(variable: str, level: str) -> None:
    assert check_log_level({variable: level}) == f"{variable} {LEVELS}"


def test_an_empty_level_counts_as_unset() -> None:
    environ = {TAP: "", ANY: "", "PATH": ""}
    assert check_log_level(environ) is None
    assert environ == {"PATH": ""}


def test_the_level_of_the_tap_overrides_the_general_one() -> None:
    assert check_log_level({TAP: "debug", ANY: "trace"}) is None
    assert check_log_level({TAP: "trace", ANY: "debug"}) == f"{TAP} {LEVELS}"
    assert check_log_level({TAP: "", ANY: "trace"}) == f"{ANY} {LEVELS}"
