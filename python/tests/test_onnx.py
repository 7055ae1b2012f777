"""Networks from ONNX."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import zeronas
from zeronas.onnx import load


def tensor(name: str, *shape: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.zeros(shape, np.float32), name)


def model(nodes: list[onnx.NodeProto], weights: list[onnx.TensorProto], output: str) -> onnx.ModelProto:
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 3, 32, 32])
    logits = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
    return helper.make_model(helper.make_graph(nodes, "net", [images], [logits], weights))


def norm(name: str, channels: int) -> list[onnx.TensorProto]:
    return [tensor(f"{name}.{part}", channels) for part in ("scale", "shift", "mean", "var")]


def node(op: str, name: str, *inputs: str, **attributes: object) -> onnx.NodeProto:
    return helper.make_node(op, list(inputs), [f"{name}_out"], name=name, **attributes)


def residual() -> onnx.ModelProto:
    """The network of docs/network.md, with a bias that its batch norm takes away, a dropout and a flattening."""
    same = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    parts = ("scale", "shift", "mean", "var")
    nodes = [
        node("Conv", "stem.conv", "images", "w1", "b1", **same),
        node("BatchNormalization", "stem.bn", "stem.conv_out", *(f"n1.{part}" for part in parts)),
        node("Relu", "block.relu", "stem.bn_out"),
        node("Conv", "block.conv", "block.relu_out", "w2", strides=[2, 2], **same),
        node("BatchNormalization", "block.bn", "block.conv_out", *(f"n2.{part}" for part in parts)),
        node("AveragePool", "block.pool", "stem.bn_out", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", "block.down", "block.pool_out", "w3", kernel_shape=[1, 1]),
        node("Add", "block.sum", "block.bn_out", "block.down_out"),
        node("Relu", "head.relu", "block.sum_out"),
        node("GlobalAveragePool", "head.pool", "head.relu_out"),
        node("Flatten", "head.flat", "head.pool_out"),
        node("Dropout", "head.dropout", "head.flat_out"),
        node("Gemm", "head.fc", "head.dropout_out", "w4", "b4", transB=1),
    ]
    weights = [tensor("w1", 16, 3, 3, 3), tensor("b1", 16), tensor("w2", 32, 16, 3, 3), tensor("w3", 32, 16, 1, 1)]
    weights += [tensor("w4", 10, 32), tensor("b4", 10), *norm("n1", 16), *norm("n2", 32)]
    return model(nodes, weights, "head.fc_out")


def test_a_network_from_onnx_is_the_one_written_by_hand(tmp_path) -> None:
    from conftest import ROOT

    _, example = (ROOT / "docs" / "network.md").read_text().split("```json\n")
    (tmp_path / "small.json").write_text(example.split("```")[0])
    onnx.save(residual(), tmp_path / "net.onnx")
    by_hand, loaded = zeronas.networks(tmp_path / "small.json"), zeronas.networks(load(tmp_path / "net.onnx", "small"))
    settings = {"proxies": ["naswot", "synflow", "grad_norm", "params", "flops"], "batch_size": 8}
    scores = [zeronas.score(space, ["small"], **settings).to_polars()["score"] for space in (by_hand, loaded)]
    assert scores[0].to_list() == scores[1].to_list()


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (node("Gelu", "act", "images"), "node `act`: Gelu is no layer"),
        (node("Conv", "dw", "images", "w", group=3), "node `dw`: groups"),
        (node("Conv", "c", "images", "w", pads=[0, 0, 1, 1]), "node `c`: padding .* not the same"),
        (node("Conv", "c", "images", "w", dilations=[2, 2]), "node `c`: dilation"),
        (node("Conv", "c", "images", "w", "b"), "node `c`: a convolution's bias"),
        (node("AveragePool", "p", "images", kernel_shape=[3, 3], pads=[1] * 4, count_include_pad=1), "node `p`: .*padding"),
        (node("Flatten", "f", "images"), "node `f`: only vectors"),
        (node("Add", "a", "images", "b"), "node `a`: it reads `b`, which is a constant"),
        (node("Concat", "a", "images", "w", axis=1), "node `a`: it reads `w`, which is a constant"),
        (node("Concat", "a", "images", "images"), "node `a`: its attribute axis is missing"),
        (node("Conv", "c", "images", "images"), "node `c`: its parameter `images` is no constant"),
        (node("Conv", "c", "images", ""), "node `c`: it has no weight"),
        (node("Conv", "c", "images", "w4"), "node `c`: its weight takes 4 channels, its input has 3"),
        (node("BatchNormalization", "n", "images", "b", "b", "b", "b", epsilon=1e-3), "node `n`: epsilon 0.001"),
        (node("AveragePool", "p", "images"), "node `p`: its attribute kernel_shape is missing"),
    ],
)
def test_a_node_that_has_no_layer_is_named(bad: onnx.NodeProto, words: str) -> None:
    weights = [tensor("w", 3, 1 if bad.name == "dw" else 3, 3, 3), tensor("w4", 3, 4, 3, 3), tensor("b", 3)]
    with pytest.raises(ValueError, match=words):
        load(model([bad], weights, bad.output[0]))


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ([node("Flatten", "f", "pool_out", axis=0)], "node `f`: a vector must stay one"),
        ([node("Reshape", "r", "pool_out", "shape")], "node `r`: a vector must stay one, not become 0 x 1 x 3 x 1"),
        ([node("Flatten", "f", "pool_out"), node("Gemm", "g", "f_out", "w", "b", transB=1)], "node `g`: .* 4 features, .* has 3"),
        ([node("Flatten", "f", "pool_out"), node("Gemm", "g", "f_out", "v", "one", transB=1)], "node `g`: its bias must be 5"),
        ([node("Flatten", "f", "pool_out"), node("Add", "a", "f_out", "pool_out")], "node `a`: only tensors of one shape"),
    ],
)
def test_a_vector_that_would_become_something_else_is_refused(after: list[onnx.NodeProto], words: str) -> None:
    weights = [tensor("w", 5, 4), tensor("v", 5, 3), tensor("b", 5), tensor("one", 1)]
    weights.append(numpy_helper.from_array(np.array([-1, 1, 3, 1]), "shape"))
    with pytest.raises(ValueError, match=words):
        load(model([node("GlobalAveragePool", "pool", "images"), *after], weights, after[-1].output[0]))


def test_constants_may_have_several_names_but_a_weight_is_one_layers() -> None:
    same = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    nodes = [
        helper.make_node("Identity", ["shift"], ["mean"]),
        helper.make_node("Constant", [], ["axes"], value_ints=[2, 3]),
        node("Conv", "one", "images", "w", **same),
        node("BatchNormalization", "n1", "one_out", "scale", "shift", "mean", "scale"),
        node("ReduceMean", "pool", "n1_out", "axes"),
    ]
    weights = [tensor("w", 3, 3, 3, 3), tensor("scale", 3), tensor("shift", 3)]
    assert [layer["op"] for layer in load(model(nodes, weights, "pool_out"))["layers"]] == ["conv", "batch_norm", "global_average"]
    nodes += [helper.make_node("Identity", ["w"], ["again"]), node("Conv", "two", "n1_out", "again", **same)]
    with pytest.raises(ValueError, match="node `two`: its weight `again` is that of `one` too"):
        load(model(nodes, weights, "two_out"))


def test_a_folded_batch_norm_is_told_how_to_keep() -> None:
    weights = [tensor("w", 3, 3, 3, 3), tensor("b", 3)]
    with pytest.raises(ValueError, match="node `c`: .*folded a batch norm .*, export as zeronas.onnx.load says"):
        load(model([node("Conv", "c", "images", "w", "b")], weights, "c_out"))
    # As PyTorch 2.9 and later export a fresh network by default: the bias was 0 and is gone with the batch norm.
    fused = node("Conv", "c", "images", "w")
    fused.metadata_props.add(key="pkg.onnxscript.rewriter.rule_name", value="FuseBatchNormIntoConv, RemoveOptionalBiasFromConv")
    with pytest.raises(ValueError, match="node `c`: a batch norm is missing; .*, export as zeronas.onnx.load says"):
        load(model([fused], weights, "c_out"))


def test_an_output_that_no_layer_yields_is_named() -> None:
    with pytest.raises(ValueError, match="the graph's output `nothing`"):
        load(model([node("Relu", "r", "images")], [], "nothing"))


def test_a_file_that_is_no_model_is_refused(tmp_path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"no\.onnx"):
        load(tmp_path / "no.onnx")
