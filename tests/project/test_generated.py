"""What follows from the code cannot go out of date unseen, and releases have their notes."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from demo.files import ROOT
from generate import __main__ as generator
from generate.diagrams import JOINS, OTHER_KEYS, REFERRED, model_columns, schema_of, table_keys
from generate.documents import SAMPLES, is_personal
from generate.release_notes import release_notes
from tap_techwolf.streams import STREAMS
from tap_techwolf.version import VERSION

if TYPE_CHECKING:
    from pathlib import Path

SOURCES = [
    ("tap_techwolf/config/settings.py", "The client ID that TechWolf issued to you.", "An id."),
    ("tap_techwolf/config/settings.py", '"Job families"', '"Families"'),
    ("tap_techwolf/schemas/job_task_profiles.json", "The task in a few words.", "A task."),
    ("tap_techwolf/schemas/job_task_profiles.json", '"weekly_hours"', '"hours_a_week"'),
]
GENERATED = [
    ("plugin.yaml", "Token endpoint URL", "Some URL"),
    ("meltano.yml", "The User-Agent header to send with each request.", "A name."),
    ("README.md", "The client ID that TechWolf issued to you.", "An id."),
    ("docs/columns.md", "The goal in a few words.", "A goal."),
    ("dbt/docs/columns.md", '"job_id, task_id"', '"job_id"'),
    ("docs/answers.md", "| Finance | 66 |", "| Finance | 67 |"),
    ("docs/departments.svg", ">Finance<", ">Money<"),
    ("docs/settings.md", "run a full sync; the column", "nothing; the column"),
    ("tests/catalog.json", '"goal"', '"aim"'),
    ("tap_techwolf/help.txt", "--discover", "--look"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository, as far as it is generated or generates."""
    for folder in ("tap_techwolf", "generate", "benchmarks", "demo", "dbt"):
        ignored = shutil.ignore_patterns("__pycache__", "peers")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    for folder in ("tests", "docs"):
        (tmp_path / folder).mkdir()
    documents = [f"docs/{name}.md" for name in ("answers", "columns", "costs", "settings")]
    for file in (
        *documents,
        "docs/departments.svg",
        "README.md",
        "plugin.yaml",
        "meltano.yml",
        "tests/catalog.json",
    ):
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def generate(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run it on a copy, whose packages come before those that are installed."""
    command = [sys.executable, "-m", "generate", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))


def test_each_change_of_a_source_fails_the_check_until_all_is_generated_anew(copy: Path) -> None:
    for one in SOURCES:
        change(copy, *one)
        failed = generate(copy, "--check")
        assert failed.returncode == 1
        assert failed.stderr.startswith("Out of date: ")
        assert "Run `make generate`" in failed.stderr
        change(copy, one[0], one[2], one[1])
    for one in SOURCES:
        change(copy, *one)
    assert generate(copy).returncode == 0
    assert generate(copy, "--check").returncode == 0


@pytest.mark.parametrize(("file", "old", "new"), GENERATED)
def test_a_change_of_what_is_generated_fails_the_check_and_is_undone(
    copy: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new: str
) -> None:
    monkeypatch.setattr(generator, "ROOT", copy)
    before = (copy / file).read_text()
    change(copy, file, old, new)
    monkeypatch.setattr("sys.argv", ["generate", "--check"])
    with pytest.raises(SystemExit, match=rf"^Out of date: {file}\. Run `make generate`"):
        generator.main()
    monkeypatch.setattr("sys.argv", ["generate"])
    generator.main()
    assert (copy / file).read_text() == before


def found(row: dict[str, Any], path: str) -> list[Any]:
    """The values at a path, in which `[]` stands for each element of a list."""
    values: list[Any] = [row]
    for part in path.split("."):
        values = [value[part.removesuffix("[]")] for value in values]
        if part.endswith("[]"):
            values = [element for value in values for element in value]
    return values


def test_the_sample_rows_are_a_company_whose_tables_join() -> None:
    samples = json.loads(SAMPLES.read_text())
    assert samples.keys() == table_keys().keys()
    for table, row in samples.items():
        schema = schema_of(table)
        assert list(row) == list(schema["properties"])
        jsonschema.validate(row, schema)
    for table, column, other, other_column in JOINS:
        ids, joined = found(samples[other], other_column), found(samples[table], column)
        # A unit that is part of no other has no id of one.
        assert set(joined) <= {*ids, None} if table == other else joined == ids


def test_each_key_of_a_model_is_among_its_columns() -> None:
    columns = model_columns()
    for model, key in (REFERRED | OTHER_KEYS).items():
        assert set(key) <= set(columns[model])


def pages(employees: int, jobs: int, units: int, skills: int, *, changed: float = 1) -> list[int]:
    """The pages of the default streams, and those of the optional ones."""
    sizes = [employees * changed / 100] * 2 + [jobs * changed / 100]
    # A list by offset repeats the last row of a page on the next one.
    sizes += [skills / 100, employees / 199, units / 199]
    sizes += [employees / 100, jobs / 100, employees / 100]
    return [max(1, math.ceil(size)) for size in sizes]


def test_the_requests_and_minutes_that_the_costs_name_are_those_of_the_pages() -> None:
    rows = re.findall(
        r"^\| ([\d,]+) \| (.*) \| ([\d,]+) \| (.*) \| (.*) \|$", costs(), re.MULTILINE
    )
    assert len(rows) == 8
    assert sum(pages(640, 160, 28, 215)) + 1 == 41  # With a token: the demo's first sync.
    for size, sync, requests, *minutes in rows:
        employees = int(size.replace(",", ""))
        company = (employees, employees // 10, employees // 100, 20_000)
        read = pages(*company, changed=0.01 if sync.startswith("nightly") else 1)
        read = read if sync.endswith("all streams") else read[:3]
        assert requests == f"{sum(read) + 1:,}"
        one_after_another = max(*read, sum(read) / 3)
        for shown, seconds in zip(minutes, (0.2, 1), strict=True):
            took = one_after_another * seconds / 60
            assert shown == (f"{took:.0f}" if took >= 1 else "< 1")


def costs() -> str:
    return (ROOT / "docs" / "costs.md").read_text()


def test_the_streams_that_are_called_personal_are_those_with_personal_columns() -> None:
    text = (ROOT / "docs" / "personal-data.md").read_text()
    tables = re.findall(r"^\| `.*? \| (`.*?) \|$", text, re.MULTILINE)
    named = {name for table in tables for name in re.findall(r"`(employee\w+)`", table)}
    assert named == {vars(stream)["name"] for stream in STREAMS if is_personal(stream)}


def test_a_setting_of_which_nothing_says_what_a_change_asks_for_is_named(copy: Path) -> None:
    file = copy / "tap_techwolf/config/settings.py"
    file.write_text(file.read_text().replace('"lookback_days"', '"lookback"'))
    failed = generate(copy)
    assert failed.returncode == 1
    assert failed.stderr.endswith("differ: lookback, lookback_days\n")


def test_the_release_notes_are_the_changelogs() -> None:
    new, old = f"## {VERSION} (2026-12-01)\n\n- New.", "## 0.0.1 (2026-01-01)\n\n- Old."
    assert release_notes(f"# Changelog\n\n{new}\n\n{old}\n", f"v{VERSION}") == "- New.\n"


@pytest.mark.parametrize(
    ("tag", "heading", "reason"),
    [
        ("v9.9.9", f"## {VERSION} (2026-12-01)", "pyproject.toml says"),
        (f"v{VERSION}", f"## {VERSION} (unreleased)", "needs a heading"),
    ],
)
def test_a_release_without_notes_is_refused(tag: str, heading: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        release_notes(f"{heading}\n\n- New.\n", tag)
