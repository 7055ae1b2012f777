"""The arguments of an operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._graph.values import Value
from .._graph.weighted import layer_input


class Call:
    """The arguments of an operator by the names of its schema."""

    def __init__(self, target: Any, args: Sequence[Any], keywords: dict[str, Any]) -> None:
        schema = target._schema.arguments
        self.name = target.overloadpacket.__name__
        self.given = {argument.name: argument.default_value for argument in schema}
        self.given.update({argument.name: arg for argument, arg in zip(schema, args, strict=False)})
        self.given.update(keywords)

    def __getitem__(self, name: str) -> Any:
        return self.given.get(name)

    def value(self, name: str = "self") -> Value:
        """An argument that must be a layer's output."""
        return layer_input(self[name])

    def pair(self, name: str, usual: Any = None) -> tuple[int, int]:
        """A number in both directions."""
        found = self[name]
        found = usual if found is None or isinstance(found, list | tuple) and not found else found
        numbers = [found] if isinstance(found, int) else list(found or [])
        if len(numbers) not in (1, 2) or not all(isinstance(number, int) for number in numbers):
            raise ValueError(f"its {name} {numbers} is not for images, which have rows and columns")
        return numbers[0], numbers[-1]
