"""Files that zeronas wrote hold their network itself, beside the operators that it became."""

from __future__ import annotations

import hashlib
import json
import warnings

import onnx

from .._graph.network import LoadedNetwork

_NETWORK = "zeronas_network"
_GRAPH = "zeronas_graph_sha256"


def as_written(proto: onnx.ModelProto, read: LoadedNetwork) -> LoadedNetwork:
    """The network that zeronas made the file of, if it is one of its own and nobody has changed it since; else what was read.

    The operators alone do not tell where blocks end, how a parameter starts, or a pool's ``ceil`` from more padding.
    """
    known = {entry.key: entry.value for entry in proto.metadata_props}
    if _NETWORK not in known:
        return read
    if known.get(_GRAPH) != _fingerprint(known[_NETWORK], proto.graph):
        note = "it was changed since zeronas wrote it; its operators count, not the network in its metadata"
        read.notes.append(note)
        warnings.warn(f"network `{read['name']}`: {note}", stacklevel=3)
        return read
    network = LoadedNetwork(json.loads(known[_NETWORK]))
    if network["input"] != read["input"]:
        read.notes.append("images of another size than its own were asked for; its operators count, not the network in its metadata")
        return read
    network["name"] = read["name"]
    network.weights, network.notes = read.weights, read.notes
    return network


def _fingerprint(form: str, graph: onnx.GraphProto) -> str:
    """The SHA-256 of the network in JSON, all operators, what they read but for the weights' numbers, and the graph's ends."""
    digest = hashlib.sha256(form.encode())
    for node in graph.node:
        digest.update(node.SerializeToString(deterministic=True))
    for tensor in graph.initializer:
        plain = onnx.TensorProto()
        plain.CopyFrom(tensor)
        if tensor.data_type == onnx.TensorProto.FLOAT and tensor.dims:
            plain.ClearField("raw_data")
        digest.update(plain.SerializeToString(deterministic=True))
    for end in (*graph.input, *graph.output):
        digest.update(end.SerializeToString(deterministic=True))
    return digest.hexdigest()
