"""Check the settings, the token, the clock, the API's version and each export."""

import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from tap_techwolf.api.export import IS_ACTIVE
from tap_techwolf.api.redaction import status_text
from tap_techwolf.api.transport import RequestError
from tap_techwolf.config.sources import misspelled_variables, read_environment, read_json_object
from tap_techwolf.config.urls import auth_url_of
from tap_techwolf.config.validation import complete, problems
from tap_techwolf.doctor.anonymize import is_safe_root_name
from tap_techwolf.doctor.client import LimitedClient, SamplePage
from tap_techwolf.doctor.report import Check, CheckSkippedError
from tap_techwolf.errors import AuthenticationError, SettingsError
from tap_techwolf.tap import PREFIX, TapTechWolf

_ENVIRONMENT = "ENV"
# Variables of another form may be named after somebody.
_VARIABLE = re.compile(r"[A-Z_]{1,60}")
# What shapes the requests, but not who sends them.
_SHOWN_SETTINGS = (
    "page_size",
    "ai_goal_versions",
    "task_profile_format",
    "employee_task_includes",
    "job_task_includes",
    "external_vendor",
    "is_active",
    "api_version",
)

_DOCUMENTED_SCOPES = frozenset({"read", "write", "read_reports"})

_LARGEST_DIFFERENCE = timedelta(minutes=1)
# The format of the response is not documented, but versions are dates, since 2021 or so.
_VERSION = re.compile(rb'"(20(?:19|2[0-9])-(?:0[1-9]|1[0-2])-[0-3][0-9])"')

_MEGABYTE = 1_000_000


def check_settings(sources: Sequence[str]) -> tuple[Check, dict[str, Any] | None]:
    """Read and validate the settings, as the tap does.

    Args:
        sources: Paths of files, and `ENV` for the environment, which wins.

    Returns:
        The check's entry, and the settings; None if they are wrong.
    """
    schema = TapTechWolf.settings_schema()
    given: dict[str, Any] = {}
    found = [*_read_files(sources, given)]
    if _ENVIRONMENT in sources:
        try:
            given |= read_environment(schema, PREFIX)
        except SettingsError as error:
            found.append(str(error).removesuffix("."))
    config = complete(given, schema)
    if not found:  # Otherwise what is missing may be in the file that cannot be read.
        found += _problems(config, schema)
    if found:
        advice = "Fix the settings; `tap-techwolf --about` describes them."
        return Check("settings", "error", f"Wrong: {'; '.join(found)}.", advice), None
    seen = f"Valid. {_summary(config)}"
    variables = filter(_VARIABLE.fullmatch, os.environ) if _ENVIRONMENT in sources else ()
    if misspelled := " ".join(misspelled_variables(schema, PREFIX, variables)):
        return Check("settings", "warning", f"{seen} {misspelled}", "Correct the name."), config
    return Check("settings", "ok", seen), config


def _read_files(sources: Sequence[str], given: dict[str, Any]) -> Iterator[str]:
    """Add the settings in files, and yield a text for each file that cannot be read."""
    for number, path in enumerate(sources, start=1):
        if path == _ENVIRONMENT:
            continue
        try:
            given |= read_json_object(path, "config")
        except SettingsError as error:
            # The file's name may be the name of a person.
            problem = str(error).removeprefix(f"The file {path!r}, given with --config, ")
            yield f"the file of --config number {number} {problem.removesuffix('.')}"


