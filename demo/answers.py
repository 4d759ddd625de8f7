"""`python -m demo.answers` keeps the last demo's answers for docs/answers.md."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from demo.chart import HOURS, TITLE
from demo.files import DATABASE, ROOT

ANSWERS = ROOT / "demo" / "answers.json"
SHOWN_ROWS = 5
# Times differ at each demo. All else is the same: the company has a fixed seed.
TIME = "time of a pass"


def queries() -> dict[str, str]:
    """Return the queries in the dbt package's pages, by the question in the comment before each."""
    pages = (ROOT / "dbt" / "README.md", *sorted((ROOT / "dbt" / "docs").glob("*.md")))
    text = "\n".join(page.read_text() for page in pages)
    return dict(re.findall(r"^-- (.*)\n(select .*);$", text, re.MULTILINE))


def answers() -> dict[str, dict[str, Any]]:
    """Return the demo's answers, by question: the chart's, and those of the dbt package's pages.

    Returns:
        For each its `columns`, the first `rows`, and the `number` of all rows.
    """
    import duckdb  # noqa: PLC0415 - there is none on newer Pythons

    found = {}
    with duckdb.connect(DATABASE, read_only=True) as database:
        for question, sql in {TITLE: HOURS, **queries()}.items():
            answer = database.sql(sql)
            rows = answer.fetchall()
            kept = rows if question == TITLE else rows[:SHOWN_ROWS]
            found[question] = {
                "columns": answer.columns,
                "rows": [[_fixed(value) for value in row] for row in kept],
                "number": len(rows),
            }
    return found


def _fixed(value: object) -> object:
    if isinstance(value, datetime):
        return TIME
    return round(value, 6) if isinstance(value, float) else value


def main() -> None:
    """Keep the answers of the last demo."""
    lines = (f"{json.dumps(name)}: {json.dumps(one)}" for name, one in answers().items())
    ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
