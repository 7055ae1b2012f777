"""Cutting off, putting around, and parts of the channels."""

from __future__ import annotations

from .joins import concat, zeros
from .layout import CHANNELS, COLUMNS, ROWS, place_of, plain, runs_over, whole, with_axis
from .network import Layers
from .values import Tensor, Value
from .weighted import layer_input


def sliced(net: Layers, tensor: Tensor, axis: int, start: int, end: int, step: int = 1) -> Value:
    """From ``start`` to before ``end`` along an axis, as Python counts."""
    value = net.ordered(layer_input(tensor))
    place = place_of(axis, len(value.axes))
    size = value.sizes()[place]
    if step < 1:
        raise ValueError(f"a step of {step} is not supported")
    start, end, _ = slice(start, end).indices(size)
    if start >= end:
        raise ValueError(f"nothing is left of the {size} along its axis {axis}")
    if (start, end) == (0, size) and step == 1:
        return value
    channels, height, width = value.seen
    if runs_over(value.axes, place, channels) and channels > 1:
        return _channels(net, value, place, start, end, step)
    for of, side in ((ROWS, height), (COLUMNS, width)):
        if value.axes[place] == whole(of, side) and side > 1:
            return value.look(place, of, start, end, step)
    raise ValueError(f"axis {axis} cannot be cut: only channels, rows and columns can")


def _channels(net: Layers, value: Value, place: int, start: int, end: int, step: int) -> Value:
    if step != 1:
        raise ValueError(f"every {step}-th channel cannot be taken alone")
    value = net.settled(value)
    number = end - start
    given = {"first": start} if start else {}
    axes = with_axis(value.axes, place, whole(CHANNELS, number))
    return net.add("truncate", [value], (number, *value.shape[1:]), axes=axes, channels=number, **given)


def padded(net: Layers, tensor: Tensor, around: dict[int, tuple[int, int]], fill: float) -> Value:
    """So many more places before and after along axes; fewer where negative."""
    value = layer_input(tensor)
    channels = (0, 0)
    for axis, (low, high) in around.items():
        if (low, high) == (0, 0):
            continue
        place = place_of(axis, len(value.axes))
        if value.axes != plain(net.images, value.seen) or place == 0:
            raise ValueError(f"nothing can be put along its axis {axis}: only along channels, rows and columns of images")
        size = value.seen[place - 1]
        if size + low + high < 1:
            raise ValueError(f"nothing is left of the {size} along its axis {axis}")
        if place == 1:
            channels = (low, high)
        else:
            value = value.look(place, (ROWS, COLUMNS)[place - 2], -low, size + high, 1, fill)
    return value if channels == (0, 0) else _more_channels(net, value, *channels, fill)


def _more_channels(net: Layers, value: Value, low: int, high: int, fill: float) -> Value:
    """Channels of zeros before and after, as the shortcuts of the first residual networks have them."""
    if fill != 0 and max(low, high) > 0:
        raise ValueError(f"channels of {fill} cannot be put beside others, only zeros")
    channels = value.seen[0]
    if min(low, high) < 0:
        value = sliced(net, value, 1, max(-low, 0), channels - max(-high, 0))
    value = net.settled(value)
    parts = [zeros(net, value, low)] if low > 0 else []
    parts.append(value)
    parts += [zeros(net, value, high)] if high > 0 else []
    return concat(net, parts, 1)
