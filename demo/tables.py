"""Answers in the terminal: as a table, or row by row if a table would be too wide."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

ANY_WIDTH = 100_000


def print_answer(
    console: Console, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Print a query's answer: nothing of it is cut off.

    Args:
        console: The terminal.
        columns: The names of the columns.
        rows: The rows.
    """
    table = Table()
    for position, column in enumerate(columns):
        is_number = any(isinstance(row[position], int | float) for row in rows)
        table.add_column(Text(column), justify="right" if is_number else "left")
    for row in rows:
        # As texts: what stands in square brackets would be taken for markup.
        table.add_row(*(Text(shown(value)) for value in row))
    if Console(width=ANY_WIDTH).measure(table).maximum <= console.width:
        console.print(table)
        return
    for number, row in enumerate(rows, start=1):
        record = Table(title=f"row {number}", title_justify="left", show_header=False)
        record.add_column(no_wrap=True)
        record.add_column(overflow="fold")
        for column, value in zip(columns, row, strict=True):
            record.add_row(Text(column), Text(shown(value)))
        console.print(record)


def shown(value: object) -> str:
    """Return a value as a text for people."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 1 else f"{value:.3g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value)
