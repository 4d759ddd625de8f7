"""Changes to a list while it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import ConfigDict

from sandbox.lists import in_order

if TYPE_CHECKING:
    from sandbox.company import Company
    from sandbox.variants import Variants


@dataclass
class Move:
    """A change that shifts what a list lists, made before a page is answered.

    Attributes:
        path: The list's path.
        action: `change` updates employees or units now, which moves them to the list's newest
            end. `remove` removes them, and `add` adds new ones, updated now.
        skip: How many pages are answered first.
        times: Before how many pages it is made, after those.
        position: Where in the list, as it is ordered, the changed or removed ones begin;
            -1 is the last one.
        count: How many are changed, removed or added each time.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    path: Literal["/employees", "/organisational_units"]
    action: Literal["change", "remove", "add"] = "change"
    skip: int = 1
    times: int = 1
    position: int = 0
    count: int = 1

    def meet(self, path: str, company: Company, variants: Variants) -> None:
        """Make the change if it is due before this page, and count the page."""
        if path != self.path or not self.times:
            return
        if self.skip:
            self.skip -= 1
            return
        self.times -= 1
        if self.action == "add":
            for _ in range(self.count):
                company.add_employee() if path == "/employees" else company.add_unit()
            return
        for one in in_order(company, path, variants)[self.position :][: self.count]:
            if self.action == "remove":
                company.remove(one)
            else:
                one.last_updated = company.now()
