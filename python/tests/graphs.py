"""Small ONNX graphs for the tests: written by hand, grown at random, and damaged."""

from __future__ import annotations

import random

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

IMAGES = (2, 6, 9, 10)


class Graph:
    """A graph that takes ``images`` and grows node by node."""

    def __init__(self, seed: int = 0, images: tuple[int, ...] = IMAGES) -> None:
        self.random = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.images = images
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.maps = [("images", images)]

    def weight(self, *shape: int, name: str | None = None) -> str:
        """A parameter with numbers of its own."""
        name = name or f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(self.numbers.normal(0.1, 0.4, shape).astype(np.float32), name))
        return name

    def constant(self, value: object) -> str:
        """Numbers that the graph's author wrote."""
        name = f"c{len(self.nodes)}"
        array = np.asarray(value, np.float32 if isinstance(value, float) else None)
        self.nodes.append(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(array)))
        return name

    def node(self, kind: str, *inputs: str, **attributes: object) -> str:
        """A node; what it yields."""
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [f"{name}_out"], name=name, **attributes))
        return f"{name}_out"

    def norm(self, tensor: str, channels: int, affine: bool = True, eps: float = 1e-5) -> str:
        """A batch norm that uses the batch's statistics."""
        if affine:
            scale, shift = self.weight(channels), self.weight(channels)
        else:
            scale, shift = (self.constant(np.full(channels, value, np.float32)) for value in (1, 0))
        mean, var = self.constant(np.zeros(channels, np.float32)), self.constant(np.ones(channels, np.float32))
        name = f"n{len(self.nodes)}"
        outputs = [f"{name}_out", f"{name}_mean", f"{name}_var"]
        made = helper.make_node(
            "BatchNormalization", [tensor, scale, shift, mean, var], outputs, name=name, epsilon=eps, training_mode=1
        )
        self.nodes.append(made)
        return f"{name}_out"

    def model(self, *outputs: str, opset: int = 18) -> onnx.ModelProto:
        images = helper.make_tensor_value_info("images", TensorProto.FLOAT, self.images)
        results = [helper.make_tensor_value_info(output, TensorProto.FLOAT, None) for output in outputs]
        graph = helper.make_graph(self.nodes, "net", [images], results, self.weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)

    def classifier(self, tensor: str, channels: int, classes: int = 5) -> onnx.ModelProto:
        """The model that ends with this map's mean and a linear layer."""
        pooled = self.node("Flatten", self.node("GlobalAveragePool", tensor))
        return self.model(self.node("Gemm", pooled, self.weight(classes, channels), self.weight(classes), transB=1))


def reference(model: onnx.ModelProto, images: np.ndarray) -> np.ndarray:
    """What the package ``onnx`` says that a model yields."""
    with np.errstate(all="ignore"):
        return ReferenceEvaluator(model).run(None, {"images": images})[0]


