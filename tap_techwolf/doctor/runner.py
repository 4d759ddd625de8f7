"""Run all checks, the most important ones first."""

import logging
import os
import re
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from http import HTTPMethod, HTTPStatus
from pathlib import Path
from typing import Any

from tap_techwolf import streams
from tap_techwolf.api.export import Export, Request
from tap_techwolf.api.page import BrokenPageError
from tap_techwolf.api.redaction import status_text
from tap_techwolf.api.transport import RequestError, TooManyRequestsError
from tap_techwolf.config.sources import misspelled_variables, read_environment, read_json_object
from tap_techwolf.config.validation import complete, problems
from tap_techwolf.doctor.client import REQUESTS, LimitedClient
from tap_techwolf.doctor.filter_check import check_filter, check_goals
from tap_techwolf.doctor.probes import PROBES, run_probe
from tap_techwolf.doctor.report import CheckSkippedError, Finding
from tap_techwolf.doctor.schema_check import check_form
from tap_techwolf.errors import AuthenticationError, ExportError, SettingsError
from tap_techwolf.tap import PREFIX, TapTechWolf

logger = logging.getLogger(__name__)

_ENVIRONMENT = "ENV"
_GOALS = "employee_ai_goals"
_WITHOUT_TOKEN = {"token", "clock"}
_NO_TOKEN = "There is no token."  # noqa: S105 - a sentence

_LARGEST_DIFFERENCE = timedelta(minutes=1)
# The format of the response is not documented, but versions are dates, since 2021 or so.
_VERSION = re.compile(rb'"(20(?:19|2[0-9])-(?:0[1-9]|1[0-2])-[0-3][0-9])"')

_MEGABYTE = 1_000_000

Check = Callable[[LimitedClient], Finding]


def checks_of(config: Mapping[str, Any], *, with_probes: bool = False) -> dict[str, Check]:
    """Return all checks that need a client, by name and in order."""
    asked_for = streams.streams_of(config)
    exports = [stream.export_of(config) for stream in asked_for]
    filtered = [export for export in exports if export.has_last_updated]
    others = [one.export_of(config) for one in streams.STREAMS if one not in asked_for]
    checks: dict[str, Check] = {}
    checks |= {"token": check_token, "version": check_version, "clock": check_clock}
    for export in exports:
        checks[f"export:{export.name}"] = partial(check_export, export=export)
        checks[f"form:{export.name}"] = partial(check_form, export=export)
    for export in filtered:
        checks[f"filter:{export.name}"] = partial(check_filter, export=export)
    for export in filtered:
        if export.name == _GOALS:
            checks["goals_move_filter"] = partial(check_goals, export=export)
    if with_probes:
        checks |= {name: partial(run_probe, name=name) for name in PROBES}
    return checks | {f"export:{one.name}": partial(look_at, export=one) for one in others}


def _nothing_found(checks: Iterable[str]) -> dict[str, Finding]:
    return dict.fromkeys(("settings", *checks), Finding("skipped", "Not reached."))


class Runner:
    """One run of the doctor.

    Attributes:
        findings: What was found so far, by the check's name. Another thread may read it at any
            time: no name is added to it.
    """

    def __init__(self, requests: int = REQUESTS, *, with_probes: bool = False) -> None:
        """Prepare a report in which every check is skipped."""
        self._with_probes = with_probes
        self._requests = requests
        self.findings = _nothing_found(checks_of({}, with_probes=with_probes))

    def run(self, sources: Sequence[str]) -> None:
        """Run all checks with settings from files and `ENV`, whatever fails."""
        config = None
        with self._checking("settings"):
            self.findings["settings"], config = check_settings(sources)
        if config is None:
            for name in self.findings.keys() - {"settings"}:
                self.findings[name] = Finding("skipped", "The settings are wrong.")
            return
        checks = checks_of(config, with_probes=self._with_probes)
        self.findings = _nothing_found(checks) | {"settings": self.findings["settings"]}
        client = LimitedClient(config, self._requests)
        for name, check in checks.items():
            with self._checking(name):
                if client.authenticator.access_token is None and name not in _WITHOUT_TOKEN:
                    raise CheckSkippedError(_NO_TOKEN)
                self.findings[name] = check(client)

    @contextmanager
    def _checking(self, name: str) -> Iterator[None]:
        """Report what goes wrong with a check, so that the others can follow."""
        logger.info("Checking %s", name)
        try:
            yield
        except (CheckSkippedError, TooManyRequestsError) as error:
            self.findings[name] = Finding("skipped", str(error))
        except ExportError as error:
            self.findings[name] = Finding("skipped", f"A page cannot be read: {error.reason}.")
        except BrokenPageError as error:
            self.findings[name] = Finding("skipped", f"A page cannot be read: {error}.")
        except AuthenticationError as error:
            self.findings[name] = Finding("skipped", _NO_TOKEN)
            seen = f"The token endpoint gave no token: {error.reason}."
            self.findings["token"] = Finding("error", seen, error.advice)
        except Exception as error:  # noqa: BLE001 - its text may hold data
            place = traceback.extract_tb(error.__traceback__)[-1]
            seen = (
                f"Unexpected {type(error).__name__} in {Path(place.filename).name}, line "
                f"{place.lineno}. Please report this line."
            )
            self.findings[name] = Finding("error", seen)


