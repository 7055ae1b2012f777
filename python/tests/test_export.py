"""Exported networks in PyTorch and ONNX Runtime: what a trained network says of pictures is the same everywhere."""

from __future__ import annotations

import csv
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import zeronas
from conftest import ROOT

torch = pytest.importorskip("torch", reason="SKIPPED: PyTorch is not installed here")
Image = pytest.importorskip("PIL.Image", reason="SKIPPED: Pillow is not installed here")

CLASSES = ["ant", 'b "e"', "cow"]
NETWORK = "--arch 6111 --channels 4 --cells 1 --resolution 16".split()
RECIPE = "--recipe quick --epochs 1 --batch-size 8 --learning-rate 0.05".split()
# Larger and smaller than the network's images, upright, wide and square, grey and with transparency.
KINDS = [((40, 31), "RGB"), ((16, 16), "RGB"), ((23, 57), "L"), ((11, 12), "RGBA"), ((64, 64), "P")]


def pictures(folder: Path) -> None:
    """60 of them, 10 of each class in each part; classes differ in colour, so that something can be learned in one epoch."""
    generator = np.random.default_rng(3)
    for part in ("train", "test"):
        for place, name in enumerate(CLASSES):
            (folder / part / name).mkdir(parents=True)
            for number in range(10):
                (width, height), mode = KINDS[number % len(KINDS)]
                pixels = generator.integers(0, 200, (height, width, 3))
                pixels[:, :, place] += 55
                Image.fromarray(pixels.astype("u1")).convert(mode).save(folder / part / name / f"{number}.png")


def loaded(folder: Path) -> ModuleType:
    """The module of an exported network."""
    spec = importlib.util.spec_from_file_location("model", folder / "model.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.fixture(scope="module")
def trained(command, tmp_path_factory) -> Path:
    """A folder with pictures, a training on them, and what was exported of it."""
    folder = tmp_path_factory.mktemp("trained")
    pictures(folder / "pictures")
    command("train", *NETWORK, *RECIPE, "--images", folder / "pictures", "--out", folder / "trained")
    for format, out in (("torch", "torch"), ("onnx", "model.onnx")):
        command("export", "--trained", folder / "trained", "--to", format, "--out", folder / out)
    return folder


@pytest.fixture(scope="module")
def said(trained: Path) -> zeronas.Predictions:
    """What zeronas says of the pictures to test."""
    return zeronas.predict(trained / "trained", trained / "pictures" / "test", threads=1)


def test_zeronas_says_what_the_training_measured(trained: Path, said, command) -> None:
    assert said.classes == CLASSES and len(said.images) == 30
    assert np.abs(said.probabilities.sum(1) - 1).max() < 1e-12
    right = [label == image.parts[0] for label, image in zip(said.labels, said.images)]
    with (trained / "trained" / "history.csv").open() as file:
        [epoch] = csv.DictReader(file)
    assert 100 * np.mean(right) == pytest.approx(float(epoch["test_accuracy"]), abs=1e-9)
    assert np.mean(right) > 0.5, "something was learned"
    command("predict", "--trained", trained / "trained", "--images", trained / "pictures" / "test", "--out", trained / "p.csv")
    with (trained / "p.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows] == said.labels
    found = [[float(row[f"probability_{name}"]) for name in CLASSES] for row in rows]
    assert np.allclose(found, said.probabilities, rtol=1e-12)


def test_pytorch_says_the_same_of_every_picture(trained: Path, said) -> None:
    model = loaded(trained / "torch")
    assert model.CLASSES == CLASSES and model.SIDE == 16
    network = model.load()
    found = []
    with torch.no_grad():
        for image in said.images:
            [logits] = network(model.preprocess(Image.open(trained / "pictures" / "test" / image)))
            found.append(logits.numpy())
    assert_close(np.array(found), said.logits)
    assert [model.CLASSES[place] for place in np.argmax(found, 1)] == said.labels


def test_onnx_runtime_says_the_same_of_every_picture(trained: Path, said) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="SKIPPED: ONNX Runtime is not installed here")
    session = runtime.InferenceSession(trained / "model.onnx", providers=["CPUExecutionProvider"])
    known = session.get_modelmeta().custom_metadata_map
    model = loaded(trained / "torch")
    assert json.loads(known["class_names"]) == CLASSES and known["image_side"] == "16"
    assert (json.loads(known["image_mean"]), json.loads(known["image_std"])) == (model.MEAN, model.STD)
    assert (known["image_resize"], known["image_pixels"]) == ("centre crop, then scaled", "RGB, 0 to 255")
    opened = [Image.open(trained / "pictures" / "test" / image) for image in said.images]
    found = [session.run(["logits"], {"input": model.preprocess(image).numpy()})[0][0] for image in opened]
    assert_close(np.array(found), said.logits)
    assert [CLASSES[place] for place in np.argmax(found, 1)] == said.labels


def test_pictures_of_more_than_8_bits_are_refused(trained: Path) -> None:
    with pytest.raises(ValueError, match="8 bits"):
        loaded(trained / "torch").preprocess(Image.new("I;16", (20, 20)))


def test_layers_may_be_called_as_modules_already_call_something(command, tmp_path) -> None:
    layers = [
        {"name": "type", "op": "conv", "channels": 4, "kernel": 3},
        {"name": "half", "op": "conv", "channels": 4, "kernel": 1, "bias": True},
        {"name": "average_pool", "op": "average_pool", "kernel": 2, "padding": [1, 0, 0, 1]},
        {"name": "F", "op": "relu"},
        {"name": "torch", "op": "global_average"},
        {"name": "class", "op": "linear", "features": 3},
    ]
    form = {"name": "own", "input": [2, 9, 7], "layers": layers, "output": "class"}
    (tmp_path / "own.json").write_text(json.dumps(form))
    command("export", "--network", tmp_path / "own.json", "--to", "torch", "--out", tmp_path / "own")
    images = np.random.default_rng(0).standard_normal((4, 2, 9, 7)).astype("f4")
    with torch.no_grad():
        found = loaded(tmp_path / "own").load()(torch.from_numpy(images)).numpy()
    assert_close(found, zeronas.logits(form, images))


def test_what_goes_out_as_onnx_comes_in_again(command, tmp_path) -> None:
    loading = pytest.importorskip("zeronas.onnx", reason="SKIPPED: onnx is not installed here")
    cases = map(json.loads, (ROOT / "tests" / "golden" / "networks.jsonl").read_text().splitlines())
    networks = {case["name"]: case["network"] for case in cases if case["name"].startswith(("op_", "transnas_micro_000000"))}
    assert len(networks) > 20
    for name, form in networks.items():
        (tmp_path / "network.json").write_text(json.dumps(form))
        command("export", "--network", tmp_path / "network.json", "--to", "onnx", "--out", tmp_path / "network.onnx")
        again = loading.load(tmp_path / "network.onnx", name)
        one, other = zeronas.networks({**form, "name": name}), zeronas.networks(again)
        assert (one.params(name), one.flops(name)) == (other.params(name), other.flops(name)), name
        images = np.random.default_rng(0).standard_normal((3, *form["input"])).astype("f4")
        expected = zeronas.logits(one, images, dtype="f64")
        found = zeronas.logits(other, images, again.weights, dtype="f64")
        assert np.abs(found - expected).max() <= 1e-6 * np.abs(expected).max(), name
