"""Describe the shape of records: names of properties and JSON types, without any values."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from tap_techwolf.doctor.anonymize import split_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DEEPEST = 20

_TYPES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    Decimal: "number",
    str: "string",
    list: "array",
    dict: "object",
}


@dataclass(slots=True)
class Shape:
    """What all the values at one place have in common.

    Attributes:
        types: The JSON types of the values.
        texts: The values that are strings, as the API sent them. Never shown.
        properties: What is below each property of the values that are objects.
        items: The items of the values that are arrays; None if there are no arrays.
    """

    types: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    properties: dict[str, Shape] = field(default_factory=dict)
    items: Shape | None = None

    @classmethod
    def of(cls, values: Iterable[object]) -> Shape:
        """Return the shape of some values."""
        shape = cls()
        for value in values:
            shape.add(value)
        return shape

    def add(self, value: object, depth: int = 0) -> None:
        """Add a value, and what is below it."""
        self.types.add(_TYPES[type(value)])
        if depth == _DEEPEST:
            return
        if isinstance(value, dict):
            for name, below in value.items():
                self.properties.setdefault(name, Shape()).add(below, depth + 1)
        elif isinstance(value, list):
            self.items = self.items or Shape()
            for item in value:
                self.items.add(item, depth + 1)
        elif isinstance(value, str):
            self.texts.add(value)

    def merge(self, other: Shape) -> None:
        """Add the values of another shape."""
        self.types |= other.types
        self.texts |= other.texts
        for name, below in other.properties.items():
            self.properties.setdefault(name, Shape()).merge(below)
        if other.items is not None:
            self.items = self.items or Shape()
            self.items.merge(other.items)

    def paths(self, place: str = "") -> Iterator[str]:
        """Yield a line for each place that has values other than objects and arrays.

        Yields:
            For example `domains[].name: string`. Names that could be data are counted:
            `domains[].<2 other keys>.task: string`.
        """
        has_items = self.items is not None and self.items.types
        types = self.types - {"object", "array"} if self.properties or has_items else self.types
        if types:
            yield f"{place or 'record'}: {' or '.join(sorted(types))}"
        shown, hidden = split_names(self.properties, is_root=not place)
        for name in shown:
            yield from self.properties[name].paths(f"{place}.{name}".lstrip("."))
        if hidden:
            others = _merged(self.properties[name] for name in hidden)
            yield from others.paths(f"{place}.<{_other_keys(len(hidden))}>".lstrip("."))
        if self.items is not None:
            yield from self.items.paths(f"{place}[]")


def describe_properties(properties: Mapping[str, Shape], *, is_root: bool) -> str:
    """Describe some properties of one place, such as `cost_centre (string), 1 other key (null)`.

    Args:
        properties: The properties.
        is_root: Whether they are at the root of a record.
    """
    shown, hidden = split_names(properties, is_root=is_root)
    described = [f"{name} ({_types(properties[name])})" for name in shown]
    if hidden:
        others = _merged(properties[name] for name in hidden)
        described.append(f"{_other_keys(len(hidden))} ({_types(others)})")
    return ", ".join(described)


def _merged(shapes: Iterable[Shape]) -> Shape:
    merged = Shape()
    for shape in shapes:
        merged.merge(shape)
    return merged


def _types(shape: Shape) -> str:
    return ", ".join(sorted(shape.types))


def _other_keys(count: int) -> str:
    return "1 other key" if count == 1 else f"{count} other keys"
