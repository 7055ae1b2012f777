"""Runs exported networks in ONNX Runtime and PyTorch and compares their logits with zeronas's.

    EXPORTED=DIR cargo test --release --test export
    python python/tests/exported.py DIR

Needs numpy, onnx, onnxruntime and torch.
"""
import importlib.util
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import torch

LIMIT = 1e-5


def torch_logits(folder, images, double=False):
    spec = importlib.util.spec_from_file_location("model", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with torch.no_grad():
        network, images = module.load(), torch.from_numpy(images)
        return (network.double()(images.double()) if double else network(images)).numpy()


def onnx_logits(folder, images, level="BASIC"):
    path = folder / "model.onnx"
    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, f"ORT_ENABLE_{level}")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"input": images})[0]


# With all its optimisations, which are its default, ONNX Runtime lays the images out otherwise, and its convolutions add up in another
# order. On one network that is 1.5e-5 off the logits in 64 bits, as far as PyTorch in 32 bits is on two threads: rounding.
RUNS = {
    "onnx": onnx_logits,
    "onnx, all optimisations": lambda folder, images: onnx_logits(folder, images, "ALL"),
    "torch": torch_logits,
    "torch, 64 bits": lambda folder, images: torch_logits(folder, images, double=True),
}


def main(folder):
    torch.set_num_threads(1)
    worst, count = {name: (0.0, "") for name in RUNS}, 0
    for path in sorted(pathlib.Path(folder).iterdir()):
        graph = onnx.load(path / "model.onnx").graph
        shape = [side.dim_value for side in graph.input[0].type.tensor_type.shape.dim[1:]]
        images = np.fromfile(path / "images.bin", np.float32).reshape(-1, *shape)
        expected = np.fromfile(path / "logits.bin", np.float32).reshape(len(images), -1)
        for name, run in RUNS.items():
            got = run(path, images)
            assert got.shape == expected.shape, (path.name, name, got.shape)
            error = float(np.abs(got - expected).max() / np.abs(expected).max())
            worst[name] = max(worst[name], (error, path.name))
        count += 1
    print(count, "networks, largest errors relative to the largest logit:", worst)
    assert count and all(error <= LIMIT for name, (error, _) in worst.items() if name != "onnx, all optimisations")


if __name__ == "__main__":
    main(sys.argv[1])
