"""Networks from ONNX, for the layers that zeronas has. Takes the package ``onnx``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from os import PathLike, fspath
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx.shape_inference import InferenceError

Form = dict[str, Any]

_KEEP = "where the exporter folded a batch norm into the layer, export as zeronas.onnx.load says"


def load(model: str | PathLike[str] | onnx.ModelProto, name: str | None = None) -> Form:
    """The JSON form of an ONNX model's network, for :func:`zeronas.networks`.

    Only the graph counts: zeronas draws weights of its own. Convolutions must be square, with equal padding around, without groups or
    dilation; a bias is left out where a batch norm follows, which makes it pointless, and refused elsewhere. Identity, dropout
    and flattening of vectors vanish. ``ValueError`` names the node that zeronas has no layer for.

    PyTorch must be told to keep the batch norms: its exporters fold them into the convolutions unless told otherwise, even without a
    bias where the network is fresh. Such a graph is refused if it tells so. This export has all layers::

        torch.onnx.export(
            network, (images,), "net.onnx", dynamo=False, training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False
        )
    """
    path = None if isinstance(model, onnx.ModelProto) else fspath(model)
    try:
        proto = model if path is None else onnx.load(path, load_external_data=False)
        proto = onnx.shape_inference.infer_shapes(proto)
    except (DecodeError, InferenceError, ValueError) as error:
        raise ValueError(f"{path or 'model'}: {error}") from None
    form = _Reader(proto.graph).form()
    return {"name": name or proto.graph.name or "network", **form}


class _Reader:
    """Reads a graph node by node; tensors are followed by the layers that yield them."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self.graph = graph
        self.constants = {tensor.name: tensor for tensor in graph.initializer}
        for node in graph.node:
            if (value := _constant(node)) is not None:
                self.constants[node.output[0]] = value
            elif node.op_type == "Identity" and node.input[0] in self.constants:
                self.constants[node.output[0]] = self.constants[node.input[0]]
        self.owners: dict[int, str] = {}
        self.shapes = dict(_shapes(graph))
        self.readers: dict[str, list[onnx.NodeProto]] = {}
        for node in graph.node:
            for tensor in node.input:
                self.readers.setdefault(tensor, []).append(node)
        images = [value for value in graph.input if value.name not in self.constants]
        if len(images) != 1:
            raise ValueError(f"the graph has {len(images)} inputs, a network takes images alone")
        shape = self.shapes.get(images[0].name, ())
        if len(shape) != 4 or not all(shape[1:]):
            name = images[0].name
            raise ValueError(f"the graph's input `{name}` must be images of known size, N x channels x height x width")
        self.input = list(shape[1:])
        self.layer_of = {images[0].name: "input"}
        self.layers: list[Form] = []

    def form(self) -> Form:
        for node in self.graph.node:
            label = _label(node)
            if node.output[0] in self.constants:
                continue
            rule = _RULES.get(node.op_type) if node.domain in ("", "ai.onnx") else None
            if rule is None:
                known = ", ".join(sorted(_RULES))
                raise ValueError(f"node `{label}`: {node.op_type} is no layer that zeronas has; there are {known}")
            attributes = {attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute}
            try:
                inputs = self.inputs(node)
                settings = rule(self, node, attributes)
            except ValueError as error:
                raise ValueError(f"node `{label}`: {error}") from None
            if settings is None:
                self.layer_of[node.output[0]] = inputs[0]
                continue
            self.layers.append({"name": label, **settings, "inputs": inputs})
            self.layer_of[node.output[0]] = label
        if len(self.graph.output) != 1:
            raise ValueError(f"the graph has {len(self.graph.output)} outputs, a network yields logits alone")
        output = self.graph.output[0].name
        if output not in self.layer_of:
            raise ValueError(f"the graph's output `{output}` is no layer's")
        return {"input": self.input, "layers": self.layers, "output": self.layer_of[output]}

    def inputs(self, node: onnx.NodeProto) -> list[str]:
        """The layers that a node reads; whatever else it takes must be a constant, which its rule looks at."""
        several = node.op_type in ("Add", "Concat", "Sum")
        data, parameters = (node.input, []) if several else (node.input[:1], node.input[1:])
        if not data:
            raise ValueError("it reads no layer")
        for tensor in data:
            if tensor not in self.layer_of:
                raise ValueError(f"it reads `{tensor}`, which is {'a constant' if tensor in self.constants else 'no layer'}")
        for tensor in parameters:
            if tensor and tensor not in self.constants:
                raise ValueError(f"its parameter `{tensor}` is no constant")
        return [self.layer_of[tensor] for tensor in data]

    def weight(self, node: onnx.NodeProto) -> tuple[int, ...]:
        """The shape of a node's weight, which must be its own, as those of layers are, and without another layer folded in."""
        if not any(node.input[1:2]):
            raise ValueError("it has no weight")
        # PyTorch's exporter lists what rewrote a node; nothing else tells where the folded bias was 0 and is gone.
        if any("FuseBatchNorm" in entry.value for entry in node.metadata_props):
            raise ValueError(f"a batch norm is missing; {_KEEP}")
        weight = self.constants[node.input[1]]
        if owner := self.owners.get(id(weight)):
            raise ValueError(f"its weight `{node.input[1]}` is that of `{owner}` too; layers cannot share a weight")
        self.owners[id(weight)] = _label(node)
        return tuple(weight.dims)

    def shape(self, tensor: str) -> tuple[int, ...]:
        if tensor in self.constants:
            return tuple(self.constants[tensor].dims)
        if not (found := self.shapes.get(tensor)):
            raise ValueError(f"the shape of `{tensor}` is not known")
        return found

    def is_normalised(self, node: onnx.NodeProto) -> bool:
        """Whether nothing but batch norms reads what the node yields."""
        readers = self.readers.get(node.output[0], [])
        yielded = any(output.name == node.output[0] for output in self.graph.output)
        return bool(readers) and not yielded and all(reader.op_type == "BatchNormalization" for reader in readers)


