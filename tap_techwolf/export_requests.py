"""What an export is asked for: documented request forms, and nothing besides."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.streams.rest import HTTPRequest

from tap_techwolf.client import PageClient

if TYPE_CHECKING:
    from singer_sdk.streams.rest import PageContext

_API_DEFAULTS = {"external_vendor": "techwolf", "versions": "latest", "response_format": "list"}


class ExportRequests(PageClient):
    """Turns the settings into requests.

    A subclass names the path and what the settings add to the request.
    """

    #: Query parameters, and the setting that each is taken from.
    query_settings: ClassVar[dict[str, str]] = {"external_vendor": "external_vendor"}

    #: The setting that lists what each record includes; None where there is no choice.
    include_setting: ClassVar[str | None] = None

    @cached_property
    def shape(self) -> dict[str, Any]:
        """What shapes the records, whichever of them a pass brings."""
        version = self.config.get("api_version")
        return {"stream": self.name, "query": self._query, "api_version": version, **self._body}

    def filters(self) -> list[dict[str, Any]]:
        """List the filters that the settings ask for, as the API's documentation has them."""
        return []

    @cached_property
    def _query(self) -> dict[str, Any]:
        query = {name: self.config.get(setting) for name, setting in self.query_settings.items()}
        return {
            name: value for name, value in query.items() if value not in (None, _API_DEFAULTS[name])
        }

    @cached_property
    def _body(self) -> dict[str, Any]:
        """What is the same on every page of every pass: keys without a value are left out."""
        includes = self.config.get(self.include_setting, []) if self.include_setting else []
        body = {"include": sorted(set(includes)), "filters": self.filters()}
        return {name: value for name, value in body.items() if value}

    def get_http_request(self, *, page: PageContext[str]) -> HTTPRequest:
        """Build the request for a page.

        Args:
            page: Its cursor, and the pass's filter date as the stream's context.

        Returns:
            The request, in documented forms only.
        """
        filters = list(self._body.get("filters", []))
        if page.stream_context:
            value = page.stream_context["filter_date"]
            filters.append({"filter": "last_updated", "operator": "gt", "value": value})
        body = {"limit": self.config["page_size"], **self._body}
        if filters:
            body["filters"] = filters
        if page.next_page_token is not None:
            body["starting_after"] = page.next_page_token
        return HTTPRequest(
            url=self.url_base + self.path,
            method=self.http_method,
            params=dict(self._query),
            headers=self.http_headers,
            data=body,
        )
