"""What each kind of node becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .._graph import joins, pools, weighted
from .._graph.layout import place_of
from .._graph.network import Layers
from .._graph.values import Constant, Moment, Noise, Tensor, Value
from .._graph.weighted import layer_input
from .._graph.window import pair, same
from ._node import Node
from ._views import VIEWS

Yield = Tensor | list[Tensor]
Rule = Callable[[Layers, Node], Yield]


def _window(node: Node, value: Value, kernel: Sequence[int]) -> dict[str, Any]:
    """Stride, dilation and the padding of top, left, bottom and right."""
    if len(value.axes) != 4 or len(kernel) != 2:
        raise ValueError("only windows over images are supported")
    stride = pair("stride", node.ints("strides", None, [1, 1]) or [])
    dilation = pair("dilation", node.ints("dilations", None, [1, 1]) or [])
    pads = node.ints("pads", None, [0, 0, 0, 0]) or []
    auto = node.text("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        sides = zip(value.seen[1:], kernel, stride, dilation, strict=True)
        (top, bottom), (left, right) = (same(*side, upper=auto == "SAME_UPPER") for side in sides)
        pads = [top, left, bottom, right]
    elif auto == "VALID":
        pads = [0, 0, 0, 0]
    elif auto != "NOTSET":
        raise ValueError(f"auto_pad {auto} is not supported")
    if len(pads) != 4 or min(pads) < 0:
        raise ValueError(f"its padding {pads} is not that of four sides")
    return {"stride": stride, "dilation": dilation, "padding": pads}


def _conv(net: Layers, node: Node) -> Tensor:
    weight = weighted.constant("weight", node.input(1))
    # PyTorch's exporters fold batch norms into convolutions. The one lists what rewrote a node, the other renames the weight.
    rewritten = any("FuseBatchNorm" in entry.value for entry in node.proto.metadata_props)
    if rewritten or node.proto.input[1].startswith("onnx::Conv_"):
        raise ValueError(
            "a batch norm is folded into it, as exporters do unless told otherwise; "
            "use zeronas.torch.load, or export as zeronas.onnx.load says"
        )
    window = _window(node, layer_input(node.first()), weight.array.shape[2:])
    return weighted.conv(net, node.first(), weight, node.input(2), groups=node.int("group", 1), **window)


def _pool(op: str) -> Rule:
    def rule(net: Layers, node: Node) -> Tensor:
        kernel = node.ints("kernel_shape", None, None)
        if kernel is None:
            raise ValueError("its attribute kernel_shape is missing")
        window = _window(node, layer_input(node.first()), kernel)
        if window.pop("dilation") != (1, 1):
            raise ValueError("a pool's dilation is not supported")
        counts = bool(node.int("count_include_pad", 0))
        return pools.pool(
            net, node.first(), op, kernel=kernel, ceil=bool(node.int("ceil_mode", 0)), counts_padding=counts, **window
        )

    return rule


def _global(op: str) -> Rule:
    def rule(net: Layers, node: Node) -> Tensor:
        return pools.reduced(net, layer_input(node.first()), op, [2, 3], keep=True)

    return rule


def _reduce(op: str) -> Rule:
    def rule(net: Layers, node: Node) -> Tensor:
        tensor = node.first()
        axes, keep = node.ints("axes", 1, None), bool(node.int("keepdims", 1))
        if isinstance(tensor, Moment):
            return joins.moment_mean(tensor, axes or [], keep)
        if not axes:
            raise ValueError("only a mean or maximum over rows and columns is supported")
        return pools.reduced(net, tensor, op, axes, keep)

    return rule


def _gemm(net: Layers, node: Node) -> Tensor:
    if node.int("transA", 0) or node.float("alpha", 1.0) != 1.0 or node.float("beta", 1.0) != 1.0:
        raise ValueError("only x W + b is supported")
    weight = weighted.constant("weight", node.input(1))
    value = layer_input(node.first())
    if len(value.axes) != 2 or weight.array.ndim != 2:
        raise ValueError("only a matrix times a vector is supported")
    if not node.int("transB", 0):
        weight = replace(weight, array=weight.array.T)
    return weighted.linear(net, value, weight, node.input(2))


def _matmul(net: Layers, node: Node) -> Tensor:
    weight = node.input(1)
    if not isinstance(weight, Constant):
        raise ValueError("the product of the outputs of two layers, as in attention, is no layer")
    if weight.array.ndim != 2:
        raise ValueError("only a matrix times a vector is supported")
    return weighted.linear(net, node.first(), replace(weight, array=weight.array.T), None)


def _batch_norm(net: Layers, node: Node) -> Tensor:
    eps = node.float("epsilon", 1e-5)
    return weighted.batch_norm(
        net, node.first(), *(weighted.constant(what, node.input(i)) for i, what in ((1, "scale"), (2, "shift"))), eps
    )


def _layer_norm(net: Layers, node: Node) -> Tensor:
    value = layer_input(node.first())
    place = place_of(node.int("axis", -1), len(value.axes))
    if place != len(value.axes) - 1:
        raise ValueError("only the channels of each pixel can be normalised together")
    return weighted.layer_norm(net, value, place, node.input(1), node.input(2), node.float("epsilon", 1e-5))


def _binary(function: str) -> Rule:
    def rule(net: Layers, node: Node) -> Tensor:
        if len(node.tensors) != 2 or None in node.tensors:
            raise ValueError("it must read two tensors")
        return joins.binary(net, function, node.tensors[0], node.tensors[1])  # type: ignore[arg-type]

    return rule


def _several(function: str) -> Rule:
    def rule(net: Layers, node: Node) -> Tensor:
        tensors = [tensor for tensor in node.tensors if tensor is not None]
        if function == "add" and len(tensors) != 2 and all(isinstance(tensor, Value) for tensor in tensors):
            return joins.summed(net, tensors)
        result, *others = tensors or [node.first()]
        for other in others:
            result = joins.binary(net, function, result, other)
        return result

    return rule


def _unary(function: str, **numbers: float) -> Rule:
    """A function of every number, with its attributes and what they are unless given."""

    def rule(net: Layers, node: Node) -> Tensor:
        return joins.unary(net, function, node.first(), *(node.float(name, usual) for name, usual in numbers.items()))

    return rule


def _clip(net: Layers, node: Node) -> Tensor:
    low, high = node.number("min", 1, -np.inf), node.number("max", 2, np.inf)
    assert low is not None and high is not None
    return joins.unary(net, "clip", node.first(), low, high)


def _gelu(net: Layers, node: Node) -> Tensor:
    return joins.unary(net, "gelu" if node.text("approximate", "none") == "none" else "gelu_tanh", node.first())


def _reciprocal(net: Layers, node: Node) -> Tensor:
    return joins.binary(net, "div", Constant(np.array(1.0)), node.first())


def _leaky_by_slope(net: Layers, node: Node) -> Tensor:
    slope = node.input(1)
    if not isinstance(slope, Constant) or slope.number is None:
        raise ValueError("its slopes are trained, which no layer of zeronas has")
    return joins.unary(net, "leaky_relu", node.first(), slope.number)


def _concat(net: Layers, node: Node) -> Tensor:
    axis = node.attribute("axis", int, None)
    if axis is None:
        raise ValueError("its attribute axis is missing")
    if any(tensor is None for tensor in node.tensors):
        raise ValueError("it reads nothing in a place")
    return joins.concat(net, node.tensors, axis)  # type: ignore[arg-type]


def _softmax(_net: Layers, node: Node) -> Tensor:
    return replace(layer_input(node.first()), softmax=node.proto.name or node.proto.output[0])


def _dropout(net: Layers, node: Node) -> Tensor:
    net.removed["dropout"] += 1
    return node.first()


def _random(_net: Layers, _node: Node) -> Tensor:
    return Noise()


def _still_random(_net: Layers, node: Node) -> Tensor:
    if any(isinstance(tensor, Noise) for tensor in node.tensors):
        return Noise()
    raise ValueError(f"{node.kind} of a layer's output is no layer")


def _cast(_net: Layers, node: Node) -> Tensor:
    return node.first()


RULES: dict[str, Rule] = {
    **VIEWS,
    "Abs": _unary("abs"),
    "Add": _binary("add"),
    "AveragePool": _pool("average_pool"),
    "BatchNormalization": _batch_norm,
    "Bernoulli": _random,
    "Cast": _cast,
    "CastLike": _cast,
    "Clip": _clip,
    "Concat": _concat,
    "Conv": _conv,
    "Div": _binary("div"),
    "Dropout": _dropout,
    "Elu": _unary("elu", alpha=1.0),
    "Erf": _unary("erf"),
    "Exp": _unary("exp"),
    "Floor": _still_random,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "GlobalAveragePool": _global("average_pool"),
    "GlobalMaxPool": _global("max_pool"),
    "Greater": _still_random,
    "HardSigmoid": _unary("hard_sigmoid", alpha=0.2, beta=0.5),
    "HardSwish": _unary("hard_swish"),
    "Identity": _cast,
    "LayerNormalization": _layer_norm,
    "LeakyRelu": _unary("leaky_relu", alpha=0.01),
    "Less": _still_random,
    "Log": _unary("log"),
    "LogSoftmax": _softmax,
    "MatMul": _matmul,
    "Max": _several("max"),
    "MaxPool": _pool("max_pool"),
    "Min": _several("min"),
    "Mul": _binary("mul"),
    "Neg": _unary("neg"),
    "PRelu": _leaky_by_slope,
    "Pow": _binary("pow"),
    "RandomNormal": _random,
    "RandomNormalLike": _random,
    "RandomUniform": _random,
    "RandomUniformLike": _random,
    "Reciprocal": _reciprocal,
    "ReduceMax": _reduce("max_pool"),
    "ReduceMean": _reduce("average_pool"),
    "Relu": _unary("relu"),
    "Sigmoid": _unary("sigmoid"),
    "Softmax": _softmax,
    "Softplus": _unary("softplus"),
    "Softsign": _unary("softsign"),
    "Sqrt": _unary("sqrt"),
    "Sub": _binary("sub"),
    "Sum": _several("add"),
    "Tanh": _unary("tanh"),
}
