"""Probe what the documentation leaves open, for the tap's makers; only with `--probe`.

Each probe sends one request, repeated at most once, and goes when its question is answered.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from tap_techwolf.api.export import IS_ACTIVE, LAST_UPDATED, Export, Filter
from tap_techwolf.doctor.client import LimitedClient, SamplePage
from tap_techwolf.doctor.report import CheckSkippedError, Finding
from tap_techwolf.errors import ExportError


def run_probe(client: LimitedClient, name: str) -> Finding:
    """Run a probe with the first export that it is about."""
    for page in client.first_pages.values():
        try:
            seen = PROBES[name](client, page)
        except ExportError as error:
            seen = f"is refused: {error.reason}"
        if seen is not None:
            return Finding("ok", f"{page.export.name}: {seen}.")
    raise CheckSkippedError("No suitable export can be read.")


def _probe_date_time(client: LimitedClient, page: SamplePage) -> str | None:
    """Filter by a date-time, where the documentation shows dates."""
    return _filter_effect(client, page.export, LAST_UPDATED, f"{client.tomorrow()}T12:00:00Z")


def _probe_gte(client: LimitedClient, page: SamplePage) -> str | None:
    """Filter with an operator that the documentation shows elsewhere."""
    gte = replace(LAST_UPDATED, operator="gte")
    return _filter_effect(client, page.export, gte, client.tomorrow())


def _filter_effect(client: LimitedClient, export: Export, tried: Filter, value: str) -> str | None:
    if not export.has_last_updated:
        return None
    request = export.request(client.config)
    filters = [*export.settings_filters(client.config), tried.to_json(value)]
    request = replace(request, json={**(request.json or {}), "filters": filters})
    found = client.get_sample(export, request)
    return "is accepted, without an effect" if found.records else "is accepted, and filters"


def _probe_inactive(client: LimitedClient, page: SamplePage) -> str | None:
    """Find out whether inactive employees are exported by default."""
    # Every employee has a task profile, but only some have a goal.
    if IS_ACTIVE not in page.export.filters or not page.export.has_task_profiles:
        return None
    if "is_active" in client.config:
        raise CheckSkippedError("The setting 'is_active' decides which employees are exported.")
    request = page.export.request({**client.config, "is_active": False})
    inactive = client.get_sample(page.export, request)
    if not inactive.records:
        return "there are no inactive employees to compare"
    if set(inactive.keys) & set(page.keys):
        return "inactive employees are exported by default"
    return "the first page has no inactive employees by default"


#: All probes, by name. Each answers None for an export that it is not about.
PROBES: Mapping[str, Callable[[LimitedClient, SamplePage], str | None]] = {
    "probe:date_time": _probe_date_time,
    "probe:gte": _probe_gte,
    "probe:inactive": _probe_inactive,
}
