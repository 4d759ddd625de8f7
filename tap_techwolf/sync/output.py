"""Where a pass writes its pages: records, the log of completed passes, and the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_techwolf.sync.completed_pass import CompletedPass
    from tap_techwolf.sync.run import Run


@dataclass(frozen=True, slots=True)
class PassOutput:
    """Writes the pages of one stream's pass.

    Attributes:
        run: What the streams of the run share.
        stream: The stream's name.
        alias: Its name in the messages, which a stream map may have changed.
        scope_hash: A hash of what narrows the pass.
    """

    run: Run
    stream: str
    alias: str
    scope_hash: str

    def begin_page(self) -> None:
        """Take the turn for a page."""
        self.run.writer.begin_page()

    def count(self) -> int:
        """Return how many records of the page under way were written."""
        return self.run.writer.count(self.alias)

    def write_page(self, update_state: Callable[[], None], completed: CompletedPass | None) -> None:
        """Write the page in one piece with the STATE message that covers it.

        Args:
            update_state: Updates the state; called when every byte before was taken.
            completed: The pass, if this was its last page.
        """
        if completed:
            self.run.log.write(self.stream, completed, self.scope_hash)
        self.run.writer.flush()
        update_state()
        self.run.write_state()
        self.run.writer.end_page()

    def flush(self) -> None:
        """Write what there is of the page, in a test run that ends within it."""
        self.run.writer.flush()
