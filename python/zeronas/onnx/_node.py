"""A node of an ONNX graph with what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
import onnx

from .._graph.values import Constant, Tensor

T = TypeVar("T")


class Node:
    """A node whose attributes and inputs are asked for by name, with the type that they must have."""

    def __init__(self, proto: onnx.NodeProto, tensors: Sequence[Tensor | None]) -> None:
        self.proto = proto
        self.kind = proto.op_type
        self.tensors = tensors
        self._attributes = {attribute.name: attribute for attribute in proto.attribute}

    def input(self, place: int) -> Tensor | None:
        """The tensor that it reads there, if it reads one."""
        return self.tensors[place] if place < len(self.tensors) else None

    def first(self) -> Tensor:
        """What it reads first."""
        tensor = self.input(0)
        if tensor is None:
            raise ValueError("it reads nothing")
        return tensor

    def attribute(self, name: str, kind: type[T], default: Any) -> Any:
        """An attribute of one kind."""
        if name not in self._attributes:
            return default
        found = onnx.helper.get_attribute_value(self._attributes[name])
        if not isinstance(found, kind):
            raise ValueError(f"its attribute {name} is of another kind than it should be")
        return found

    def int(self, name: str, default: int) -> int:
        """A whole number."""
        return self.attribute(name, int, default)

    def float(self, name: str, default: float) -> float:
        """A number."""
        return float(self.attribute(name, (float, int), default))  # type: ignore[arg-type]

    def text(self, name: str, default: str) -> str:
        """A word."""
        return self.attribute(name, bytes, default.encode()).decode(errors="replace")

    def ints(self, name: str, place: int | None, default: Sequence[int] | None) -> list[int] | None:
        """Whole numbers, as an attribute or, in later versions of ONNX, as the input at ``place``."""
        if name in self._attributes:
            found = onnx.helper.get_attribute_value(self._attributes[name])
            found = [found] if isinstance(found, int) else found
            if not isinstance(found, Sequence) or not all(isinstance(number, int) for number in found):
                raise ValueError(f"its attribute {name} must be whole numbers")
            return list(found)
        tensor = None if place is None else self.input(place)
        if tensor is None:
            return None if default is None else list(default)
        if not isinstance(tensor, Constant) or tensor.array.dtype.kind not in "iu":
            raise ValueError(f"its {name} must be constant whole numbers")
        return [int(number) for number in tensor.array.reshape(-1)]

    def number(self, name: str, place: int, default: float | None) -> float | None:
        """A number, as an attribute or as the input at ``place``."""
        if name in self._attributes:
            return self.float(name, 0.0)
        tensor = self.input(place)
        if tensor is None:
            return default
        if not isinstance(tensor, Constant) or tensor.array.size != 1:
            raise ValueError(f"its {name} must be a constant number")
        return float(tensor.array.reshape(-1)[0])

    def slices(self, rank: int) -> list[tuple[int, int, int, int]]:
        """Axis, start, end and step of what a ``Slice`` takes."""
        starts, ends = self.ints("starts", 1, None), self.ints("ends", 2, None)
        if starts is None or ends is None:
            raise ValueError("it does not say from where to where")
        axes = self.ints("axes", 3, range(len(starts)))
        steps = self.ints("steps", 4, [1] * len(starts))
        assert axes is not None and steps is not None
        if not len(starts) == len(ends) == len(axes) == len(steps) or any(not -rank <= axis < rank for axis in axes):
            raise ValueError(f"its starts, ends, axes and steps do not fit a tensor of {rank} axes")
        return [(axis % rank, *cut) for axis, *cut in zip(axes, starts, ends, steps, strict=True)]

    def split_sizes(self, size: int) -> list[int]:
        """The sizes of the parts of a ``Split`` along an axis of this size."""
        sizes = self.ints("split", 1, None)
        if sizes is None:
            number = self.int("num_outputs", len(self.proto.output))
            if number < 1:
                raise ValueError("it has no outputs")
            part = -(-size // number)
            sizes = [min(part, size - i * part) for i in range(number)]
        if sum(sizes) != size or min(sizes) < 1:
            raise ValueError(f"its parts {sizes} do not make up the {size} along its axis")
        return sizes


def value_of(node: onnx.NodeProto) -> np.ndarray:
    """What a ``Constant`` yields."""
    if len(node.attribute) == 1:
        [attribute] = node.attribute
        found = onnx.helper.get_attribute_value(attribute)
        if attribute.name == "value" and isinstance(found, onnx.TensorProto):
            return onnx.numpy_helper.to_array(found)
        if attribute.name in ("value_int", "value_ints"):
            return np.array(found, np.int64)
        if attribute.name in ("value_float", "value_floats"):
            return np.array(found, np.float32)
    raise ValueError("only constants of numbers are supported")
