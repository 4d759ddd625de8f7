"""`make query SQL="select ..."`: ask the demo's database, or another one; nothing is changed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rich.console import Console

from demo.files import DATABASE, ROOT, require_duckdb
from demo.tables import print_answer

EXAMPLE = 'make query SQL="select * from techwolf_job_ai_exposure limit 5"'
SHOWN_ROWS = 100


def main() -> None:
    """Print the answer to the query in the environment variable SQL.

    Raises:
        SystemExit: There is no query or no database, or the database refuses the query.
    """
    require_duckdb()
    import duckdb  # noqa: PLC0415 - there is none on newer Pythons

    sql = os.environ.get("SQL", "").strip()
    if not sql:
        sys.exit(f"There is no query. Try: {EXAMPLE}")
    file = Path(os.environ.get("DATABASE") or DATABASE)
    if not file.is_file():
        shown = file.relative_to(ROOT) if file.is_relative_to(ROOT) else file
        sys.exit(f"There is no database {shown} yet: run make demo first.")
    try:
        # Without external access: a query may write no file either.
        with duckdb.connect(file, read_only=True, config=_CLOSED) as database:
            answer = database.sql(sql)
            if answer is None:
                sys.exit("This is no query: it has no answer.")
            rows = answer.fetchmany(SHOWN_ROWS + 1)
            columns = answer.columns
    except duckdb.Error as error:
        sys.exit(str(error).partition("\n")[0])
    # A pipe has no width.
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    print_answer(console, columns, rows[:SHOWN_ROWS])
    if len(rows) > SHOWN_ROWS:
        sys.stderr.write(f"These are the first {SHOWN_ROWS} rows.\n")


_CLOSED: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": False}

if __name__ == "__main__":
    main()
