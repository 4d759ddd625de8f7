"""Validate the settings, without ever repeating a value."""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jsonschema.validators import extend
from singer_sdk.typing import DEFAULT_JSONSCHEMA_VALIDATOR

from tap_techwolf.config.addresses import is_safe_address
from tap_techwolf.config.endpoints import auth_url_of
from tap_techwolf.config.private_key import PrivateKeyError, load_private_key
from tap_techwolf.config.suggestions import nearest
from tap_techwolf.dates import parse_date_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema import TypeChecker, ValidationError

_PATTERNS = {
    "tenant": "may contain only letters, digits, '-' and '_'",
    "region": "must look like eu3 or us3",
    "user_agent": "may contain only printable ASCII characters",
}
_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": 'a list, such as ["first", "second"]',
    "object": "an object",
}


def complete(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Add the defaults of unset settings.

    Args:
        config: The settings that the user gave. One that is null or an empty string counts
            as unset, because orchestrators write unset settings that way.
        schema: The JSON Schema of the settings.

    Returns:
        The settings, defaults included.
    """
    defaults = {
        name: setting["default"]
        for name, setting in schema["properties"].items()
        if "default" in setting
    }
    given = {name: value for name, value in config.items() if value not in (None, "")}
    # The SDK reads the numbers of files as Decimal, which does not go with float.
    numbers = {name: float(value) for name, value in given.items() if isinstance(value, Decimal)}
    return defaults | given | numbers


def problems(
    config: Mapping[str, Any], schema: Mapping[str, Any], *, allow_missing: bool = False
) -> Iterator[str]:
    """Validate the settings.

    Args:
        config: The settings, defaults included.
        schema: The JSON Schema of the settings.
        allow_missing: Whether required settings may be missing, as for discovery.

    Yields:
        One text for each problem. It names the setting, and does not contain its value.
    """
    known = schema["properties"].keys()
    yield from (_unknown(name, known) for name in sorted(config.keys() - known))
    if not allow_missing:
        missing = [name for name in schema["required"] if name not in config]
        yield from (f"{name!r} is missing" for name in missing)
    broken = [
        (str(error.absolute_path[0]), error)
        for error in _VALIDATOR(schema).iter_errors(dict(config))
        if error.absolute_path
    ]
    # Each wrong item of a list is an error of its own.
    yield from dict.fromkeys(_explain(name, error) for name, error in broken)
    wrong = {name for name, _ in broken}
    right = {name: value for name, value in config.items() if name not in wrong}
    yield from _date_problems(right)
    yield from _address_problems(right)
    yield from _credential_problems(right, config, allow_missing=allow_missing)
    if right.get("flattening_enabled") and "flattening_max_depth" not in config:
        yield "'flattening_max_depth' is missing: 'flattening_enabled' needs it"


def _is_integer(_checker: TypeChecker, value: object) -> bool:
    # JSON Schema counts 100.0 and 1e2 as integers; a query needs digits only.
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(checker: TypeChecker, value: object) -> bool:
    # NaN is neither below a minimum nor above a maximum.
    return _is_integer(checker, value) or (isinstance(value, float) and math.isfinite(value))


def _is_string(_checker: TypeChecker, value: object) -> bool:
    # Neither half an emoji nor bytes that are not UTF-8 can be sent.
    return isinstance(value, str) and not re.search(r"[\ud800-\udfff]", value)


_VALIDATOR = extend(  # type: ignore[no-untyped-call]
    DEFAULT_JSONSCHEMA_VALIDATOR,
    type_checker=DEFAULT_JSONSCHEMA_VALIDATOR.TYPE_CHECKER.redefine_many(
        {"integer": _is_integer, "number": _is_number, "string": _is_string}
    ),
)


def _unknown(name: str, known: Iterable[str]) -> str:
    meant = nearest(name, known)
    suggestion = f" (did you mean {meant!r}?)" if meant else ""
    return f"{name!r} is not a setting of this tap{suggestion}"


def _explain(name: str, error: ValidationError) -> str:
    """Return which setting breaks which rule."""
    where = f"a value in {name!r}" if len(error.absolute_path) > 1 else repr(name)
    return f"{where} {_rule(name, error)}"


def _rule(name: str, error: ValidationError) -> str:
    expected: Any = error.validator_value
    match error.validator:
        case "type":
            types = [expected] if isinstance(expected, str) else expected
            rule = _type_rule(types, error.instance)
        case "enum":
            rule = f"must be one of: {', '.join(map(str, expected))}"
        case "pattern":
            rule = _PATTERNS[name]
        case "minimum":
            rule = f"must be at least {expected}"
        case "maximum":
            rule = f"must be at most {expected}"
        case "exclusiveMinimum":
            rule = f"must be greater than {expected}"
        case "minLength":
            rule = "must not be empty"
        case "maxLength":
            rule = f"must not be longer than {expected} characters"
        case _:
            rule = "is not valid; see the setting's description"
    return rule


def _type_rule(types: list[str], value: object) -> str:
    rule = "must be " + " or ".join(_TYPES[one] for one in types if one != "null")
    if isinstance(value, str) and "string" in types:
        return f"{rule} of valid Unicode characters"
    if isinstance(value, float) and "integer" in types:
        return f"{rule}, written without a decimal point or an exponent"
    return rule


def _date_problems(config: Mapping[str, Any]) -> Iterator[str]:
    if "start_date" in config:
        try:
            parse_date_time(config["start_date"])
        except ValueError:
            yield "'start_date' must be a date-time such as 2026-01-01T00:00:00Z"
    if "api_version" in config:
        try:
            # Python accepts more formats than the API's header does.
            if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", config["api_version"], re.ASCII):
                raise ValueError  # noqa: TRY301 - both mistakes get the same text
            date.fromisoformat(config["api_version"])
        except ValueError:
            yield "'api_version' must be a date such as 2024-12-05"


def _address_problems(config: Mapping[str, Any]) -> Iterator[str]:
    for name in ("api_url", "auth_url"):
        if name in config and not is_safe_address(config[name]):
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
    right: Mapping[str, Any], config: Mapping[str, Any], *, allow_missing: bool
) -> Iterator[str]:
    if "client_secret" in config and "private_key" in config:
        yield "'client_secret' and 'private_key' are both set: set only one of them"
    elif "client_secret" not in config and "private_key" not in config:
        if not allow_missing:
            yield "'client_secret' or 'private_key' is missing: set one of them"
    elif "private_key_passphrase" in config and "private_key" not in config:
        yield "'private_key_passphrase' is set, but 'private_key' is not"
    elif "private_key" in right:
        try:
            load_private_key(right["private_key"], right.get("private_key_passphrase"))
        except PrivateKeyError as error:
            yield f"{error.setting!r} {error}"
