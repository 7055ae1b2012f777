"""What each of PyTorch's operators becomes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .._graph import joins, pools, weighted
from .._graph.network import Layers
from .._graph.values import Constant, Moment, Noise, Tensor
from .call import Call
from .views import VIEWS

Operator = Callable[[Layers, Call], Tensor]


def _both_ends(padding: tuple[int, int]) -> tuple[int, int, int, int]:
    down, across = padding
    return down, across, down, across


def _conv(net: Layers, call: Call) -> Tensor:
    weight = weighted.constant("weight", call["weight"])
    stride, dilation, padding = call.pair("stride"), call.pair("dilation"), call["padding"]
    if call["transposed"]:
        raise ValueError("a transposed convolution is no layer that zeronas has")
    if padding == "same":
        sides = [dilation[i] * (weight.array.shape[2 + i] - 1) for i in (0, 1)]
        (top, bottom), (left, right) = ((side // 2, side - side // 2) for side in sides)
        around = (top, left, bottom, right)
    else:
        around = (0, 0, 0, 0) if padding == "valid" else _both_ends(call.pair("padding"))
    return weighted.conv(
        net, call["input"], weight, call["bias"], stride=stride, padding=around, dilation=dilation, groups=call["groups"]
    )


def _linear(net: Layers, call: Call) -> Tensor:
    return weighted.linear(net, call["input"], call["weight"], call["bias"])


def _matmul(net: Layers, call: Call) -> Tensor:
    weight = call["other"] if call["other"] is not None else call["mat2"]
    if not isinstance(weight, Constant):
        raise ValueError("the product of the outputs of two layers, as in attention, is no layer")
    if weight.array.ndim != 2:
        raise ValueError("only a matrix times a vector is supported")
    return weighted.linear(net, call["self"], replace(weight, array=weight.array.T), None)


def _addmm(net: Layers, call: Call) -> Tensor:
    weight = weighted.constant("weight", call["mat2"])
    if call["alpha"] != 1 or call["beta"] != 1:
        raise ValueError("only x W + b is supported")
    return weighted.linear(net, call["mat1"], replace(weight, array=weight.array.T), call["self"])


def _batch_norm(net: Layers, call: Call) -> Tensor:
    return weighted.batch_norm(net, call["input"], call["weight"], call["bias"], call["eps"])


def _layer_norm(net: Layers, call: Call) -> Tensor:
    if len(call["normalized_shape"]) != 1:
        raise ValueError("only the channels of each pixel can be normalised together")
    return weighted.layer_norm(net, call["input"], -1, call["weight"], call["bias"], call["eps"])


def _pool(op: str) -> Operator:
    def rule(net: Layers, call: Call) -> Tensor:
        kernel = call.pair("kernel_size")
        if call["divisor_override"] is not None:
            raise ValueError("a divisor of its own is not supported")
        if call["dilation"] is not None and call.pair("dilation") != (1, 1):
            raise ValueError("a pool's dilation is not supported")
        return pools.pool(
            net,
            call["self"],
            op,
            kernel=kernel,
            stride=call.pair("stride", kernel),
            padding=_both_ends(call.pair("padding")),
            ceil=bool(call["ceil_mode"]),
            counts_padding=bool(call["count_include_pad"]),
        )

    return rule


def _adaptive(op: str) -> Operator:
    return lambda net, call: pools.adaptive(net, call["self"], op, call["output_size"])


def _mean(op: str) -> Operator:
    def rule(net: Layers, call: Call) -> Tensor:
        axes, keep = call["dim"], bool(call["keepdim"])
        axes = [axes] if isinstance(axes, int) else list(axes or [])
        if isinstance(call["self"], Moment):
            return joins.moment_mean(call["self"], axes, keep)
        return pools.reduced(net, call["self"], op, axes, keep)

    return rule


def _operand(tensor: Any) -> Tensor:
    """The other argument of a sum or product, which may be a number; constants that are not trained have no layer."""
    if isinstance(tensor, int | float):
        return Constant(np.array(float(tensor)))
    if isinstance(tensor, Constant) and tensor.array.size > 1 and not tensor.parameter and not tensor.made_of:
        raise ValueError(f"constants of {' x '.join(map(str, tensor.array.shape))} that are not trained are no layer")
    return tensor


def _binary(function: str) -> Operator:
    def rule(net: Layers, call: Call) -> Tensor:
        one, other = _operand(call["self"]), _operand(call["other"])
        if call["alpha"] not in (None, 1):
            other = joins.binary(net, "mul", other, Constant(np.array(float(call["alpha"]))))
        if call["rounding_mode"] is not None:
            raise ValueError("a rounded quotient is no layer")
        return joins.binary(net, function, one, other)

    return rule


def _reversed(function: str) -> Operator:
    return lambda net, call: joins.binary(net, function, _operand(call["other"]), _operand(call["self"]))


def _power(net: Layers, call: Call) -> Tensor:
    return joins.binary(net, "pow", _operand(call["self"]), _operand(call["exponent"]))


def _unary(function: str, *arguments: str) -> Operator:
    """A function of every number, with those of its arguments that are numbers."""

    def rule(net: Layers, call: Call) -> Tensor:
        more = [call[name] for name in arguments]
        if not all(isinstance(number, int | float) for number in more):
            raise ValueError("its arguments must be numbers")
        return joins.unary(net, function, call["self"], *map(float, more))

    return rule


def _clip(net: Layers, call: Call) -> Tensor:
    low = call["min"] if call["min"] is not None else call["min_val"]
    high = call["max"] if call["max"] is not None else call["max_val"]
    bounds = [-math.inf if low is None else low, math.inf if high is None else high]
    if not all(isinstance(bound, int | float) for bound in bounds):
        raise ValueError("its bounds must be numbers")
    return joins.unary(net, "clip", call["self"], *map(float, bounds))


def _gelu(net: Layers, call: Call) -> Tensor:
    return joins.unary(net, "gelu" if call["approximate"] == "none" else "gelu_tanh", call["self"])


def _softplus(net: Layers, call: Call) -> Tensor:
    if call["beta"] != 1:
        raise ValueError("only softplus with a beta of 1 is known")
    return joins.unary(net, "softplus", call["self"])


def _concat(net: Layers, call: Call) -> Tensor:
    return joins.concat(net, call["tensors"], call["dim"])


def _softmax(net: Layers, call: Call) -> Tensor:
    return replace(call.value(), softmax=net.node)


def _same(_net: Layers, call: Call) -> Tensor:
    return call["self"] if call["self"] is not None else call["input"]


def _dropout(net: Layers, call: Call) -> Tensor:
    if call["p"]:
        net.removed["dropout"] += 1
    return _same(net, call)


def _random(_net: Layers, _call: Call) -> Tensor:
    return Noise()


OPERATORS: dict[str, Operator] = {
    **VIEWS,
    "_convolution": _conv,
    "_softmax": _softmax,
    "_to_copy": _same,
    "abs": _unary("abs"),
    "adaptive_avg_pool2d": _adaptive("average_pool"),
    "adaptive_max_pool2d": _adaptive("max_pool"),
    "add": _binary("add"),
    "addmm": _addmm,
    "alias": _same,
    "alpha_dropout": _dropout,
    "amax": _mean("max_pool"),
    "avg_pool2d": _pool("average_pool"),
    "batch_norm": _batch_norm,
    "bernoulli": _random,
    "cat": _concat,
    "clamp": _clip,
    "clamp_max": _clip,
    "clamp_min": _clip,
    "clone": _same,
    "concat": _concat,
    "contiguous": _same,
    "conv2d": _conv,
    "detach": _same,
    "div": _binary("div"),
    "dropout": _dropout,
    "elu": _unary("elu", "alpha"),
    "erf": _unary("erf"),
    "exp": _unary("exp"),
    "feature_dropout": _dropout,
    "gelu": _gelu,
    "hardsigmoid": _unary("hard_sigmoid"),
    "hardswish": _unary("hard_swish"),
    "hardtanh": _clip,
    "layer_norm": _layer_norm,
    "leaky_relu": _unary("leaky_relu", "negative_slope"),
    "linear": _linear,
    "log": _unary("log"),
    "log_softmax": _softmax,
    "matmul": _matmul,
    "max_pool2d": _pool("max_pool"),
    "maximum": _binary("max"),
    "mean": _mean("average_pool"),
    "minimum": _binary("min"),
    "mm": _matmul,
    "mul": _binary("mul"),
    "neg": _unary("neg"),
    "pow": _power,
    "relu": _unary("relu"),
    "relu6": _unary("relu6"),
    "rsub": _reversed("sub"),
    "sigmoid": _unary("sigmoid"),
    "silu": _unary("silu"),
    "softmax": _softmax,
    "softplus": _softplus,
    "sqrt": _unary("sqrt"),
    "sub": _binary("sub"),
    "tanh": _unary("tanh"),
    "to": _same,
}
