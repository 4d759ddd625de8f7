"""Run all checks, the most important ones first."""

import logging
import os
import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPMethod, HTTPStatus
from pathlib import Path
from typing import Any

from tap_techwolf import streams
from tap_techwolf.api.export import Export, Request
from tap_techwolf.api.redaction import status_text
from tap_techwolf.api.transport import RequestError, TooManyRequestsError
from tap_techwolf.config.sources import misspelled_variables, read_environment, read_json_object
from tap_techwolf.config.validation import complete, problems
from tap_techwolf.doctor.client import REQUESTS, LimitedClient, SamplePage
from tap_techwolf.doctor.filter_check import (
    GOALS_MOVE_FILTER,
    GOALS_STREAM,
    check_filter,
    check_goals,
)
from tap_techwolf.doctor.probes import PROBES, run_probe
from tap_techwolf.doctor.report import Check, CheckSkippedError
from tap_techwolf.doctor.schema_check import check_form
from tap_techwolf.errors import AuthenticationError, ExportError, SettingsError
from tap_techwolf.tap import PREFIX, TapTechWolf

logger = logging.getLogger(__name__)

_ENVIRONMENT = "ENV"
_NOT_REACHED = "Not reached."
_NO_TOKEN = "There is no token."  # noqa: S105 - a sentence

_LARGEST_DIFFERENCE = timedelta(minutes=1)
# The format of the response is not documented, but versions are dates, since 2021 or so.
_VERSION = re.compile(rb'"(20(?:19|2[0-9])-(?:0[1-9]|1[0-2])-[0-3][0-9])"')

_MEGABYTE = 1_000_000


def check_names(config: Mapping[str, Any], *, with_probes: bool = False) -> list[str]:
    """Return the names of all checks with these settings, in the report's order."""
    names = ["settings", "token", "clock", "version"]
    for export in _exports(config):
        names += [f"export:{export.name}", f"form:{export.name}"]
        if export.has_last_updated:
            names.append(f"filter:{export.name}")
    if f"filter:{GOALS_STREAM}" in names:
        names.append(GOALS_MOVE_FILTER)
    names += [f"export:{export.name}" for export in _other_exports(config)]
    return [*names, *PROBES] if with_probes else names


def _exports(config: Mapping[str, Any]) -> list[Export]:
    return [stream.export_of(config) for stream in streams.streams_of(config)]


def _other_exports(config: Mapping[str, Any]) -> list[Export]:
    """Return the optional exports that the settings do not ask for."""
    asked_for = streams.streams_of(config)
    return [one.export_of(config) for one in streams.STREAMS if one not in asked_for]


class Runner:
    """One run of the doctor.

    Attributes:
        checks: What was found so far, by name. Another thread may read it at any time: no name is
            added to it.
    """

    def __init__(self, requests: int = REQUESTS, *, with_probes: bool = False) -> None:
        """Prepare a report in which every check is skipped."""
        self._with_probes = with_probes
        self._requests = requests
        self.checks = self._no_checks({})
        self._pages: dict[str, SamplePage] = {}

    def run(self, sources: Sequence[str]) -> None:
        """Run all checks with settings from files and `ENV`, whatever fails."""
        config = None
        with self._checking("settings"):
            check, config = check_settings(sources)
            self._add(check)
        if config is None:
            self._skip_rest("The settings are wrong.")
            return
        self.checks = self._no_checks(config) | {"settings": self.checks["settings"]}
        client = LimitedClient(config, self._requests)
        with self._checking("token"):
            self._add(check_token(client))
        if client.authenticator.access_token is not None:
            with self._checking("version"):
                self._add(check_version(client))
            self._check_exports(client)
        with self._checking("clock"):
            self._add(check_clock(client))
        if client.authenticator.access_token is None:
            self._skip_rest(_NO_TOKEN)
            return
        client.limit_further()
        for export in _other_exports(config):
            with self._checking(name := f"export:{export.name}"):
                self._add(Check(name, "skipped", look_at(client, export)))

    def _no_checks(self, config: Mapping[str, Any]) -> dict[str, Check]:
        names = check_names(config, with_probes=self._with_probes)
        return {name: Check(name, "skipped", _NOT_REACHED) for name in names}

    def _check_exports(self, client: LimitedClient) -> None:
        exports = _exports(client.config)
        for export in exports:
            self._check_first_page(client, export)
        for export in exports:
            if export.has_last_updated:
                with self._checking(f"filter:{export.name}"):
                    self._add(check_filter(client, self._page(export.name)))
        if GOALS_MOVE_FILTER in self.checks:
            with self._checking(GOALS_MOVE_FILTER):
                self._add(check_goals(client, self._page(GOALS_STREAM)))
        for name in PROBES.keys() & self.checks:
            with self._checking(name):
                self._add(run_probe(name, client, list(self._pages.values())))

    def _check_first_page(self, client: LimitedClient, export: Export) -> None:
        name = f"export:{export.name}"
        with self._checking(name):
            try:
                page = self._pages[export.name] = client.get_sample(export)
                self._add(check_export(page))
            except ExportError as error:
                seen = f"The export cannot be read: {error.reason}."
                self._add(Check(name, "error", seen, error.advice))
        with self._checking(f"form:{export.name}"):
            self._add(check_form(self._page(export.name, has_keys=False), client.config))

    def _page(self, stream: str, *, has_keys: bool = True) -> SamplePage:
        """Return the first page of an export, if there is one, with its keys or without."""
        page = self._pages.get(stream)
        if page is None or (page.problem and has_keys):
            raise CheckSkippedError("The export cannot be read.")
        return page

    def _add(self, check: Check) -> None:
        self.checks[check.check] = check

    def _skip_rest(self, reason: str) -> None:
        for name, check in self.checks.items():
            if check.seen == _NOT_REACHED:
                self.checks[name] = Check(name, "skipped", reason)

    @contextmanager
    def _checking(self, name: str) -> Iterator[None]:
        """Report what goes wrong with a check, so that the others can follow."""
        logger.info("Checking %s", name)
        try:
            yield
        except (CheckSkippedError, TooManyRequestsError) as error:
            self._add(Check(name, "skipped", str(error)))
        except AuthenticationError as error:
            self._add(Check(name, "skipped", _NO_TOKEN))
            seen = f"The token endpoint gave no token: {error.reason}."
            self._add(Check("token", "error", seen, error.advice))
        except Exception as error:  # noqa: BLE001 - its text may hold data
            place = traceback.extract_tb(error.__traceback__)[-1]
            seen = (
                f"Unexpected {type(error).__name__} in {Path(place.filename).name}, line "
                f"{place.lineno}. Please report this line."
            )
            self._add(Check(name, "error", seen))


