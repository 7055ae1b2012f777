"""Networks that go to ONNX and come back are the same."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest
import zeronas.onnx
from conftest import ROOT

NETWORKS = [json.loads(line) for line in (ROOT / "tests" / "golden" / "networks.jsonl").read_text().splitlines()]


def exported(command, folder: Path, network: dict, name: str) -> Path:
    (folder / f"{name}.json").write_text(json.dumps(network))
    command("export", "--network", folder / f"{name}.json", "--to", "onnx", "--out", folder / f"{name}.onnx")
    return folder / f"{name}.onnx"


def with_defaults(network: dict) -> dict:
    """A network with the readers' inputs and its output by name, and without its own name."""
    last, layers = "input", []
    for layer in network["layers"]:
        layers.append({"inputs": [last], **layer})
        last = layer["name"]
    return {"output": last, **network, "layers": layers, "name": None}


@pytest.mark.parametrize("case", NETWORKS, ids=[case["name"] for case in NETWORKS])
def test_every_network_comes_back(case, command, tmp_path) -> None:
    path = exported(command, tmp_path, case["network"], "first")
    back = zeronas.onnx.load(path)
    assert back.notes == []
    before, after = with_defaults(case["network"]), with_defaults(back)
    # Where no ends of blocks are marked, the network finds some, and the file has them.
    for key in ("input", "output", *(["boundaries"] if "boundaries" in before else [])):
        assert after[key] == before[key]
    for was, now in zip(before["layers"], after["layers"], strict=True):
        # What the file left to defaults is spelled out, or the other way round.
        assert (now["name"], now["op"], now["inputs"]) == (was["name"], was["op"], was["inputs"])
    # What is exported of it is the same to the last setting and weight, so that it is the same network.
    again = onnx.load(exported(command, tmp_path, back, "again"))
    first = onnx.load(path)
    known = [{entry.key: entry.value for entry in model.metadata_props}["zeronas_network"] for model in (first, again)]
    assert with_defaults(json.loads(known[0])) == with_defaults(json.loads(known[1]))
    assert list(first.graph.initializer) == list(again.graph.initializer)
    # The weights are there under the names of its parameters, which are initialisers of the file.
    stored = {tensor.name for tensor in first.graph.initializer}
    assert back.weights.keys() <= stored
    if "parameters" in case:
        assert sum(array.size for array in back.weights.values()) == case["parameters"]


def test_a_file_that_was_changed_is_read_by_its_operators(command, tmp_path) -> None:
    layers = [
        {"name": "conv", "op": "conv", "channels": 4, "kernel": 3},
        {"name": "act", "op": "relu"},
        {"name": "pool", "op": "max_pool", "kernel": 3, "stride": 2, "ceil": True},
        {"name": "mean", "op": "global_average"},
        {"name": "fc", "op": "linear", "features": 3},
    ]
    network = {"input": [3, 9, 8], "layers": layers, "output": "fc", "boundaries": ["pool"]}
    path = exported(command, tmp_path, network, "own")
    onnx.save(onnx.load(path), path)
    back = zeronas.onnx.load(path, "called")
    assert (back["name"], back["boundaries"]) == ("called", ["pool"])
    assert back["layers"][2]["ceil"] is True

    model = onnx.load(path)
    [act] = [node for node in model.graph.node if node.name == "act"]
    act.op_type = "Tanh"
    with pytest.warns(UserWarning, match="changed since zeronas wrote it"):
        changed = zeronas.onnx.load(model)
    assert [layer["op"] for layer in changed["layers"]][:2] == ["conv", "tanh"]
    assert "boundaries" not in changed
