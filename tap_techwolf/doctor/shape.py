"""Describe the shape of records: names of properties and JSON types, without any values."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self

from tap_techwolf.doctor.anonymize import documented_names, safe_root_names

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
        texts: The values that are strings. Never shown.
        properties: What is below each property of the objects, if its name is safe to show.
        other_names: The names of the other properties. Only their number is shown.
        others: What is below all of the other properties.
        items: The items of the arrays.
    """

    types: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    properties: dict[str, "Shape"] = field(default_factory=dict)
    other_names: set[str] = field(default_factory=set)
    others: "Shape | None" = None
    items: "Shape | None" = None

    @classmethod
    def of(cls, records: Sequence[Mapping[str, object]]) -> Self:
        """Return the shape of records."""
        shape = cls()
        names = safe_root_names({name for record in records for name in record})
        for record in records:
            shape.add(record, names)
        return shape

    def add(self, value: object, names: Collection[str], depth: int = 0) -> None:
        """Add a value, and what is below it.

        Args:
            value: The value.
            names: The names that are safe to show at this place.
            depth: How deep the place is; what is too deep is left out.
        """
        self.types.add(_TYPES[type(value)])
        if depth == _DEEPEST:
            return
        if isinstance(value, dict):
            for name, below in value.items():
                self._below(name, names).add(below, documented_names(), depth + 1)
        elif isinstance(value, list):
            self.items = self.items or Shape()
            for item in value:
                self.items.add(item, documented_names(), depth + 1)
        elif isinstance(value, str):
            self.texts.add(value)

    def _below(self, name: str, names: Collection[str]) -> "Shape":
        if name in names:
            return self.properties.setdefault(name, Shape())
        self.other_names.add(name)
        self.others = self.others or Shape()
        return self.others

    def named_shapes(self) -> Iterator[tuple[str, "Shape"]]:
        """Yield what is below each property; the last one may be `2 other keys`."""
        yield from sorted(self.properties.items(), key=lambda item: item[0])
        if self.others is not None:
            count = len(self.other_names)
            yield ("1 other key" if count == 1 else f"{count} other keys"), self.others

    def paths(self, place: str = "") -> Iterator[str]:
        """Yield the place of each value that is neither an object nor an array, with its types.

        Yields:
            For example `domains[].name: string` or `domains[].<2 other keys>.task: string`.
        """
        is_leaf = not (self.properties or self.others or (self.items and self.items.types))
        types = self.types if is_leaf else self.types - {"object", "array"}
        if types:
            yield f"{place or 'record'}: {' or '.join(sorted(types))}"
        for name, below in self.named_shapes():
            shown = name if name in self.properties else f"<{name}>"
            yield from below.paths(f"{place}.{shown}".lstrip("."))
        if self.items is not None:
            yield from self.items.paths(f"{place}[]")
