"""How the numbers of a layer's output lie in a tensor: over which of images, channels, rows and columns each axis runs.

Reshaping, transposing, squeezing and flattening move no number between layers, so none of them becomes a layer. They change the
layout of a value, and only where a layer is to read it must the layout be one that layers have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import NamedTuple

Shape = tuple[int, int, int]
"""Channels, height and width."""

IMAGES, CHANNELS, ROWS, COLUMNS = "images", "channels", "rows", "columns"


class Atom(NamedTuple):
    """A part of a dimension: ``size`` places that are ``stride`` apart."""

    of: str
    size: int
    stride: int


Axis = tuple[Atom, ...]
"""The parts that an axis runs over, the outermost first; none where its size is 1."""
Axes = tuple[Axis, ...]


def whole(of: str, size: int) -> Axis:
    """An axis that runs over one whole dimension."""
    return () if size == 1 else (Atom(of, size, 1),)


def plain(images: int, shape: Shape) -> Axes:
    """Images x channels x rows x columns, as layers read and yield them."""
    sizes = (images, *shape)
    return tuple(whole(of, size) for of, size in zip((IMAGES, CHANNELS, ROWS, COLUMNS), sizes, strict=True))


def sizes(axes: Axes) -> list[int]:
    """The shape of a tensor of this layout."""
    return [prod(atom.size for atom in axis) for axis in axes]


def times(shape: Iterable[int]) -> str:
    """A shape for people."""
    return " x ".join(map(str, shape))


def reshape(axes: Axes, shape: Sequence[int]) -> Axes:
    """The layout after a reshape to ``shape``, where one size may be -1."""
    before = sizes(axes)
    total, known = prod(before), prod(size for size in shape if size != -1)
    if list(shape).count(-1) == 1 and known > 0 and total % known == 0:
        shape = [total // known if size == -1 else size for size in shape]
    if any(size < 1 for size in shape) or prod(shape) != total:
        raise ValueError(f"{times(before)} cannot become {times(shape)}")
    left = [atom for axis in reversed(axes) for atom in reversed(axis)]
    result = []
    for size in shape:
        axis: list[Atom] = []
        while size > 1:
            atom = left.pop()
            if size % atom.size == 0:
                part, size = atom, size // atom.size
            elif atom.size % size == 0:
                inner = atom.size // size
                part, size = Atom(atom.of, size, atom.stride * inner), 1
                left.append(Atom(atom.of, inner, atom.stride))
            else:
                raise ValueError(f"{times(before)} becomes {times(shape)}, which mixes {atom.of} with what stands beside them")
            if axis and axis[-1].of == part.of and axis[-1].stride == part.stride * part.size:
                part = Atom(part.of, axis.pop().size * part.size, part.stride)
            axis.append(part)
        result.append(tuple(axis))
    return tuple(result)


def transpose(axes: Axes, order: Sequence[int]) -> Axes:
    """The layout after the axes are put in this order."""
    if sorted(place % len(axes) for place in order) != list(range(len(axes))):
        raise ValueError(f"{list(order)} is no order of {len(axes)} axes")
    return tuple(axes[place] for place in order)


def parts(axes: Axes, of: str) -> list[int]:
    """The axes that run over some of this dimension."""
    return [place for place, axis in enumerate(axes) if any(atom.of == of for atom in axis)]


def shuffled(axis: Axis, channels: int) -> int | None:
    """The groups of a channel shuffle, where the axis runs over all channels in the order that one yields."""
    if len(axis) != 2:
        return None
    outer, inner = axis
    groups = inner.size
    shuffle = (Atom(CHANNELS, channels // groups, 1), Atom(CHANNELS, groups, channels // groups))
    return groups if channels % groups == 0 and axis == shuffle else None


def runs_over(axes: Axes, place: int, channels: int) -> bool:
    """Whether the axis at ``place`` runs over the channels, and no other axis does."""
    return axes[place] == whole(CHANNELS, channels) and parts(axes, CHANNELS) in ([], [place])


def with_axis(axes: Axes, place: int, axis: Axis) -> Axes:
    """The layout with another axis at ``place``."""
    return (*axes[:place], axis, *axes[place + 1 :])


def place_of(axis: int, rank: int) -> int:
    """An axis counted from the front, where a negative one is counted from the end."""
    if not -rank <= axis < rank:
        raise ValueError(f"there is no axis {axis} in a tensor of {rank} axes")
    return axis % rank
