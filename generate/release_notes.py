"""`make dist` writes the release notes: what the changelog says of a version."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tap_techwolf.version import VERSION

CHANGELOG = Path(__file__).parent.parent / "CHANGELOG.md"


def release_notes(changelog: str, tag: str) -> str:
    """Find what the changelog says of a release.

    Args:
        changelog: The whole changelog.
        tag: The release's tag, such as v0.1.0.

    Returns:
        The version's part, without its heading.

    Raises:
        ValueError: The tag is not this version's, or the changelog has no date for it.
    """
    if tag != f"v{VERSION}":
        raise ValueError(f"The tag is {tag}, but pyproject.toml says {VERSION}.")
    heading = rf"^## {re.escape(VERSION)} \(\d{{4}}-\d{{2}}-\d{{2}}\)$"
    found = re.search(rf"{heading}\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    if not found:
        raise ValueError(f"CHANGELOG.md needs a heading such as '## {VERSION} (2026-01-31)'.")
    return found[1].strip() + "\n"


def main() -> None:
    """Print the notes of the tag that was given.

    Raises:
        SystemExit: There are none.
    """
    try:
        print(release_notes(CHANGELOG.read_text(), sys.argv[1]), end="")  # noqa: T201
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
