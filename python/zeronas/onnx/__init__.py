"""Networks from ONNX. Takes the package ``onnx``."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike, fspath
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError

from .._graph.network import LoadedNetwork
from ._own import as_written
from ._reader import Reader

__all__ = ["load"]

_OLDEST = 7
"""The opset since which tensors are broadcast as numpy does."""


def load(
    model: str | PathLike[str] | onnx.ModelProto,
    name: str | None = None,
    *,
    input_shape: Sequence[int] | None = None,
    output: str | None = None,
) -> LoadedNetwork:
    """The JSON form of an ONNX model's network, for :func:`zeronas.networks`.

    ``name``
        what the network is called; the file's name without its ending unless given
    ``input_shape``
        channels, height and width of the images, where the model takes any
    ``output``
        the name of the output that yields the logits, where there are several

    A file from ``zeronas export`` gives the network that it was made of. Of other files only the graph counts; zeronas draws
    weights of its own. What acts only in training (dropout, stochastic depth) is left out, and so
    is a softmax at the end; a warning, and ``notes`` of the result, say so. ``weights`` are those of the file. ``ValueError`` names
    the node that zeronas has no layer for.

    PyTorch's exporters fold batch norms into convolutions unless told otherwise; a graph that shows it is refused.
    :func:`zeronas.torch.load` needs no export. These exports have all layers::

        torch.onnx.export(network.eval(), (images,), "net.onnx", dynamo=True, optimize=False)
        torch.onnx.export(
            network, (images,), "net.onnx", dynamo=False, training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False
        )
    """
    path = None if isinstance(model, onnx.ModelProto) else Path(fspath(model))
    try:
        proto = model if path is None else onnx.load(path, load_external_data=False)
        if proto.functions:
            proto = onnx.inliner.inline_local_functions(proto)
        _check_version(proto)
        _check_names(proto.graph)
        called = name or (path.stem if path is not None else proto.graph.name) or "network"
        reader = Reader(proto.graph, path.parent if path is not None else None, input_shape=input_shape, output=output)
        network = reader.network(called)
        return as_written(proto, network) if output is None else network
    except (DecodeError, ValueError, RuntimeError) as error:
        raise ValueError(f"{path or 'model'}: {error}") from None


def _check_version(proto: onnx.ModelProto) -> None:
    versions = [entry.version for entry in proto.opset_import if entry.domain in ("", "ai.onnx")]
    if versions and min(versions) < _OLDEST:
        raise ValueError(
            f"its operators are of version {min(versions)}; onnx.version_converter makes it one of {_OLDEST} or later"
        )


def _check_names(graph: onnx.GraphProto) -> None:
    """Names that are no texts come as bytes."""
    names = [name for node in graph.node for name in (node.name, node.op_type, node.domain, *node.input, *node.output)]
    names += [attribute.name for node in graph.node for attribute in node.attribute]
    names += [value.name for values in (graph.input, graph.output, graph.initializer) for value in values]
    if broken := [name for name in names if not isinstance(name, str)]:
        raise ValueError(f"a name in it is no text: {broken[0]!r}")
    for inner in (attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")):
        _check_names(inner)