Rule = Callable[[_Reader, onnx.NodeProto, Mapping[str, Any]], "Form | None"]


def _shapes(graph: onnx.GraphProto) -> Iterator[tuple[str, tuple[int, ...]]]:
    for value in [*graph.input, *graph.value_info, *graph.output]:
        yield value.name, tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)


def _label(node: onnx.NodeProto) -> str:
    return node.name or node.output[0]


def _constant(node: onnx.NodeProto) -> onnx.TensorProto | None:
    """What a node of constant numbers yields."""
    if node.op_type != "Constant" or len(node.attribute) != 1:
        return None
    [attribute] = node.attribute
    if attribute.name == "value":
        return attribute.t
    if attribute.name in ("value_int", "value_ints", "value_float", "value_floats"):
        return onnx.numpy_helper.from_array(np.asarray(onnx.helper.get_attribute_value(attribute)))
    return None


def _required(attributes: Mapping[str, Any], name: str) -> Any:
    if name not in attributes:
        raise ValueError(f"its attribute {name} is missing")
    return attributes[name]


def _window(attributes: Mapping[str, Any], kernel: list[int]) -> Form:
    """Kernel, stride and padding, each one number."""
    if attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
        raise ValueError("auto_pad is not supported; give pads")
    if any(step != 1 for step in attributes.get("dilations", [])):
        raise ValueError("dilation is not supported")
    found = {"kernel": kernel, "stride": attributes.get("strides", [1]), "padding": attributes.get("pads", [0])}
    for name, values in found.items():
        if len(set(values)) != 1:
            raise ValueError(f"{name} {list(values)} is not the same in all directions")
    return {name: int(values[0]) for name, values in found.items()}


def _conv(reader: _Reader, node: onnx.NodeProto, attributes: Mapping[str, Any]) -> Form:
    if attributes.get("group", 1) != 1:
        raise ValueError("groups are not supported")
    if any(node.input[2:]) and not reader.is_normalised(node):
        raise ValueError(f"a convolution's bias is not supported unless a batch norm follows; {_KEEP}")
    weight, images = reader.weight(node), reader.shape(node.input[0])
    if len(weight) != 4 or len(images) != 4:
        raise ValueError("only convolutions of images are supported")
    channels, taken, *kernel = weight
    if taken != images[1]:
        raise ValueError(f"its weight takes {taken} channels, its input has {images[1]}")
    return {"op": "conv", "channels": channels, **_window(attributes, kernel)}


