"""What the streams of one run share."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tap_techwolf.api.client import ApiClient
from tap_techwolf.sync.pass_log import CompletedPasses
from tap_techwolf.sync.writer import PageWriter


@dataclass(frozen=True)
class RunContext:
    """Validated settings, the state that the passes keep up to date, and what all of them use."""

    config: Mapping[str, Any]
    state: Mapping[str, Any]
    writer: PageWriter
    pass_log: CompletedPasses

    @cached_property
    def api(self) -> ApiClient:
        """The run's one API client.

        Discovery has no use for one, nor the settings that it needs. It is made before the
        streams' threads are: two threads could make two.
        """
        return ApiClient(self.config)
