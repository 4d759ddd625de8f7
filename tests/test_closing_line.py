"""The closing line of a run, and what the log calls a pass."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.exports import PATHS
from sandbox.faults import Fault
from tests.harness import STREAMS, Output, arguments, discover, run, selecting, settings
from tests.runs import GOALS, JOBS, PROFILES, all_ids, cut_off, only

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox

PATH = PATHS[PROFILES]
PAGES = 5


def closing_line(output: Output) -> str:
    """The one line that sums a run up."""
    [line] = [
        line
        for line in output.log.splitlines()
        if re.search(r"\bstreams?\b", line) and "request" in line and "record" in line
    ]
    return line


def numbers_in(line: str) -> set[float]:
    """The numbers of a line, without its time of day."""
    told = line.rpartition("|")[2].replace(",", "")
    return {float(number) for number in re.findall(r"\d+(?:\.\d+)?", told)}


def test_a_run_ends_with_its_numbers(sandbox: Sandbox, url: str, tmp_path: Path) -> None:
    sandbox.conditions.faults.append(Fault(PATH, status=503, skip=1, times=2, retry_after="0"))
    output = run(arguments(tmp_path, settings(url), catalog=only(PROFILES)))
    assert output.exit_status == 0, output.log
    line = closing_line(output)
    assert line == output.last_line
    records, requests, retries = len(all_ids(sandbox)), PAGES + 2, 2
    assert {1, records, retries} <= numbers_in(line)
    assert {requests, requests + 1} & numbers_in(line)  # With the token's request or without.
    assert "retr" in line
    assert re.search(r"\d s\b|second", line)
    assert "1 streams" not in line


def test_all_streams_are_summed_up(sandbox: Sandbox, url: str, tmp_path: Path) -> None:
    catalog = selecting(discover(), *STREAMS)
    output = run(arguments(tmp_path, settings(url), catalog=catalog))
    line = closing_line(output)
    assert sum(len(all_ids(sandbox, stream)) for stream in STREAMS) in numbers_in(line)
    assert len(STREAMS) in numbers_in(line)
    assert output.last_line == line


def test_a_failed_run_says_where_it_goes_on_before_its_last_line(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    sandbox.conditions.faults.append(Fault(PATH, status=403, skip=2))
    output = run(arguments(tmp_path, settings(url), catalog=only(PROFILES)))
    assert output.exit_status == 1
    assert "403" in output.last_line
    line = closing_line(output)
    assert line == output.log.splitlines()[-2]
    assert 200 in numbers_in(line)
    assert re.search(r"page 3\b", line)


def test_a_run_that_delivered_nothing_has_a_closing_line_all_the_same(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    sandbox.conditions.faults.append(Fault(PATH, status=403))
    output = run(arguments(tmp_path, settings(url), catalog=only(PROFILES)))
    assert "403" in output.last_line
    assert closing_line(output) == output.log.splitlines()[-2]


@pytest.mark.parametrize("method", ["INCREMENTAL", "FULL_TABLE"])
def test_a_first_sync_is_called_a_full_pass(url: str, tmp_path: Path, method: str) -> None:
    output = run(arguments(tmp_path, settings(url), catalog=only(PROFILES, method)))
    assert "INCREMENTAL pass, everything" not in output.log
    assert "full pass" in output.log
    assert ("no bookmark" in output.log) == (method == "INCREMENTAL")


def test_a_later_sync_says_since_when(url: str, tmp_path: Path) -> None:
    first = run(arguments(tmp_path, settings(url), catalog=only(PROFILES)))
    later = run(arguments(tmp_path, settings(url), first.state, only(PROFILES)))
    assert "full pass" not in later.log
    assert re.search(rf"{PROFILES}: .*\b20\d\d-\d\d-\d\d\b", later.log)


def test_a_resumed_pass_tells_of_the_whole_pass(sandbox: Sandbox, url: str, tmp_path: Path) -> None:
    cut = cut_off(sandbox, settings(url))
    output = run(arguments(tmp_path, settings(url), cut.state, only(PROFILES)))
    assert "page 3" in output.log
    done = [
        line
        for line in output.log.splitlines()
        if f"{PROFILES}: " in line and {PAGES, len(all_ids(sandbox))} <= numbers_in(line)
    ]
    assert done, output.log


@pytest.mark.parametrize("stream", [GOALS, JOBS])
def test_one_page_is_one_page(sandbox: Sandbox, url: str, tmp_path: Path, stream: str) -> None:
    del sandbox.company.jobs[50:]
    del sandbox.company.employees[50:]
    output = run(arguments(tmp_path, settings(url), catalog=only(stream)))
    assert "1 page" in output.log
    assert "1 pages" not in output.log
    assert "1 requests" not in output.log


FIELDS = {"stream", "records", "pages", "requests", "retries", "seconds", "resumed", "next"}


def test_a_structured_log_has_what_the_lines_say_as_fields(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    log_config = tmp_path / "log.json"
    handler = {"class": "logging.StreamHandler", "formatter": "structured"}
    structured = {"structured": {"()": "singer_sdk.logging.StructuredFormatter"}}
    root = {"level": "INFO", "handlers": ["stderr"]}
    log = {"formatters": structured, "handlers": {"stderr": handler}, "root": root}
    log_config.write_text(json.dumps({"version": 1, "disable_existing_loggers": False, **log}))
    sandbox.conditions.faults.append(Fault(PATH, status=503, skip=1, times=1, retry_after="0"))
    sandbox.conditions.faults.append(Fault(PATH, status=403, skip=2, times=1))

    def synced(state: dict[str, Any] | None) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        command = arguments(tmp_path, settings(url), state, only(PROFILES))
        output = run(command, SINGER_SDK_LOG_CONFIG=str(log_config))
        lines = [json.loads(line)["extra"] for line in output.log.splitlines()]
        return [one for one in lines if one.keys() >= FIELDS], output.state

    (start, closing), state = synced(None)
    assert (start["stream"], start["next"], start["resumed"]) == (
        PROFILES,
        "at the first page",
        False,
    )
    assert (closing["streams"], closing["complete"]) == (1, 0)
    assert (closing["records"], closing["pages"], closing["retries"]) == (200, 2, 1)
    assert closing["next"] == "at page 3"
    sandbox.conditions.faults.append(Fault(PATH, status=503, times=1, retry_after="0"))
    (start, end, closing), _ = synced(state)
    assert all(one["resumed"] for one in (start, end, closing))
    assert start["next"] == "at page 3"
    assert end["next"] == closing["next"] != "at page 3"
    assert (end["stream"], end["pages"], end["requests"]) == (PROFILES, PAGES - 2, PAGES - 1)
    assert closing["requests"] == end["requests"] + 1  # The token's.
    assert end["records"] == closing["records"] == len(all_ids(sandbox)) - 200
    assert closing["complete"] == 1
    assert end["retries"] == closing["retries"] == 1


def test_a_page_from_which_the_next_run_would_not_resume_is_not_promised(
    sandbox: Sandbox, url: str, tmp_path: Path
) -> None:
    sandbox.conditions.faults.append(Fault(PATH, status=403, skip=2))
    output = run(arguments(tmp_path, settings(url), catalog=only(PROFILES)))
    assert "page 3" in closing_line(output)
    sandbox.conditions.faults.append(Fault(PATH, status=403))
    changed = settings(url, lookback_days=2)
    output = run(arguments(tmp_path, changed, output.state, only(PROFILES)))
    assert output.exit_status == 1
    assert "at the first page" in closing_line(output)
