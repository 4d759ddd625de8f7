"""However logging is configured, the last line on stderr says why a run failed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tap_techwolf.cli import check_logging
from tests.harness import Output, arguments, run, settings

if TYPE_CHECKING:
    from pathlib import Path

TAP, ANY = "TAP_TECHWOLF_LOGLEVEL", "LOGLEVEL"
LEVELS = "must be one of: DEBUG, INFO, WARNING, ERROR, CRITICAL."


@pytest.mark.parametrize("level", ["debug", "INFO", "Warning", "warn", "ERROR", "critical"])
@pytest.mark.parametrize("variable", [TAP, ANY])
def test_a_known_level_is_kept(variable: str, level: str) -> None:
    environ = {variable: level}
    assert check_logging(environ) is None
    assert environ == {variable: level}


@pytest.mark.parametrize("level", ["trace", "10", " ", "verbose-4711"])
@pytest.mark.parametrize("variable", [TAP, ANY])
def test_an_unknown_level_is_refused_without_its_value(variable: str, level: str) -> None:
    assert check_logging({variable: level}) == f"{variable} {LEVELS}"


def test_an_empty_level_counts_as_unset() -> None:
    environ = {TAP: "", ANY: "", "PATH": ""}
    assert check_logging(environ) is None
    assert environ == {"PATH": ""}


def test_the_level_of_the_tap_overrides_the_general_one() -> None:
    assert check_logging({TAP: "debug", ANY: "trace"}) is None
    assert check_logging({TAP: "trace", ANY: "debug"}) == f"{TAP} {LEVELS}"
    assert check_logging({TAP: "", ANY: "trace"}) == f"{ANY} {LEVELS}"


CONFIG = "SINGER_SDK_LOG_CONFIG"
PROBLEM = "'tenant' is missing"
ELSEWHERE = {"class": "logging.FileHandler", "filename": "tap.log"}
STDERR = {"class": "logging.StreamHandler", "level": "INFO"}


def fail(tmp_path: Path, log_config: Any = None, **variables: str) -> Output:
    """Run the command without a setting that is required."""
    if log_config is not None:
        variables[CONFIG] = str(file := tmp_path / "log.json")
        text = log_config if isinstance(log_config, str) else json.dumps(log_config)
        file.write_text(text.replace("tap.log", str(tmp_path / "tap.log")))
    output = run(arguments(tmp_path, settings("http://127.0.0.1:9", tenant=None)), **variables)
    assert output.exit_status == 1
    assert "Traceback" not in output.log
    return output


@pytest.mark.parametrize(
    "text", ["a: [", "5", "{}", '{"version": 9}', "\0", '{"version": 1, "root": 5}']
)
def test_a_log_configuration_that_does_not_work_is_one_line(tmp_path: Path, text: str) -> None:
    [line] = fail(tmp_path, text).log.splitlines()
    assert CONFIG in line


@pytest.mark.parametrize("name", ["none.yml", "."])
def test_a_log_configuration_that_is_not_there_is_one_line(tmp_path: Path, name: str) -> None:
    [line] = fail(tmp_path, **{CONFIG: str(tmp_path / name)}).log.splitlines()
    assert CONFIG in line
    assert name in line


@pytest.mark.parametrize(
    "log_config",
    [
        {"version": 1, "handlers": {"file": ELSEWHERE}, "root": {"handlers": ["file"]}},
        {"version": 1, "disable_existing_loggers": False, "root": {"handlers": []}},
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"file": ELSEWHERE, "stderr": STDERR},
            "loggers": {"tap_techwolf": {"handlers": ["file"], "propagate": False}},
            "root": {"handlers": ["stderr"]},
        },
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"stderr": {**STDERR, "level": "CRITICAL"}},
            "root": {"handlers": ["stderr"]},
        },
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"others": {"name": "others"}},
            "handlers": {"stderr": {**STDERR, "filters": ["others"]}},
            "root": {"handlers": ["stderr"]},
        },
    ],
    ids=["file", "nowhere", "own handler", "handler's level", "filter"],
)
def test_logs_that_are_routed_elsewhere_leave_the_last_line_on_stderr(
    tmp_path: Path, log_config: Any
) -> None:
    [line] = fail(tmp_path, log_config).log.splitlines()
    assert PROBLEM in line


def test_a_level_that_hides_errors_leaves_the_last_line(tmp_path: Path) -> None:
    [line] = fail(tmp_path, TAP_TECHWOLF_LOGLEVEL="CRITICAL").log.splitlines()
    assert PROBLEM in line


@pytest.mark.parametrize("variable", ["", None])
def test_a_line_that_is_logged_to_stderr_is_not_repeated(
    tmp_path: Path, variable: str | None
) -> None:
    own = {"version": 1, "disable_existing_loggers": False, "handlers": {"stderr": STDERR}}
    log_config = {**own, "root": {"handlers": ["stderr"]}}
    output = fail(tmp_path, **{CONFIG: ""}) if variable == "" else fail(tmp_path, log_config)
    [line] = output.log.splitlines()
    assert PROBLEM in line
