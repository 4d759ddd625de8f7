"""Run all checks, the most important ones first."""

import logging
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tap_techwolf import streams
from tap_techwolf.api.export import Export
from tap_techwolf.api.transport import TooManyRequestsError
from tap_techwolf.doctor.checks import check_clock, check_export, check_settings, check_token
from tap_techwolf.doctor.client import REQUESTS, LimitedClient, SamplePage
from tap_techwolf.doctor.filter_check import (
    GOALS_MOVE_FILTER,
    GOALS_STREAM,
    check_filter,
    check_goals,
)
from tap_techwolf.doctor.report import Check, CheckSkippedError, Report
from tap_techwolf.doctor.schema_check import check_form
from tap_techwolf.errors import AuthenticationError, ExportError

logger = logging.getLogger(__name__)

_NO_TOKEN = "There is no token."  # noqa: S105 - a sentence


def check_names() -> list[str]:
    """Return the names of all checks, in the report's order."""
    names = ["settings", "token", "clock"]
    for export in _exports({}):
        names += [f"export:{export.name}", f"form:{export.name}"]
        if export.has_last_updated:
            names.append(f"filter:{export.name}")
    if f"filter:{GOALS_STREAM}" in names:
        names.append(GOALS_MOVE_FILTER)
    return names


def _exports(config: Mapping[str, Any]) -> list[Export]:
    return [stream.export_of(config) for stream in streams.STREAMS]


class Runner:
    """One run of the doctor.

    Attributes:
        report: What was found so far; another thread may read it at any time.
    """

    def __init__(self, requests: int = REQUESTS) -> None:
        """Prepare a report in which every check is skipped."""
        self.report = Report(check_names())
        self._requests = requests
        self._pages: dict[str, SamplePage] = {}

    def run(self, sources: Sequence[str]) -> None:
        """Run all checks, continuing after each one that fails.

        Args:
            sources: Paths of files with settings, and `ENV` for the environment.
        """
        config = None
        with self._checking("settings"):
            check, config = check_settings(sources)
            self.report.add(check)
        if config is None:
            self.report.skip_rest("The settings are wrong.")
            return
        client = LimitedClient(config, self._requests)
        with self._checking("token"):
            self.report.add(check_token(client))
        if client.authenticator.access_token is not None:
            self._check_exports(client)
        with self._checking("clock"):
            self.report.add(check_clock(client))
        if client.authenticator.access_token is None:
            self.report.skip_rest(_NO_TOKEN)

    def _check_exports(self, client: LimitedClient) -> None:
        exports = _exports(client.config)
        for export in exports:
            self._check_first_page(client, export)
        for export in exports:
            if export.has_last_updated:
                with self._checking(f"filter:{export.name}"):
                    self.report.add(check_filter(client, self._readable_page(export.name)))
        if GOALS_MOVE_FILTER in check_names():
            with self._checking(GOALS_MOVE_FILTER):
                self.report.add(check_goals(client, self._readable_page(GOALS_STREAM)))

    def _check_first_page(self, client: LimitedClient, export: Export) -> None:
        name = f"export:{export.name}"
        with self._checking(name):
            try:
                page = self._pages[export.name] = client.get_sample(export)
                self.report.add(check_export(page))
            except ExportError as error:
                seen = f"The export cannot be read: {error.reason}."
                self.report.add(Check(name, "error", seen, error.advice))
        with self._checking(f"form:{export.name}"):
            self.report.add(check_form(self._page(export.name), client.config))

    def _page(self, stream: str) -> SamplePage:
        """Return the first page of an export, if there is one."""
        if stream not in self._pages:
            raise CheckSkippedError("The export cannot be read.")
        return self._pages[stream]

    def _readable_page(self, stream: str) -> SamplePage:
        """Return the first page of an export, if its records have their keys."""
        page = self._page(stream)
        if page.problem:
            raise CheckSkippedError("The export cannot be read.")
        return page

    @contextmanager
    def _checking(self, name: str) -> Iterator[None]:
        """Report what goes wrong with a check, so that the others can follow."""
        logger.info("Checking %s", name)
        try:
            yield
        except (CheckSkippedError, TooManyRequestsError) as error:
            self.report.add(Check(name, "skipped", str(error)))
        except AuthenticationError as error:
            self.report.add(Check(name, "skipped", _NO_TOKEN))
            seen = f"The token endpoint gave no token: {error.reason}."
            self.report.add(Check("token", "error", seen, error.advice))
        except Exception as error:  # noqa: BLE001 - its text may hold data
            place = traceback.extract_tb(error.__traceback__)[-1]
            seen = (
                f"Unexpected {type(error).__name__} in {Path(place.filename).name}, line "
                f"{place.lineno}. Please report this line."
            )
            self.report.add(Check(name, "error", seen))
