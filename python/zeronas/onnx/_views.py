"""Nodes that show tensors in other forms, or parts of them."""

from __future__ import annotations

from .._graph import shapes
from .._graph.layout import place_of
from .._graph.network import Layers
from .._graph.values import Constant, Parts, Tensor
from .._graph.weighted import layer_input
from ._node import Node


def _reshape(_net: Layers, node: Node) -> Tensor:
    value, sizes = layer_input(node.first()), node.ints("shape", 1, None)
    if sizes is None:
        raise ValueError("it has no shape")
    old = value.sizes()
    if not node.int("allowzero", 0):
        if any(size == 0 and i >= len(old) for i, size in enumerate(sizes)):
            raise ValueError(f"its shape {sizes} keeps an axis that its input lacks")
        sizes = [old[i] if size == 0 else size for i, size in enumerate(sizes)]
    return shapes.reshaped(value, sizes)


def _flatten(_net: Layers, node: Node) -> Tensor:
    value, axis = layer_input(node.first()), node.int("axis", 1)
    rank = len(value.axes)
    if not -rank <= axis <= rank:
        raise ValueError(f"there is no axis {axis} in a tensor of {rank} axes")
    axis = axis + rank if axis < 0 else axis
    return shapes.flattened(shapes.flattened(value, axis, rank), 0, axis)


def _squeeze(_net: Layers, node: Node) -> Tensor:
    return shapes.squeezed(layer_input(node.first()), node.ints("axes", 1, None), strict=True)


def _unsqueeze(_net: Layers, node: Node) -> Tensor:
    return shapes.unsqueezed(layer_input(node.first()), node.ints("axes", 1, []) or [])


def _transpose(_net: Layers, node: Node) -> Tensor:
    value = layer_input(node.first())
    return shapes.permuted(value, node.ints("perm", None, range(len(value.axes))[::-1]) or [])


def _slice(net: Layers, node: Node) -> Tensor:
    value = layer_input(node.first())
    for axis, start, end, step in node.slices(len(value.axes)):
        value = shapes.sliced(net, value, axis, start, end, step)
    return value


def _split(net: Layers, node: Node) -> list[Tensor]:
    value = layer_input(node.first())
    axis = place_of(node.int("axis", 0), len(value.axes))
    return shapes.split(net, value, axis, node.split_sizes(value.sizes()[axis]))


def _parts(net: Layers, node: Node) -> Tensor:
    """A ``SplitToSequence``: a number is the size of all parts but the last."""
    value, sizes, given = layer_input(node.first()), node.ints("split", 1, [1]), node.input(1)
    if not sizes or not node.int("keepdims", 1):
        raise ValueError(f"it cannot be split into parts of {sizes}")
    one = given is None or isinstance(given, Constant) and given.array.ndim == 0
    return Parts(tuple(shapes.split(net, value, node.int("axis", 0), sizes[0] if one else sizes)))


def _part(_net: Layers, node: Node) -> Tensor:
    parts, place = node.first(), node.ints("position", 1, None)
    if (
        not isinstance(parts, Parts)
        or place is None
        or len(place) != 1
        or not -len(parts.tensors) <= place[0] < len(parts.tensors)
    ):
        raise ValueError("there is no such part")
    return parts.tensors[place[0]]


def _gather(net: Layers, node: Node) -> Tensor:
    value, places = layer_input(node.first()), node.input(1)
    axis = place_of(node.int("axis", 0), len(value.axes))
    size = value.sizes()[axis]
    if not isinstance(places, Constant) or places.array.dtype.kind not in "iu":
        raise ValueError("only constant places can be taken")
    taken = [int(place) for place in places.array.reshape(-1)]
    if len(value.axes) == 1 and taken == list(range(size)):
        # All places in their order: a view, as PyTorch's exporter writes it.
        return shapes.reshaped(value, places.array.shape)
    if places.array.ndim == 0:
        return shapes.picked(net, value, axis, taken[0])
    taken = [place_of(place, size) for place in taken]
    if places.array.ndim > 1 or not taken or taken != list(range(taken[0], taken[0] + len(taken))):
        raise ValueError("only places one after another can be taken")
    return shapes.sliced(net, value, axis, taken[0], taken[-1] + 1)


def _pad(net: Layers, node: Node) -> Tensor:
    value, mode = layer_input(node.first()), node.text("mode", "constant")
    if mode != "constant":
        raise ValueError(f"only zeros can be put around images, not what the mode {mode} makes")
    pads = node.ints("pads", 1, None)
    axes = node.ints("axes", 3, range(len(value.axes)))
    fill = node.number("value", 2, 0.0)
    if pads is None or axes is None or len(pads) != 2 * len(axes) or fill is None:
        raise ValueError("its pads do not fit its input")
    around = zip(pads[: len(axes)], pads[len(axes) :], strict=True)
    return shapes.padded(net, value, dict(zip(axes, around, strict=True)), fill)


VIEWS = {
    "Flatten": _flatten,
    "Gather": _gather,
    "Pad": _pad,
    "Reshape": _reshape,
    "SequenceAt": _part,
    "Slice": _slice,
    "Split": _split,
    "SplitToSequence": _parts,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
