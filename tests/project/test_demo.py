"""The demo beside what it loads: its own files, its questions, and the command to ask more."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from io import StringIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from demo import chart, files
from demo.files import ROOT
from demo.questions import QUESTIONS, in_lines

if TYPE_CHECKING:
    from pathlib import Path

HOURS = [("Whole company", 3, 16.5, 4.0, 3.5), ("Sales", 1, 16.0, 4.0, 0.0), ("Legal", 1, 0, 0, 1)]
MAKE = shutil.which("make") or "make"

needs_duckdb = pytest.mark.skipif(
    sys.version_info >= files.FIRST_PYTHON_WITHOUT_DUCKDB,
    reason="the pinned DuckDB has no wheel for this Python",
)


def test_it_deletes_its_own_files_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = {name: tmp_path / getattr(files, name).name for name in ("DATABASE", "STATE", "PICTURE")}
    monkeypatch.setattr(files, "OUTPUT", tmp_path)
    for name, file in own.items():
        monkeypatch.setattr(files, name, file)
        file.touch()
    foreign = [tmp_path / name for name in ("techwolf.duckdb", "meltano.db", "notes.txt")]
    foreign.append(tmp_path / "folder" / "demo.duckdb")
    foreign[-1].parent.mkdir()
    for file in (*foreign, tmp_path / "demo.duckdb.wal"):
        file.write_text("mine")
    files.delete_own_files()
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == set(foreign)
    assert {file.read_text() for file in foreign} == {"mine"}


def test_it_makes_nothing_outside_its_own_files_in_the_output() -> None:
    assert {file.parent for file in (files.DATABASE, files.STATE, files.PICTURE)} == {files.OUTPUT}
    project = (ROOT / "meltano.yml").read_text()
    assert not any(file.name in project for file in (files.DATABASE, files.STATE, files.PICTURE))


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_of_the_demo_stands_in_the_packages_readme(question: str) -> None:
    assert f"-- {question}\n{QUESTIONS[question]};\n" in (ROOT / "dbt" / "README.md").read_text()


def test_the_chart_is_a_picture_that_says_what_it_shows(tmp_path: Path) -> None:
    chart.draw(tmp_path / "chart.png", HOURS, "png")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    chart.draw(tmp_path / "chart.svg", HOURS, "svg")
    svg = ET.parse(tmp_path / "chart.svg")  # noqa: S314 - our own
    words = " ".join(one.text or "" for one in svg.iter() if one.tag.endswith("text"))
    for shown in ("An invented company", "Sales", "17 h", "69%", "24 h", "H2 partly"):
        assert shown in words
    assert "0%" not in words.split()  # A part without hours has no label.


def test_the_chart_in_the_terminal_has_hours_and_shares() -> None:
    with StringIO() as screen:
        chart.show(Console(file=screen, width=100), HOURS)
        lines = screen.getvalue().splitlines()
    assert max(map(len, lines[4:])) <= 100
    company, sales, legal = (line.split() for line in lines[-3:])
    assert company[-9:] == ["17", "h", "69%", "4", "h", "17%", "4", "h", "15%"]
    assert (sales[1].count("█"), sales[1].count("▓")) == (26, 6)
    assert legal[1] == "░░"


@pytest.mark.parametrize(
    ("sql", "lines"),
    [
        ("select a from b where c", ["select a", "from b", "where c"]),
        (
            "select a from b left join c using (d) where e in (select f(g) from h where i) and j",
            [
                *("select a", "from b", "left join c using (d)"),
                *("where e in (select f(g) from h where i)", "and j"),
            ],
        ),
        ("select a is distinct from b from c", ["select a is distinct from b", "from c"]),
    ],
)
def test_a_query_is_shown_with_a_line_for_each_clause(sql: str, lines: list[str]) -> None:
    assert in_lines(sql).splitlines() == lines


def query(file: Path, sql: str) -> subprocess.CompletedProcess[str]:
    """Run `make query` as a user does."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        [MAKE, "--no-print-directory", "query", f"SQL={sql}", f"DATABASE={file}"],
        cwd=ROOT,
        env=inherited,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def database(tmp_path: Path) -> Path:
    import duckdb  # noqa: PLC0415 - there is none on the newest Python

    file = tmp_path / "some.duckdb"
    with duckdb.connect(file) as connection:
        connection.sql(
            """create table tasks as select range as id, '[red]' as task, 0.25 as share,
            '{"level": "H1"}'::json as impact from range(150)"""
        )
    return file


@needs_duckdb
def test_a_query_is_answered_as_it_was_written(database: Path) -> None:
    done = query(database, "select task, id, impact ->> '$.level' as level from tasks where id < 2")
    assert done.returncode == 0, done.stderr
    heading, *rows = (
        [cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")]
        for line in done.stdout.splitlines()
        if line[0] in "│┃"
    )
    assert heading == ["task", "id", "level"]
    assert rows == [["[red]", "0", "H1"], ["[red]", "1", "H1"]]


@needs_duckdb
def test_an_answer_that_is_too_wide_is_shown_row_by_row_and_as_a_whole(database: Path) -> None:
    columns = ", ".join(f"repeat('{letter}', 36) as id_{letter}" for letter in "abcdefg")
    done = query(database, f"select {columns}, id from tasks where id < 2")  # noqa: S608
    assert [line.strip() for line in done.stdout.splitlines() if line[0] == "r"] == [
        *("row 1", "row 2")
    ]
    assert all(done.stdout.count(f"│ id_{letter} │ {letter * 36} │") == 2 for letter in "abcdefg")


@needs_duckdb
def test_a_long_answer_ends_with_a_word_about_it(database: Path) -> None:
    done = query(database, "select id from tasks order by id")
    assert [line.strip("│ ") for line in done.stdout.splitlines()][-2:] == ["99", "└────┘"]
    assert "the first 100 rows" in done.stderr


@needs_duckdb
@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("", 'There is no query. Try: make query SQL="select '),
        ("selec", 'Parser Error: syntax error at or near "selec"'),
        ("select * from nothing", "Catalog Error: Table with name nothing does not exist!"),
        ("delete from tasks", "read-only mode"),
        ("copy tasks to '{folder}/file.csv'", "file system operations are disabled"),
        ("attach '{folder}/other.duckdb'", "file system operations are disabled"),
        ("create temp table other as select 1", "This is no query"),
    ],
)
def test_a_query_that_is_wrong_or_would_change_something_is_refused_in_a_line(
    database: Path, sql: str, said: str
) -> None:
    before = database.read_bytes()
    done = query(database, sql.format(folder=database.parent))
    assert done.returncode
    line, _ = done.stderr.splitlines()  # Make adds one of its own.
    assert said in line
    assert database.read_bytes() == before
    assert list(database.parent.iterdir()) == [database]


@needs_duckdb
def test_without_a_database_it_says_how_to_make_one(tmp_path: Path) -> None:
    done = query(tmp_path / "none.duckdb", "select 1")
    assert "none.duckdb yet: run make demo first." in done.stderr.splitlines()[0]
    assert not list(tmp_path.iterdir())
