"""`make demo`: two syncs from the sandbox into DuckDB, checked, and a chart of the result."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from demo.meltano import ROOT, Meltano, running_sandbox

if TYPE_CHECKING:
    import duckdb

FIRST_PYTHON_WITHOUT_LOADER = (3, 14)
DATABASE = ROOT / "output" / "techwolf.duckdb"
CHANGES = 5
TABLES = ("employee_ai_goals", "employee_task_profiles", "job_task_profiles")
# Each level has a shade as well as a colour: a log of CI shows no colours.
LEVELS = {
    "H1": ("red", "█", "highly automatable"),
    "H2": ("yellow", "▓", "partly"),
    "H3": ("green", "░", "needs human judgement"),
}
HOURS_A_CELL = 0.75

EXPOSED_JOBS = """
WITH tasks AS (
    SELECT
        external_id AS job,
        unnest(from_json(tasks, '["JSON"]')) AS task
    FROM main.job_task_profiles
),
hours AS (
    SELECT
        job,
        task ->> '$.ai_impact.level' AS level,
        sum(CAST(task ->> '$.weekly_hours' AS DOUBLE)) AS hours
    FROM tasks
    WHERE task ->> '$.weekly_hours' IS NOT NULL  -- not every task has an estimate
    GROUP BY ALL
)
PIVOT hours ON level IN ('H1', 'H2', 'H3') USING coalesce(sum(hours), 0)
ORDER BY H1 DESC, H2 DESC, job
LIMIT 12
"""


def main() -> None:
    """Run the demo.

    Raises:
        SystemExit: The warehouse does not hold what the sandbox does.
    """
    if sys.version_info >= FIRST_PYTHON_WITHOUT_LOADER:
        sys.exit(
            "The demo needs Python 3.11 to 3.13: the DuckDB that it pins has no wheel for newer "
            "ones. Try: make demo PYTHON=python3.13"
        )
    import duckdb  # noqa: PLC0415 - there is none on newer Pythons

    console = Console(width=100, highlight=False)
    shutil.rmtree(DATABASE.parent, ignore_errors=True)
    DATABASE.parent.mkdir()
    meltano = Meltano(DATABASE.parent, {"TARGET_DUCKDB_PATH": str(DATABASE)})
    with running_sandbox() as sandbox:
        meltano.variables |= sandbox.settings()
        console.print("[bold]Installing[/] the tap and target-duckdb, as Meltano does it ...")
        meltano("install", "extractor", "tap-techwolf")
        meltano("install", "loader", "target-duckdb")
        console.print("[bold]meltano run tap-techwolf target-duckdb[/]: the first sync")
        _show_log(console, meltano("run", "tap-techwolf", "target-duckdb"))
        changed = sandbox.change(CHANGES)
        console.print(f"[bold]meltano run tap-techwolf target-duckdb[/]: after {CHANGES} changes")
        _show_log(console, meltano("run", "tap-techwolf", "target-duckdb"))
        summary = sandbox.summary()
    with duckdb.connect(str(DATABASE), read_only=True) as database:
        _show_tables(console, database, summary, changed)
        _show_jobs(console, database)
    console.print(f"\nLook around yourself: {DATABASE.relative_to(ROOT)}")


def _show_log(console: Console, log: str) -> None:
    """Show what the tap said of its streams."""
    for line in log.splitlines():
        _, found, said = line.partition("] tap-techwolf ")
        if found:
            console.print(f"  {said}", style="dim")


def _show_tables(
    console: Console,
    database: duckdb.DuckDBPyConnection,
    summary: dict[str, int],
    changed: dict[str, list[str]],
) -> None:
    """Show the tables, and compare them with the sandbox."""
    expected_changes = {
        "employee_ai_goals": changed["with_goals"],
        "employee_task_profiles": changed["employees"],
        "job_task_profiles": changed["jobs"],
    }
    table = Table(title="\nin DuckDB", title_justify="left")
    for heading in ("table", "rows", "in the sandbox", "came with the second sync", "changed"):
        table.add_column(heading, justify="left" if heading == "table" else "right")
    wrong = []
    for name in TABLES:
        rows = database.table(f"main.{name}")
        ids = [row[0] for row in rows.project("external_id").fetchall()]
        # Each pass stamps its records: the second one's are those with the latest stamp.
        first = database.sql(f"SELECT min(exported_at) FROM main.{name}").fetchall()[0][0]  # noqa: S608
        second = database.execute(
            f"SELECT external_id FROM main.{name} WHERE exported_at > ?",  # noqa: S608
            [first],
        ).fetchall()
        came = {row[0] for row in second}
        expected = set(expected_changes[name])
        table.add_row(name, *map(str, (len(ids), summary[name], len(came), len(expected))))
        if not len(set(ids)) == len(ids) == summary[name] or came != expected:
            wrong.append(name)
    console.print(table)
    if wrong:
        sys.exit(f"The warehouse differs from the sandbox: {', '.join(wrong)}")


def _show_jobs(console: Console, database: duckdb.DuckDBPyConnection) -> None:
    """Draw the jobs with the most hours that AI could take over."""
    console.print("\n[bold]Weekly hours by AI impact level[/], the most exposed jobs first")
    legend = (
        f"[{colour}]{shade}[/] {level} {meaning}"
        for level, (colour, shade, meaning) in LEVELS.items()
    )
    console.print("   ".join(legend))
    for job, *hours in database.sql(EXPOSED_JOBS).fetchall():
        bar = "".join(
            f"[{colour}]{shade * round(share / HOURS_A_CELL)}[/]"
            for (colour, shade, _), share in zip(LEVELS.values(), hours, strict=True)
            if share
        )
        console.print(f"{job:>42} {bar} {sum(hours):.1f} h")


if __name__ == "__main__":
    main()
