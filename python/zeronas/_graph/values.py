"""What flows through a graph while it is read: outputs of layers, constants, and random numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from .layout import ROWS, Axes, Shape, sizes, whole
from .scalar import Expr, X
from .window import Sides


class Frame(NamedTuple):
    """The part of an image that is looked at: rows and columns cut off, or put around where negative, then every so many-th."""

    margin: Sides = Sides()
    step: tuple[int, int] = (1, 1)
    fill: float = 0.0

    def size(self, shape: Shape) -> Shape:
        """The shape of what is looked at."""
        channels, height, width = shape
        top, left, bottom, right = self.margin
        down, across = self.step
        return channels, -(-(height - top - bottom) // down), -(-(width - left - right) // across)

    @property
    def is_padded(self) -> bool:
        return min(self.margin) < 0


@dataclass(frozen=True)
class Value:
    """A layer's output, as a tensor of the graph has it.

    What needs no layer by itself stays pending until a layer reads the value: a function of every number, the part of the image
    that is looked at, and the order of the numbers.
    """

    layer: str
    shape: Shape
    """Of the layer's output."""
    axes: Axes
    stage: int = 0
    """How often a parameter has been added to the layer since."""
    expr: Expr = X
    frame: Frame = Frame()
    softmax: str | None = None
    """The softmax that was left out, after which nothing may come."""

    @property
    def seen(self) -> Shape:
        """The shape of the part that is looked at."""
        return self.frame.size(self.shape)

    def sizes(self) -> list[int]:
        return sizes(self.axes)

    def map(self, function: str, *more: Any, node: str) -> Value:
        """A function of every number; ``more`` are its other arguments, among them where ``x`` stands if it is not the first."""
        args = more if any(isinstance(arg, Expr) for arg in more) else (self.expr, *more)
        return replace(self, expr=Expr(function, args, node))

    def look(self, place: int, of: str, start: int, end: int, step: int, fill: float = 0.0) -> Value:
        """From ``start`` to ``end`` of the rows or columns, which are the axis at ``place``; beyond the image is padding."""
        vertical = of == ROWS
        size = self.seen[1 if vertical else 2]
        if self.axes[place] != whole(of, size):
            raise ValueError("only whole rows and columns can be cut off")
        if start < 0 and self.frame.is_padded and fill != self.frame.fill:
            raise ValueError("padding of two kinds cannot be put around one image")
        i = 0 if vertical else 1
        margin, steps = list(self.frame.margin), list(self.frame.step)
        number = -(-(end - start) // step)
        low = margin[i] + start * steps[i]
        steps[i] *= step
        margin[i], margin[i + 2] = low, self.shape[1 + i] - low - ((number - 1) * steps[i] + 1)
        fill = fill if start < 0 or end > size else self.frame.fill
        axes = list(self.axes)
        axes[place] = whole(of, number)
        return replace(self, axes=tuple(axes), frame=Frame(Sides(*margin), (steps[0], steps[1]), fill))


@dataclass(frozen=True)
class Constant:
    """Numbers that no image changes."""

    array: np.ndarray
    parameter: str | None = None
    """What they are called where they are a parameter of the network, and no number that the graph's author wrote."""
    made_of: frozenset[str] = frozenset()
    """The parameters that they are computed of, where they are none themselves."""

    @property
    def number(self) -> float | None:
        """The one number, if it is no parameter."""
        return float(self.array.reshape(-1)[0]) if self.array.size == 1 and not (self.parameter or self.made_of) else None

    def is_all(self, number: float) -> bool:
        """Whether the graph's author wrote this number everywhere."""
        own = self.parameter is None and not self.made_of
        return own and self.array.size > 0 and bool(np.all(self.array == number))


@dataclass(frozen=True)
class Noise:
    """Random numbers, with which stochastic depth multiplies."""

    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class Moment:
    """A step on the way to a layer norm that the graph spells out: of ``of``, over its axis ``place``."""

    step: str
    of: Value
    place: int
    eps: float = math.nan


@dataclass(frozen=True)
class Parts:
    """Several tensors, of which the graph takes one after another."""

    tensors: tuple[Any, ...]


Tensor = Value | Constant | Noise | Moment | Parts
