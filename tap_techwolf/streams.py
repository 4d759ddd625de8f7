"""The streams: what differs between the exports, and nothing else."""

from __future__ import annotations

from tap_techwolf.api.export import (
    Export,
    active_employees,
    by_goal_version,
    job_families,
    task_profile,
)
from tap_techwolf.sync.stream import ExportStream

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
        row=task_profile,
    )


class JobTaskProfiles(ExportStream):
    """What each job consists of: tasks, hours, skills and how far AI changes each task."""

    name = "job_task_profiles"
    export = Export(
        path="/job_architecture/export/jobs/task_profiles",
        query=_TASK_PROFILE_QUERY,
        include="job_task_includes",
        filters=(job_families,),
        row=task_profile,
    )


#: The exports, in the order that they are asked for.
STREAMS: tuple[type[ExportStream], ...] = (EmployeeAIGoals, EmployeeTaskProfiles, JobTaskProfiles)
