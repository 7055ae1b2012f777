"""Operators that show tensors in other forms, or parts of them."""

from __future__ import annotations

from .._graph import shapes
from .._graph.layout import place_of
from .._graph.network import Layers
from .._graph.values import Parts, Tensor
from .call import Call


def _reshape(_net: Layers, call: Call) -> Tensor:
    return shapes.reshaped(call.value(), call["size"] if call["size"] is not None else call["shape"])


def _flatten(_net: Layers, call: Call) -> Tensor:
    value = call.value()
    start, end = (place_of(call[name], len(value.axes)) for name in ("start_dim", "end_dim"))
    return shapes.flattened(value, start, end + 1)


def _unflatten(_net: Layers, call: Call) -> Tensor:
    value = call.value()
    sizes = value.sizes()
    place = place_of(call["dim"], len(sizes))
    return shapes.reshaped(value, [*sizes[:place], *call["sizes"], *sizes[place + 1 :]])


def _squeeze(_net: Layers, call: Call) -> Tensor:
    axes = call["dim"]
    return shapes.squeezed(call.value(), [axes] if isinstance(axes, int) else axes)


def _unsqueeze(_net: Layers, call: Call) -> Tensor:
    return shapes.unsqueezed(call.value(), [call["dim"]])


def _permute(_net: Layers, call: Call) -> Tensor:
    return shapes.permuted(call.value(), call["dims"])


def _transpose(_net: Layers, call: Call) -> Tensor:
    return shapes.swapped(call.value(), call["dim0"], call["dim1"])


def _slice(net: Layers, call: Call) -> Tensor:
    start, end = call["start"], call["end"]
    end = 2**62 if end is None else end
    return shapes.sliced(net, call.value(), call["dim"], 0 if start is None else start, end, call["step"])


def _select(net: Layers, call: Call) -> Tensor:
    return shapes.picked(net, call.value(), call["dim"], call["index"])


def _narrow(net: Layers, call: Call) -> Tensor:
    return shapes.sliced(net, call.value(), call["dim"], call["start"], call["start"] + call["length"])


def _split(net: Layers, call: Call) -> Tensor:
    value, sizes = call.value(), call["split_sizes"] if call["split_sizes"] is not None else call["split_size"]
    if call["chunks"] is not None:
        sizes = -(-value.sizes()[place_of(call["dim"], len(value.axes))] // call["chunks"])
    return Parts(tuple(shapes.split(net, value, call["dim"], sizes)))


def _pad(net: Layers, call: Call) -> Tensor:
    value, pads = call.value(), call["pad"]
    if call["mode"] not in (None, "constant"):
        raise ValueError(f"only zeros can be put around images, not what the mode {call['mode']} makes")
    around = {-1 - i // 2: (pads[i], pads[i + 1]) for i in range(0, len(pads), 2)}
    return shapes.padded(net, value, around, float(call["value"] or 0))


def _channel_shuffle(_net: Layers, call: Call) -> Tensor:
    value = call.value()
    sizes = value.sizes()
    apart = shapes.reshaped(value, [sizes[0], call["groups"], -1, *sizes[2:]])
    return shapes.reshaped(shapes.swapped(apart, 1, 2), sizes)


def _expand(_net: Layers, call: Call) -> Tensor:
    value = call.value()
    sizes, wanted = value.sizes(), call["size"]
    if len(sizes) != len(wanted) or any(want not in (-1, size) for size, want in zip(sizes, wanted, strict=True)):
        raise ValueError("numbers cannot be repeated")
    return value


VIEWS = {
    "_unsafe_view": _reshape,
    "channel_shuffle": _channel_shuffle,
    "chunk": _split,
    "constant_pad_nd": _pad,
    "expand": _expand,
    "flatten": _flatten,
    "narrow": _narrow,
    "pad": _pad,
    "permute": _permute,
    "reshape": _reshape,
    "select": _select,
    "slice": _slice,
    "split": _split,
    "split_with_sizes": _split,
    "squeeze": _squeeze,
    "transpose": _transpose,
    "unflatten": _unflatten,
    "unsqueeze": _unsqueeze,
    "view": _reshape,
}
