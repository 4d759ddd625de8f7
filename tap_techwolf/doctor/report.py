"""The report: a header and what each check found, as text or as JSON."""

import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Literal

from tap_techwolf.version import VERSION

Verdict = Literal["ok", "warning", "error", "skipped"]


class CheckSkippedError(Exception):
    """A check cannot be made; the text says why, and is safe to publish."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw, and what to do about it, if anything. Its texts are safe to publish."""

    verdict: Verdict
    seen: str
    advice: str = ""


def has_errors(findings: Mapping[str, Finding]) -> bool:
    """Return whether any check found an error, or no export was reached at all."""
    exports = [one.verdict for name, one in findings.items() if name.startswith("export:")]
    return all(verdict == "skipped" for verdict in exports) or any(
        one.verdict == "error" for one in findings.values()
    )


def as_json(findings: Mapping[str, Finding]) -> str:
    """Return a report as one line of JSON."""
    checks = [{"check": name, **asdict(one)} for name, one in findings.items()]
    return json.dumps({"versions": _versions(), "date": _today(), "checks": checks}) + "\n"


def as_text(findings: Mapping[str, Finding]) -> str:
    """Return a report as lines of text: a header, the verdict in one line, then the checks.

    ASCII only, because it may be printed to any terminal.
    """
    versions = "tap-techwolf {tap}, singer-sdk {sdk}, Python {python}".format(**_versions())
    return "\n".join([f"{versions}, {_today()}", _summary(findings), "", *_lines(findings), ""])


def _versions() -> dict[str, str]:
    return {"tap": VERSION, "sdk": version("singer-sdk"), "python": platform.python_version()}


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _summary(findings: Mapping[str, Finding]) -> str:
    """Return, for example, `1 error: token; 2 warnings: clock, version`, or `ok`."""
    parts = []
    for verdict in ("error", "warning"):
        if names := [name for name, one in findings.items() if one.verdict == verdict]:
            plural = "s" if len(names) > 1 else ""
            parts.append(f"{len(names)} {verdict}{plural}: {', '.join(names)}")
    return "; ".join(parts) or ("error: no export was reached" if has_errors(findings) else "ok")


def _lines(findings: Mapping[str, Finding]) -> Iterator[str]:
    """Yield a line for each check; those that were skipped for the same reason share one."""
    skipped: dict[str, list[str]] = {}
    for name, one in findings.items():
        if one.verdict == "skipped":
            skipped.setdefault(one.seen, []).append(name)
        else:
            advice = f" -> {one.advice}" if one.advice else ""
            yield f"{f'[{one.verdict}]':9} {name}: {one.seen}{advice}"
    for reason, names in skipped.items():
        yield f"[skipped] {', '.join(names)}: {reason}"
