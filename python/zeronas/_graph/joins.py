"""Nodes with several inputs: sums, products, tensors put side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .layout import CHANNELS, place_of, runs_over, times, whole, with_axis
from .network import Layers
from .scalar import keeps
from .values import Constant, Moment, Noise, Tensor, Value
from .weighted import layer_input, layer_norm, per_channel


def binary(net: Layers, function: str, one: Tensor, other: Tensor) -> Tensor:
    """``add``, ``sub``, ``mul``, ``div``, ``max``, ``min`` or ``pow`` of two tensors, number by number."""
    if isinstance(one, Moment) or isinstance(other, Moment):
        return _moment(net, function, one, other)
    if isinstance(one, Noise) or isinstance(other, Noise):
        return _noisy(net, function, one, other)
    if isinstance(one, Value) and isinstance(other, Value):
        return _both(net, function, one, other)
    if isinstance(one, Constant) and function in ("add", "mul", "max", "min"):
        one, other = other, one
    if isinstance(one, Constant):
        value = layer_input(other)
        number = _number(one, function)
        return _mapped(value, function, number, value.expr, node=net.node)
    value = layer_input(one)
    if not isinstance(other, Constant):
        raise ValueError("it reads what is no layer's output")
    if other.number is not None:
        return _mapped(value, function, value.expr, other.number, node=net.node)
    if function in ("add", "mul"):
        return per_channel(net, value, other, function)
    return _mapped(value, function, value.expr, _number(other, function), node=net.node)


def _number(constant: Constant, function: str) -> float:
    if constant.number is None:
        what = f"the parameter `{constant.parameter}`" if constant.parameter else f"constants of {times(constant.array.shape)}"
        raise ValueError(f"{function} with {what} is no layer")
    return constant.number


def unary(net: Layers, function: str, tensor: Tensor, *more: float) -> Tensor:
    """A function of every number, as :mod:`.scalar` knows it."""
    if isinstance(tensor, Noise):
        return tensor
    if isinstance(tensor, Moment):
        return _moment(net, function, tensor, None)
    value = layer_input(tensor)
    return _mapped(value, function, value.expr, *more, node=net.node)


def _mapped(value: Value, function: str, *args: object, node: str) -> Value:
    if value.softmax is not None:
        raise ValueError(f"the softmax of node `{value.softmax}` is read; one is left out at the end only")
    mapped = value.map(function, *args, node=node)
    if value.frame.is_padded and not keeps(mapped.expr, value.frame.fill):
        raise ValueError("it changes what is put around an image")
    return mapped


def _both(net: Layers, function: str, one: Value, other: Value) -> Value:
    """Two outputs of layers, or two functions of one."""
    alike = [replace(value, expr=None) for value in (one, other)]  # type: ignore[arg-type]
    if alike[0] == alike[1]:
        return _mapped(one, function, one.expr, other.expr, node=net.node)
    if function not in ("add", "mul"):
        raise ValueError(f"{function} of the outputs of two layers is no layer")
    return summed(net, [one, other]) if function == "add" else _product(net, one, other)


def summed(net: Layers, tensors: Sequence[Tensor]) -> Value:
    """The sum of outputs of layers, all of one shape."""
    values = [net.settled(layer_input(tensor)) for tensor in tensors]
    if len({value.axes for value in values}) > 1 or len({value.shape for value in values}) > 1:
        shapes = {tuple(value.sizes()) for value in values}
        if len(shapes) > 1:
            raise ValueError(f"only tensors of one shape can be added, not {' and '.join(map(times, sorted(shapes)))}")
        values = [net.as_map(value) if len(value.axes) == 4 else net.as_vector(value) for value in values]
    return net.add("sum", values, values[0].shape, axes=values[0].axes)


def _product(net: Layers, one: Value, other: Value) -> Value:
    """A map times a map, or a map times a vector of as many channels."""
    values = [net.settled(value) for value in (one, other)]
    rank = max(len(value.axes) for value in values)
    axes = [((),) * (rank - len(value.axes)) + value.axes for value in values]
    fits = all(a == b or () in (a, b) for a, b in zip(*axes, strict=True))
    a, b = (value.shape for value in values)
    if not fits or a[0] != b[0] or a != b and (1, 1) not in (a[1:], b[1:]):
        shapes = " and ".join(times(value.sizes()) for value in values)
        raise ValueError(
            f"only maps of one shape, or a map and a number to each of its channels, can be multiplied, not {shapes}"
        )
    # The vector must run over the channels where the map does.
    places = [{place for place, axis in enumerate(each) if axis == whole(CHANNELS, a[0])} for each in axes]
    if a[0] > 1 and places[0] != places[1]:
        raise ValueError("a number to each channel must stand at the axis of the channels")
    wide = 0 if a[1] * a[2] >= b[1] * b[2] else 1
    return net.add("mul", values, (a, b)[wide], axes=axes[wide])


def concat(net: Layers, tensors: Sequence[Tensor], axis: int) -> Value:
    """Channels side by side. Zeros may be among them."""
    if not any(isinstance(tensor, Value) for tensor in tensors):
        raise ValueError("it reads no layer")
    known = {place: net.ordered(net.settled(tensor)) for place, tensor in enumerate(tensors) if isinstance(tensor, Value)}
    first = next(iter(known.values()))
    place = place_of(axis, len(first.axes))
    parts = []
    for i, tensor in enumerate(tensors):
        if isinstance(tensor, Constant) and tensor.is_all(0) and tensor.array.ndim == len(first.axes):
            parts.append(zeros(net, first, tensor.array.shape[place]))
            continue
        value = known.get(i)
        if value is None:
            raise ValueError(f"it reads {'constants that are not 0' if isinstance(tensor, Constant) else 'what is no layer'}")
        parts.append(value)
    first = parts[0]
    others = {with_axis(part.axes, place, ()) for part in parts}
    if len(others) > 1 or len({part.shape[1:] for part in parts}) > 1:
        shapes = " and ".join(sorted({times(part.sizes()) for part in parts}))
        raise ValueError(f"only channels of tensors of one size can be put side by side, not {shapes}")
    if not all(runs_over(part.axes, place, part.shape[0]) for part in parts):
        raise ValueError(f"only channels can be put side by side, and axis {axis} is another")
    if len(parts) == 1:
        return first
    channels = sum(part.shape[0] for part in parts)
    axes = with_axis(first.axes, place, whole(CHANNELS, channels))
    return net.add("concat", parts, (channels, *first.shape[1:]), axes=axes)


def zeros(net: Layers, value: Value, channels: int) -> Value:
    """Channels of zeros beside those of a value, settled."""
    given = {} if channels == value.shape[0] else {"channels": channels}
    shape = (channels, *value.shape[1:])
    place = next((place for place, axis in enumerate(value.axes) if axis == whole(CHANNELS, value.shape[0])), 1)
    node = f"{net.node}.zero"
    return net.add("zero", [value], shape, node=node, axes=with_axis(value.axes, place, whole(CHANNELS, channels)), **given)


def _noisy(net: Layers, function: str, one: Tensor, other: Tensor) -> Tensor:
    """Random numbers scaled stay random numbers; a layer's output times them is stochastic depth, which only training knows."""
    value, noise = (one, other) if isinstance(one, Value) else (other, one)
    if not isinstance(value, Value):
        return Noise()
    if function not in ("mul", "div") or not isinstance(noise, Noise):
        raise ValueError(f"{function} with random numbers is no layer")
    net.removed["stochastic depth"] += 1
    return value


