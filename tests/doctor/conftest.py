from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from tap_techwolf.doctor.contact import MOST_REQUESTS, SECONDS
from tap_techwolf.doctor.examination import NAMES, Examination
from tests.harness import settings

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.app import Sandbox
    from tap_techwolf.doctor.report import Check


class Examine(Protocol):
    """Runs all checks, with the sandbox's settings and some others."""

    def __call__(
        self, *, most_requests: int = ..., seconds: float = ..., **overrides: Any
    ) -> dict[str, Check]: ...


@pytest.fixture
def examine(url: str, tmp_path: Path, sandbox: Sandbox) -> Examine:
    def examine(
        *, most_requests: int = MOST_REQUESTS, seconds: float = SECONDS, **overrides: Any
    ) -> dict[str, Check]:
        file = tmp_path / "config.json"
        file.write_text(json.dumps(settings(url, **overrides)))
        sent = sandbox.requests.total()
        examination = Examination(most_requests=most_requests, seconds=seconds)
        examination.run([str(file)])
        checks = examination.report.checks
        assert sandbox.requests.total() <= sent + MOST_REQUESTS
        assert tuple(one.check for one in checks) == NAMES
        assert not [one for one in checks if "Unexpected" in one.seen]
        return {one.check: one for one in checks}

    return examine


def verdicts(checks: dict[str, Check], verdict: str) -> set[str]:
    """The names of the checks that came out so."""
    return {name for name, one in checks.items() if one.verdict == verdict}
