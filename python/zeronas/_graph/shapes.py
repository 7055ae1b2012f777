"""Views, cuts, and what is put around: other forms of a tensor that holds what layers yield."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from math import prod

from .joins import concat, zeros
from .layout import CHANNELS, COLUMNS, ROWS, place_of, plain, reshape, runs_over, transpose, whole, with_axis
from .network import Layers
from .values import Tensor, Value
from .weighted import layer_input


def reshaped(value: Value, sizes: Sequence[int]) -> Value:
    """The same numbers in another form; one size may be -1."""
    return replace(value, axes=reshape(value.axes, list(sizes)))


def permuted(value: Value, order: Sequence[int]) -> Value:
    """The axes in another order."""
    return replace(value, axes=transpose(value.axes, order))


def swapped(value: Value, one: int, other: int) -> Value:
    """Two axes in each other's place."""
    order = list(range(len(value.axes)))
    one, other = place_of(one, len(order)), place_of(other, len(order))
    order[one], order[other] = other, one
    return permuted(value, order)


def squeezed(value: Value, axes: Sequence[int] | None, strict: bool = False) -> Value:
    """Without those of the axes, or of all, that have one place; ``strict`` refuses those that have more."""
    sizes = value.sizes()
    places = {place_of(axis, len(sizes)) for axis in (range(len(sizes)) if axes is None else axes)}
    if strict and axes is not None and any(sizes[place] != 1 for place in places):
        raise ValueError("only axes of one place can be dropped")
    return reshaped(value, [size for place, size in enumerate(sizes) if size != 1 or place not in places])


def unsqueezed(value: Value, axes: Sequence[int]) -> Value:
    """With axes of one place at these places of the result."""
    sizes = iter(value.sizes())
    rank = len(value.axes) + len(axes)
    places = {place_of(axis, rank) for axis in axes}
    if len(places) != len(axes):
        raise ValueError("it names an axis twice")
    return reshaped(value, [1 if place in places else next(sizes) for place in range(rank)])


def flattened(value: Value, start: int, end: int) -> Value:
    """The axes from ``start`` to before ``end`` as one."""
    sizes = value.sizes()
    return reshaped(value, [*sizes[:start], prod(sizes[start:end]), *sizes[end:]])


def picked(net: Layers, value: Value, axis: int, place: int) -> Value:
    """One place of an axis, and the axis gone."""
    axis = place_of(axis, len(value.axes))
    place = place_of(place, value.sizes()[axis])
    return squeezed(sliced(net, value, axis, place, place + 1), [axis])


def split(net: Layers, value: Value, axis: int, sizes: Sequence[int] | int) -> list[Tensor]:
    """Parts of these sizes along an axis, or of one size but for the last."""
    axis = place_of(axis, len(value.axes))
    whole_size = value.sizes()[axis]
    if isinstance(sizes, int):
        sizes = [min(sizes, whole_size - start) for start in range(0, whole_size, sizes)] if sizes > 0 else []
    if sum(sizes) != whole_size or min(sizes) < 1:
        raise ValueError(f"its parts {list(sizes)} do not make up the {whole_size} along its axis")
    ends = list(accumulate(sizes))
    return [sliced(net, value, axis, end - size, end) for size, end in zip(sizes, ends, strict=True)]


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
