"""The network that a graph turns into: its layers in the form of ``docs/network.md``, with the weights that they had."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from . import scalar
from .layout import CHANNELS, COLUMNS, IMAGES, ROWS, Axes, Shape, plain, shuffled, times, whole
from .scalar import Expr, X
from .values import Constant, Frame, Value
from .window import count, settings

Form = dict[str, Any]


class LoadedNetwork(Form):
    """A network in its JSON form, for :func:`zeronas.networks`, with what was known of it beyond that."""

    weights: dict[str, np.ndarray]
    """The numbers that its parameters had, by their names, such as ``stem.conv.weight``."""
    notes: list[str]
    """What was left out, and what else one should know."""


class Layers:
    """Layers one after another, while a graph is read node by node."""

    def __init__(self, images: int, shape: Shape) -> None:
        self.images = images
        self.input = shape
        self.node = ""
        """The node that is being read."""
        self.weights: dict[str, np.ndarray] = {}
        self.notes: list[str] = []
        self.removed: Counter[str] = Counter()
        """Kinds of nodes that only training knows, and how many were left out."""
        self.merged = 0
        """Norms behind whose own scale and shift others stood."""
        self._forms: dict[str, Form] = {}
        self._stages: dict[str, int] = {"input": 0}
        self._readers: Counter[str] = Counter()
        self._made: dict[tuple[Any, ...], Value] = {}
        self._owners: dict[str, str] = {}

    def first(self, axes: Axes | None = None) -> Value:
        """The images."""
        return Value("input", self.input, axes or plain(self.images, self.input))

    def add(
        self,
        op: str,
        inputs: list[Value],
        shape: Shape,
        *,
        axes: Axes | None = None,
        weights: dict[str, Constant | None] | None = None,
        node: str | None = None,
        **settings: Any,
    ) -> Value:
        """Adds a layer. It is called as its weight was, else as the node is."""
        if min(shape) < 1:
            raise ValueError(f"nothing is left of the image: {times(shape)}")
        own = {part: constant for part, constant in (weights or {}).items() if constant is not None}
        name = self._name(op, own.get("weight"), node or self.node or op)
        for value in inputs:
            self._reads(value)
        for part, constant in own.items():
            self.weights[f"{name}.{part}"] = constant.array
        self._forms[name] = {"name": name, "op": op, **settings, "inputs": [value.layer for value in inputs]}
        self._stages[name] = 0
        return Value(name, shape, axes or plain(self.images, shape))

    def _name(self, op: str, weight: Constant | None, node: str) -> str:
        """A name that no layer has: that of the submodule whose weight it is, if it shows, else the node's."""
        taken = self._forms.keys() | {"input"}
        parameter = weight.parameter or "" if weight is not None else ""
        module = parameter.removesuffix(".weight")
        if module and module not in taken and (module != parameter or op == "scale"):
            return module
        names = (node, *(f"{node}_{i}" for i in range(2, len(taken) + 3)))
        return next(name for name in names if name not in taken)

    def _reads(self, value: Value) -> None:
        if value.softmax is not None:
            raise ValueError(f"the softmax of node `{value.softmax}` is read; one is left out at the end only")
        if value.stage != self._stages[value.layer]:
            raise ValueError(f"layer `{value.layer}` is read both before and after its bias or scale is applied")
        self._readers[value.layer] += 1

    def op(self, layer: str) -> str:
        """The kind of a layer, or `input`."""
        return self._forms[layer]["op"] if layer in self._forms else layer

    def own(self, weight: Constant) -> None:
        """Takes a weight for the layer at hand; no other layer may have it."""
        if weight.made_of:
            computed = ", ".join(f"`{name}`" for name in sorted(weight.made_of))
            raise ValueError(
                f"its weight is computed from {computed}, as weight norm does; a layer's weight must be a parameter itself"
            )
        if weight.parameter is None:
            return
        if owner := self._owners.get(weight.parameter):
            raise ValueError(f"its weight `{weight.parameter}` is that of `{owner}` too; layers cannot share a weight")
        self._owners[weight.parameter] = self.node

    def unread(self, value: Value) -> Form | None:
        """The layer whose output this is, if nothing has come of it yet, so that it may still take a parameter."""
        pending = value.expr != X or value.frame != Frame() or value.softmax is not None
        current = value.layer in self._forms and value.stage == self._stages[value.layer] and not self._readers[value.layer]
        return self._forms[value.layer] if current and not pending else None

    def completed(self, value: Value, part: str, constant: Constant, **settings: Any) -> Value:
        """The value with another parameter in its layer."""
        self._forms[value.layer].update(settings)
        self.weights[f"{value.layer}.{part}"] = constant.array.reshape(-1)
        self._stages[value.layer] += 1
        return replace(value, stage=value.stage + 1)

    def withdrawn(self, value: Value) -> tuple[Value, np.ndarray] | None:
        """Takes back a layer scale that nothing has read, if it alone reads a norm: the norm and the scale's numbers."""
        form = self._forms[value.layer]
        [source] = form["inputs"]
        norm = self._forms.get(source)
        if norm is None or norm["op"] not in ("batch_norm", "layer_norm") or self._readers[source] != 1:
            return None
        del self._forms[value.layer], self._readers[source]
        return replace(value, layer=source, stage=self._stages[source]), self.weights.pop(f"{value.layer}.weight")

    # --- what is pending becomes layers

    def settled(self, value: Value) -> Value:
        """The value with everything pending done, but for the layout."""
        if scalar.is_nothing(value.expr) and not value.frame.is_padded:
            return self._nothing(value)
        return self.framed(self.computed(value))

    def _nothing(self, value: Value) -> Value:
        """Zeros of the size of what is looked at."""
        step = value.frame.step
        thinned = tuple(-(-side // by) for side, by in zip(value.shape[1:], step, strict=True))
        frame = Frame() if value.seen[1:] == thinned else value.frame
        step, shape = (step, value.seen) if frame == Frame() else ((1, 1), value.shape)
        key = (value.layer, value.stage, "zero", step)
        if key not in self._made:
            whole_image = replace(value, axes=plain(self.images, value.shape), expr=X, frame=Frame())
            self._made[key] = self.add("zero", [whole_image], shape, node=value.expr.node, **settings(stride=(step, 1)))
        made = self._made[key]
        return self.framed(replace(value, layer=made.layer, shape=made.shape, stage=made.stage, expr=X, frame=frame))

    def computed(self, value: Value) -> Value:
        """The value with the function of its numbers applied."""
        if value.expr == X:
            return value
        key = (value.layer, value.stage, value.expr)
        if key not in self._made:
            self._made[key] = self._compute(value, value.expr)
        made = self._made[key]
        return replace(value, layer=made.layer, stage=made.stage, expr=X)

    def _compute(self, value: Value, expr: Expr) -> Value:
        whole_image = replace(value, axes=plain(self.images, value.shape), expr=X, frame=Frame())
        if scalar.is_nothing(expr):
            return self.add("zero", [whole_image], value.shape, node=expr.node)
        if (found := scalar.recognised(expr)) is not None:
            op, settings = found
            return whole_image if op is None else self.add(op, [whole_image], value.shape, node=expr.node, **settings)
        inner = [arg for arg in expr.args if isinstance(arg, Expr)]
        joined = {"add": "sum", "mul": "mul"}.get(expr.function)
        if len(inner) == 2 and joined:
            parts = [self.computed(replace(whole_image, expr=arg)) for arg in inner]
            return self.add(joined, parts, value.shape, node=expr.node)
        if len(inner) == 1 and inner[0] != X:
            # One function after another.
            before = self.computed(replace(whole_image, expr=inner[0]))
            return self._compute(before, expr._replace(args=tuple(X if isinstance(arg, Expr) else arg for arg in expr.args)))
        known = ", ".join(sorted([*scalar.ACTIVATIONS, "leaky_relu"]))
        raise ValueError(f"node `{expr.node}`: {scalar.written(expr)} is no activation that zeronas has; there are {known}")

    def framed(self, value: Value) -> Value:
        """The value with only that part of the image left that is looked at."""
        if value.frame == Frame():
            return value
        if value.frame.is_padded:
            raise ValueError("an image with something put around it is only read by convolutions and pools")
        return self._cut(value)

    def unpadded(self, value: Value) -> tuple[Value, tuple[int, int, int, int]]:
        """The value with what is cut off cut off, and what is to be put around it by the layer that reads it."""
        margin = value.frame.margin
        around = tuple(max(-side, 0) for side in margin)
        if not any(around):
            return self.framed(value), (0, 0, 0, 0)
        if value.frame.step != (1, 1):
            raise ValueError("an image cannot be thinned out after something was put around it")
        inside = value.frame._replace(margin=type(margin)(*(max(side, 0) for side in margin)))
        seen = inside.size(value.shape)
        cut = self._cut(replace(value, frame=inside, axes=plain(self.images, seen)))
        return cut, around

    def _cut(self, value: Value) -> Value:
        """Cuts off and thins out."""
        (top, left, bottom, right), step = value.frame.margin, value.frame.step
        channels, height, width = value.seen
        # What is left over at the end needs no cut where no window reaches it.
        if count(value.shape[1] - top, 1, step[0], 0) == height:
            bottom = 0
        if count(value.shape[2] - left, 1, step[1], 0) == width:
            right = 0
        key = (value.layer, value.stage, top, left, bottom, right, step)
        if key not in self._made:
            made = replace(value, expr=X, frame=Frame())
            if any((top, left, bottom, right)):
                shape = (channels, value.shape[1] - top - bottom, value.shape[2] - left - right)
                made = self.add(
                    "crop", [made], shape, node=f"{self.node}.crop", **settings(margin=((top, left, bottom, right), -1))
                )
            if step != (1, 1):
                # A mean of one pixel is that pixel.
                made = self.add(
                    "average_pool",
                    [made],
                    (channels, height, width),
                    node=f"{self.node}.thin",
                    kernel=1,
                    **settings(stride=(step, 1)),
                )
            self._made[key] = made
        made = self._made[key]
        return replace(value, layer=made.layer, shape=made.shape, stage=made.stage, frame=Frame())

    def as_map(self, value: Value) -> Value:
        """The value as images x channels x rows x columns, settled; padding must have been taken off."""
        value = self.settled(value)
        channels, height, width = value.shape
        wanted = plain(self.images, value.shape)
        if value.axes == wanted:
            return value
        if len(value.axes) == 4 and value.axes[:1] + value.axes[2:] == wanted[:1] + wanted[2:]:
            if groups := shuffled(value.axes[1], channels):
                return self.shuffle(value, groups)
        raise ValueError(f"it must read {times(['images', channels, height, width])}; {self._described(value)}")

    def ordered(self, value: Value) -> Value:
        """The value with its channels in a layer's order, if the graph has shuffled them."""
        if all(axis == whole(CHANNELS, value.seen[0]) for axis in value.axes if any(atom.of == CHANNELS for atom in axis)):
            return value
        return self.as_map(value) if len(value.axes) == 4 else self.as_vector(value)

    def shuffle(self, value: Value, groups: int) -> Value:
        """The channels of each group one in turn."""
        key = (value.layer, value.stage, "shuffle", groups)
        if key not in self._made:
            self._made[key] = self.add("channel_shuffle", [value], value.shape, node=f"{self.node}.shuffle", groups=groups)
        return self._made[key]

    def as_vector(self, value: Value) -> Value:
        """The value as images x features, settled."""
        value = self.settled(value)
        channels, height, width = value.shape
        images = whole(IMAGES, self.images)
        if len(value.axes) == 2 and value.axes[0] == images:
            if value.axes[1] == whole(CHANNELS, channels) and height == width == 1:
                return value
            if value.axes[1] == whole(CHANNELS, channels) + whole(ROWS, height) + whole(COLUMNS, width):
                return self._flat(value)
            if len(value.axes[1]) > 1 and {atom.of for atom in value.axes[1]} == {CHANNELS}:
                if groups := shuffled(value.axes[1], channels):
                    shuffled_map = self.shuffle(value, groups)
                    return replace(shuffled_map, axes=(images, whole(CHANNELS, channels)))
        raise ValueError(f"it must read images x features; {self._described(value)}")

    def _flat(self, value: Value) -> Value:
        channels, height, width = value.shape
        features = channels * height * width
        key = (value.layer, value.stage, "flatten")
        if key not in self._made:
            self._made[key] = self.add("flatten", [value], (features, 1, 1), node=f"{self.node}.flatten")
        return replace(self._made[key], axes=(whole(IMAGES, self.images), whole(CHANNELS, features)))

    def _described(self, value: Value) -> str:
        """What a value is, for errors."""
        over = [" and ".join(f"{atom.size} {atom.of}" for atom in axis) or "1" for axis in value.axes]
        return f"what it reads runs over {', '.join(over)}"

    # --- the end

    def finish(self, value: Value, name: str) -> LoadedNetwork:
        """The network that yields this value."""
        if value.softmax is not None:
            self.notes.append(f"the softmax at its end (`{value.softmax}`) is left out: a network yields logits")
            value = replace(value, softmax=None)
        self.node = "output"
        value = self.settled(value)
        if len(value.axes) == 4 and value.shape[1:] == (1, 1):
            value = self.as_map(value)
        else:
            value = self.as_vector(value)
        self._reads(value)
        if value.layer == "input":
            raise ValueError("no layer stands between its images and its output")
        for kind, number in sorted(self.removed.items()):
            self.notes.append(f"{number} x {kind} left out, as it acts only in training")
        if self.merged:
            self.notes.append(f"the scale and shift behind {self.merged} norms are one with the norms' own, and counted once")
        network = LoadedNetwork(name=name, input=list(self.input), layers=list(self._forms.values()), output=value.layer)
        network.weights, network.notes = self.weights, self.notes
        if self.notes:
            warnings.warn(f"network `{name}`: {'; '.join(self.notes)}", stacklevel=3)
        return network
