"""Validate the settings, without ever repeating a value."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from jsonschema import TypeChecker, ValidationError
from jsonschema.validators import extend
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

from tap_techwolf.config.private_key import PrivateKeyError, load_private_key
from tap_techwolf.config.sources import convert, nested
from tap_techwolf.config.urls import auth_url_of, is_safe_url
from tap_techwolf.dates import parse_date_time

# All other patterns forbid white space at both ends.
_PATTERNS = {
    "tenant": "may contain only letters, digits, '-' and '_'",
    "region": "must look like eu3 or us3",
    "user_agent": "may contain only printable ASCII characters",
}
_TYPES = {
    "string": "a Unicode string",
    "integer": "a whole number, such as 10",
    "boolean": "true or false",
    "array": 'a list, such as ["first", "second"]',
    "object": "an object",
}
_MAP_VALUE = re.compile(r"config\[['\"](\w+)['\"]\]")
_LIMITS = {
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "minLength": "must not be empty",
    "maxLength": "must not be longer than {} characters",
}


def complete(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings, each of its type, with the defaults of those that are not set.

    One that is null or an empty string counts as not set: orchestrators write them that way. Texts
    are converted: all are texts to Meltano, which would not name a wrong one of another kind.
    """
    settings = schema["properties"]
    given = dict(config)
    for name, value in config.items():
        if isinstance(value, str) and name in settings:
            given[name] = convert(value, settings[name]["type"])
    if isinstance(maps := given.get("stream_maps"), dict):
        given["stream_maps"] = nested(maps)
    defaults = {name: one["default"] for name, one in settings.items() if "default" in one}
    return defaults | {name: value for name, value in given.items() if value not in (None, "")}


def problems(
    config: Mapping[str, Any], schema: Mapping[str, Any], *, allow_missing: bool = False
) -> Iterator[str]:
    """Validate the settings, and yield one text for each problem."""
    known = schema["properties"].keys()
    yield from (_unknown(name, known) for name in sorted(config.keys() - known))
    if not allow_missing:
        yield from (f"{name!r} is missing" for name in schema["required"] if name not in config)
    errors = [error for error in _VALIDATOR(schema).iter_errors(dict(config)) if error.path]
    # Each wrong item of a list is an error of its own; one text is enough.
    yield from dict.fromkeys(_describe(error) for error in errors)
    # The other rules compare settings, and need values of the right types.
    wrong = {error.path[0] for error in errors}
    valid = {name: value for name, value in config.items() if name not in wrong}
    yield from _date_problems(valid)
    yield from _url_problems(valid)
    yield from _credential_problems(valid, config, allow_missing=allow_missing)
    if valid.get("flattening_enabled") and "flattening_max_depth" not in config:
        yield "'flattening_max_depth' is missing: 'flattening_enabled' needs it"
    values = valid.get("stream_map_config") or {}
    for name in dict.fromkeys(_MAP_VALUE.findall(str(valid.get("stream_maps")))):
        # Meltano alone resolves variables; one that is not set is null.
        if values.get(name) in (None, "") or str(values[name]).startswith("$"):
            yield f"{name!r} in 'stream_map_config' is missing, or names a variable that is not set"


def _unknown(name: str, known: Iterable[str]) -> str:
    # Finds `pagesize` and `job_families`, but no setting for an unrelated word.
    meant = get_close_matches(name, known, n=1, cutoff=0.8)
    suggestion = f" (did you mean {meant[0]!r}?)" if meant else ""
    return f"{name!r} is not a setting of this tap{suggestion}"


def _is_integer(_checker: TypeChecker, value: object) -> bool:
    # JSON Schema counts 100.0 and 1e2 as integers, but they would be sent to the API as such.
    return isinstance(value, int) and not isinstance(value, bool)


def _is_string(_checker: TypeChecker, value: object) -> bool:
    # A variable that is not UTF-8 contains surrogates, which cannot be sent.
    return isinstance(value, str) and not re.search(r"[\ud800-\udfff]", value)


_VALIDATOR = extend(  # type: ignore[no-untyped-call]
    DEFAULT_JSONSCHEMA_VALIDATOR,
    type_checker=DEFAULT_JSONSCHEMA_VALIDATOR.TYPE_CHECKER.redefine_many(
        {"integer": _is_integer, "string": _is_string}
    ),
)


def _describe(error: ValidationError) -> str:
    name = str(error.path[0])
    expected: Any = error.validator_value
    match error.validator:
        case "type":
            types = [expected] if isinstance(expected, str) else expected
            rule = "must be " + " or ".join(_TYPES[one] for one in types if one != "null")
        case "enum":
            rule = f"must be one of: {', '.join(map(str, expected))}"
        case "pattern":
            rule = _PATTERNS.get(name, "must not begin or end with white space")
        case keyword:
            unknown = "is not valid; see the setting's description"
            rule = _LIMITS.get(str(keyword), unknown).format(expected)
    subject = f"a value in {name!r}" if len(error.path) > 1 else repr(name)
    return f"{subject} {rule}"


def _date_problems(config: Mapping[str, Any]) -> Iterator[str]:
    try:
        # A day may have begun elsewhere: the filter goes back by at least one.
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        if "start_date" in config and parse_date_time(config["start_date"]) > tomorrow:
            yield "'start_date' is in the future: no record would be exported"
    except ValueError:
        yield "'start_date' must be a date-time such as 2026-01-01T00:00:00Z"
    if "api_version" in config and not _is_date(config["api_version"]):
        yield "'api_version' must be a date such as 2024-12-05"


def _is_date(text: str) -> bool:
    try:
        # Python also parses 20241205 and 2024-W49-4, which the API's header does not take.
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _url_problems(config: Mapping[str, Any]) -> Iterator[str]:
    for name in ("api_url", "auth_url"):
        if name in config and not is_safe_url(config[name]):
            yield (
                f"{name!r} must be an https URL with a valid host and port, and without user, "
                "password, query or fragment (http only on a loopback address)"
            )
    region = config.get("region")
    if region and "auth_url" not in config and auth_url_of(region) is None:
        yield (
            "'auth_url' is missing: TechWolf does not document the token endpoint of this "
            "'region'; ask TechWolf for it, or use a region such as eu3 or us3"
        )


def _credential_problems(
    valid: Mapping[str, Any], config: Mapping[str, Any], *, allow_missing: bool
) -> Iterator[str]:
    if "client_secret" in config and "private_key" in config:
        yield "'client_secret' and 'private_key' are both set: set only one of them"
    elif "client_secret" not in config and "private_key" not in config:
        if not allow_missing:
            yield "'client_secret' or 'private_key' is missing: set one of them"
    elif "private_key_passphrase" in config and "private_key" not in config:
        yield "'private_key_passphrase' is set, but 'private_key' is not"
    elif "private_key" in valid:
        try:
            load_private_key(valid["private_key"], valid.get("private_key_passphrase"))
        except PrivateKeyError as error:
            yield str(error)
