"""Probe what the documentation leaves open, for the tap's makers; only with `--probe`.

Each probe goes when its question is answered.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from tap_techwolf.api.export import IS_ACTIVE, LAST_UPDATED, Filter
from tap_techwolf.doctor.client import LimitedClient, SamplePage
from tap_techwolf.doctor.report import Check, CheckSkippedError
from tap_techwolf.doctor.shape import Shape
from tap_techwolf.errors import ExportError

Probe = Callable[[LimitedClient, Sequence[SamplePage]], str]

_MOST_PATHS = 60

_UNREADABLE = "No suitable export can be read."


def run_probe(name: str, client: LimitedClient, pages: Sequence[SamplePage]) -> Check:
    """Run a probe, given the first page of each export that can be read."""
    return Check(name, "ok", PROBES[name](client, pages))


def _probe_date_time(client: LimitedClient, pages: Sequence[SamplePage]) -> str:
    """Filter by a date-time, where the documentation shows dates."""
    return _filter_effect(client, pages, LAST_UPDATED, f"{client.tomorrow()}T12:00:00Z")


def _probe_gte(client: LimitedClient, pages: Sequence[SamplePage]) -> str:
    """Filter with an operator that the documentation shows elsewhere."""
    return _filter_effect(client, pages, replace(LAST_UPDATED, operator="gte"), client.tomorrow())


def _filter_effect(
    client: LimitedClient, pages: Iterable[SamplePage], tried: Filter, value: str
) -> str:
    export = _first(page for page in pages if page.export.has_last_updated).export
    request = export.request(client.config)
    filters = [*export.settings_filters(client.config), tried.to_json(value)]
    request = replace(request, json={**(request.json or {}), "filters": filters})
    try:
        page = client.get_sample(export, request, max_attempts=1)
    except ExportError as error:
        return f"{export.name} rejects it: {error.reason}."
    effect = "it filters" if page.is_empty else "it has no effect"
    return f"{export.name} accepts it, and {effect}."


def _probe_hierarchy(client: LimitedClient, pages: Sequence[SamplePage]) -> str:
    """Describe the records of a hierarchy, whose schema is not documented."""
    page = _first(page for page in pages if page.export.has_task_profiles)
    export = page.export
    if client.config["task_profile_format"] != "hierarchy":
        request = export.request({**client.config, "task_profile_format": "hierarchy"})
        try:
            page = client.get_sample(export, request)
        except ExportError as error:
            return f"{export.name} cannot be read as hierarchy: {error.reason}."
    if not page.records:
        raise CheckSkippedError(f"The first page of {export.name} has no records.")
    paths = list(Shape.of(page.records).paths())
    more = f"; {len(paths) - _MOST_PATHS} more" if len(paths) > _MOST_PATHS else ""
    return f"{export.name}: {'; '.join(paths[:_MOST_PATHS])}{more}."


def _probe_inactive(client: LimitedClient, pages: Sequence[SamplePage]) -> str:
    """Find out whether inactive employees are exported by default."""
    if "is_active" in client.config:
        raise CheckSkippedError("The setting 'is_active' decides which employees are exported.")
    of_employees = [page for page in pages if IS_ACTIVE in page.export.filters]
    # Every employee has a task profile, but only some have a goal.
    of_employees.sort(key=lambda page: not page.export.has_task_profiles)
    page = _first(of_employees)
    export = page.export
    try:
        inactive = client.get_sample(export, export.request({**client.config, "is_active": False}))
    except ExportError as error:
        return f"Inactive employees in {export.name} cannot be read: {error.reason}."
    if not inactive.records:
        return "There are no inactive employees to compare."
    if not inactive.problem and set(inactive.keys) & set(page.keys):
        return "Inactive employees are exported by default."
    return "The first page has no inactive employees by default."


def _first(pages: Iterable[SamplePage]) -> SamplePage:
    for page in pages:
        return page
    raise CheckSkippedError(_UNREADABLE)


#: All probes, by name; each sends one request, and repeats it at most once.
PROBES: Mapping[str, Probe] = {
    "probe:date_time": _probe_date_time,
    "probe:gte": _probe_gte,
    "probe:hierarchy": _probe_hierarchy,
    "probe:inactive": _probe_inactive,
}
