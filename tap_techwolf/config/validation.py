"""Finds what is wrong with the settings, without ever repeating a value."""

from __future__ import annotations

import re
from datetime import date
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

from tap_techwolf.config.date_times import parse_date_time
from tap_techwolf.config.endpoints import auth_url_of
from tap_techwolf.config.private_key import PrivateKeyError, load_private_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema import ValidationError

_PATTERNS = {
    "tenant": "may hold only letters, digits, '-' and '_'",
    "region": "must look like eu3 or us3",
    "user_agent": "may hold only printable ASCII characters",
}
_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
}


def complete(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in the defaults.

    Args:
        config: The settings as given. One that is null or an empty text counts as unset,
            as loaders of settings write unset ones.
        schema: The JSON Schema of the settings.

    Returns:
        New settings, with a default wherever there is one and nothing was set.
    """
    defaults = {
        name: setting["default"]
        for name, setting in schema["properties"].items()
        if "default" in setting
    }
    return defaults | {name: value for name, value in config.items() if value not in (None, "")}


def problems(
    config: Mapping[str, Any], schema: Mapping[str, Any], *, may_lack: bool = False
) -> Iterator[str]:
    """Find what is wrong.

    Args:
        config: Settings with their defaults filled in.
        schema: The JSON Schema of the settings.
        may_lack: Whether required settings may be missing, as for discovery.

    Yields:
        One text for each thing that is wrong. It names the setting and holds no value.
    """
    unknown = sorted(config.keys() - schema["properties"].keys())
    yield from (f"{name!r} is not a setting of this tap" for name in unknown)
    if not may_lack:
        missing = [name for name in schema["required"] if name not in config]
        yield from (f"{name!r} is missing" for name in missing)
    wrong: set[str] = set()
    for error in DEFAULT_JSONSCHEMA_VALIDATOR(schema).iter_errors(dict(config)):
        if error.absolute_path:
            name = str(error.absolute_path[0])
            wrong.add(name)
            yield f"{name!r} {_rule(name, error)}"
    right = {name: value for name, value in config.items() if name not in wrong}
    yield from _date_problems(right)
    yield from _address_problems(right)
    yield from _credential_problems(right, config, may_lack=may_lack)


def _rule(name: str, error: ValidationError) -> str:
    """Say the rule that a value breaks."""
    expected: Any = error.validator_value
    match error.validator:
        case "type":
            kinds = [expected] if isinstance(expected, str) else expected
            rule = "must be " + " or ".join(_KINDS[kind] for kind in kinds if kind != "null")
        case "enum":
            rule = f"must be one of: {', '.join(map(str, expected))}"
        case "pattern":
            rule = _PATTERNS[name]
        case "minimum":
            rule = f"must be at least {expected}"
        case "maximum":
            rule = f"must be at most {expected}"
        case "exclusiveMinimum":
            rule = f"must be more than {expected}"
        case "minLength":
            rule = "must not be empty"
        case _:
            rule = "does not have the form that its description tells"
    return f"holds a value that {rule}" if len(error.absolute_path) > 1 else rule


def _date_problems(config: Mapping[str, Any]) -> Iterator[str]:
    if "start_date" in config:
        try:
            parse_date_time(config["start_date"])
        except ValueError:
            yield "'start_date' must be a date-time such as 2026-01-01T00:00:00Z"
    if "api_version" in config:
        try:
            # Python reads more forms of a date than the API's header takes.
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", config["api_version"], re.ASCII):
                raise ValueError  # noqa: TRY301 - the two ways to be wrong end alike
            date.fromisoformat(config["api_version"])
        except ValueError:
            yield "'api_version' must be a date such as 2024-12-05"


def _address_problems(config: Mapping[str, Any]) -> Iterator[str]:
    for name in ("api_url", "auth_url"):
        if name in config and not _is_safe_address(config[name]):
            yield (
                f"{name!r} must be an https address without user, password or query "
                "(http only on a loopback address)"
            )
    region = config.get("region")
    if region and "auth_url" not in config and auth_url_of(region) is None:
        yield (
            "'auth_url' is missing: the token endpoint of this 'region' is not documented; "
            "ask TechWolf for it, or use a region such as eu3 or us3"
        )


def _is_safe_address(text: str) -> bool:
    if any(character.isspace() or not character.isprintable() for character in text):
        return False
    try:
        address = urlsplit(text)
        host, _port = address.hostname, address.port
    except ValueError:
        return False
    if not host or "@" in address.netloc or address.query or address.fragment:
        return False
    return address.scheme == "https" or (address.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _credential_problems(
    right: Mapping[str, Any], config: Mapping[str, Any], *, may_lack: bool
) -> Iterator[str]:
    if "client_secret" in config and "private_key" in config:
        yield "'client_secret' and 'private_key' are both set: set only one of them"
    elif "client_secret" not in config and "private_key" not in config:
        if not may_lack:
            yield "'client_secret' is missing (or 'private_key', whichever you use)"
    elif "private_key_passphrase" in config and "private_key" not in config:
        yield "'private_key_passphrase' is set, but 'private_key' is not"
    elif "private_key" in right:
        try:
            load_private_key(right["private_key"], right.get("private_key_passphrase"))
        except PrivateKeyError as error:
            yield f"{error.setting!r} {error}"
