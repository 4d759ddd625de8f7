"""Run all checks, the most important ones first."""

import logging
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tap_techwolf import streams
from tap_techwolf.api.export import Export
from tap_techwolf.api.transport import BudgetSpentError
from tap_techwolf.doctor.checks import (
    check_clock,
    check_export,
    check_settings,
    check_token,
    check_version,
    token_error,
)
from tap_techwolf.doctor.client import REQUESTS, SECONDS, LimitedClient, SamplePage
from tap_techwolf.doctor.filter_check import (
    GOALS_MOVE_FILTER,
    GOALS_STREAM,
    check_filter,
    check_goals,
)
from tap_techwolf.doctor.probes import PROBES, run_probe
from tap_techwolf.doctor.report import Check, CheckSkippedError, Report
from tap_techwolf.doctor.schema_check import check_form
from tap_techwolf.errors import AuthenticationError, ExportError

logger = logging.getLogger(__name__)

_NO_TOKEN = "There is no token."  # noqa: S105 - a sentence
_UNREADABLE = "The export cannot be read."


def check_names(*, with_probes: bool = False) -> list[str]:
    """Return the names of all checks, in the report's order."""
    names = ["settings", "token", "clock", "version"]
    for export in _exports({}):
        names += [f"export:{export.name}", f"form:{export.name}"]
        if export.has_last_updated:
            names.append(f"filter:{export.name}")
    if f"filter:{GOALS_STREAM}" in names:
        names.append(GOALS_MOVE_FILTER)
    return [*names, *PROBES] if with_probes else names


def _exports(config: Mapping[str, Any]) -> list[Export]:
    return [stream.export_of(config) for stream in streams.STREAMS]


class Runner:
    """One run of the doctor.

    Attributes:
        report: What was found so far; another thread may read it at any time.
    """

    def __init__(
        self, *, with_probes: bool = False, requests: int = REQUESTS, seconds: float = SECONDS
    ) -> None:
        """Prepare a report in which every check is skipped."""
        self.report = Report(check_names(with_probes=with_probes))
        self._with_probes = with_probes
        self._requests = requests
        self._seconds = seconds
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
        client = LimitedClient(config, self._requests, self._seconds)
        with self._checking("token"):
            self.report.add(check_token(client))
        if client.authenticator.access_token is None:
            self._check_clock(client)
            self.report.skip_rest(_NO_TOKEN)
            return
        self._run_with_token(client)

    def _run_with_token(self, client: LimitedClient) -> None:
        exports = _exports(client.config)
        with self._checking("version"):
            self.report.add(check_version(client))
        for export in exports:
            self._check_first_page(client, export)
        self._check_clock(client)
        for export in exports:
            if export.has_last_updated:
                with self._checking(f"filter:{export.name}"):
                    self.report.add(check_filter(client, self._readable_page(export.name)))
        probes = PROBES if self._with_probes else {}
        if GOALS_MOVE_FILTER in (check.check for check in self.report.checks):
            with self._checking(GOALS_MOVE_FILTER):
                page = self._readable_page(GOALS_STREAM)
                self.report.add(check_goals(client, page, reserved_requests=len(probes)))
        pages = [page for page in self._pages.values() if not page.problem]
        for name in probes:
            with self._checking(name):
                self.report.add(run_probe(name, client, pages))

    def _check_clock(self, client: LimitedClient) -> None:
        with self._checking("clock"):
            self.report.add(check_clock(client))

    def _check_first_page(self, client: LimitedClient, export: Export) -> None:
        name = f"export:{export.name}"
        with self._checking(name):
            try:
                page = client.get_sample(export, export.request(client.config))
            except ExportError as error:
                seen = f"The export cannot be read: {error.reason}."
                self.report.add(Check(name, "error", seen, error.advice))
            else:
                self._pages[export.name] = page
                self.report.add(check_export(page, client))
        with self._checking(f"form:{export.name}"):
            if export.name not in self._pages:
                raise CheckSkippedError(_UNREADABLE)
            self.report.add(check_form(self._pages[export.name], client.config))

    def _readable_page(self, stream: str) -> SamplePage:
        """Return the first page of an export, if it can be read and has the records' keys."""
        page = self._pages.get(stream)
        if page is None or page.problem:
            raise CheckSkippedError(_UNREADABLE)
        return page

    @contextmanager
    def _checking(self, name: str) -> Iterator[None]:
        """Report what goes wrong with a check, so that the others can follow."""
        logger.info("Checking %s", name)
        try:
            yield
        except (CheckSkippedError, BudgetSpentError) as error:
            self.report.add(Check(name, "skipped", str(error)))
        except AuthenticationError as error:
            self.report.add(Check(name, "skipped", _NO_TOKEN))
            self.report.add(token_error(error))
        except Exception as error:  # noqa: BLE001 - its text may hold data
            place = traceback.extract_tb(error.__traceback__)[-1]
            seen = (
                f"Unexpected {type(error).__name__} in {Path(place.filename).name}, line "
                f"{place.lineno}. Please report this line."
            )
            self.report.add(Check(name, "error", seen))
