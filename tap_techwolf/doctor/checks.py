"""Check the settings, the token, the clock and each export."""

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tap_techwolf.config.sources import misspelled_variables, read_environment, read_json_object
from tap_techwolf.config.validation import complete, problems
from tap_techwolf.doctor.client import LimitedClient, SamplePage
from tap_techwolf.doctor.report import Check, CheckSkippedError
from tap_techwolf.errors import SettingsError
from tap_techwolf.tap import PREFIX, TapTechWolf

_ENVIRONMENT = "ENV"

_LARGEST_DIFFERENCE = timedelta(minutes=1)

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
    """Get the token that all further requests use.

    Raises:
        AuthenticationError: There is no token.
        TooManyRequestsError: No further request may be sent.
    """
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
