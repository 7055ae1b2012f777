"""Networks from ONNX."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
import zeronas
from graphs import IMAGES, Graph, damaged, grown, pixels, reference
from onnx import TensorProto, helper, numpy_helper
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
    """The network of docs/network.md, with a dropout and a flattening."""
    same = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    parts = ("scale", "shift", "mean", "var")
    nodes = [
        node("Conv", "stem.conv", "images", "w1", **same),
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
    weights = [tensor("w1", 16, 3, 3, 3), tensor("w2", 32, 16, 3, 3), tensor("w3", 32, 16, 1, 1)]
    weights += [tensor("w4", 10, 32), tensor("b4", 10), *norm("n1", 16), *norm("n2", 32)]
    return model(nodes, weights, "head.fc_out")


def test_a_network_from_onnx_is_the_one_written_by_hand(tmp_path) -> None:
    from conftest import ROOT

    _, example = (ROOT / "docs" / "network.md").read_text().split("```json\n")
    (tmp_path / "small.json").write_text(example.split("```")[0])
    onnx.save(residual(), tmp_path / "net.onnx")
    with pytest.warns(UserWarning, match="1 x dropout left out"):
        form = load(tmp_path / "net.onnx", "small")
    by_hand, loaded = zeronas.networks(tmp_path / "small.json"), zeronas.networks(form)
    settings = {"proxies": ["naswot", "synflow", "grad_norm", "params", "flops"], "batch_size": 8}
    scores = [zeronas.score(space, ["small"], **settings).to_polars()["score"] for space in (by_hand, loaded)]
    assert scores[0].to_list() == scores[1].to_list()


def ops(form: dict) -> list[str]:
    return [layer["op"] for layer in form["layers"]]


def assert_right(model: onnx.ModelProto, form: zeronas.LoadedNetwork, seed: int = 0, limit: float = 1e-4) -> None:
    """The network yields what the package ``onnx`` says, with the same weights."""
    images = pixels((2, *form["input"]), seed)
    wanted = reference(model, images)
    found = zeronas.logits(form, images, form.weights)
    assert np.abs(found - wanted).max() <= limit * np.abs(wanted).max(), ops(form)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (node("LRN", "act", "images", size=3), "node `act`: LRN is no layer"),
        (node("Gelu", "act", "images", approximate="tanh"), r"node `act`: gelu_tanh\(x\) is no activation .* gelu, "),
        (node("Mish", "act", "images"), "node `act`: Mish is no layer"),
        (
            node("Conv", "dw", "images", "w", group=2),
            "node `dw`: its weight is 3 x 3 x 3 x 3 in 2 groups, its input has 3 channels",
        ),
        (node("Conv", "c", "images", "w", pads=[0, -1, 0, 0]), r"node `c`: its padding \[0, -1, 0, 0\]"),
        (node("Conv", "c", "images", "w", strides=[0, 1]), r"node `c`: stride \[0, 1\] must be at least 1"),
        (node("Conv", "c", "images", "w", dilations=[20, 20]), "node `c`: its window of 41 pixels does not fit into 32"),
        (node("Conv", "c", "images", "w", "w4"), "node `c`: its bias must be 3 numbers"),
        (node("MaxPool", "p", "images", kernel_shape=[2, 2], pads=[2] * 4), "node `p`: its padding .* more than half"),
        (node("MaxPool", "p", "images", kernel_shape=[2, 2], dilations=[2, 2]), "node `p`: a pool's dilation"),
        (node("Concat", "a", "images", "w", axis=1), "node `a`: it reads constants that are not 0"),
        (node("Concat", "a", "images", "images"), "node `a`: its attribute axis is missing"),
        (node("Concat", "a", "images", "images", axis=2), "node `a`: only channels can be put side by side"),
        (node("Conv", "c", "images", "images"), "node `c`: its weight is no constant"),
        (node("Conv", "c", "images", ""), "node `c`: its weight is missing"),
        (node("Conv", "c", "images", "w4"), "node `c`: its weight is 3 x 4 x 3 x 3 in 1 groups, its input has 3 channels"),
        (node("Conv", "c", "nothing", "w"), "node `c`: it reads `nothing`, which nothing before it yields"),
        (node("AveragePool", "p", "images"), "node `p`: its attribute kernel_shape is missing"),
        (node("Add", "a", "images", "b"), "node `a`: constants of 3 and a tensor of 2 x 3 x 32 x 32"),
        (node("MatMul", "a", "images", "images"), "node `a`: the product of the outputs of two layers"),
        (node("PRelu", "a", "images", "b"), "node `a`: its slopes are trained"),
        (node("ConvTranspose", "a", "images", "w"), "node `a`: ConvTranspose is no layer"),
    ],
)
def test_a_node_that_has_no_layer_is_named(bad: onnx.NodeProto, words: str) -> None:
    weights = [tensor("w", 3, 3, 3, 3), tensor("w4", 3, 4, 3, 3), tensor("b", 3)]
    with pytest.raises(ValueError, match=words):
        load(model([bad], weights, bad.output[0]))


def test_all_kinds_without_a_layer_are_named_at_once() -> None:
    nodes = [node("LRN", "a", "images", size=3), node("Resize", "b", "a_out"), node("LRN", "c", "b_out", size=3)]
    with pytest.raises(ValueError, match="node `a`: LRN is no layer that zeronas has; nor are Resize, which come later"):
        load(model(nodes, [], "c_out"))


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ([node("Flatten", "f", "pool_out", axis=0)], "images x features"),
        ([node("Reshape", "r", "pool_out", "shape")], "node `r`: 2 x 3 x 1 x 1 cannot become"),
        ([node("Flatten", "f", "pool_out"), node("Gemm", "g", "f_out", "w", "b", transB=1)], "node `g`: .* 4 features, .* has 3"),
        ([node("Flatten", "f", "pool_out"), node("Gemm", "g", "f_out", "v", "b4", transB=1)], "node `g`: its bias must be 5"),
        ([node("Flatten", "f", "pool_out"), node("Add", "a", "f_out", "pool_out")], "node `a`: only tensors of one shape"),
    ],
)
def test_a_vector_that_would_become_something_else_is_refused(after: list[onnx.NodeProto], words: str) -> None:
    weights = [tensor("w", 5, 4), tensor("v", 5, 3), tensor("b", 5), tensor("b4", 4)]
    weights.append(numpy_helper.from_array(np.array([-1, 4, 3, 1]), "shape"))
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
    assert ops(load(model(nodes, weights, "pool_out"))) == ["conv", "batch_norm", "global_average"]
    nodes += [helper.make_node("Identity", ["w"], ["again"]), node("Conv", "two", "n1_out", "again", **same)]
    with pytest.raises(ValueError, match="node `two`: its weight `w` is that of `one` too"):
        load(model(nodes, weights, "two_out"))


def test_a_folded_batch_norm_is_told_how_to_keep() -> None:
    # As PyTorch 2.9 and later export a network in evaluation by default.
    fused = node("Conv", "c", "images", "w")
    fused.metadata_props.add(key="pkg.onnxscript.rewriter.rule_name", value="FuseBatchNormIntoConv, RemoveOptionalBiasFromConv")
    for folded, weights in [
        (fused, [tensor("w", 3, 3, 3, 3)]),
        (node("Conv", "c", "images", "onnx::Conv_7"), [tensor("onnx::Conv_7", 3, 3, 3, 3)]),
    ]:
        with pytest.raises(ValueError, match="node `c`: a batch norm is folded into it.*zeronas.torch.load"):
            load(model([folded], weights, "c_out"))


def test_settings_of_layers_are_those_of_the_graph() -> None:
    g = Graph()
    x = g.node(
        "Conv", "images", g.weight(12, 2, 3, 1), g.weight(12), group=3, pads=[1, 0, 0, 0], strides=[1, 2], dilations=[2, 1]
    )
    x = g.norm(g.norm(x, 12, eps=1e-3), 12, affine=False)
    x = g.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)
    model = g.classifier(g.node("LeakyRelu", x, alpha=0.2), 12)
    form = load(model, "settings")
    conv, norm, bare, pool, leaky, *_ = [
        {k: v for k, v in layer.items() if k not in ("name", "inputs")} for layer in form["layers"]
    ]
    wanted = {
        "channels": 12,
        "kernel": [3, 1],
        "stride": [1, 2],
        "padding": [1, 0, 0, 0],
        "dilation": [2, 1],
        "groups": 3,
        "bias": True,
    }
    assert conv == {"op": "conv", **wanted}
    assert norm == {"op": "batch_norm", "eps": 0.001} and bare == {"op": "batch_norm", "affine": False}
    assert pool == {"op": "average_pool", "kernel": 2, "stride": 2, "padding": 1, "count_include_padding": True}
    assert leaky == {"op": "leaky_relu", "slope": 0.2}
    # 12 x 2 x 3 and 12 of the convolution, 2 x 12 of the first norm, none of the second.
    assert zeronas.networks(form).params("settings") == 72 + 12 + 24 + 65
    assert_right(model, form)


def test_what_needs_no_layer_is_none() -> None:
    g = Graph(images=(2, 4, 6, 6))
    x = g.node("Transpose", g.node("Transpose", "images", perm=[0, 2, 3, 1]), perm=[0, 3, 1, 2])
    x = g.node("Slice", x, *(g.constant(np.array([n])) for n in (0, 2**63 - 1, 2)))
    x = g.node("Mul", g.node("Pad", x, g.constant(np.zeros(8, np.int64))), g.constant(1.0))
    x = g.node("Conv", g.node("Cast", x, to=1), g.weight(4, 4, 1, 1))
    shape = g.node(
        "Concat",
        g.constant(np.array([-1])),
        g.node("Slice", g.node("Shape", x), g.constant(np.array([1])), g.constant(np.array([2]))),
        axis=0,
    )
    x = g.node("Reshape", g.node("AveragePool", x, kernel_shape=[6, 6]), shape)
    form = load(g.model(g.node("Gemm", x, g.weight(4, 3))))
    assert ops(form) == ["conv", "global_average", "linear"]
    assert form["layers"][2]["bias"] is False


def test_pads_cuts_and_shuffles_become_layers() -> None:
    g = Graph(images=(2, 6, 8, 8))
    around = g.node("Pad", "images", g.constant(np.array([0, 0, 1, 0, 0, 0, 1, 2])))
    x = g.node("Conv", around, g.weight(6, 6, 3, 3), pads=[0, 1, 0, 0])
    apart = g.node("Transpose", g.node("Reshape", x, g.constant(np.array([2, 3, 2, 8, 9]))), perm=[0, 2, 1, 3, 4])
    x = g.node("Reshape", apart, g.constant(np.array([2, 6, 8, 9])))
    x = g.node("Slice", x, *(g.constant(np.array(n)) for n in ([2], [6], [1])))
    x = g.node("Slice", x, *(g.constant(np.array(n)) for n in ([1, 0], [8, 9], [2, 3], [2, 2])))
    x = g.node("Pad", x, g.constant(np.array([0, 1, 0, 0, 0, 2, 0, 0])))
    model = g.classifier(g.node("Relu", x), 7)
    form = load(model)
    assert ops(form)[:8] == ["conv", "channel_shuffle", "truncate", "crop", "average_pool", "zero", "zero", "concat"]
    conv, _, cut, crop, thin, *_ = form["layers"]
    assert conv["padding"] == [1, 1, 1, 2] and (cut["channels"], cut["first"]) == (4, 2)
    assert crop["margin"] == [1, 0, 0, 0] and (thin["kernel"], thin["stride"]) == (1, 2)
    assert_right(model, form)


def test_a_layer_norm_may_be_spelt_out() -> None:
    g = Graph(images=(2, 5, 4, 4))
    last = g.node("Transpose", "images", perm=[0, 2, 3, 1])
    centred = g.node("Sub", last, g.node("ReduceMean", last, g.constant(np.array([-1]))))
    variance = g.node("ReduceMean", g.node("Pow", centred, g.constant(2.0)), g.constant(np.array([-1])))
    normal = g.node("Div", centred, g.node("Sqrt", g.node("Add", variance, g.constant(1e-6))))
    normal = g.node("Add", g.node("Mul", normal, g.weight(5)), g.weight(5))
    x = g.node("Transpose", g.node("Add", g.node("MatMul", normal, g.weight(5, 7)), g.weight(7)), perm=[0, 3, 1, 2])
    model = g.classifier(g.node("Mul", x, g.weight(7, 1, 1, name="gamma")), 7)
    form = load(model)
    assert ops(form)[:3] == ["layer_norm", "conv", "scale"]
    assert form["layers"][0] == {"name": form["layers"][0]["name"], "op": "layer_norm", "eps": 1e-6, "inputs": ["input"]}
    assert form["layers"][1]["bias"] and form["layers"][2]["name"] == "gamma"
    assert_right(model, form)


def test_a_norms_scale_and_shift_may_stand_behind_it() -> None:
    g = Graph(images=(2, 3, 6, 6))
    x = g.norm(g.node("Conv", "images", g.weight(4, 3, 3, 3)), 4, affine=False)
    model = g.classifier(g.node("Add", g.node("Mul", x, g.weight(4, 1, 1)), g.weight(4, 1, 1)), 4)
    form = load(model)
    assert ops(form)[:2] == ["conv", "batch_norm"] and "affine" not in form["layers"][1]
    assert_right(model, form)


def test_a_softmax_and_what_only_training_knows_are_left_out_with_a_note() -> None:
    g = Graph(images=(2, 3, 6, 6))
    x = g.node("Conv", "images", g.weight(4, 3, 3, 3), pads=[1, 1, 1, 1])
    noise = g.node("RandomUniformLike", g.constant(np.zeros((2, 1, 1, 1), np.float32)))
    kept = g.node("Div", g.node("Cast", g.node("Less", noise, g.constant(0.8)), to=1), g.constant(0.8))
    x = g.node("Add", g.node("Mul", g.node("Relu", x), kept), x)
    logits = g.classifier(g.node("Dropout", x), 4).graph.output[0].name
    with pytest.warns(UserWarning, match="softmax at its end") as told:
        form = load(g.model(g.node("Softmax", logits)), "noted")
    assert ops(form) == ["conv", "relu", "sum", "global_average", "linear"]
    assert len(form.notes) == 3 and "1 x stochastic depth left out" in str(told[0].message)
    with pytest.raises(ValueError, match="the softmax of node .* is read"):
        load(g.model(g.node("Relu", g.node("Softmax", logits))))


def test_of_several_outputs_the_logits_are_found_or_asked_for() -> None:
    g = Graph(images=(2, 3, 6, 6))
    features = g.node("Flatten", g.node("GlobalAveragePool", g.node("Conv", "images", g.weight(4, 3, 3, 3))))
    one, other = (g.node("Gemm", features, g.weight(4, classes)) for classes in (5, 7))
    assert zeronas.networks(load(g.model(features, one), "a")).params("a") == 108 + 20
    with pytest.raises(ValueError, match=f'2 outputs, `{one}`, `{other}`; say which are the logits: output="{one}"'):
        load(g.model(one, other))
    assert zeronas.networks(load(g.model(one, other), "b", output=other)).params("b") == 108 + 28


def test_images_of_any_size_take_an_input_shape() -> None:
    g = Graph(images=(2, 3, 8, 8))
    model = g.classifier(g.node("Conv", "images", g.weight(4, 3, 3, 3)), 4)
    for dim, word in zip(model.graph.input[0].type.tensor_type.shape.dim, "NCHW", strict=True):
        dim.dim_param = word
    with pytest.raises(ValueError, match="images of known size.*give input_shape"):
        load(model)
    assert load(model, input_shape=(3, 8, 8))["input"] == [3, 8, 8]
    with pytest.raises(ValueError, match="input_shape must be channels, height and width"):
        load(model, input_shape=(8, 8))


def test_channels_may_come_last() -> None:
    g = Graph(images=(2, 8, 9, 3))
    model = g.classifier(g.node("Conv", g.node("Transpose", "images", perm=[0, 3, 1, 2]), g.weight(4, 3, 3, 3)), 4)
    with pytest.warns(UserWarning, match="channels last"):
        form = load(model)
    assert form["input"] == [3, 8, 9] and ops(form) == ["conv", "global_average", "linear"]


def test_models_are_called_as_their_files(tmp_path) -> None:
    model = Graph().classifier("images", IMAGES[1])
    for name in ("one", "two"):
        onnx.save(model, tmp_path / f"{name}.onnx")
    assert list(zeronas.networks(*(load(tmp_path / f"{name}.onnx") for name in ("one", "two")))) == ["one", "two"]


@pytest.mark.parametrize("seed", range(60))
def test_a_random_graph_is_the_right_network_or_refused(seed: int) -> None:
    graph, model = grown(seed)
    try:
        form = load(model)
    except ValueError as error:
        assert "node `" in str(error)
        return
    # Some are nearly constant, and what is left is 32-bit rounding.
    assert_right(model, form, seed, 1e-3)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_damaged_model_is_refused_or_read() -> None:
    refused = 0
    for seed in range(300):
        try:
            load(damaged(grown(seed % 10)[1], seed))
        except ValueError:
            refused += 1
    assert 150 < refused < 300


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_file_with_wrong_bytes_is_refused_or_read(tmp_path) -> None:
    path, whole = tmp_path / "net.onnx", grown(3)[1].SerializeToString()
    for seed in range(300):
        generator = np.random.default_rng(seed)
        content = bytearray(whole[: generator.integers(1, len(whole)) if seed % 5 == 0 else None])
        for place in generator.integers(0, len(content), 3):
            content[place] = generator.integers(0, 256)
        path.write_bytes(bytes(content))
        try:
            load(path)
        except ValueError as error:
            assert str(error).startswith(f"{path}: ")


def test_an_output_that_no_layer_yields_is_named() -> None:
    with pytest.raises(ValueError, match="the graph's output `nothing`"):
        load(model([node("Relu", "r", "images")], [], "nothing"))


def test_a_file_that_is_no_model_is_refused(tmp_path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"no\.onnx"):
        load(tmp_path / "no.onnx")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load(tmp_path / "nowhere.onnx")
