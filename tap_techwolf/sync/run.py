"""What the streams of one run share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_techwolf.sync.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_techwolf.api.access import Access
    from tap_techwolf.sync.completed_passes import CompletedPasses
    from tap_techwolf.sync.messages import PageWriter


@dataclass(frozen=True, slots=True)
class Run:
    """What the streams of one run share.

    Attributes:
        access: Access to the API.
        writer: Writes the messages.
        write_state: Writes a STATE message, if the state has changed.
        log: The log of completed passes.
        notices: Logs what concerns all streams, once.
    """

    access: Access
    writer: PageWriter
    write_state: Callable[[], None]
    log: CompletedPasses
    notices: Notices = field(default_factory=Notices)
