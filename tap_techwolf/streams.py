"""The streams: what differs between the exports, and nothing else."""

from collections.abc import Mapping
from typing import Any

from tap_techwolf.api.export import (
    EMPLOYEE_SKILL_INCLUDES,
    EMPLOYEE_TASK_INCLUDES,
    EXTERNAL_VENDOR,
    IS_ACTIVE,
    JOB_FAMILIES,
    JOB_SKILL_INCLUDES,
    JOB_TASK_INCLUDES,
    LAST_UPDATED,
    RESPONSE_FORMAT,
    VERSIONS,
)
from tap_techwolf.api.pagination import LIMIT_OFFSET, NEXT_STARTING_AFTER
from tap_techwolf.config.settings import OPTIONAL_STREAMS
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


class Skills(ExportStream):
    """The skill vocabulary: the name and the domain of each skill id."""

    name = "skills"
    path = "/export/skills"
    primary_keys = ("skill_id",)
    parameters = (EXTERNAL_VENDOR,)
    include = None
    filters = ()
    pagination = NEXT_STARTING_AFTER


class Employees(ExportStream):
    """Each employee, leavers included: who is active, in which unit and position."""

    name = "employees"
    path = "/employees"
    primary_keys = ("external_id",)
    parameters = ()
    include = None
    filters = ()
    pagination = LIMIT_OFFSET
    no_columns = frozenset(
        {
            "working_history",
            "education_history",
            "languages",
            "desired_functions",
            "non_desired_functions",
            "custom_properties",
        }
    )


class OrganisationalUnits(ExportStream):
    """Each organisational unit, with the one that it is part of."""

    name = "organisational_units"
    path = "/organisational_units"
    primary_keys = ("external_id",)
    parameters = ()
    include = None
    filters = ()
    pagination = LIMIT_OFFSET


class EmployeeSkillProfiles(ExportStream):
    """Which skills each employee has."""

    name = "employee_skill_profiles"
    path = "/export/employees/skill_profiles"
    primary_keys = ("external_id",)
    parameters = (EXTERNAL_VENDOR,)
    include = EMPLOYEE_SKILL_INCLUDES
    filters = (IS_ACTIVE,)
    pagination = NEXT_STARTING_AFTER


class JobSkillProfiles(ExportStream):
    """Which skills each job asks for."""

    name = "job_skill_profiles"
    path = "/job_architecture/export/jobs/skill_profiles"
    primary_keys = ("external_id",)
    parameters = ()  # None was seen on its page of the documentation.
    include = JOB_SKILL_INCLUDES
    filters = (JOB_FAMILIES,)
    pagination = NEXT_STARTING_AFTER


class EmployeePositionMatches(ExportStream):
    """Which job each employee holds, and how well the employee's skills fit it."""

    name = "employee_position_matches"
    path = "/export/employees/match_assigned_position"
    primary_keys = ("employee_id",)
    parameters = (EXTERNAL_VENDOR,)
    include = None
    filters = (IS_ACTIVE,)
    pagination = NEXT_STARTING_AFTER


#: All exports; those that `OPTIONAL_STREAMS` of the settings names have to be asked for.
STREAMS: tuple[type[ExportStream], ...] = (
    EmployeeAIGoals,
    EmployeeTaskProfiles,
    JobTaskProfiles,
    Skills,
    Employees,
    OrganisationalUnits,
    EmployeeSkillProfiles,
    JobSkillProfiles,
    EmployeePositionMatches,
)


def streams_of(config: Mapping[str, Any]) -> list[type[ExportStream]]:
    """Return the streams that the settings ask for."""
    left_out = set(OPTIONAL_STREAMS).difference(config.get("optional_streams", ()))
    return [stream for stream in STREAMS if vars(stream)["name"] not in left_out]
