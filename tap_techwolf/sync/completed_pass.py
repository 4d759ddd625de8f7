"""What there is to say of a pass that came to its last page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CompletedPass:
    """A pass that came to its last page.

    Attributes:
        began_at: When it began.
        completed_at: When its last page was written, by the same clocks.
        replication_method: INCREMENTAL or FULL_TABLE.
        updated_after: The date that the pass filtered by; None where it did not.
        record_count: How many records were written, over all the runs it took.
        page_count: How many pages it had.
        run_count: How many runs it took.
    """

    began_at: str
    completed_at: str
    replication_method: str
    updated_after: str | None
    record_count: int
    page_count: int
    run_count: int
