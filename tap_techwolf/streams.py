"""The streams: what differs between the exports, and nothing else."""

from tap_techwolf.api.export import (
    EMPLOYEE_TASK_INCLUDES,
    EXTERNAL_VENDOR,
    IS_ACTIVE,
    JOB_FAMILIES,
    JOB_TASK_INCLUDES,
    LAST_UPDATED,
    RESPONSE_FORMAT,
    VERSIONS,
)
from tap_techwolf.api.pagination import NEXT_STARTING_AFTER
from tap_techwolf.sync.stream import ExportStream


class EmployeeAIGoals(ExportStream):
    """Each employee's AI goal: the newest version, or all of them."""

    name = "employee_ai_goals"
    path = "/export/employees/ai_goals"
    primary_keys = ("external_id",)
    all_versions_key = ("external_id", "version")
    parameters = (EXTERNAL_VENDOR, VERSIONS)
    include = None
    filters = (IS_ACTIVE, LAST_UPDATED)
    pagination = NEXT_STARTING_AFTER


class EmployeeTaskProfiles(ExportStream):
    """What each employee does: tasks, hours, skills and how far AI changes each task."""

    name = "employee_task_profiles"
    path = "/export/employees/task_profiles"
    primary_keys = ("external_id",)
    parameters = (EXTERNAL_VENDOR, RESPONSE_FORMAT)
    include = EMPLOYEE_TASK_INCLUDES
    filters = (IS_ACTIVE, LAST_UPDATED)
    pagination = NEXT_STARTING_AFTER


class JobTaskProfiles(ExportStream):
    """What each job consists of: tasks, hours, skills and how far AI changes each task."""

    name = "job_task_profiles"
    path = "/job_architecture/export/jobs/task_profiles"
    primary_keys = ("external_id",)
    parameters = (EXTERNAL_VENDOR, RESPONSE_FORMAT)
    include = JOB_TASK_INCLUDES
    filters = (JOB_FAMILIES, LAST_UPDATED)
    pagination = NEXT_STARTING_AFTER


#: All exports.
STREAMS: tuple[type[ExportStream], ...] = (EmployeeAIGoals, EmployeeTaskProfiles, JobTaskProfiles)