def check_settings(sources: Sequence[str]) -> tuple[Finding, dict[str, Any] | None]:
    """Read and validate the settings, as the tap does; the environment wins.

    Returns:
        What was found, and the settings; None if they are wrong.
    """
    schema = TapTechWolf.settings_schema()
    given: dict[str, Any] = {}
    try:
        for path in sources:
            if path != _ENVIRONMENT:
                given |= read_json_object(path, "config")
        if _ENVIRONMENT in sources:
            given |= read_environment(schema, PREFIX)
    except SettingsError as error:
        # The file's name may be the name of a person.
        wrong = [str(error).replace(f" {path!r},", "").rstrip(".")]
    else:
        config = complete(given, schema)
        wrong = list(problems(config, schema))
    if wrong:
        advice = "Fix the settings; `tap-techwolf --about` describes them."
        if not sources:
            advice = "Say where the settings are: --config FILE, or --config=ENV."
        return Finding("error", f"Wrong: {'; '.join(wrong)}.", advice), None
    seen = f"Valid. Set: {', '.join(sorted(given))}."
    variables = os.environ if _ENVIRONMENT in sources else ()
    if misspelled := " ".join(misspelled_variables(schema, PREFIX, variables)):
        return Finding("warning", f"{seen} {misspelled}", "Correct the name."), config
    return Finding("ok", seen), config


def check_token(client: LimitedClient) -> Finding:
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
        return Finding("warning", seen, "Ask TechWolf for these scopes.")
    return Finding("ok", seen)


def check_clock(client: LimitedClient) -> Finding:
    """Compare the server's clock with this machine's, by the newest response."""
    difference = client.transport.clock_difference
    if difference is None:
        raise CheckSkippedError("No response had a date.")
    seconds = round(difference.total_seconds())
    direction = "ahead of" if seconds > 0 else "behind"
    seen = f"The API's clock is {abs(seconds)} seconds {direction} this machine's."
    if abs(difference) <= _LARGEST_DIFFERENCE:
        return Finding("ok", seen)
    advice = "Set this machine's clock. Token requests with a private key depend on it."
    return Finding("warning", seen, advice)


def check_version(client: LimitedClient) -> Finding:
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
    return Finding("ok", f"The tenant's version is {found[1].decode()}.")


def check_export(client: LimitedClient, export: Export) -> Finding:
    """Read the first page of an export, and describe it."""
    try:
        sample = client.first_pages[export.name] = client.get_sample(export)
    except ExportError as error:
        return Finding("error", f"The export cannot be read: {error.reason}.", error.advice)
    seen = (
        f"The first page has {len(sample.records)} records "
        f"({sample.page.seconds:.2f} seconds, {sample.page.size / _MEGABYTE:.2f} MB)"
    )
    try:
        _ = sample.keys
    except BrokenPageError as error:
        advice = "Please report this line: the tap cannot sync such records."
        return Finding("error", f"{seen}, but {error}.", advice)
    more = "It is the only page" if sample.next_position is None else "More pages follow"
    return Finding("ok", f"{seen}. {more}.")


def look_at(client: LimitedClient, export: Export) -> Finding:
    """Say whether an export that the settings do not ask for could be read, by one request."""
    client.limit_further()
    try:
        _ = client.get_sample(export, export.request({**client.config, "page_size": 1})).keys
    except ExportError as error:
        seen = f"cannot be read ({error.reason})"
    except BrokenPageError as error:
        seen = f"cannot be read ({error})"
    else:
        seen = "can be read; add it to 'optional_streams'"
    return Finding("skipped", f"{export.name}: {seen}.")
