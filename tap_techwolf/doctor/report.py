"""The report: a header and one entry per check, as text or as JSON."""

import json
import platform
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Literal

from tap_techwolf.version import VERSION

Verdict = Literal["ok", "warning", "error", "skipped"]


class CheckSkippedError(Exception):
    """A check cannot be made; the text says why, and is safe to publish."""


@dataclass(frozen=True, slots=True)
class Check:
    """What one check saw, and what to do about it, if anything. Its texts are safe to publish."""

    check: str
    verdict: Verdict
    seen: str
    advice: str = ""


def has_errors(checks: Sequence[Check]) -> bool:
    """Return whether any check found an error, or no export was reached at all."""
    exports = [check.verdict for check in checks if check.check.startswith("export:")]
    return all(verdict == "skipped" for verdict in exports) or any(
        check.verdict == "error" for check in checks
    )


def as_json(checks: Iterable[Check]) -> str:
    """Return a report as one line of JSON."""
    entries = [asdict(check) for check in checks]
    return json.dumps({"versions": _versions(), "date": _today(), "checks": entries}) + "\n"


def as_text(checks: Sequence[Check]) -> str:
    """Return a report as lines of text: a header, the verdict in one line, then the checks.

    ASCII only, because it may be printed to any terminal.
    """
    versions = "tap-techwolf {tap}, singer-sdk {sdk}, Python {python}".format(**_versions())
    return "\n".join([f"{versions}, {_today()}", _summary(checks), "", *_lines(checks), ""])


def _versions() -> dict[str, str]:
    return {"tap": VERSION, "sdk": version("singer-sdk"), "python": platform.python_version()}


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _summary(checks: Sequence[Check]) -> str:
    """Return, for example, `1 error: token; 2 warnings: clock, version`, or `ok`."""
    parts = []
    for verdict in ("error", "warning"):
        if names := [check.check for check in checks if check.verdict == verdict]:
            plural = "s" if len(names) > 1 else ""
            parts.append(f"{len(names)} {verdict}{plural}: {', '.join(names)}")
    return "; ".join(parts) or ("error: no export was reached" if has_errors(checks) else "ok")


def _lines(checks: Sequence[Check]) -> Iterator[str]:
    """Yield a line for each check; those that were skipped for the same reason share one."""
    skipped: dict[str, list[str]] = {}
    for check in checks:
        if check.verdict == "skipped":
            skipped.setdefault(check.seen, []).append(check.check)
        else:
            advice = f" -> {check.advice}" if check.advice else ""
            yield f"{f'[{check.verdict}]':9} {check.check}: {check.seen}{advice}"
    for reason, names in skipped.items():
        yield f"[skipped] {', '.join(names)}: {reason}"
