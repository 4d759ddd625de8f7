"""The demo's own files: all that it makes in `output/`, and all that it deletes there."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
OUTPUT = ROOT / "output"
DATABASE = OUTPUT / "demo.duckdb"
STATE = OUTPUT / "demo-state.db"
PICTURE = OUTPUT / "demo.png"
# What DuckDB and SQLite leave beside a file if they are killed.
LEFT_BEHIND = ("", ".wal", "-journal")
FIRST_PYTHON_WITHOUT_DUCKDB = (3, 14)


def require_duckdb() -> None:
    """End with a line of advice if there is no DuckDB for this Python.

    Raises:
        SystemExit: There is none.
    """
    if sys.version_info >= FIRST_PYTHON_WITHOUT_DUCKDB:
        sys.exit(
            "The demo needs Python 3.11 to 3.13: the DuckDB that it pins has no wheel for newer "
            "ones. Try: make demo PYTHON=python3.13"
        )


def delete_own_files() -> None:
    """Delete what an earlier demo made, and nothing else."""
    OUTPUT.mkdir(exist_ok=True)
    for file in (DATABASE, STATE, PICTURE):
        for suffix in LEFT_BEHIND:
            file.with_name(file.name + suffix).unlink(missing_ok=True)
