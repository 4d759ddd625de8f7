"""What follows from the settings and the schemas, as data and as Markdown."""

from __future__ import annotations

import json
import sys
from importlib.metadata import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generate.changes import CHANGES
from generate.diagrams import kind_of_column, schema_of, table_keys
from tap_techwolf.api.export import LAST_UPDATED
from tap_techwolf.config.settings import OPTIONAL_STREAMS, SETTINGS
from tap_techwolf.doctor.cli import COMMAND as DOCTOR
from tap_techwolf.streams import STREAMS
from tap_techwolf.tap import TapTechWolf

if TYPE_CHECKING:
    from tap_techwolf.sync.stream import ExportStream

SAMPLES = Path(__file__).with_name("samples.json")

CREDENTIALS = ("client_secret", "private_key")
# The settings of every SDK tap: Meltano has to know what it can set.
SDK_SETTINGS: tuple[dict[str, Any], ...] = (
    {
        "name": "stream_maps",
        "label": "Stream maps",
        "kind": "string",
        "description": "Changes to the records of a stream; see the SDK's documentation.",
    },
    {
        "name": "stream_map_config",
        "label": "Stream map configuration",
        "kind": "string",
        "description": "Values that the expressions of stream maps use as `config`.",
    },
    {
        "name": "flattening_enabled",
        "label": "Flattening",
        "kind": "string",
        "description": "Turn objects into columns of their own, and lists into text.",
    },
    {
        "name": "flattening_max_depth",
        "label": "Flattening depth",
        "kind": "string",
        "description": "How many levels of objects to flatten.",
    },
)


def settings() -> dict[str, dict[str, Any]]:
    """The tap's own settings, by name."""
    properties: dict[str, dict[str, Any]] = SETTINGS.to_dict()["properties"]
    return properties


def meltano_setting(name: str, setting: dict[str, Any]) -> dict[str, Any]:
    """Describe a setting as Meltano wants it.

    Nearly all are texts, which the tap converts. Of another kind, Meltano 4.4 refuses a wrong value
    with a traceback that does not name the setting, and takes any text but a few for false.
    """
    kind = "date_iso8601" if setting.get("format") == "date-time" else "string"
    described: dict[str, Any] = {"name": name, "label": setting["title"], "kind": kind}
    if setting.get("secret"):
        described["sensitive"] = True
    described["description"] = setting["description"]
    # The tap fills in its own version; a copy of it here would be out of date at once.
    if "default" in setting and name != "user_agent":
        described["value"] = setting["default"]
    return described


def meltano_settings() -> list[dict[str, Any]]:
    """Describe all settings as Meltano wants them."""
    own = [meltano_setting(name, setting) for name, setting in settings().items()]
    return [*own, *SDK_SETTINGS]


def python_versions() -> list[str]:
    """The Pythons that the package's classifiers name."""
    start = "Programming Language :: Python :: "
    classifiers = metadata(TapTechWolf.name).get_all("Classifier") or []
    return [one.removeprefix(start) for one in classifiers if one.startswith(start)]


def plugin_definition() -> dict[str, Any]:
    """Describe the plugin in the form of Meltano's hub."""
    required = SETTINGS.to_dict()["required"]
    return {
        "name": TapTechWolf.name,
        "namespace": "tap_techwolf",
        "variant": "tap-techwolf",
        "label": "TechWolf",
        "description": "Employee AI goals, and the task profiles of employees and jobs",
        "docs": "https://github.com/tap-techwolf/tap-techwolf#readme",
        "repo": "https://github.com/tap-techwolf/tap-techwolf",
        "pip_url": "git+https://github.com/tap-techwolf/tap-techwolf.git",
        "executable": TapTechWolf.name,
        "commands": {
            "doctor": {
                "executable": DOCTOR,
                "args": "--config=ENV",
                "description": (
                    "Examine your tenant's API, and print a report without a word about people"
                ),
            }
        },
        "capabilities": sorted(str(one) for one in TapTechWolf.capabilities),
        "keywords": ["api", "meltano_sdk"],
        "domain_url": "https://techwolf.ai",
        "maintenance_status": "active",
        "quality": "unknown",  # The hub asks for it, and rates plugins itself.
        "supported_python_versions": python_versions(),
        "settings_group_validation": [[*required, one] for one in CREDENTIALS],
        "settings": meltano_settings(),
    }


