"""A sandbox: what it serves, how it behaves, and what was asked of it."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.company import Company
from sandbox.faults import Conditions
from sandbox.tokens import Tokens
from sandbox.variants import Variants

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from sandbox.filters import DateReading
    from sandbox.moves import Move
    from sandbox.requests import PageRequest


@dataclass
class Sandbox:
    """Everything that the sandbox consists of, for tests to set and to read.

    Attributes:
        company: The company whose data are served.
        tokens: The token endpoint.
        conditions: Delays and faults.
        variants: How the API differs from the documentation.
        moves: Changes to lists between their pages.
        date_reading: How the API reads the plain date of a filter.
        requests: The number of requests to each path.
        pages: The valid page requests, in order.
        arrivals: The path of each request to an export or a list, and when it arrived by the clock
            `time.monotonic`; failed ones included.
        headers: The headers of each page request.
        token_headers: The headers of each token request.
        most_at_once: The largest number of page requests that were in progress at once.
        most_at_once_per_path: The same for each path.
        before_page: Called with the path before each page; if it returns an awaitable, the
            page waits for that, while other requests are answered.
    """

    company: Company = field(default_factory=Company)
    tokens: Tokens = field(default_factory=Tokens)
    conditions: Conditions = field(default_factory=Conditions)
    variants: Variants = field(default_factory=Variants)
    moves: list[Move] = field(default_factory=list)
    date_reading: DateReading = "moment"
    requests: Counter[str] = field(default_factory=Counter)
    pages: list[tuple[str, PageRequest]] = field(default_factory=list)
    arrivals: list[tuple[str, float]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    token_headers: list[dict[str, str]] = field(default_factory=list)
    most_at_once: int = 0
    most_at_once_per_path: Counter[str] = field(default_factory=Counter)
    before_page: Callable[[str], Awaitable[object] | object] = lambda path: None  # noqa: ARG005
    _in_progress: Counter[str] = field(default_factory=Counter)

    def note_arrival(self, path: str) -> None:
        """Record that a request to an export or a list arrived."""
        self.arrivals.append((path, time.monotonic()))

    @contextmanager
    def page_in_progress(self, path: str) -> Iterator[None]:
        """Count a page request while it is being answered."""
        self._in_progress[path] += 1
        self.most_at_once = max(self.most_at_once, self._in_progress.total())
        most = max(self.most_at_once_per_path[path], self._in_progress[path])
        self.most_at_once_per_path[path] = most
        try:
            yield
        finally:
            self._in_progress[path] -= 1

    def summary(self) -> dict[str, Any]:
        """Count what an unfiltered export brings, and what was asked so far."""
        goals = [employee.goals for employee in self.company.employees if employee.goals]
        return {
            "employee_ai_goals": len(goals),
            "employee_ai_goal_versions": sum(map(len, goals)),
            "employee_task_profiles": len(self.company.employees),
            "job_task_profiles": len(self.company.jobs),
            "skills": len(self.company.skills),
            "employees": len(self.company.employees),
            "organisational_units": len(self.company.units),
            "employee_skill_profiles": len(self.company.employees),
            "job_skill_profiles": len(self.company.jobs),
            "employee_position_matches": sum(1 for one in self.company.employees if one.job_id),
            "tokens": self.tokens.issued,
            "requests": dict(self.requests),
        }
