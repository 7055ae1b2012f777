"""What a network yields with given weights, to compare it with another program's."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import Any

import numpy as np

from . import _native
from ._native import Space
from ._numbers import whole
from ._spaces import networks


def logits(
    network: Space | Mapping[str, Any] | str | PathLike[str],
    images: Any,
    weights: Mapping[str, Any] | None = None,
    *,
    arch: str | None = None,
    seed: int = 0,
    dtype: str = "f32",
) -> np.ndarray:
    """The logits of a network, images x classes, as the reference engine computes them: batch norms use the statistics of this batch.

    ``network``
        a space, with ``arch`` as the architecture in it, or a network as :func:`networks` takes it
    ``images``
        N x channels x height x width, as the network takes them
    ``weights``
        the values of every parameter by name, such as ``stem.conv.weight``; the results of :func:`zeronas.onnx.load` and
        :func:`zeronas.torch.load` have them as ``weights``. Without any, zeronas draws its own with ``seed``
    ``dtype``
        the type to compute in, ``f32`` or ``f64``
    """
    space = network if isinstance(network, Space) else networks(network)
    if arch is None:
        if len(space) != 1:
            raise ValueError("arch must say which of the space's architectures is meant")
        [arch] = space
    if dtype not in ("f32", "f64"):
        raise ValueError(f"dtype must be f32 or f64, not {dtype!r}")
    pixels = np.ascontiguousarray(images, dtype=np.float32)
    if pixels.ndim != 4 or not pixels.size:
        raise ValueError(f"images must be N x channels x height x width, not {' x '.join(map(str, pixels.shape))}")
    given = None
    if weights is not None:
        shapes = dict(_native.parameters(space, arch))
        given = {name: _bytes(name, numbers, shapes.get(name)) for name, numbers in weights.items()}
    found = _native.logits(space, arch, (pixels.tobytes(), list(pixels.shape)), given, whole("seed", seed), dtype == "f64")
    return np.frombuffer(found, dtype=np.float64).reshape(len(pixels), -1).copy()


def _bytes(name: str, numbers: Any, shape: list[int] | None) -> bytes:
    """A parameter's numbers; a shape that is not the parameter's is refused."""
    array = np.ascontiguousarray(numbers, dtype=np.float32)
    if shape is not None and list(array.shape) != shape:
        raise ValueError(f"parameter `{name}` is {shape}, not {list(array.shape)}")
    return array.tobytes()
