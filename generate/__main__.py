"""`make generate` writes the files that follow from the code; `make check` compares them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from benchmarks.plot import plot
from benchmarks.table import results_table
from generate import answers, diagrams, documents

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
HOW = "make generate"


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, as people do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        """Ignore the wish for lists without indentation."""
        del indentless
        super().increase_indent(flow, False)  # noqa: FBT003


def as_yaml(value: Any) -> str:  # noqa: ANN401 - any YAML value
    """Write YAML in the order that was given."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=96)


def between(text: str, name: str, content: str, comment: tuple[str, str]) -> str:
    """Replace what stands between two marks in a text.

    Args:
        text: The whole text.
        name: The name of the marks.
        content: What is to stand between them.
        comment: How a comment begins and ends in this text.

    Returns:
        The whole text.
    """
    first = f"{comment[0]}generated: {name} ({HOW}){comment[1]}"
    last = f"{comment[0]}end of {name}{comment[1]}"
    head, found_first, rest = text.partition(first)
    _, found_last, tail = rest.partition(last)
    if not found_first or not found_last:
        sys.exit(f"The marks of {name!r} are missing: {first} ... {last}")
    return f"{head}{first}\n{content}\n{last}{tail}"


def indented(text: str, spaces: int) -> str:
    """Indent a text, without a line break at its end."""
    return "\n".join(" " * spaces + line for line in text.rstrip().splitlines())


def generated() -> dict[str, str]:
    """All generated files, by their path from the root."""
    settings = indented(as_yaml(documents.meltano_settings()), 8)
    meltano = (ROOT / "meltano.yml").read_text()
    results = json.loads(RESULTS.read_text())
    pages = {
        "README.md": {
            "settings": documents.settings_table(is_short=True),
        },
        "docs/answers.md": {"answers": answers.questions_and_answers()},
        "docs/settings.md": {
            "settings": documents.settings_table(),
            "changes": documents.changes_table(),
        },
        "docs/columns.md": {
            "tables": diagrams.tables(),
            "columns": documents.column_tables(),
        },
        "dbt/docs/columns.md": {"models": diagrams.models(), "columns": diagrams.model_tables()},
        "docs/costs.md": {"benchmark": results_table(results)},
    }
    found = {
        "meltano.yml": between(meltano, "settings", settings, ("        # ", "")),
        "plugin.yaml": f"# Generated: {HOW}\n{as_yaml(documents.plugin_definition())}",
        "tests/catalog.json": json.dumps(documents.catalog_snapshot(), indent=2) + "\n",
        "tap_techwolf/help.txt": documents.help_text(),
        "benchmarks/results.svg": plot(results),
        "docs/departments.svg": answers.picture(),
    }
    for page, parts in pages.items():
        text = (ROOT / page).read_text()
        for name, content in parts.items():
            text = between(text, name, f"\n{content}\n", ("<!-- ", " -->"))
        found[page] = text
    return found


def main() -> None:
    """Write the files, or compare them.

    Raises:
        SystemExit: A file is not what the code says.
    """
    parser = argparse.ArgumentParser(prog="python -m generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only")
    options = parser.parse_args()
    stale = []
    for file, content in generated().items():
        path = ROOT / file
        if not path.exists() or path.read_text() != content:
            stale.append(file)
            if not options.check:
                path.write_text(content)
    if options.check and stale:
        sys.exit(f"Out of date: {', '.join(stale)}. Run `{HOW}` and commit what it changes.")


if __name__ == "__main__":
    main()
