"""What this checkout's own project does through Meltano and dbt: the demo.

Only here plugins are installed where users have them, and dbt writes into `transform/`. The
package in a project of one's own, on PostgreSQL, is in tests/project/test_quick_start.py.
"""

from __future__ import annotations

import os
import subprocess

import pytest

from demo.files import ROOT
from tests.dbt.conftest import _loaders

__all__ = ["_loaders"]  # A fixture.


@pytest.mark.usefixtures("_loaders")
def test_the_demo_shows_tables_that_equal_their_source() -> None:
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "demo"],  # noqa: S607 - as its readers run it
        cwd=ROOT,
        env=inherited,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "employee_ai_goals" in done.stdout
