"""The same streams as a plain SDK tap: the SDK's own writer, parser, conformance and page loop."""

from __future__ import annotations

import sys
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.pagination import JSONPathPaginator
from singer_sdk.schema.source import SchemaDirectory, StreamSchema

from tap_techwolf import schemas

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context

SCHEMAS = SchemaDirectory(files(schemas))  # type: ignore[arg-type]


class ExportStream(RESTStream[str]):
    """An export, as the SDK's cookbook would have it."""

    schema = StreamSchema(SCHEMAS)  # type: ignore[assignment]
    primary_keys = ("external_id",)
    records_jsonpath = "$.records[*]"

    @property
    def url_base(self) -> str:
        """The server."""
        url: str = self.config["api_url"]
        return url

    @property
    def http_method(self) -> str:
        """All exports are POST."""
        return "POST"

    @property
    def authenticator(self) -> BearerTokenAuthenticator:
        """Any token will do."""
        return BearerTokenAuthenticator(token="benchmark")  # noqa: S106

    def get_new_paginator(self) -> JSONPathPaginator:
        """Follow the cursor."""
        return JSONPathPaginator("$.next_starting_after")

    def prepare_request_payload(
        self, context: Context | None, next_page_token: str | None
    ) -> dict[str, Any]:
        """Ask for a page."""
        del context
        body: dict[str, Any] = {"limit": 100}
        return body | ({"starting_after": next_page_token} if next_page_token else {})


class EmployeeAIGoals(ExportStream):
    """The goals."""

    name = "employee_ai_goals"
    path = "/export/employees/ai_goals"


class EmployeeTaskProfiles(ExportStream):
    """The employees."""

    name = "employee_task_profiles"
    path = "/export/employees/task_profiles"


class JobTaskProfiles(ExportStream):
    """The jobs."""

    name = "job_task_profiles"
    path = "/job_architecture/export/jobs/task_profiles"


class PlainTap(Tap):
    """The tap."""

    name = "plain-tap"
    config_jsonschema = th.PropertiesList(th.Property("api_url", th.StringType)).to_dict()

    def discover_streams(self) -> list[ExportStream]:
        """List the streams."""
        return [EmployeeAIGoals(self), EmployeeTaskProfiles(self), JobTaskProfiles(self)]


if __name__ == "__main__":
    PlainTap(config={"api_url": sys.argv[1]}).sync_all()