def check_settings(sources: Sequence[str]) -> tuple[Check, dict[str, Any] | None]:
    """Read and validate the settings, as the tap does; the environment wins.

    Returns:
        The check's entry, and the settings; None if they are wrong.
    """
    schema = TapTechWolf.settings_schema()
    given: dict[str, Any] = {}
    found: list[str] = []
    for path in sorted(sources, key=lambda path: path == _ENVIRONMENT):
        try:
            if path == _ENVIRONMENT:
                given |= read_environment(schema, PREFIX)
            else:
                given |= read_json_object(path, "config")
        except SettingsError as error:
            # The file's name may be the name of a person.
            found.append(str(error).replace(f" {path!r},", "").rstrip("."))
    config = complete(given, schema)
    if not found:  # Otherwise what is missing may be in the file that cannot be read.
        found += problems(config, schema)
    if found:
        advice = "Fix the settings; `tap-techwolf --about` describes them."
        return Check("settings", "error", f"Wrong: {'; '.join(found)}.", advice), None
    seen = f"Valid. Set: {', '.join(sorted(given))}."
    variables = os.environ if _ENVIRONMENT in sources else ()
    if misspelled := " ".join(misspelled_variables(schema, PREFIX, variables)):
        return Check("settings", "warning", f"{seen} {misspelled}", "Correct the name."), config
    return Check("settings", "ok", seen), config


def check_token(client: LimitedClient) -> Check:
    """Get the token that all further requests use."""
    authenticator = client.authenticator
    authenticator.update_access_token()
    seconds = authenticator.lifetime
    lifetime = "an unknown time" if seconds is None else f"{seconds:.0f} seconds"
    seen = f"Valid for {lifetime}."
    requested = client.config["scopes"] or ["read"]
    missing = [one for one in requested if one not in (authenticator.scopes or requested)]
    if missing:
        seen = f"{seen} Requested scopes that it lacks: {', '.join(missing)}."
        return Check("token", "warning", seen, "Ask TechWolf for these scopes.")
    return Check("token", "ok", seen)


def check_clock(client: LimitedClient) -> Check:
    """Compare the server's clock with this machine's, by the newest response."""
    difference = client.transport.clock_difference
    if difference is None:
        raise CheckSkippedError("No response had a date.")
    seconds = round(difference.total_seconds())
    direction = "ahead of" if seconds > 0 else "behind"
    seen = f"The API's clock is {abs(seconds)} seconds {direction} this machine's."
    if abs(difference) <= _LARGEST_DIFFERENCE:
        return Check("clock", "ok", seen)
    advice = "Set this machine's clock. Token requests with a private key depend on it."
    return Check("clock", "warning", seen, advice)


def check_version(client: LimitedClient) -> Check:
    """Request the version of the tenant's API, which not every client may read."""
    try:
        response = client.send(Request(HTTPMethod.GET, "/version"))
    except RequestError as error:
        raise CheckSkippedError(f"GET /version: {error.reason}.") from error
    if response.status != HTTPStatus.OK:
        raise CheckSkippedError(f"GET /version: {status_text(response.status)}.")
    found = _VERSION.search(response.body)
    if found is None:
        raise CheckSkippedError("The response to GET /version contains no version date.")
    return Check("version", "ok", f"The tenant's version is {found[1].decode()}.")


def check_export(page: SamplePage) -> Check:
    """Describe an export by its first page."""
    name = f"export:{page.export.name}"
    seen = (
        f"The first page has {len(page.records)} records "
        f"({page.seconds:.2f} seconds, {page.size / _MEGABYTE:.2f} MB)"
    )
    if page.problem:
        advice = "Please report this line: the tap cannot sync such records."
        return Check(name, "error", f"{seen}, but {page.problem}.", advice)
    more = "It is the only page" if page.next_position is None else "More pages follow"
    return Check(name, "ok", f"{seen}. {more}.")


def look_at(client: LimitedClient, export: Export) -> str:
    """Say whether an export that the settings do not ask for could be read, by one request."""
    request = export.request({**client.config, "page_size": 1})
    try:
        page = client.get_sample(export, request, max_attempts=1)
    except (AuthenticationError, ExportError) as error:
        return f"{export.name}: cannot be read ({error.reason})."
    if page.problem:
        return f"{export.name}: cannot be read ({page.problem})."
    return f"{export.name}: can be read; add it to 'optional_streams'."
