"""What the tests ask of an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from engines.package import Package
    from engines.tables import Row, Table


class Engine(Protocol):
    """A database, or what stands for it.

    Attributes:
        forms: The forms in which loaders write lists and date-times; the first is the usual one.
        is_slow: Whether a few histories of removals have to do.
        keeps_histories: Whether its tables can be changed, as `techwolf_history` needs.
    """

    forms: ClassVar[Sequence[str]]
    is_slow: ClassVar[bool]
    keeps_histories: ClassVar[bool]

    def __init__(self, folder: Path) -> None:
        """Start it, with a folder for its files."""

    def profile(self, schema: str) -> Row:
        """Return how dbt connects, to build models in a schema."""

    def load(self, schema: str, tables: Iterable[Table], form: str) -> None:
        """Make a schema of these tables, in place of one that is there.

        A text in place of a list is written as it is, where the form has texts.
        """

    def build(self, package: Package, *selection: str) -> dict[str, str]:
        """Build models and run tests; return how each ended, by its short name."""

    def rows(self, package: Package, model: str) -> list[Row]:
        """Return the rows of a model that was built."""

    def found(self, package: Package, name: str) -> list[Row]:
        """Return what a compiled model or test finds in the tables as they are now."""
