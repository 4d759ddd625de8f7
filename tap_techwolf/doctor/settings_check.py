"""Checks the settings, and what they ask for."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_techwolf.config.sources import misspelled_variables, read_environment, read_json_object
from tap_techwolf.config.validation import complete, problems
from tap_techwolf.doctor.discretion import shown_name, shown_region
from tap_techwolf.doctor.report import Check
from tap_techwolf.errors import SettingsError
from tap_techwolf.tap import TapTechWolf

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ENVIRONMENT = "ENV"

_PREFIX = "TAP_TECHWOLF_"
_VARIABLE = re.compile(r"[A-Z_]{1,60}")
_ADVICE = "Fix the settings; `tap-techwolf --about` describes them."


@dataclass(frozen=True, slots=True)
class Settings:
    """What the check found.

    Attributes:
        check: The entry for the report.
        config: The settings, defaults included; None where they are wrong.
    """

    check: Check
    config: dict[str, Any] | None = None


def check_settings(sources: Sequence[str]) -> Settings:
    """Read and validate the settings, as the tap does.

    Args:
        sources: Paths of files, and `ENV` for the environment; the environment wins.

    Returns:
        The settings, and the check's entry.
    """
    schema = TapTechWolf.config_jsonschema
    TapTechWolf.append_builtin_config(schema)
    found: list[str] = []
    given: dict[str, Any] = {}
    for number, path in enumerate(sources, start=1):
        if path == ENVIRONMENT:
            continue
        try:
            given |= read_json_object(path, "config")
        except SettingsError as error:
            # The name of the file may be the name of a person.
            what = str(error).removeprefix(f"The file {path!r}, given with --config, ")
            found.append(f"the file of --config number {number} {what.removesuffix('.')}")
    if ENVIRONMENT in sources:
        given |= read_environment(schema, _PREFIX)
    config = complete(given, schema)
    if not found:  # Otherwise what is missing may be in the file that cannot be read.
        found += _problems(config, schema)
    if found:
        return Settings(Check("settings", "error", f"Wrong: {'; '.join(found)}.", _ADVICE))
    misspelled = list(_misspelled(schema)) if ENVIRONMENT in sources else []
    if misspelled:
        seen = f"Valid, but no setting belongs to {', '.join(misspelled)}. {_summary(config)}"
        return Settings(Check("settings", "warning", seen, "Correct these names."), config)
    return Settings(Check("settings", "ok", f"Valid. {_summary(config)}"), config)


def _problems(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Validate the settings; a name that is not one of the tap's may be anything."""
    odd = {name for name in config.keys() - schema["properties"].keys() if shown_name(name) != name}
    if odd:
        yield "a name that is not a setting of this tap"
    yield from problems({name: config[name] for name in config.keys() - odd}, schema)


def _misspelled(schema: Mapping[str, Any]) -> Iterator[str]:
    for variable in os.environ:
        if any(misspelled_variables(schema, _PREFIX, [variable])):
            yield variable if _VARIABLE.fullmatch(variable) else "a variable of the environment"


def _summary(config: Mapping[str, Any]) -> str:
    """Say what shapes the requests, but not who asks."""
    parts = [
        f"region {shown_region(config['region'])}",
        "private key" if "private_key" in config else "client secret",
        f"page_size {config['page_size']}",
        f"ai_goal_versions {config['ai_goal_versions']}",
        f"task_profile_format {config['task_profile_format']}",
    ]
    chosen = [name for name in ("external_vendor", "is_active", "api_version") if name in config]
    parts += [f"{name} {str(config[name]).lower()}" for name in chosen]
    if config.get("job_family_ids"):
        parts.append("some job families")
    includes = ("employee_task_includes", "job_task_includes")
    parts += [f"{name} {', '.join(config[name]) or 'none'}" for name in includes]
    return f"Asks for: {'; '.join(parts)}."
