"""`make demo`: four syncs from the sandbox into DuckDB, checked, and questions to the result."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from demo import chart
from demo.files import DATABASE, PICTURE, ROOT, STATE, delete_own_files, require_duckdb
from demo.meltano import Meltano, running_sandbox
from demo.query import EXAMPLE
from demo.questions import NOTES, QUESTIONS, in_lines
from demo.tables import print_answer
from tap_techwolf.config.settings import OPTIONAL_STREAMS

if TYPE_CHECKING:
    from demo.meltano import RunningSandbox

SYNC = ("tap-techwolf", "target-duckdb")
BUILD = ("dbt-duckdb:build",)
CHANGES = 5
# What of the company each table holds, by the names of the sandbox.
TABLES = {
    "employee_ai_goals": "with_goals",
    "employee_task_profiles": "employees",
    "job_task_profiles": "jobs",
}
# What identifies a record of those of which each sync is a full one.
OPTIONAL_KEYS = {
    **dict.fromkeys(OPTIONAL_STREAMS, "external_id"),
    "skills": "skill_id",
    "employee_position_matches": "employee_id",
}
SHOWN = re.compile(r"\] (?:tap-techwolf +| *dbt-duckdb .*(?=Done\. ))(.*)")


@dataclass
class Demo:
    """The demo.

    Attributes:
        console: The terminal.
        meltano: Meltano.
        wrong: The tables that differ from the sandbox.
    """

    console: Console
    meltano: Meltano
    wrong: set[str] = field(default_factory=set)

    def sync(self, why: str, *blocks: str) -> None:
        """Sync, and show what the tap and dbt said.

        Args:
            why: What there is to be seen.
            blocks: What comes after `meltano run`.
        """
        command = ("run", *blocks)
        self.console.print(f"[bold]meltano {' '.join(command)}[/]: {why}", soft_wrap=True)
        for said in SHOWN.findall(self.meltano(*command)):
            self.console.print(f"  {said}", style="dim", soft_wrap=True)

    def query(self, sql: str) -> tuple[list[str], list[Any]]:
        """Ask the database.

        Args:
            sql: The query.

        Returns:
            The names of the columns, and the rows.
        """
        import duckdb  # noqa: PLC0415 - there is none on newer Pythons

        with duckdb.connect(DATABASE, read_only=True) as database:
            answer = database.sql(sql)
            return answer.columns, answer.fetchall()

    def ids(self, sql: str) -> list[str]:
        """Ask for one column.

        Args:
            sql: The query.

        Returns:
            The column, in order.
        """
        return sorted(row[0] for row in self.query(sql)[1])

    def run(self, sandbox: RunningSandbox) -> None:
        """Sync four times, with changes in between.

        Args:
            sandbox: The API.
        """
        self.sync("the first sync", *SYNC, *BUILD)
        first = {table: len(self.ids(f"select external_id from {table}")) for table in TABLES}  # noqa: S608
        removed, changed = sandbox.remove(1), sandbox.change(CHANGES)
        changes = f"an employee left, and {CHANGES} employees and {CHANGES} jobs changed"
        self.sync(f"incremental, after {changes}", *SYNC)
        # Each pass stamps its records: the second one's are those with the latest stamp.
        second = {
            table: self.ids(
                f"select external_id from {table}"  # noqa: S608
                f" where exported_at > (select min(exported_at) from {table})"
            )
            for table in TABLES
        }
        self.sync("a full pass, which no longer returns who has left", "--full-refresh", *SYNC)
        self.sync(
            "incremental; only now is the full pass known to be loaded, and the removal noticed",
            *(*SYNC, *BUILD),
        )
        summary = sandbox.summary()
        table = Table(title="\nin DuckDB", title_justify="left")
        table.add_column("table")
        for heading in (
            "first sync",
            "second sync",
            "changed",
            "removed",
            "now",
            "in the sandbox",
        ):
            table.add_column(heading, justify="right")
        for name, group in TABLES.items():
            gone = self.ids(
                f"select external_id from techwolf_removed where stream = '{name}'"  # noqa: S608
            )
            now = len(self.ids(f"select external_id from {name}")) - len(gone)  # noqa: S608
            counts = (first[name], len(second[name]), len(changed[group]), len(gone), now)
            table.add_row(name, *map(str, counts), str(summary[name]))
            matches = (
                second[name] == sorted(changed[group])
                and gone == removed[group]
                and now == summary[name] == first[name] - len(gone)
            )
            if not matches:
                self.wrong.add(name)
        for name, key in OPTIONAL_KEYS.items():
            gone = self.ids(
                f"select external_id from techwolf_removed where stream = '{name}'"  # noqa: S608
            )
            now = len(self.ids(f"select {key} from {name}")) - len(gone)  # noqa: S608
            table.add_row(name, "", "", "", *map(str, (len(gone), now, summary[name])))
            if now != summary[name]:
                self.wrong.add(name)
        self.console.print(table)

    def answer(self) -> None:
        """Show the chart, the questions and their answers."""
        _, hours = self.query(chart.HOURS)
        chart.show(self.console, hours)
        chart.draw(PICTURE, hours, "png")
        self.console.print(f"As a picture: {PICTURE.relative_to(ROOT)}")
        for question, sql in QUESTIONS.items():
            self.console.print(f"\n[bold]{question}[/]")
            self.console.print(in_lines(sql), style="dim", soft_wrap=True)
            print_answer(self.console, *self.query(sql))
            if note := NOTES.get(question):
                self.console.print(note)
        self.console.print(f"\nAsk more: {EXAMPLE}", soft_wrap=True)


def main() -> None:
    """Run the demo.

    Raises:
        SystemExit: The warehouse does not hold what the sandbox does.
    """
    require_duckdb()
    delete_own_files()
    variables = {
        "TARGET_DUCKDB_PATH": str(DATABASE),
        "DBT_DUCKDB_PATH": str(DATABASE),
        "DBT_USE_COLORS": "false",
        "TAP_TECHWOLF_OPTIONAL_STREAMS": json.dumps(OPTIONAL_STREAMS),
    }
    demo = Demo(Console(width=100, highlight=False), Meltano(STATE, variables))
    with running_sandbox() as sandbox:
        demo.meltano.variables |= sandbox.settings()
        demo.console.print("[bold]Installing[/] the tap, target-duckdb and dbt, as Meltano does it")
        demo.meltano("install", "tap-techwolf", "target-duckdb", "dbt-duckdb")
        demo.meltano("invoke", "dbt-duckdb:deps")
        demo.run(sandbox)
    demo.answer()
    if demo.wrong:
        sys.exit(f"The warehouse differs from the sandbox: {', '.join(sorted(demo.wrong))}")


if __name__ == "__main__":
    main()
