"""The streams: one for each export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tap_techwolf.export import ExportStream

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context, Record


class EmployeeStream(ExportStream):
    """An export of employees."""

    def filters(self) -> list[dict[str, Any]]:
        """Narrow the export to active or inactive employees, if the settings say so."""
        if (is_active := self.config.get("is_active")) is None:
            return super().filters()
        return [{"filter": "is_active", "is_active": is_active}]


class TaskProfileStream(ExportStream):
    """An export of task profiles, as a flat list of tasks or as a tree."""

    query_settings: ClassVar[dict[str, str]] = {
        "external_vendor": "external_vendor",
        "response_format": "task_profile_format",
    }

    def fit_columns(self, properties: dict[str, Any]) -> None:
        """Keep the column of the format that is asked for.

        Args:
            properties: The properties, with the columns of both formats.
        """
        is_tree = self.config.get("task_profile_format") == "hierarchy"
        del properties["tasks" if is_tree else "hierarchy"]

    def post_process(self, row: Record, context: Context | None = None) -> Record:
        """Hold a tree, whose form is not documented, in one column as it is.

        Args:
            row: A record as the API sent it.
            context: Not used.

        Returns:
            The record as it is written.
        """
        if "hierarchy" in self.schema["properties"]:
            external_id = row.pop("external_id")
            row = {"external_id": external_id, "hierarchy": row}
        return super().post_process(row, context)


class EmployeeAIGoals(EmployeeStream):
    """Each employee's AI goal: the newest version, or all of them."""

    name = "employee_ai_goals"
    path = "/export/employees/ai_goals"
    query_settings: ClassVar[dict[str, str]] = {
        "external_vendor": "external_vendor",
        "versions": "ai_goal_versions",
    }

    @property
    def key_types(self) -> dict[str, type]:
        """The employee's id, and the version where all of them are asked for."""
        if self.config.get("ai_goal_versions") == "all":
            return {**super().key_types, "version": int}
        return super().key_types


class EmployeeTaskProfiles(EmployeeStream, TaskProfileStream):
    """What each employee does: tasks, hours, skills and how far AI changes each task."""

    name = "employee_task_profiles"
    path = "/export/employees/task_profiles"
    include_setting = "employee_task_includes"


class JobTaskProfiles(TaskProfileStream):
    """What each job consists of: tasks, hours, skills and how far AI changes each task."""

    name = "job_task_profiles"
    path = "/job_architecture/export/jobs/task_profiles"
    include_setting = "job_task_includes"

    def filters(self) -> list[dict[str, Any]]:
        """Narrow the export to job families, if the settings name some."""
        if not (job_families := sorted(set(self.config.get("job_family_ids", [])))):
            return super().filters()
        return [{"filter": "job_family_id_is_in_list", "job_family_ids": job_families}]
