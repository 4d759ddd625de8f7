"""The report: one entry per check, in a fixed order, as text or as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from threading import Lock
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Verdict = Literal["ok", "warning", "error", "skipped"]

NOT_REACHED = "Not reached."


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found. Its texts are safe to publish.

    Attributes:
        check: The name of the check.
        verdict: How it came out.
        seen: What was seen.
        advice: What to do; empty where there is nothing to do.
    """

    check: str
    verdict: Verdict
    seen: str
    advice: str = ""


class Report:
    """The checks of an examination. One thread adds to it while another may read it."""

    def __init__(self, names: Iterable[str]) -> None:
        """Begin with every check skipped.

        Args:
            names: The names of all checks, in the report's order.
        """
        self._checks = {name: Check(name, "skipped", NOT_REACHED) for name in names}
        self._lock = Lock()

    def add(self, check: Check) -> None:
        """Replace the entry of a check.

        Args:
            check: What the check found.
        """
        with self._lock:
            self._checks[check.check] = check

    def skip(self, name: str, reason: str) -> None:
        """Note why a check was skipped.

        Args:
            name: The name of the check.
            reason: Why, in a sentence that is safe to publish.
        """
        self.add(Check(name, "skipped", reason))

    @property
    def checks(self) -> list[Check]:
        """The entries so far, in the report's order."""
        with self._lock:
            return list(self._checks.values())


def has_errors(checks: Iterable[Check]) -> bool:
    """Return whether any check came out as an error.

    Args:
        checks: The entries of a report.
    """
    return any(one.verdict == "error" for one in checks)


def as_json(checks: Iterable[Check]) -> str:
    """Return a report as one line of JSON.

    Args:
        checks: The entries of the report.
    """
    return json.dumps({"checks": [asdict(one) for one in checks]}) + "\n"


def as_text(checks: Iterable[Check]) -> str:
    """Return a report with one line per check.

    ASCII only, as it may be printed to any terminal.

    Args:
        checks: The entries of the report.
    """
    entries = list(checks)
    mark_width = max(len(one.verdict) for one in entries) + 2
    name_width = max(len(one.check) for one in entries)
    return "".join(
        f"{f'[{one.verdict}]':{mark_width}} {one.check:{name_width}}  {_sentences(one)}\n"
        for one in entries
    )


def _sentences(check: Check) -> str:
    advice = f" -> {check.advice}" if check.advice else ""
    return f"{check.seen}{advice}"