def _moment(net: Layers, function: str, one: Tensor, other: Tensor | None) -> Tensor:
    """The steps of a layer norm that a graph spells out: (x - mean) / sqrt(mean((x - mean)^2) + eps)."""
    number = other.number if isinstance(other, Constant) else None
    match (one, function, other):
        case Value(), "sub", Moment("mean", of, place) if of == one:
            return Moment("centred", of, place)
        case Moment("centred", of, place), "pow", _ if number == 2:
            return Moment("squared", of, place)
        case Moment("centred", of, place), "mul", _ if one == other:
            return Moment("squared", of, place)
        case Moment("variance", of, place), "add", _ if number is not None:
            return Moment("variance", of, place, number)
        case Constant(), "add", Moment("variance", of, place) if one.number is not None:
            return Moment("variance", of, place, one.number)
        case Moment("variance", of, place, eps), "sqrt", None:
            return Moment("deviation", of, place, eps)
        case Moment("variance", of, place, eps), "pow", _ if number == 0.5:
            return Moment("deviation", of, place, eps)
        case Moment("centred", of, place), "div", Moment("deviation", same, _, eps) if of == same and eps == eps:
            return layer_norm(net, of, place, None, None, eps)
    raise ValueError(f"{function} with a mean over channels is no layer, but as a step of a layer norm")


def moment_mean(tensor: Moment, axes: Sequence[int], keep: bool) -> Moment:
    """The mean of the squares: the variance."""
    rank = len(tensor.of.axes)
    if tensor.step != "squared" or not keep or [place_of(axis, rank) for axis in axes] != [tensor.place]:
        raise ValueError("a mean of this is no layer, but as a step of a layer norm")
    return Moment("variance", tensor.of, tensor.place)
