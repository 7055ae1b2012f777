"""Functions of one number, such as activations, however many nodes express them.

Exporters write SiLU as ``x * sigmoid(x)``, hard swish as ``x * clip(x + 3, 0, 6) / 6``, GELU by ``erf``. Nodes that work number by
number build an expression. Where a layer reads it, it is compared with the activations that zeronas has, value by value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Expr(NamedTuple):
    """A function of one number, called ``x``: another function of such functions and of constants."""

    function: str
    args: tuple[Any, ...] = ()
    node: str = ""
    """The node that it is from, for errors and layers' names."""


X = Expr("x")

_erf = np.vectorize(math.erf, otypes=[float])


def _sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def _clip(x: Any, low: float, high: float) -> Any:
    return np.minimum(np.maximum(x, low), high)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": np.abs,
    "add": np.add,
    "clip": _clip,
    "div": np.divide,
    "elu": lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
    "erf": _erf,
    "exp": np.exp,
    "gelu": lambda x: x * 0.5 * (1.0 + _erf(x * math.sqrt(0.5))),
    "gelu_tanh": lambda x: x * 0.5 * (1.0 + np.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * x**3))),
    "hard_sigmoid": lambda x, slope=1 / 6, shift=0.5: _clip(slope * x + shift, 0.0, 1.0),
    "hard_swish": lambda x: x * _clip(x + 3.0, 0.0, 6.0) / 6.0,
    "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x),
    "log": np.log,
    "max": np.maximum,
    "min": np.minimum,
    "mul": np.multiply,
    "neg": np.negative,
    "pow": np.power,
    "relu": lambda x: np.maximum(x, 0.0),
    "relu6": lambda x: _clip(x, 0.0, 6.0),
    "sigmoid": _sigmoid,
    "silu": lambda x: x * _sigmoid(x),
    "softplus": lambda x: np.logaddexp(x, 0.0),
    "softsign": lambda x: x / (1.0 + np.abs(x)),
    "sqrt": np.sqrt,
    "sub": np.subtract,
    "tanh": np.tanh,
}

ACTIVATIONS = ("relu", "relu6", "silu", "hard_swish", "gelu", "sigmoid", "hard_sigmoid", "tanh")
"""The activations that zeronas has, but for ``leaky_relu``, which has a slope."""

_POINTS = np.concatenate([np.linspace(-8.0, 8.0, 65), [-30.0, -1e-3, 1e-3, 30.0]])
# Constants in a file are 32-bit floats.
_CLOSE = 1e-5


def value(expr: Expr, x: Any) -> Any:
    """The function's values."""
    if expr.function == "x":
        return x
    with np.errstate(all="ignore"):
        return FUNCTIONS[expr.function](*(value(arg, x) if isinstance(arg, Expr) else arg for arg in expr.args))


def recognised(expr: Expr) -> tuple[str | None, dict[str, float]] | None:
    """The activation with its settings; no name for the function that changes nothing, and nothing for a function without a layer."""
    found = np.asarray(value(expr, _POINTS), dtype=float)

    def is_like(other: Any) -> bool:
        return found.shape == _POINTS.shape and bool(np.all(np.abs(found - other) <= _CLOSE * (1 + np.abs(other))))

    if is_like(_POINTS):
        return None, {}
    for name in ACTIVATIONS:
        if is_like(FUNCTIONS[name](_POINTS)):
            return name, {}
    slope = float(value(expr, -1.0)) / -1.0
    if math.isfinite(slope) and is_like(FUNCTIONS["leaky_relu"](_POINTS, slope)):
        return "leaky_relu", {"slope": short(slope)}
    return None


def is_nothing(expr: Expr) -> bool:
    """Whether the function is 0 everywhere."""
    return expr != X and not np.any(value(expr, _POINTS))


def written(expr: Expr) -> str:
    """The function as one writes it, for errors."""
    if expr.function == "x":
        return "x"
    args = [_inside(arg) if isinstance(arg, Expr) else f"{arg:.6g}" for arg in expr.args]
    sign = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}.get(expr.function)
    return f"{args[0]} {sign} {args[1]}" if sign else f"{expr.function}({', '.join(args)})"


def _inside(expr: Expr) -> str:
    text = written(expr)
    return f"({text})" if " " in text and not text.endswith(")") else text


def keeps(expr: Expr, number: float) -> bool:
    """Whether the function leaves this number as it is."""
    found = float(value(expr, number))
    return found == number or abs(found - number) <= _CLOSE


def short(number: float) -> float:
    """A number that came as a 32-bit float, with the digits that such a float tells apart."""
    return float(f"{number:.7g}")
