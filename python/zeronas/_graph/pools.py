"""Pools, and means and maxima over rows and columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from .layout import CHANNELS, COLUMNS, ROWS, parts, place_of, plain, whole, with_axis
from .network import Layers
from .values import Moment, Tensor, Value
from .weighted import layer_input
from .window import count, count_ceil, pair, settings

NEVER_NEGATIVE = ("relu", "relu6", "sigmoid", "hard_sigmoid")


def pool(
    net: Layers,
    tensor: Tensor,
    op: str,
    *,
    kernel: Sequence[int] | int,
    stride: Sequence[int] | int,
    padding: Sequence[int],
    ceil: bool,
    counts_padding: bool = False,
) -> Value:
    """``average_pool`` or ``max_pool``; over the whole image it is a global one. ``padding`` is that of top, left, bottom and right."""
    value = layer_input(tensor)
    if len(value.axes) != 4:
        raise ValueError("only pools over images are supported")
    value, around = _padded(net, net.computed(value), op, padding)
    if any(around):
        padding, counts_padding = around, True
    value = net.as_map(value)
    channels, height, width = value.shape
    kernels, strides = pair("kernel", kernel), pair("stride", stride)
    top, left, bottom, right = padding
    # As `docs/network.md` has it, and PyTorch.
    if any(2 * side > kernels[i % 2] for i, side in enumerate((top, left, bottom, right))):
        raise ValueError(f"its padding {list(padding)} is more than half its kernel {list(kernels)}")
    sides = ((height, kernels[0], strides[0], top, bottom), (width, kernels[1], strides[1], left, right))
    inside = [count(size, k, step, low + high) for size, k, step, low, high in sides]
    over = [count_ceil(size, k, step, low, high) for size, k, step, low, high in sides]
    number = over if ceil else inside
    if number == [1, 1] and kernels == (height, width) and not any(padding):
        return net.add({"average_pool": "global_average", "max_pool": "global_max"}[op], [value], (channels, 1, 1))
    if kernels == (1, 1) and strides == (1, 1):
        return value
    given: dict[str, object] = settings(kernel=(kernels, 0), stride=(strides, 1), padding=((top, left, bottom, right), 0))
    if number != inside:
        given["ceil"] = True
    if op == "average_pool" and any(padding) and counts_padding:
        given["count_include_padding"] = True
    return net.add(op, [value], (channels, number[0], number[1]), **given)


def _padded(net: Layers, value: Value, op: str, padding: Sequence[int]) -> tuple[Value, Sequence[int]]:
    """The value and what a pool must put around it on behalf of the nodes before."""
    fill = value.frame.fill
    source = value.layer
    value, around = net.unpadded(value)
    if any(around):
        if any(padding):
            raise ValueError("it pads images that something was put around already")
        # Zeros never exceed what is never negative.
        harmless = fill == -math.inf or fill == 0 and net.op(source) in NEVER_NEGATIVE
        if op == "average_pool" and fill != 0 or op == "max_pool" and not harmless:
            raise ValueError(f"it reads images with {fill} put around them, which no {op} does")
    return value, around


def adaptive(net: Layers, tensor: Tensor, op: str, size: Sequence[int | None]) -> Value:
    """A pool that yields so many rows and columns, where the image's divide by them."""
    value = layer_input(tensor)
    height, width = value.seen[1:]
    rows, columns = (whole_side if side is None else side for side, whole_side in zip(size, (height, width), strict=True))
    if min(rows, columns) < 1 or height % rows or width % columns:
        raise ValueError(f"it makes {rows} x {columns} pixels of {height} x {width}, which do not divide by them")
    kernel = (height // rows, width // columns)
    return pool(net, value, op, kernel=kernel, stride=kernel, padding=(0, 0, 0, 0), ceil=False)


def reduced(net: Layers, tensor: Tensor, op: str, axes: Sequence[int], keep: bool) -> Tensor:
    """The mean (``average_pool``) or maximum (``max_pool``) over rows, columns or both; ``keep`` keeps their axes."""
    value = layer_input(tensor)
    places = {place_of(axis, len(value.axes)) for axis in axes}
    channels, height, width = value.seen
    if op == "average_pool" and [value.axes[place] for place in places] == [whole(CHANNELS, channels)] and keep and channels > 1:
        return Moment("mean", value, min(places))
    value = net.settled(value)
    over = {atom.of for place in places for atom in value.axes[place]}
    entire = all(set(parts(value.axes, of)) <= places for of in over)
    if not over <= {ROWS, COLUMNS} or not entire or not places:
        raise ValueError("only a mean or maximum over rows and columns is supported")
    kernel = (height if ROWS in over or height == 1 else 1, width if COLUMNS in over or width == 1 else 1)
    left = value.axes
    for place in places:
        left = with_axis(left, place, ())
    if not keep:
        left = tuple(axis for place, axis in enumerate(left) if place not in places)
    # In whatever layout: the rows and columns that are left stay where they are.
    flat = replace(value, axes=plain(net.images, value.shape))
    return replace(pool(net, flat, op, kernel=kernel, stride=kernel, padding=(0, 0, 0, 0), ceil=False), axes=left)
