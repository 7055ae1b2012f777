"""Reads a graph node by node."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx.external_data_helper import load_external_data_for_tensor, uses_external_data

from .._graph.layout import plain, transpose
from .._graph.network import Layers, LoadedNetwork
from .._graph.values import Constant, Tensor, Value
from ._constants import KINDS, folded
from ._node import Node, value_of
from ._rules import RULES

# What exporters call constants that they have made of others, such as the ones and zeros of a batch norm without scale and shift.
_MADE_UP = re.compile(r"val_\d+|onnx::.*|.*_output_\d+|\d+")
_WEIGHTED = {"BatchNormalization", "Conv", "Gemm", "LayerNormalization", "MatMul", "PRelu"}

_IMAGES = 2
"""Images at a time where the graph takes any number of them."""


class Reader:
    """Follows the tensors of a graph, which are outputs of layers and constants."""

    def __init__(
        self,
        graph: onnx.GraphProto,
        folder: Path | None,
        *,
        input_shape: Sequence[int] | None,
        output: str | None,
    ) -> None:
        self.graph = graph
        self.tensors: dict[str, Tensor] = {}
        self._constants(graph, folder)
        self.output = output or self._logits()
        self.needed = self._reached(self.output)
        self.net, name, first = self._images(input_shape)
        self.tensors[name] = first

    def network(self, name: str) -> LoadedNetwork:
        """The network that yields the output."""
        self._read(self.graph.node)
        value = self.tensors.get(self.output)
        if not isinstance(value, Value):
            raise ValueError(f"the graph's output `{self.output}` is no layer's")
        return self.net.finish(value, name)

    def _constants(self, graph: onnx.GraphProto, folder: Path | None) -> None:
        """Takes in the numbers that stand in the file, and beside it."""
        of_layers = {name for node in graph.node if node.op_type in _WEIGHTED for name in node.input[1:]}
        for tensor in graph.initializer:
            try:
                array = _numbers(tensor, folder)
            except (TypeError, ValueError, KeyError, OSError, OverflowError, MemoryError, AttributeError) as error:
                raise ValueError(f"constant `{tensor.name}`: {error}") from None
            is_number = array.size == 1 and (array.ndim == 0 or tensor.name not in of_layers)
            is_parameter = array.dtype.kind == "f" and not is_number and not _MADE_UP.fullmatch(tensor.name)
            self.tensors[tensor.name] = Constant(array, tensor.name if is_parameter else None)

    def _images(self, input_shape: Sequence[int] | None) -> tuple[Layers, str, Value]:
        """The one input that is no constant."""
        inputs = [value for value in self.graph.input if value.name not in self.tensors]
        # An input that nothing reads is none, as old exporters leave some behind.
        inputs = [value for value in inputs if value.name in self.needed] or inputs
        if len(inputs) != 1:
            raise ValueError(f"the graph has {len(inputs)} inputs, a network takes images alone")
        [value] = inputs
        sizes = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        images = sizes[0] if len(sizes) == 4 and sizes[0] > 0 else _IMAGES
        last = self._is_channels_last(value.name)
        if input_shape is not None:
            shape = _shape(input_shape)
        elif len(sizes) == 4 and min(sizes[1:]) >= 1:
            shape = (sizes[3], sizes[1], sizes[2]) if last else (sizes[1], sizes[2], sizes[3])
        else:
            raise ValueError(
                f"the graph's input `{value.name}` must be images of known size, N x channels x height x width; "
                "give input_shape where it takes any"
            )
        net = Layers(images, shape)
        if not last:
            return net, value.name, net.first()
        net.notes.append("its images have their channels last; the network takes them with the channels first")
        return net, value.name, net.first(transpose(plain(images, shape), [0, 2, 3, 1]))

    def _is_channels_last(self, images: str) -> bool:
        """Whether all that is done to the images first is to put their last axis, the channels, before the rows."""
        readers = [node for node in self.graph.node if images in node.input]
        orders = [list(attribute.ints) for node in readers if node.op_type == "Transpose" for attribute in node.attribute]
        return bool(readers) and orders == [[0, 3, 1, 2]] * len(readers)

    def _logits(self) -> str:
        """The output that yields the logits."""
        names = [value.name for value in self.graph.output]
        if len(names) < 2:
            return names[0] if names else ""
        listed = ", ".join(f"`{name}`" for name in names)
        if named := [name for name in names if name.lower() in ("logits", "output", "out")]:
            return named[0]
        read = {name for node in self.graph.node for name in node.input}
        if len(ends := [name for name in names if name not in read]) == 1:
            return ends[0]
        raise ValueError(f'the graph has {len(names)} outputs, {listed}; say which are the logits: output="{names[0]}"')

    def _reached(self, output: str) -> set[str]:
        """The tensors that the output depends on."""
        makers = {name: node for node in self.graph.node for name in node.output}
        needed, todo = set(), [output]
        while todo:
            name = todo.pop()
            if name in needed:
                continue
            needed.add(name)
            if name in makers:
                todo += _all_inputs(makers[name])
        return needed

    def _read(self, nodes: Iterable[onnx.NodeProto], all_of_them: bool = False) -> None:
        for node in nodes:
            if all_of_them or any(name in self.needed for name in node.output):
                label = node.name or next(iter(node.output), node.op_type)
                self.net.node = label
                try:
                    self._take(node)
                except ValueError as error:
                    text = str(error)
                    raise ValueError(text if text.startswith("node `") else f"node `{label}`: {text}") from None

    def _take(self, node: onnx.NodeProto) -> None:
        if node.op_type == "If" and node.domain in ("", "ai.onnx"):
            self._branch(node)
            return
        tensors: list[Tensor | None] = []
        for name in node.input:
            if name and name not in self.tensors:
                raise ValueError(f"it reads `{name}`, which nothing before it yields")
            tensors.append(self.tensors[name] if name else None)
        made = self._made(node, tensors)
        for name, tensor in zip(node.output, made, strict=False):
            self.tensors[name] = tensor

    def _made(self, proto: onnx.NodeProto, tensors: list[Tensor | None]) -> list[Tensor]:
        node = Node(proto, tensors)
        if proto.domain in ("", "ai.onnx"):
            if node.kind == "Constant":
                return [Constant(_value(proto))]
            if node.kind in ("Shape", "Size") and isinstance(value := node.first(), Value):
                # Of the numbers only the shape is looked at.
                tensors = [Constant(np.broadcast_to(np.float32(0), value.sizes()))]
            if all(tensor is None or isinstance(tensor, Constant) for tensor in tensors):
                if (constants := folded(node, tensors)) is not None:  # type: ignore[arg-type]
                    return list(constants)
            if node.kind in RULES:
                made = RULES[node.kind](self.net, node)
                return made if isinstance(made, list) else [made]
        raise ValueError(self._unknown(proto))

    def _branch(self, node: onnx.NodeProto) -> None:
        """Takes the branch of an ``If`` whose condition is constant."""
        condition = self.tensors.get(node.input[0]) if node.input else None
        if not isinstance(condition, Constant) or condition.array.size != 1:
            raise ValueError("which way it goes depends on the images")
        wanted = "then_branch" if condition.array.reshape(-1)[0] else "else_branch"
        found = [attribute.g for attribute in node.attribute if attribute.name == wanted]
        if not found:
            raise ValueError(f"its {wanted} is missing")
        self._constants(found[0], None)
        self._read(found[0].node, all_of_them=True)
        for name, output in zip(node.output, found[0].output, strict=False):
            if output.name not in self.tensors:
                raise ValueError(f"its branch yields no `{output.name}`")
            self.tensors[name] = self.tensors[output.name]

    def _unknown(self, node: onnx.NodeProto) -> str:
        """The error of a node of a kind that is no layer, with what else there is of such."""

        def kind(of: onnx.NodeProto) -> str:
            return of.op_type if of.domain in ("", "ai.onnx") else f"{of.domain}.{of.op_type}"

        nodes = [other for other in self.graph.node if any(name in self.needed for name in other.output)]
        others = Counter(kind(other) for other in nodes if kind(other) not in RULES and not _may_fold(other))
        del others[kind(node)]
        more = f"; nor are {', '.join(sorted(others))}, which come later" if others else ""
        return f"{kind(node)} is no layer that zeronas has{more}"


def _may_fold(node: onnx.NodeProto) -> bool:
    return node.op_type in KINDS or node.op_type in ("Constant", "If")


def _all_inputs(node: onnx.NodeProto) -> list[str]:
    """What a node reads, in its branches too."""
    inside = [name for attribute in node.attribute for inner in attribute.g.node for name in _all_inputs(inner)]
    results = [output.name for attribute in node.attribute for output in attribute.g.output]
    return [*node.input, *inside, *results]


def _numbers(tensor: onnx.TensorProto, folder: Path | None) -> np.ndarray:
    if uses_external_data(tensor):
        if folder is None:
            # Its shape is all that the network is made of.
            return np.broadcast_to(np.float32(0), tuple(tensor.dims))
        load_external_data_for_tensor(tensor, str(folder))
    return onnx.numpy_helper.to_array(tensor)


def _value(node: onnx.NodeProto) -> np.ndarray:
    try:
        return value_of(node)
    except (TypeError, KeyError, OverflowError, AttributeError, MemoryError) as error:
        raise ValueError(f"its numbers cannot be read: {error}") from None


def _shape(given: Sequence[int]) -> tuple[int, int, int]:
    sizes = [int(size) for size in given]
    if len(sizes) not in (3, 4) or min(sizes) < 1:
        raise ValueError(f"input_shape must be channels, height and width, not {sizes}")
    channels, height, width = sizes[-3:]
    return channels, height, width
