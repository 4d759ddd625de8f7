"""Faults on request: what an API does on a bad day."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal["status", "not_json", "not_object", "redirect"]


@dataclass
class Fault:
    """Something that goes wrong for some requests.

    Attributes:
        path: The path whose requests it meets; the token endpoint's is `/oauth/token`.
        kind: What goes wrong.
        status: The HTTP status, where an error or a redirect is what goes wrong.
        skip: How many requests pass unharmed first.
        times: How many requests it meets then.
        retry_after: The `Retry-After` header, if there is to be one.
        text: What the error says.
    """

    path: str
    kind: FaultKind = "status"
    status: int = 503
    skip: int = 0
    times: int = 1
    retry_after: str | None = None
    text: str = "Something went wrong."

    def meets(self, path: str) -> bool:
        """Tell whether the fault meets this request, and count it."""
        if path != self.path or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Conditions:
    """How the server is today.

    Attributes:
        delay: Seconds that each page takes.
        fault_rate: Which share of requests fails, chosen by a seed.
        faults: What goes wrong besides.
    """

    delay: float = 0.0
    fault_rate: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311

    def fault_for(self, path: str) -> Fault | None:
        """Find what goes wrong with a request, if anything does."""
        for fault in self.faults:
            if fault.meets(path):
                return fault
        if self._random.random() < self.fault_rate:
            return Fault(path, status=self._random.choice((429, 500, 502, 503)), retry_after="0")
        return None
