"""Layers with parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .layout import CHANNELS, place_of, runs_over, times, whole, with_axis
from .network import Layers
from .scalar import short
from .values import Constant, Tensor, Value
from .window import count, pair, settings


def layer_input(tensor: Tensor) -> Value:
    """The tensor as what a layer yields."""
    if not isinstance(tensor, Value):
        kind = "a constant" if isinstance(tensor, Constant) else "no layer's output"
        raise ValueError(f"it reads what is {kind}")
    return tensor


def constant(what: str, tensor: Tensor | None) -> Constant:
    """The tensor as a parameter."""
    if not isinstance(tensor, Constant):
        raise ValueError(f"its {what} is {'missing' if tensor is None else 'no constant'}")
    return tensor


def conv(
    net: Layers,
    tensor: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    *,
    stride: Sequence[int] | int,
    padding: Sequence[int],
    dilation: Sequence[int] | int,
    groups: int,
) -> Value:
    """A convolution; ``padding`` is that of top, left, bottom and right."""
    value, weight = layer_input(tensor), constant("weight", weight)
    if weight.array.ndim != 4 or len(value.axes) != 4:
        raise ValueError("only convolutions of images are supported")
    value, around = net.unpadded(net.computed(value))
    if any(around) and value.frame.fill != 0:
        raise ValueError(f"what is put around its images is {value.frame.fill}, not 0")
    value = net.as_map(value)
    channels, height, width = value.shape
    out, taken, *kernel = weight.array.shape
    if groups < 1 or taken * groups != channels or out % groups:
        raise ValueError(f"its weight is {times(weight.array.shape)} in {groups} groups, its input has {channels} channels")
    top, left, bottom, right = (a + b for a, b in zip(padding, around, strict=True))
    (down, across), (far_down, far_across) = pair("stride", stride), pair("dilation", dilation)
    shape = (
        out,
        count(height, kernel[0], down, top + bottom, far_down),
        count(width, kernel[1], across, left + right, far_across),
    )
    net.own(weight)
    given = settings(
        kernel=(kernel, 0),
        stride=((down, across), 1),
        padding=((top, left, bottom, right), 0),
        dilation=((far_down, far_across), 1),
    )
    if groups != 1:
        given["groups"] = groups
    return net.add("conv", [value], shape, weights=_with_bias(given, weight, bias, out), channels=out, **given)


def linear(net: Layers, tensor: Tensor, weight: Tensor | None, bias: Tensor | None) -> Value:
    """Weight x + bias along the last axis, the weight being features x channels. On a map it is a convolution of one pixel."""
    value, weight = layer_input(tensor), constant("weight", weight)
    if weight.array.ndim != 2:
        raise ValueError(f"its weight is {times(weight.array.shape)}, which is no matrix")
    features, taken = weight.array.shape
    value = net.settled(value)
    last = len(value.axes) - 1
    of_map = last > 1 and runs_over(value.axes, last, value.shape[0])
    if not of_map:
        value = net.as_vector(value)
    if taken != value.shape[0]:
        raise ValueError(f"its weight takes {taken} features, its input has {value.shape[0]}")
    net.own(weight)
    given: dict[str, object] = {}
    weights = _with_bias(given, weight, bias, features)
    axes = with_axis(value.axes, len(value.axes) - 1, whole(CHANNELS, features))
    shape = (features, *value.shape[1:])
    if shape[1:] != (1, 1):
        weights["weight"] = replace(weight, array=weight.array[:, :, None, None])
        return net.add("conv", [value], shape, axes=axes, weights=weights, channels=features, kernel=1, **given)
    # Linear layers have a bias unless told otherwise.
    given = {} if given else {"bias": False}
    return net.add("linear", [value], shape, axes=axes, weights=weights, features=features, **given)


def _with_bias(given: dict[str, object], weight: Constant, bias: Tensor | None, out: int) -> dict[str, Constant | None]:
    """The parameters of a layer. A bias of zeros that the exporter wrote itself is none."""
    if bias is None or isinstance(bias, Constant) and bias.is_all(0):
        return {"weight": weight}
    bias = constant("bias", bias)
    if bias.array.size != out:
        raise ValueError(f"its bias must be {out} numbers, not {times(bias.array.shape)}")
    given["bias"] = True
    return {"weight": weight, "bias": replace(bias, array=bias.array.reshape(-1))}


def batch_norm(net: Layers, tensor: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float) -> Value:
    """A batch norm. A scale of ones and a shift of zeros that the exporter wrote itself are none."""
    value = layer_input(tensor)
    return _norm("batch_norm", net, value, 1, weight, bias, eps)


def layer_norm(net: Layers, tensor: Tensor, place: int, weight: Tensor | None, bias: Tensor | None, eps: float) -> Value:
    """A layer norm along the axis at ``place``, which must be that of the channels."""
    value = layer_input(tensor)
    return _norm("layer_norm", net, value, place_of(place, len(value.axes)), weight, bias, eps)


def _norm(op: str, net: Layers, value: Value, place: int, weight: Tensor | None, bias: Tensor | None, eps: float) -> Value:
    if len(value.axes) < 2:
        raise ValueError("it must read images x channels")
    value = net.ordered(net.settled(value))
    channels = value.shape[0]
    if not runs_over(value.axes, place, channels):
        raise ValueError(f"only the channels of each pixel can be normalised together, not {times(value.sizes())}")
    scale, shift = (None if part is None else constant(what, part) for what, part in (("scale", weight), ("shift", bias)))
    if scale is not None and scale.is_all(1) and (shift is None or shift.is_all(0)):
        scale = shift = None
    parameters = {"weight": scale, "bias": shift}
    if scale is None and shift is None:
        given: dict[str, object] = {"affine": False}
    else:
        given = {}
        for what, part in parameters.items():
            if part is None:
                raise ValueError(f"a norm has both a scale and a shift, or neither; this one has no {what}")
            if part.array.size != channels:
                raise ValueError(f"its {what} must be {channels} numbers, not {times(part.array.shape)}")
            parameters[what] = replace(part, array=part.array.reshape(-1))
    if not 0 <= eps < float("inf"):
        raise ValueError(f"eps is {eps}")
    if short(eps) != 1e-5:
        given["eps"] = short(eps)
    return net.add(op, [value], value.shape, axes=value.axes, weights=parameters, **given)


def per_channel(net: Layers, value: Value, numbers: Constant, function: str) -> Value:
    """Every channel times or plus a number of its own: a layer scale, or a part of the layer before."""
    if numbers.made_of:
        raise ValueError(f"its numbers are computed from `{min(numbers.made_of)}`; only parameters themselves can stand here")
    value = net.ordered(value)
    place, channels = _channels_of(value, numbers), value.seen[0]
    numbers = replace(numbers, array=numbers.array.reshape(-1))
    if function == "mul":
        value, first = net.settled(value), float(numbers.array[0])
        given = {"init": short(first)} if first != 1 and np.all(numbers.array == first) else {}
        if not runs_over(value.axes, place, channels):
            raise ValueError("only every channel can have a number of its own")
        return net.add("scale", [value], value.shape, axes=value.axes, weights={"weight": numbers}, **given)
    form = net.unread(value)
    if form is not None and form["op"] in ("conv", "linear") and not form.get("bias", form["op"] == "linear"):
        form.pop("bias", None)
        return net.completed(value, "bias", numbers, **({"bias": True} if form["op"] == "conv" else {}))
    if form is not None and form["op"] == "scale" and (norm := net.withdrawn(value)) is not None:
        return _affine(net, *norm, numbers)
    raise ValueError(f"its {channels} numbers, one to a channel, cannot become a part of a layer here")


def _affine(net: Layers, value: Value, scale: np.ndarray, shift: Constant) -> Value:
    """A norm with the scale and shift that stand behind it, as Caffe has them."""
    form = net.unread(value)
    assert form is not None
    name = value.layer
    if form.pop("affine", True):
        net.merged += 1
    own_scale, own_shift = (net.weights.get(f"{name}.{part}", start) for part, start in (("weight", 1.0), ("bias", 0.0)))
    net.weights[f"{name}.weight"] = own_scale * scale
    return net.completed(value, "bias", replace(shift, array=own_shift * scale + shift.array))


def _channels_of(value: Value, numbers: Constant) -> int:
    """The axis along which a constant has a number for every channel."""
    shape, rank = numbers.array.shape, len(value.axes)
    wide = [place - len(shape) + rank for place, size in enumerate(shape) if size != 1]
    if not wide and value.seen[0] == 1 and len(shape) <= rank and rank in (2, 4):
        return 1
    if len(shape) > rank or len(wide) > 1 or not wide or value.sizes()[wide[0]] != numbers.array.size:
        raise ValueError(f"constants of {times(shape)} and a tensor of {times(value.sizes())} cannot be put together")
    if value.axes[wide[0]] != whole(CHANNELS, value.seen[0]):
        raise ValueError("constants must have one number to a channel")
    return wide[0]