def catalog_snapshot() -> dict[str, Any]:
    """Discover, under each setting that changes the catalog."""
    variants: dict[str, dict[str, Any]] = {
        "default": {},
        "ai_goal_versions: all": {"ai_goal_versions": "all"},
        "task_profile_format: hierarchy": {"task_profile_format": "hierarchy"},
        "optional_streams": {"optional_streams": list(OPTIONAL_STREAMS)},
    }
    return {
        name: json.loads(TapTechWolf(config=config, validate_config=False).catalog_json_text)
        for name, config in variants.items()
    }


def help_text() -> str:
    """What `--help` says, from the SDK's own command."""
    command = TapTechWolf.get_singer_command()
    context = click.Context(command, info_name=TapTechWolf.name, terminal_width=80)
    return command.get_help(context) + "\n"


def _default(setting: dict[str, Any], name: str, required: list[str]) -> str:
    if name in required:
        return "required"
    if name in CREDENTIALS:
        return "one of the two"
    if name == "user_agent":
        return "`tap-techwolf/<version>`"
    return f"`{json.dumps(setting['default'])}`" if "default" in setting else ""


def settings_table(*, is_short: bool = False) -> str:
    """The settings as a Markdown table, each with its whole description or with one sentence."""
    required = SETTINGS.to_dict()["required"]
    rows = ["| setting | default | description |", "| --- | --- | --- |"]
    for name, setting in settings().items():
        secret = " Secret." if setting.get("secret") else ""
        default = _default(setting, name, required)
        description = setting["description"]
        if is_short:
            description = description.partition(". ")[0].rstrip(".") + "."
        rows.append(f"| `{name}` | {default} | {description}{secret} |")
    return "\n".join(rows)


def changes_table() -> str:
    """Return what to do after changing each setting, as a Markdown table.

    Raises:
        SystemExit: A setting has no entry, or an entry has no setting.
    """
    if different := settings().keys() ^ CHANGES.keys():
        sys.exit(f"generate/changes.py and the settings differ: {', '.join(sorted(different))}")
    rows = ["| setting | after changing it |", "| --- | --- |"]
    rows += [f"| `{name}` | {CHANGES[name]} |" for name in settings()]
    return "\n".join(rows)


def column_tables() -> str:
    """The key, the columns and a sample row of each loaded table, as Markdown."""
    streams = {vars(stream)["name"]: stream for stream in STREAMS}
    samples = json.loads(SAMPLES.read_text())
    return "\n\n".join(
        _column_table(table, key, streams.get(table), samples.get(table))
        for table, key in table_keys().items()
    )


def is_personal(stream: type[ExportStream]) -> bool:
    """Return whether an export is about people rather than jobs, skills or units."""
    return "employees" in stream.path


def _column_table(
    table: str,
    key: tuple[str, ...],
    stream: type[ExportStream] | None,
    sample: dict[str, Any] | None,
) -> str:
    schema = schema_of(table)
    facts = [f"Key: {', '.join(f'`{one}`' for one in key)}."]
    if stream:
        loads = "what changed" if LAST_UPDATED in stream.filters else "everything"
        personal = "yes" if is_personal(stream) else "no"
        facts += [f"Each sync loads {loads}.", f"Personal: {personal}."]
        facts += [f"Endpoint: `{stream.pagination.method} {stream.path}`."]
    else:
        facts += ["Each sync adds rows.", "Personal: no."]
    rows = [f"### `{table}`", "", schema["description"], "", " ".join(facts), ""]
    rows += ["| column | type | description |", "| --- | --- | --- |", *_columns(schema)]
    if sample:
        row = json.dumps(sample, indent=2, ensure_ascii=False)
        rows += ["", "<details><summary>A row of an invented company</summary>", ""]
        rows += ["```json", row, "```", "", "</details>"]
    return "\n".join(rows)


def _columns(schema: dict[str, Any], path: str = "") -> list[str]:
    rows = []
    for name, one in schema["properties"].items():
        rows.append(f"| `{path}{name}` | {kind_of_column(one)} | {one['description']} |")
        if "properties" in one:
            rows += _columns(one, f"{path}{name}.")
        if "properties" in one.get("items", {}):
            rows += _columns(one["items"], f"{path}{name}[].")
    return rows
