"""Networks from PyTorch. PyTorch is large, so that these are skipped where it is not installed."""

from __future__ import annotations

import numpy as np
import pytest
import zeronas

torch = pytest.importorskip(
    "torch", reason="SKIPPED: PyTorch is not installed here: `pip install torch torchvision` runs these tests"
)

import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402
from zeronas.torch import load  # noqa: E402


def ops(form: dict) -> list[str]:
    return [layer["op"] for layer in form["layers"]]


def trained(module: nn.Module) -> nn.Module:
    """In training, where batch norms use the batch's statistics, but with everything there."""
    module.train()
    for part in module.modules():
        if "Drop" in type(part).__name__ or "StochasticDepth" in type(part).__name__:
            part.eval()
    return module


def assert_right(module: nn.Module, form: zeronas.LoadedNetwork, limit: float = 1e-4) -> None:
    """As many parameters as PyTorch says, and its logits."""
    assert zeronas.networks(form).params(form["name"]) == sum(parameter.numel() for parameter in module.parameters())
    images = torch.randn(4, *form["input"], generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted = trained(module)(images).numpy()
    found = zeronas.logits(form, images, form.weights)
    assert np.abs(found - wanted).max() <= limit * np.abs(wanted).max()


def shaken(module: nn.Module) -> nn.Module:
    """No parameter is 0 or 1 by chance."""
    generator = torch.Generator().manual_seed(2)
    for parameter in module.parameters():
        parameter.data += 0.1 * torch.rand(parameter.shape, generator=generator)
    return module


class Residual(nn.Module):
    """A block whose shortcut thins out and puts zeros beside (option A), in place."""

    def __init__(self, into: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv, self.bn = nn.Conv2d(into, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.stride, self.more = stride, out - into

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn(self.conv(x))
        if self.stride > 1:
            x = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))
        y += x
        return y.relu_()


class Mixed(nn.Module):
    """A gate, a shuffle, a split, norms over channels, and a view at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, (3, 5), padding="same"), nn.BatchNorm2d(8, affine=False), nn.Hardswish())
        self.block = Residual(8, 11, 2)
        self.squeeze, self.excite = nn.Linear(11, 4), nn.Linear(4, 11, bias=False)
        self.norm, self.wide, self.narrow = nn.LayerNorm(11, eps=1e-6), nn.Linear(11, 20), nn.Linear(20, 12)
        self.gamma = nn.Parameter(1e-2 * torch.ones(12, 1, 1))
        self.drop, self.head = nn.Dropout(0.3), nn.Linear(12 * 16, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.block(self.stem(x))
        gate = torch.sigmoid(self.excite(F.silu(self.squeeze(x.mean((2, 3))))))
        x = x * gate[:, :, None, None]
        x = self.narrow(F.gelu(self.wide(self.norm(x.permute(0, 2, 3, 1))))).permute(0, 3, 1, 2) * self.gamma
        n, c, h, w = x.shape
        x = x.view(n, 3, c // 3, h, w).transpose(1, 2).reshape(n, c, h, w)
        one, other = x.chunk(2, 1)
        x = F.max_pool2d(torch.cat([other, F.leaky_relu(one, 0.2)], 1), 2)
        return F.log_softmax(self.head(self.drop(x.view(n, -1))), 1)


def test_a_module_is_its_layers_by_the_names_of_its_parts() -> None:
    module = shaken(Mixed())
    before = [part.training for part in module.modules()]
    with pytest.warns(UserWarning, match="the softmax at its end .*; 1 x dropout left out"):
        form = load(module, (3, 16, 16))
    assert [part.training for part in module.modules()] == before
    assert form["name"] == "Mixed" and form["input"] == [3, 16, 16]
    layers = {layer["name"]: layer for layer in form["layers"]}
    assert layers["stem.0"] == {
        "name": "stem.0",
        "op": "conv",
        "channels": 8,
        "kernel": [3, 5],
        "padding": [1, 2],
        "bias": True,
        "inputs": ["input"],
    }
    assert layers["stem.1"]["affine"] is False and layers["stem.2"]["op"] == "hard_swish" and layers["gamma"]["op"] == "scale"
    assert {"channel_shuffle", "truncate", "flatten", "mul", "layer_norm", "gelu", "zero", "concat"} <= set(ops(form))
    # Its logits are those before the softmax.
    images = torch.randn(4, 3, 16, 16)
    with torch.no_grad():
        wanted = trained(module)(images).numpy()
    found = zeronas.logits(form, images, form.weights)
    found -= np.log(np.exp(found).sum(1, keepdims=True))
    assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(3, 1)
        self.head = nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = x.flatten(2).permute(2, 0, 1)
        return self.head(self.inner(tokens, tokens, tokens)[0].mean(0))


class Branching(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3)) if x.sum() > 0 else x.amax((2, 3))


class Twice(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(self.conv(x)).mean((2, 3))


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4)), r"node `1` \(group_norm\): this operator is no layer"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Mish()), r"node `1` \(mish\): this operator is no layer"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.ELU(), nn.Flatten()), r"node `1`: elu\(x, 1\) is no activation that zeronas has"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.PReLU()), r"node `1` \(prelu\)"),
        (nn.Sequential(nn.ConvTranspose2d(3, 4, 3)), r"node `0` \(conv_transpose2d\)"),
        (nn.Sequential(nn.Conv2d(3, 4, 3), nn.Upsample(scale_factor=2)), r"node `1` \(upsample_nearest2d\)"),
        (nn.Sequential(nn.AdaptiveAvgPool2d(5)), r"node `0` .*5 x 5 pixels of 8 x 8, which do not divide"),
        (nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)), "its weight is computed from"),
        (Attention().requires_grad_(False), "node `inner"),
        (Branching(), "Branching: cannot be traced"),
        (Twice(), "its weight `conv.weight` is that of `conv` too"),
        (nn.Linear(5, 3), "Linear: cannot be traced on images of 3 x 8 x 8"),
        (nn.Sequential(nn.Conv2d(3, 4, 3)), "images x features"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "",
)
def test_what_has_no_layer_is_named(module: nn.Module, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        load(module, (3, 8, 8))


def test_what_is_no_module_or_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="only an nn.Module can be loaded, not function"):
        load(F.relu, (3, 8, 8))
    for shape in [(8, 8), (3, 0, 8)]:
        with pytest.raises(ValueError, match="input_shape must be channels, height and width"):
            load(nn.Flatten(), shape)


class TwoHeads(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.one, self.other = nn.Conv2d(3, 4, 3), nn.Linear(4, 2), nn.Linear(4, 5)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = self.body(x).mean((2, 3))
        return self.one(x), self.other(x)


def test_of_several_results_one_is_asked_for() -> None:
    with pytest.raises(ValueError, match="it returns several results; say which yields the logits by output=: 0 "):
        load(TwoHeads(), (3, 8, 8))
    with pytest.warns(UserWarning, match="10 parameters that its logits do not depend on are left out: one"):
        form = load(TwoHeads(), (3, 8, 8), output=1)
    assert form["layers"][-1]["features"] == 5


def lenet() -> nn.Module:
    layers = [nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def norm_before_flatten() -> nn.Module:
    layers = [nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8, eps=1e-3), nn.MaxPool2d(4), nn.BatchNorm2d(8, affine=False)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.5), nn.Linear(512, 10))


def ds_cnn() -> nn.Module:
    """For 1 x 40 x 101: speech as pictures."""
    layers = [nn.Conv2d(1, 64, (10, 4), stride=(2, 2), padding=(5, 1), bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    for _ in range(4):
        layers += [nn.Conv2d(64, 64, 3, padding=1, groups=64, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
        layers += [nn.Conv2d(64, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    return nn.Sequential(*layers, nn.Dropout(0.2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 12))


def residual_20() -> nn.Module:
    blocks = [Residual(16, 16, 1) for _ in range(3)] + [
        Residual(16, 32, 2),
        Residual(32, 32, 1),
        Residual(32, 64, 2),
        Residual(64, 64, 1),
    ]
    return nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1), *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("make", "shape"),
    [(lenet, (3, 32, 32)), (norm_before_flatten, (3, 32, 32)), (ds_cnn, (1, 40, 101)), (residual_20, (3, 32, 32))],
)
def test_small_networks_are_those_of_pytorch(make, shape) -> None:
    module = shaken(make())
    assert_right(module, load(module, shape))


COMMON = [
    "alexnet",
    "convnext_tiny",
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "mnasnet0_5",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "regnet_x_400mf",
    "regnet_y_400mf",
    "resnet18",
    "resnet50",
    "resnext50_32x4d",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "vgg11",
    "vgg11_bn",
]


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", COMMON)
def test_common_networks_are_those_of_pytorch(name: str) -> None:
    models = pytest.importorskip("torchvision", reason="SKIPPED: torchvision is not installed here").models
    more = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    side = 224 if name in ("alexnet", "vgg11", "vgg11_bn") else 64
    module = shaken(getattr(models, name)(**more))
    assert_right(module, load(module, (3, side, side)))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dynamo", [False, True], ids=["script", "dynamo"])
def test_an_export_is_the_same_network(tmp_path, dynamo: bool) -> None:
    pytest.importorskip("onnxscript", reason="SKIPPED: onnxscript is not installed here, which PyTorch's exporter takes")
    import zeronas.onnx

    module, images = shaken(Mixed()).eval(), torch.zeros(2, 3, 16, 16)
    if dynamo:
        torch.onnx.export(module, (images,), tmp_path / "net.onnx", dynamo=True, optimize=False, verbose=False)
    else:
        training = torch.onnx.TrainingMode.TRAINING
        torch.onnx.export(module, (images,), tmp_path / "net.onnx", dynamo=False, training=training, do_constant_folding=False)
    exported, direct = zeronas.onnx.load(tmp_path / "net.onnx", "net"), load(module, (3, 16, 16), "net")
    assert ops(exported) == ops(direct) and exported.weights.keys() == direct.weights.keys()
    for name, numbers in direct.weights.items():
        assert np.array_equal(exported.weights[name], numbers), name


def test_a_loader_of_batches_has_the_images(space) -> None:
    images, labels = torch.randn(40, 3, 32, 32), torch.arange(40) % 10
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(images, labels), batch_size=16)
    settings = {"proxies": "grad_norm", "batch_size": 8, "dtype": torch.float32}
    archs = [arch for arch in space.sample(9) if space.key(arch)][:2]
    scores = [
        zeronas.score(space, archs, images=given, **settings).to_polars()["score"].to_list()
        for given in (loader, (images, labels), [(images[:16], labels[:16]), (images[16:], labels[16:])])
    ]
    assert scores[0] == scores[1] == scores[2] and None not in scores[0]
