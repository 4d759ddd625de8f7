"""CONTRIBUTING's recipe for a new stream, followed on a copy of the tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from demo.files import ROOT
from sandbox import tokens
from tests.harness import Output, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

CHANGED = ("tap_techwolf", "sandbox")
NAMES = CLUSTERS, COURSES, MATCHES = "employee_skill_clusters", "courses", "employee_matches"
# The recipe says that another key needs another `primary_keys`; it shows no third class.
OTHER_KEY = (
    ("EmployeeSkillClusters", "EmployeeMatches"),
    (CLUSTERS, MATCHES),
    ("employees/skill_clusters", "employees/matches"),
    ("=skill_clusters,", "=match,"),
    ("external_id", "employee_id"),
)
NEW_STREAMS = """
    EmployeeSkillClusters,
    EmployeeMatches,
    Courses,
)
"""
SHOW = """

def skill_clusters(entity: Entity, request: PageRequest) -> Sequence[dict[str, Any]]:
    \"\"\"Return the skill clusters of an employee.\"\"\"
    del request
    return [{"external_id": entity.external_id, "skills": []}]
"""


def blocks() -> list[str]:
    """The blocks of Python in CONTRIBUTING: two classes, and two entries of the sandbox."""
    parts = (ROOT / "CONTRIBUTING.md").read_text().split("```python\n")[1:]
    return [
        "".join(
            line.removeprefix("   ")
            for line in part.partition("   ```")[0].splitlines(keepends=True)
        )
        for part in parts
    ]


def edit(file: Path, *changes: tuple[str, str]) -> None:
    text = file.read_text()
    for old, new in changes:
        assert text.count(old) == 1, (file.name, old)
        text = text.replace(old, new)
    file.write_text(text)


def schema(key: str, *others: str) -> str:
    text = {"type": ["string", "null"], "description": "A text."}
    properties: dict[str, Any] = {key: {"type": "string", "description": "The id."}}
    properties |= {
        name: {"type": ["array", "null"], "description": "A list.", "items": text}
        for name in others
    }
    properties["exported_at"] = {**text, "format": "date-time"}
    return json.dumps({"type": "object", "description": "A record.", "properties": properties})


def replaced(text: str) -> str:
    for old, new in OTHER_KEY:
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree in which the recipe was followed three times."""
    copy = tmp_path_factory.mktemp("tree")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in files.splitlines():
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    if (ROOT / ".mypy_cache").exists():
        (copy / ".mypy_cache").symlink_to(ROOT / ".mypy_cache")
    clusters, courses, form, entry = blocks()
    schemas = copy / "tap_techwolf" / "schemas"
    (schemas / f"{CLUSTERS}.json").write_text(schema("external_id", "skills"))
    (schemas / f"{MATCHES}.json").write_text(schema("employee_id", "skills"))
    (schemas / f"{COURSES}.json").write_text(schema("external_id"))
    classes = "\n\n".join((clusters, replaced(clusters), courses))
    edit(
        copy / "tap_techwolf" / "streams.py",
        ("#: All exports;", f"{classes}\n\n#: All exports;"),
        ("    EmployeePositionMatches,\n)\n", f"    EmployeePositionMatches,{NEW_STREAMS}"),
    )
    names = "".join(f'    "{name}",\n' for name in NAMES)
    edit(
        copy / "tap_techwolf" / "config" / "settings.py",
        ('    "employee_position_matches",\n)\n', f'    "employee_position_matches",\n{names})\n'),
    )
    edit(
        copy / "sandbox" / "exports.py",
        ("\n}\n\n#: Their paths", f"\n{form}{replaced(form)}}}\n\n#: Their paths"),
        ("    job_skill_profile,\n    pos", "    job_skill_profile,\n    match,\n    pos"),
        ("    skill,\n", "    skill,\n    skill_clusters,\n"),
    )
    edit(
        copy / "sandbox" / "lists.py",
        ("LISTS: dict[str, List] = {\n", f"LISTS: dict[str, List] = {{\n{entry}"),
    )
    with (copy / "sandbox" / "records.py").open("a") as file:
        shown = SHOW.replace("skill_clusters(", "match(").replace('external_id"', 'employee_id"')
        file.write(SHOW + shown)
    return copy


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=tree,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tree)},
    )


def python(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(tree, sys.executable, *arguments)


@contextmanager
def sandbox_of(tree: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--employees", "120"]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    with subprocess.Popen(
        command, cwd=tree, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip().removeprefix("Sandbox at ")
        finally:
            process.terminate()


def test_the_checks_and_the_doctor_take_the_new_streams(tree: Path) -> None:
    generated = python(tree, "-m", "generate")
    assert generated.returncode == 0, generated.stderr
    # Those of `make check` that look at what the recipe changes.
    for command in (
        ["ruff", "check", *CHANGED],
        ["ruff", "format", "--check", *CHANGED],
        ["mypy", *CHANGED],
        ["lint-imports", "--no-cache", "--no-logo"],
    ):
        done = run(tree, str(Path(sys.executable).with_name(command[0])), *command[1:])
        assert done.returncode == 0, done.stdout + done.stderr
    imported = python(tree, "-c", "import tap_techwolf.doctor.runner")
    assert imported.returncode == 0, imported.stderr


def test_the_tests_take_the_new_streams(tree: Path) -> None:
    added = "".join(
        f'\n    "{stream}": {columns},'
        for stream, columns in ((CLUSTERS, {"skills"}), (MATCHES, {"skills"}), (COURSES, "set()"))
    )
    file = tree / "tests" / "test_schemas.py"
    edit(file, ("\nDOCUMENTED = {", f"\nDOCUMENTED = {{{added}"))
    # Those that look at the lists of streams.
    tests = (
        *("tests/test_schemas.py", "tests/test_standard.py", "tests/sandbox/test_faults.py"),
        *("tests/api/test_requests.py", "tests/sync/test_optional_streams.py"),
    )
    done = python(tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
    assert done.returncode == 0, done.stdout


def test_the_new_streams_are_synced_twice(tree: Path, tmp_path: Path) -> None:
    config, state = tmp_path / "config.json", tmp_path / "state.json"
    config.write_text(json.dumps({"optional_streams": NAMES}))
    done = python(tree, "-m", "tap_techwolf", f"--config={config}", "--discover")
    discovered = json.loads(done.stdout)
    entries = {entry["tap_stream_id"]: entry for entry in discovered["streams"]}
    for stream, key in ((CLUSTERS, "external_id"), (MATCHES, "employee_id")):
        assert entries[stream]["key_properties"] == [key]
        assert entries[stream]["replication_method"] == "FULL_TABLE"
    with sandbox_of(tree) as url:
        given = settings(url, tenant=tokens.TENANT, page_size=50, optional_streams=NAMES)
        config.write_text(json.dumps(given))
        state.write_text("{}")
        for _ in range(2):
            line = ["-m", "tap_techwolf", f"--config={config}", f"--state={state}"]
            done = python(tree, *line)
            assert done.returncode == 0, done.stderr
            output = Output.parse(done.stdout.encode().splitlines())
            employees = output.ids(CLUSTERS)
            assert len(set(employees)) == 120
            assert [one["employee_id"] for one in output.records[MATCHES]] == employees
            assert sorted(output.ids(COURSES)) == sorted(employees)
            passes = {row["stream"]: row for row in output.records["completed_passes"]}
            # Each page is written before the next one, also without a cursor to save.
            assert (passes[COURSES]["record_count"], passes[COURSES]["page_count"]) == (120, 3)
            state.write_text(json.dumps(output.state))
