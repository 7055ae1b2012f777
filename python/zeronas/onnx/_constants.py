"""Nodes that compute constants of constants, such as the shapes that exporters write out step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np
import onnx
from onnx.helper import tensor_dtype_to_np_dtype

from .._graph.values import Constant
from ._node import Node

_MOST = 1 << 28
"""Most numbers in a constant that is written out."""

Fold = Callable[..., np.ndarray]


def folded(node: Node, inputs: Sequence[Constant | None]) -> list[Constant] | None:
    """What a node of constants yields; nothing if it is of a kind that is not computed here."""
    kind = node.kind
    arrays = [None if constant is None else constant.array for constant in inputs]
    try:
        if kind in _SHAPES and arrays and arrays[0] is not None:
            # The same numbers in another order are the same parameter.
            array = _SHAPES[kind](node, *arrays)
            first = inputs[0]
            assert first is not None
            return [Constant(array, first.parameter, first.made_of)]
        if kind == "Split":
            made = _split(node, arrays[0], *arrays[1:])
        elif kind in _FOLDS:
            made = [_FOLDS[kind](node, *arrays)]
        else:
            return None
    except ValueError:
        raise
    except (TypeError, IndexError, KeyError, ArithmeticError, AttributeError, MemoryError, RuntimeError) as error:
        raise ValueError(f"its constants cannot be computed: {error}") from None
    sources = [constant for constant in inputs if constant is not None]
    of = frozenset().union(*({one.parameter} if one.parameter else one.made_of for one in sources))
    return [Constant(np.asarray(array), None, of if np.asarray(array).dtype.kind == "f" else frozenset()) for array in made]


def _checked(shape: Sequence[int]) -> tuple[int, ...]:
    sizes = tuple(int(size) for size in np.asarray(shape).reshape(-1))
    if any(size < 0 for size in sizes) or prod(sizes) > _MOST:
        raise ValueError(f"a constant of shape {list(sizes)} is too large or of no size")
    return sizes


def _constant_of_shape(node: Node, shape: np.ndarray) -> np.ndarray:
    value = node.attribute("value", onnx.TensorProto, None)
    number = np.float32(0) if value is None else onnx.numpy_helper.to_array(value).reshape(-1)[0]
    return np.broadcast_to(number, _checked(shape))


def _cast(node: Node, array: np.ndarray, *_like: np.ndarray) -> np.ndarray:
    dtype = _like[0].dtype if _like else np.dtype(tensor_dtype_to_np_dtype(node.int("to", onnx.TensorProto.FLOAT)))
    with np.errstate(all="ignore"):
        return array if array.dtype == dtype else array.astype(dtype)


def _reshape(node: Node, array: np.ndarray, shape: np.ndarray | None = None) -> np.ndarray:
    sizes = node.ints("shape", 1, None) if shape is None else [int(size) for size in shape.reshape(-1)]
    zero = node.int("allowzero", 0)
    return array.reshape([array.shape[i] if size == 0 and not zero else size for i, size in enumerate(sizes or [])])


def _unsqueeze(node: Node, array: np.ndarray, *_axes: np.ndarray) -> np.ndarray:
    return np.expand_dims(array, tuple(node.ints("axes", 1, [])))


def _squeeze(node: Node, array: np.ndarray, *_axes: np.ndarray) -> np.ndarray:
    axes = node.ints("axes", 1, None)
    return np.squeeze(array, None if axes is None else tuple(axes))


def _flatten(node: Node, array: np.ndarray) -> np.ndarray:
    axis = node.int("axis", 1)
    return array.reshape(prod(array.shape[:axis]), -1)


def _expand(_node: Node, array: np.ndarray, shape: np.ndarray) -> np.ndarray:
    return np.broadcast_to(array, np.broadcast_shapes(array.shape, _checked(shape)))


def _gather(node: Node, array: np.ndarray, places: np.ndarray) -> np.ndarray:
    return np.take(array, places.astype(np.int64), axis=node.int("axis", 0))


def _slice(node: Node, array: np.ndarray, *_more: np.ndarray) -> np.ndarray:
    cuts: list[slice] = [slice(None)] * array.ndim
    for axis, start, end, step in node.slices(array.ndim):
        if step == 0:
            raise ValueError("a step of 0 leads nowhere")
        # Towards the front the first place is reached by leaving the end out.
        size = array.shape[axis]
        cuts[axis] = slice(start, None if step < 0 and end < -size else end, step)
    return array[tuple(cuts)]


def _range(_node: Node, start: np.ndarray, limit: np.ndarray, delta: np.ndarray) -> np.ndarray:
    first, last, step = (np.asarray(number).reshape(-1)[0] for number in (start, limit, delta))
    _checked([max(0, int(np.ceil((last - first) / step)))])
    return np.arange(first, last, step, dtype=start.dtype)


def _tile(_node: Node, array: np.ndarray, repeats: np.ndarray) -> np.ndarray:
    _checked([size * int(times) for size, times in zip(array.shape, repeats.reshape(-1), strict=True)])
    return np.tile(array, repeats.reshape(-1))


def _split(node: Node, array: np.ndarray, *_sizes: np.ndarray) -> list[np.ndarray]:
    axis = node.int("axis", 0)
    return np.split(array, np.cumsum(node.split_sizes(array.shape[axis]))[:-1], axis=axis)


def _reduced(function: Callable[..., Any]) -> Fold:
    def fold(node: Node, array: np.ndarray, *_axes: np.ndarray) -> np.ndarray:
        axes = node.ints("axes", 1, None)
        if not axes and node.int("noop_with_empty_axes", 0):
            return array
        return function(array, axis=tuple(axes) if axes else None, keepdims=bool(node.int("keepdims", 1)))

    return fold


def _divided(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    # Whole numbers are cut, not rounded down.
    return np.trunc(one / other).astype(one.dtype) if one.dtype.kind in "iu" else one / other


def _plain(function: Callable[..., Any]) -> Fold:
    def fold(_node: Node, *arrays: np.ndarray) -> np.ndarray:
        _checked(np.broadcast_shapes(*(array.shape for array in arrays)))
        with np.errstate(all="ignore"):
            return function(*arrays)

    return fold


def _of_all(function: Callable[..., Any]) -> Fold:
    def several(first: np.ndarray, *others: np.ndarray) -> np.ndarray:
        for other in others:
            first = function(first, other)
        return first

    return _plain(several)


_SHAPES: dict[str, Fold] = {
    "Cast": _cast,
    "CastLike": _cast,
    "Flatten": _flatten,
    "Identity": lambda _node, array: array,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Transpose": lambda node, array: np.transpose(array, node.ints("perm", None, None)),
    "Unsqueeze": _unsqueeze,
}

_FOLDS: dict[str, Fold] = {
    "Abs": _plain(np.abs),
    "Add": _plain(np.add),
    "And": _plain(np.logical_and),
    "Ceil": _plain(np.ceil),
    "Concat": lambda node, *arrays: np.concatenate(arrays, axis=node.int("axis", 0)),
    "ConstantOfShape": _constant_of_shape,
    "Div": _plain(_divided),
    "Equal": _plain(np.equal),
    "Exp": _plain(np.exp),
    "Expand": _expand,
    "Floor": _plain(np.floor),
    "Gather": _gather,
    "Greater": _plain(np.greater),
    "GreaterOrEqual": _plain(np.greater_equal),
    "Less": _plain(np.less),
    "LessOrEqual": _plain(np.less_equal),
    "Log": _plain(np.log),
    "Max": _of_all(np.maximum),
    "Min": _of_all(np.minimum),
    "Mod": _plain(np.mod),
    "Mul": _plain(np.multiply),
    "Neg": _plain(np.negative),
    "Not": _plain(np.logical_not),
    "Or": _plain(np.logical_or),
    "Pow": _plain(np.power),
    "Range": _range,
    "Reciprocal": _plain(np.reciprocal),
    "ReduceMax": _reduced(np.max),
    "ReduceMean": _reduced(np.mean),
    "ReduceMin": _reduced(np.min),
    "ReduceProd": _reduced(np.prod),
    "ReduceSum": _reduced(np.sum),
    "Shape": lambda node, array: np.array(array.shape[slice(node.int("start", 0), node.attribute("end", int, None))], np.int64),
    "Size": lambda _node, array: np.array(array.size, np.int64),
    "Slice": _slice,
    "Sqrt": _plain(np.sqrt),
    "Sub": _plain(np.subtract),
    "Tile": _tile,
    "Where": _plain(np.where),
}

KINDS = frozenset({*_SHAPES, *_FOLDS, "Split"})
"""The kinds of nodes that are computed here."""
