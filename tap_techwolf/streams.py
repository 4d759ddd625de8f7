"""The streams: what differs between the exports, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_techwolf.api.export import Export, active_employees, by_goal_version, job_families
from tap_techwolf.sync.stream import ExportStream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk.helpers.types import Context, Record

_TASK_PROFILE_QUERY = {
    "external_vendor": "external_vendor",
    "response_format": "task_profile_format",
}


class EmployeeAIGoals(ExportStream):
    """Each employee's AI goal: the newest version, or all of them."""

    name = "employee_ai_goals"
    export = Export(
        path="/export/employees/ai_goals",
        query={"external_vendor": "external_vendor", "versions": "ai_goal_versions"},
        filters=(active_employees,),
        key=by_goal_version,
    )


class EmployeeTaskProfiles(ExportStream):
    """What each employee does: tasks, hours, skills and how far AI changes each task."""

    name = "employee_task_profiles"
    export = Export(
        path="/export/employees/task_profiles",
        query=_TASK_PROFILE_QUERY,
        include="employee_task_includes",
        filters=(active_employees,),
    )

    def post_process(self, row: Record, context: Context | None = None) -> Record:
        """Give the record the columns of both formats.

        Args:
            row: A record as the API sent it.
            context: Not used.

        Returns:
            The record as it is written.
        """
        return super().post_process(task_profile(row, self.config), context)


class JobTaskProfiles(ExportStream):
    """What each job consists of: tasks, hours, skills and how far AI changes each task."""

    name = "job_task_profiles"
    export = Export(
        path="/job_architecture/export/jobs/task_profiles",
        query=_TASK_PROFILE_QUERY,
        include="job_task_includes",
        filters=(job_families,),
    )

    def post_process(self, row: Record, context: Context | None = None) -> Record:
        """Give the record the columns of both formats.

        Args:
            row: A record as the API sent it.
            context: Not used.

        Returns:
            The record as it is written.
        """
        return super().post_process(task_profile(row, self.config), context)


#: The exports, in the order that they are asked for.
STREAMS: tuple[type[ExportStream], ...] = (EmployeeAIGoals, EmployeeTaskProfiles, JobTaskProfiles)


def task_profile(record: Record, config: Mapping[str, Any]) -> Record:
    """Return a task profile with the columns of both formats, the unused one null.

    So that nothing stale is left in a table after the format was changed. The form of a
    hierarchy is not documented: all of it goes into one column as it is.

    Args:
        record: A record as the API sent it.
        config: The settings.
    """
    if config.get("task_profile_format") == "hierarchy":
        external_id = record.pop("external_id")
        return {"external_id": external_id, "tasks": None, "hierarchy": record}
    return {"tasks": None, "hierarchy": None, **record}
