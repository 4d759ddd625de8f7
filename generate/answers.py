"""The questions with their answers on the demo's company, for docs/answers.md."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

from demo import chart
from demo.answers import ANSWERS, queries
from demo.questions import NOTES, in_lines
from demo.tables import shown


def answers() -> dict[str, Any]:
    """The answers of the demo that was kept last, by question."""
    kept: dict[str, Any] = json.loads(ANSWERS.read_text())
    return kept


def picture() -> str:
    """The demo's picture as SVG."""
    file = StringIO()
    chart.draw(file, answers()[chart.TITLE]["rows"], "svg")
    return file.getvalue()


def questions_and_answers() -> str:
    """Each question, its query and its answer, as Markdown."""
    sql = {chart.TITLE: chart.HOURS} | queries()
    return "\n\n".join(_section(name, sql[name], one) for name, one in answers().items())


def _section(question: str, sql: str, answer: dict[str, Any]) -> str:
    columns, rows = answer["columns"], answer["rows"]
    numbers = [any(isinstance(row[at], int | float) for row in rows) for at in range(len(columns))]
    lines = [f"## {question}", "", "```sql", f"{in_lines(sql)};", "```", ""]
    lines += [f"| {' | '.join(columns)} |"]
    lines += [f"| {' | '.join('---:' if number else '---' for number in numbers)} |"]
    lines += [f"| {' | '.join(shown(value) for value in row)} |" for row in rows]
    if more := answer["number"] - len(rows):
        lines += ["", f"And {more} more."]
    if note := NOTES.get(question):
        lines += ["", note]
    return "\n".join(lines)