def _pool(op: str) -> Rule:
    def rule(_reader: _Reader, _node: onnx.NodeProto, attributes: Mapping[str, Any]) -> Form:
        window = _window(attributes, _required(attributes, "kernel_shape"))
        if attributes.get("ceil_mode", 0):
            raise ValueError("ceil_mode is not supported")
        if op == "average_pool" and window["padding"] and attributes.get("count_include_pad", 0):
            raise ValueError("a mean that counts the padding is not supported")
        return {"op": op, **window}

    return rule


def _linear(reader: _Reader, node: onnx.NodeProto, attributes: Mapping[str, Any]) -> Form:
    if attributes.get("transA", 0) or attributes.get("alpha", 1.0) != 1.0 or attributes.get("beta", 1.0) != 1.0:
        raise ValueError("only x W + b is supported")
    if not any(node.input[2:]):
        raise ValueError("a linear layer without bias is not supported")
    weight, vector, bias = reader.weight(node), reader.shape(node.input[0]), reader.shape(node.input[2])
    if len(weight) != 2 or len(vector) != 2:
        raise ValueError("only a matrix times a vector is supported")
    features, taken = weight if attributes.get("transB", 0) else weight[::-1]
    if taken != vector[1]:
        raise ValueError(f"its weight takes {taken} features, its input has {vector[1]}")
    if bias not in ((features,), (1, features)):
        raise ValueError(f"its bias must be {features} numbers")
    return {"op": "linear", "features": features}


def _batch_norm(_reader: _Reader, _node: onnx.NodeProto, attributes: Mapping[str, Any]) -> Form:
    if not math.isclose(epsilon := attributes.get("epsilon", 1e-5), 1e-5, rel_tol=1e-6):
        raise ValueError(f"epsilon {epsilon:.3g} is not supported, only 1e-05")
    return {"op": "batch_norm"}


def _sum(reader: _Reader, node: onnx.NodeProto, _attributes: Mapping[str, Any]) -> Form:
    if len({reader.shape(tensor) for tensor in node.input}) != 1:
        raise ValueError("only tensors of one shape can be added")
    return {"op": "sum"}


def _mean(reader: _Reader, node: onnx.NodeProto, attributes: Mapping[str, Any]) -> Form:
    axes = attributes.get("axes")
    if axes is None and len(node.input) > 1 and node.input[1]:
        axes = onnx.numpy_helper.to_array(reader.constants[node.input[1]]).tolist()
    if len(reader.shape(node.input[0])) != 4 or axes is None or sorted(axis % 4 for axis in axes) != [2, 3]:
        raise ValueError("only the mean over all pixels is supported")
    return {"op": "global_average"}


def _concat(reader: _Reader, node: onnx.NodeProto, attributes: Mapping[str, Any]) -> Form:
    if _required(attributes, "axis") % len(reader.shape(node.input[0])) != 1:
        raise ValueError("only channels can be put side by side")
    return {"op": "concat"}


def _vector(reader: _Reader, node: onnx.NodeProto, _attributes: Mapping[str, Any]) -> None:
    before, after = reader.shape(node.input[0]), reader.shape(node.output[0])
    if any(size != 1 for size in before[2:]):
        raise ValueError(f"only vectors can be flattened, not {' x '.join(map(str, before[1:]))}")
    if before[1:2] != after[1:2] or any(size != 1 for size in after[2:]):
        raise ValueError(f"a vector must stay one, not become {' x '.join(map(str, after))}")


def _plain(op: str) -> Rule:
    return lambda _reader, _node, _attributes: {"op": op}


def _nothing(_reader: _Reader, _node: onnx.NodeProto, _attributes: Mapping[str, Any]) -> None:
    return None


_RULES: dict[str, Rule] = {
    "Add": _sum,
    "AveragePool": _pool("average_pool"),
    "BatchNormalization": _batch_norm,
    "Concat": _concat,
    "Conv": _conv,
    "Dropout": _nothing,
    "Flatten": _vector,
    "Gemm": _linear,
    "GlobalAveragePool": _plain("global_average"),
    "Identity": _nothing,
    "MaxPool": _pool("max_pool"),
    "ReduceMean": _mean,
    "Relu": _plain("relu"),
    "Reshape": _vector,
    "Squeeze": _vector,
    "Sum": _sum,
}
