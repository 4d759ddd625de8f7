"""Describes the form of nested data: paths of keys and types, without any of the data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tap_techwolf.doctor.discretion import shown_name
from tap_techwolf.doctor.form_check import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DEEPEST = 20
_MOST_PATHS = 60


@dataclass(slots=True)
class Form:
    """The types that were seen at one place, and what is below it."""

    kinds: set[str] = field(default_factory=set)
    children: dict[str, Form] = field(default_factory=dict)
    items: Form | None = None

    def add(self, value: object, depth: int = 0) -> None:
        """Add a value that was seen at this place.

        Args:
            value: The value.
            depth: How deep the place is.
        """
        self.kinds.add(kind_of(value))
        if depth == _DEEPEST:
            return
        if isinstance(value, dict):
            for name, child in value.items():
                self.children.setdefault(name, Form()).add(child, depth + 1)
        elif isinstance(value, list):
            self.items = self.items or Form()
            for item in value:
                self.items.add(item, depth + 1)

    def paths(self, place: str = "") -> Iterator[str]:
        """Yield the paths below this place, each with its types.

        Args:
            place: The path of this place.

        Yields:
            For example `domains[].name: string`.
        """
        if not self.children and self.items is None:
            yield f"{place or 'record'}: {' or '.join(sorted(self.kinds))}"
            return
        for name, child in self._shown_children().items():
            yield from child.paths(f"{place}.{name}".lstrip("."))
        if self.items is not None:
            yield from self.items.paths(f"{place}[]")

    def _shown_children(self) -> dict[str, Form]:
        """Return the children by names that can be shown; those that cannot share one."""
        shown: dict[str, Form] = {}
        for name, child in self.children.items():
            known = shown.setdefault(shown_name(name, len(self.children)), Form())
            known._merge(child)  # noqa: SLF001 - of the same class
        return dict(sorted(shown.items()))

    def _merge(self, other: Form) -> None:
        self.kinds |= other.kinds
        for name, child in other.children.items():
            self.children.setdefault(name, Form())._merge(child)  # noqa: SLF001 - as above
        if other.items is not None:
            self.items = self.items or Form()
            self.items._merge(other.items)  # noqa: SLF001 - as above


def describe_form(records: Iterable[object]) -> str:
    """Describe the form of records.

    Args:
        records: Records of one kind.

    Returns:
        The paths of all their keys, a placeholder for each that could be data, and the types.
    """
    form = Form()
    for record in records:
        form.add(record)
    paths = list(form.paths())
    more = f"; and {len(paths) - _MOST_PATHS} more" if len(paths) > _MOST_PATHS else ""
    return f"{'; '.join(paths[:_MOST_PATHS])}{more}"
