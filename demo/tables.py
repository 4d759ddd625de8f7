"""Rows as tables in the terminal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def rows_as_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table of a query's answer.

    Args:
        columns: The names of the columns.
        rows: The rows.
    """
    table = Table()
    rows = list(rows)
    for position, column in enumerate(columns):
        is_number = any(isinstance(row[position], int | float) for row in rows)
        table.add_column(Text(column), justify="right" if is_number else "left")
    for row in rows:
        # As texts: what stands in square brackets would be taken for markup.
        table.add_row(*(Text(_shown(value)) for value in row))
    return table


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 1 else f"{value:.3g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value)
