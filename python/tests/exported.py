"""Runs exported networks in ONNX Runtime and PyTorch and compares their logits with zeronas's.

    EXPORTED=DIR cargo test --release --test export
    python python/tests/exported.py DIR

Needs numpy, onnx, onnxruntime, torch and safetensors.
"""
import importlib.util
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import torch

LIMIT = 1e-5


def torch_logits(folder, images):
    spec = importlib.util.spec_from_file_location("model", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with torch.no_grad():
        return module.load()(torch.from_numpy(images)).numpy()


def onnx_logits(folder, images):
    path = folder / "model.onnx"
    onnx.checker.check_model(onnx.load(path), full_check=True)
    options = onnxruntime.SessionOptions()
    # Its fusions beyond these round by up to 1.5e-5 of the largest logit.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(["logits"], {"input": images})[0]


def main(folder):
    torch.set_num_threads(1)
    worst, count = {"onnx": (0.0, ""), "torch": (0.0, "")}, 0
    for path in sorted(pathlib.Path(folder).iterdir()):
        graph = onnx.load(path / "model.onnx").graph
        shape = [side.dim_value for side in graph.input[0].type.tensor_type.shape.dim[1:]]
        images = np.fromfile(path / "images.bin", np.float32).reshape(-1, *shape)
        expected = np.fromfile(path / "logits.bin", np.float32).reshape(len(images), -1)
        for name, got in (("onnx", onnx_logits(path, images)), ("torch", torch_logits(path, images))):
            assert got.shape == expected.shape, (path.name, name, got.shape)
            error = float(np.abs(got - expected).max() / np.abs(expected).max())
            worst[name] = max(worst[name], (error, path.name))
        count += 1
    print(count, "networks, largest errors relative to the largest logit:", worst)
    assert count and all(error <= LIMIT for error, _ in worst.values())


if __name__ == "__main__":
    main(sys.argv[1])