def _problems(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    unknown = config.keys() - schema["properties"].keys()
    unsafe = {name for name in unknown if not is_safe_root_name(name)}
    if unsafe:
        yield "a name that is not a setting of this tap"
    yield from problems({name: config[name] for name in config.keys() - unsafe}, schema)


def _summary(config: Mapping[str, Any]) -> str:
    shown = {name: config[name] for name in _SHOWN_SETTINGS if name in config}
    region = config["region"]
    parts = [
        f"region {region if auth_url_of(region) else 'of another form'}",
        "private key" if "private_key" in config else "client secret",
        *(f"{name} {_setting_text(value)}" for name, value in shown.items()),
    ]
    if config.get("job_family_ids"):
        parts.append("some job families")
    return f"Settings: {'; '.join(parts)}."


def _setting_text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return str(value).lower()


def check_token(client: LimitedClient) -> Check:
    """Get the token that all further requests use.

    Raises:
        AuthenticationError: There is no token.
        BudgetSpentError: The limits allow no further request.
    """
    authenticator = client.authenticator
    authenticator.update_access_token()
    lifetime = "an unknown time"
    if authenticator.lifetime is not None:
        lifetime = f"{authenticator.lifetime:.0f} seconds"
    requested = client.config["scopes"]
    seen = f"Valid for {lifetime}. Scopes requested: {_scopes(requested)}"
    if authenticator.scopes is None:
        return Check("token", "ok", f"{seen}; the response names none.")
    seen = f"{seen}; granted: {_scopes(authenticator.scopes)}."
    if missing := set(requested or ["read"]) - set(authenticator.scopes):
        advice = f"Ask TechWolf for the missing scopes: {_scopes(missing)}."
        return Check("token", "warning", seen, advice)
    return Check("token", "ok", seen)


def token_error(error: AuthenticationError) -> Check:
    """Return the entry of a token that was not given, the first or a renewed one."""
    seen = f"The token endpoint gave no token: {error.reason}."
    return Check("token", "error", seen, error.advice)


def _scopes(scopes: Iterable[str]) -> str:
    """Name the documented scopes, and count the others."""
    found = set(scopes)
    words = sorted(found & _DOCUMENTED_SCOPES)
    if others := len(found - _DOCUMENTED_SCOPES):
        words.append(f"{others} undocumented scope{'s'[: others > 1]}")
    return ", ".join(words) or "none"


def check_clock(client: LimitedClient) -> Check:
    """Compare the API's clock with this machine's, by the responses so far."""
    difference = client.transport.clock_difference
    if difference is None:
        raise CheckSkippedError("No response had a date.")
    seconds = round(difference.total_seconds())
    if not seconds:
        return Check("clock", "ok", "The API's clock and this machine's agree.")
    direction = "ahead of" if seconds > 0 else "behind"
    unit = "second" if abs(seconds) == 1 else "seconds"
    seen = f"The API's clock is {abs(seconds)} {unit} {direction} this machine's."
    if abs(difference) <= _LARGEST_DIFFERENCE:
        return Check("clock", "ok", seen)
    advice = "Set this machine's clock. Token requests with a private key depend on it."
    return Check("clock", "warning", seen, advice)


def check_version(client: LimitedClient) -> Check:
    """Request the version of the tenant's API, which not every client may read."""
    try:
        response = client.get("/version")
    except RequestError as error:
        raise CheckSkippedError(f"GET /version: {error.reason}.") from error
    if response.status != HTTPStatus.OK:
        raise CheckSkippedError(f"GET /version: {status_text(response.status)}.")
    found = _VERSION.search(response.body)
    if found is None:
        raise CheckSkippedError("The response to GET /version contains no version date.")
    return Check("version", "ok", f"The tenant's version is {found[1].decode()}.")


def check_export(page: SamplePage, client: LimitedClient) -> Check:
    """Describe an export by its first page, and estimate the time of a first sync."""
    name = f"export:{page.export.name}"
    seen = (
        f"The first page has {len(page.records)} records "
        f"({page.seconds:.2f} seconds, {page.size / _MEGABYTE:.2f} MB)"
    )
    if page.problem:
        advice = "Please report this line: the tap cannot sync such records."
        return Check(name, "error", f"{seen}, but {page.problem}.", advice)
    return Check(name, "ok", f"{seen}. {_estimate(page, client)}")


def _estimate(page: SamplePage, client: LimitedClient) -> str:
    if page.next_position is None:
        return "It is the only page."
    count = page.count
    if count is None and IS_ACTIVE in page.export.filters:
        count = client.employee_count
    if count is None:
        return "More pages follow; the API does not say how many."
    pagination, page_size = page.export.pagination, client.config["page_size"]
    page_count = max(2, math.ceil(count / pagination.parameters(page_size, None)["limit"]))
    minutes = math.ceil(page_count * page.seconds / 60)
    duration = "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"A first sync has about {page_count} pages and takes about {duration}."
