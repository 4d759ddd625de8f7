"""Faults on request: errors, and answers that are odd but possible."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import ConfigDict

FaultKind = Literal[
    "status",
    "not_json",
    "not_object",
    "redirect",
    "raw",
    "date",
    "drip",
    "lone_surrogate",
    "huge_integer",
    "huge_exponent",
    "deep_nesting",
    "value",
]


@dataclass
class Fault:
    """Something that goes wrong with some requests.

    Kinds that replace the answer: `status` (an error in the documented form), `not_json`,
    `not_object`, `redirect`, and `raw` (`body` as it is, with `status`).

    Kinds that change the real answer: `date` (the `Date` header), `drip` (one byte at a time),
    and on the page of an export or a list, where one record gets an odd value: `lone_surrogate`,
    `huge_integer`, `huge_exponent`, `deep_nesting`, and `value` (`body`, as JSON).

    Attributes:
        path: The path of the requests; the token endpoint's is `/oauth/token`.
        kind: What goes wrong.
        status: The HTTP status of `status`, `redirect` and `raw`.
        skip: How many requests succeed first.
        times: How many requests fail after those.
        retry_after: The `Retry-After` header of an error, if any.
        text: The description in the error.
        body: The body of `raw`, or the JSON text of `value`.
        date_offset: How many seconds a `date` fault shifts the header; None leaves it out.
        pause: The seconds between two bytes of a `drip`.
        at: The property that gets the odd value, as a dotted path; by default a text, a number
            or a list of AI goals or task profiles. Other endpoints have no default.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    path: str
    kind: FaultKind = "status"
    status: int = 503
    skip: int = 0
    times: int = 1
    retry_after: str | None = None
    text: str = "Something went wrong."
    body: str = ""
    date_offset: float | None = None
    pause: float = 0.1
    at: str | None = None

    def meets(self, path: str) -> bool:
        """Return whether the fault applies to this request, and count the request."""
        if path != self.path or not self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Conditions:
    """How the server behaves.

    Attributes:
        delay: The seconds that each page takes.
        fault_rate: The share of requests that fail, chosen at random from a fixed seed.
        faults: Further faults.
    """

    delay: float = 0.0
    fault_rate: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311

    def fault_for(self, path: str) -> Fault | None:
        """Return what goes wrong with a request, if anything does."""
        for fault in self.faults:
            if fault.meets(path):
                return fault
        if self._random.random() < self.fault_rate:
            return Fault(path, status=self._random.choice((429, 500, 502, 503)), retry_after="0")
        return None