def pixels(shape: tuple[int, ...] = IMAGES, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


# --- graphs at random


def grown(seed: int) -> tuple[Graph, onnx.ModelProto]:
    """A graph of a few random nodes, of which some have no layer."""
    graph = Graph(seed)
    chance = graph.random
    for _ in range(chance.randint(2, 8)):
        mark = len(graph.nodes), len(graph.weights)
        tensor = chance.choice(STEPS)(graph, *chance.choice(graph.maps[-3:]))
        try:
            shape = reference(graph.model(tensor), np.zeros(graph.images, np.float32)).shape
        except Exception:  # Whatever the reference raises: such a node does not run.
            shape = ()
        if len(shape) == 4 and min(shape) > 0:
            graph.maps.append((tensor, shape))
        else:
            del graph.nodes[mark[0] :], graph.weights[mark[1] :]
    tensor, (_, channels, height, width) = graph.maps[-1]
    if chance.random() < 0.5:
        return graph, graph.classifier(tensor, channels)
    flat = graph.node("Flatten", tensor)
    return graph, graph.model(graph.node("MatMul", flat, graph.weight(channels * height * width, 5)))


def _conv(graph: Graph, tensor: str, shape: tuple[int, ...]) -> str:
    chance, channels = graph.random, shape[1]
    groups = chance.choice([g for g in (1, 1, 2, 3, channels) if channels % g == 0])
    out, kernel = groups * chance.randint(1, 2), [chance.randint(1, 3), chance.randint(1, 3)]
    bias = [graph.weight(out)] if chance.random() < 0.5 else []
    around: dict[str, object] = {"pads": [chance.randint(0, 2) for _ in range(4)]}
    if chance.random() < 0.2:
        around = {"auto_pad": chance.choice(["SAME_UPPER", "SAME_LOWER", "VALID"])}
    weight = graph.weight(out, channels // groups, *kernel)
    strides = [chance.randint(1, 2), chance.randint(1, 2)]
    return graph.node("Conv", tensor, weight, *bias, kernel_shape=kernel, group=groups, strides=strides, **around)


def _norm(graph: Graph, tensor: str, shape: tuple[int, ...]) -> str:
    return graph.norm(tensor, shape[1], graph.random.random() < 0.7, graph.random.choice([1e-5, 1e-3]))


def _activation(graph: Graph, tensor: str, _shape: tuple[int, ...]) -> str:
    kind = graph.random.choice(["Relu", "Tanh", "Sigmoid", "HardSwish", "LeakyRelu", "Elu", "Softplus", "Neg", *SPELT_OUT])
    return SPELT_OUT[kind](graph, tensor) if kind in SPELT_OUT else graph.node(kind, tensor)


SPELT_OUT = {
    "relu6": lambda g, x: g.node("Clip", x, g.constant(0.0), g.constant(6.0)),
    "silu": lambda g, x: g.node("Mul", x, g.node("Sigmoid", x)),
    "hard_sigmoid": lambda g, x: g.node("HardSigmoid", x, alpha=1 / 6, beta=0.5),
    "hard_swish": lambda g, x: g.node(
        "Div",
        g.node("Mul", x, g.node("Clip", g.node("Add", x, g.constant(3.0)), g.constant(0.0), g.constant(6.0))),
        g.constant(6.0),
    ),
    "gelu": lambda g, x: g.node(
        "Mul",
        g.node("Mul", x, g.constant(0.5)),
        g.node("Add", g.node("Erf", g.node("Div", x, g.constant(2**0.5))), g.constant(1.0)),
    ),
    "relu": lambda g, x: g.node("Max", x, g.constant(0.0)),
}


def _pool(graph: Graph, tensor: str, _shape: tuple[int, ...]) -> str:
    chance = graph.random
    kernel = chance.randint(1, 3)
    around = {"kernel_shape": [kernel] * 2, "strides": [chance.randint(1, 2)] * 2, "pads": [chance.randint(0, kernel // 2)] * 4}
    if chance.random() < 0.5:
        return graph.node("MaxPool", tensor, **around)
    return graph.node("AveragePool", tensor, count_include_pad=chance.randint(0, 1), **around)


def _join(graph: Graph, tensor: str, shape: tuple[int, ...]) -> str:
    like = [name for name, other in graph.maps if other == shape]
    beside = [name for name, other in graph.maps if other[2:] == shape[2:]]
    kind = graph.random.choice(["Add", "Mul", "Concat"])
    if kind == "Concat":
        return graph.node(kind, tensor, graph.random.choice(beside), axis=1)
    return graph.node(kind, tensor, graph.random.choice(like))


def _gate(graph: Graph, tensor: str, shape: tuple[int, ...]) -> str:
    mean = graph.node("ReduceMean", tensor, graph.constant(np.array([2, 3])), keepdims=0)
    gate = graph.node("Sigmoid", graph.node("Gemm", mean, graph.weight(shape[1], shape[1]), graph.weight(shape[1])))
    return graph.node("Mul", tensor, graph.node("Unsqueeze", gate, graph.constant(np.array([2, 3]))))


def _shuffle(graph: Graph, tensor: str, shape: tuple[int, ...]) -> str:
    images, channels, height, width = shape
    groups = 2 if channels % 2 == 0 else 1
    apart = graph.node("Reshape", tensor, graph.constant(np.array([images, groups, channels // groups, height, width])))
    dealt = graph.node("Transpose", apart, perm=[0, 2, 1, 3, 4])
    return graph.node("Reshape", dealt, graph.constant(np.array([0, -1, height, width])))


def _slice(graph: Graph, tensor: str, shape: tuple[int, ...]) -> str:
    axis = graph.random.choice([1, 2, 3])
    start, step = graph.random.randrange(max(1, shape[axis] // 2)), graph.random.choice([1, 1, 2])
    numbers = [start, graph.random.choice([2**31 - 1, shape[axis], -1]), axis, step]
    return graph.node("Slice", tensor, *(graph.constant(np.array([number])) for number in numbers))


def _pad(graph: Graph, tensor: str, _shape: tuple[int, ...]) -> str:
    sides = [graph.random.choice([0, 1, 2, -1]) for _ in range(4)]
    channels = graph.random.choice([0, 0, 1])
    pads = [0, channels, *sides[:2], 0, channels, *sides[2:]]
    return graph.node("Pad", tensor, graph.constant(np.array(pads)))


def _layer_norm(graph: Graph, tensor: str, shape: tuple[int, ...]) -> str:
    channels = shape[1]
    last = graph.node("Transpose", tensor, perm=[0, 2, 3, 1])
    normal = graph.node("LayerNormalization", last, graph.weight(channels), graph.weight(channels), epsilon=1e-6)
    mixed = graph.node("MatMul", normal, graph.weight(channels, channels))
    mixed = graph.node("Mul", graph.node("Add", mixed, graph.weight(channels)), graph.weight(channels))
    return graph.node("Transpose", mixed, perm=[0, 3, 1, 2])


STEPS = [_conv] * 5 + [_norm] * 3 + [_activation] * 5 + [_pool] * 2 + [_join] * 3 + [_gate, _shuffle, _slice, _pad, _layer_norm]


# --- damage

_NUMBERS = [0, 1, -1, 2, 3, 7, 255, 10**6, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)]
_KINDS = [
    "Relu",
    "Conv",
    "Gemm",
    "Concat",
    "Reshape",
    "Slice",
    "Pad",
    "ReduceMean",
    "Split",
    "Gather",
    "If",
    "Constant",
    "Expand",
    "No",
]
_ATTRIBUTES = [
    ("axis", -7),
    ("axes", [9]),
    ("pads", [1]),
    ("strides", [0, 0]),
    ("group", 0),
    ("auto_pad", "x"),
    ("perm", [0]),
    ("to", 99),
]


def damaged(model: onnx.ModelProto, seed: int) -> onnx.ModelProto:
    """The model with a few of its parts changed to what may make no sense."""
    chance = random.Random(seed)
    broken = onnx.ModelProto()
    broken.CopyFrom(model)
    for _ in range(chance.randint(1, 4)):
        chance.choice([_damage_node, _damage_numbers, _damage_weight])(broken.graph, chance)
    return broken


def _damage_node(graph: onnx.GraphProto, chance: random.Random) -> None:
    if not graph.node:
        return
    node = chance.choice(graph.node)
    what = chance.randrange(5)
    if what == 0:
        node.op_type = chance.choice(_KINDS)
    elif what == 1 and node.input:
        node.input[chance.randrange(len(node.input))] = chance.choice(
            ["", "nowhere", "images", *(w.name for w in graph.initializer)]
        )
    elif what == 2 and node.input:
        del node.input[chance.randrange(len(node.input))]
    elif what == 3:
        name, value = chance.choice(_ATTRIBUTES)
        node.attribute.append(helper.make_attribute(name, value))
    else:
        graph.node.remove(node)


def _damage_numbers(graph: onnx.GraphProto, chance: random.Random) -> None:
    attributes = [attribute for node in graph.node for attribute in node.attribute]
    if not attributes:
        return
    attribute = chance.choice(attributes)
    if attribute.ints:
        attribute.ints[chance.randrange(len(attribute.ints))] = chance.choice(_NUMBERS)
    attribute.i, attribute.f = chance.choice(_NUMBERS), chance.choice([0.0, -1.0, float("nan"), float("inf")])
    if chance.random() < 0.3:
        attribute.type = chance.choice([1, 2, 3, 4, 5, 6, 7])


def _damage_weight(graph: onnx.GraphProto, chance: random.Random) -> None:
    if not graph.initializer:
        return
    weight = chance.choice(graph.initializer)
    what = chance.randrange(3)
    if what == 0 and weight.dims:
        weight.dims[chance.randrange(len(weight.dims))] = chance.choice(_NUMBERS)
    elif what == 1:
        weight.data_type = chance.randrange(24)
    else:
        dims = graph.input[0].type.tensor_type.shape.dim
        dims[chance.randrange(len(dims))].dim_value = chance.choice(_NUMBERS)
