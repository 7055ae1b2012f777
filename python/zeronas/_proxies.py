"""Proxies: those of zeronas, and your own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from . import _native

__all__ = ["Layer", "Proxy", "ProxyInfo", "proxies", "proxy"]


class ProxyInfo(NamedTuple):
    """What a proxy of zeronas is."""

    name: str
    better: str
    """Which scores are said to mean better architectures: ``higher`` or ``lower``."""
    cost: str
    summary: str
    source: str


def proxies() -> list[ProxyInfo]:
    """Every proxy that zeronas has."""
    return [ProxyInfo(*row) for row in _native.proxies()]


@dataclass(frozen=True)
class Layer:
    """What a proxy sees of a layer. Arrays are read-only; each is a copy that the proxy may keep."""

    name: str
    """The layer's name in its network, such as ``stage0.cell1.op2.conv``."""
    kind: str
    """``conv``, ``linear``, ``batch norm``, ``ReLU``, ``sum``, ..."""
    weight_shape: tuple[int, ...] | None = None
    """Of a convolution (out, in, height, width) or a linear layer (out, in); no other layer has weights in this sense."""
    weight: np.ndarray | None = None
    """``weights`` and ``gradients``: of a convolution or linear layer."""
    gradient: np.ndarray | None = None
    """The gradient of the loss with respect to the weight (``gradients``) or the output (``activation_gradients``)."""
    output: np.ndarray | None = None
    """``activations`` and ``activation_gradients``: images x channels x height x width."""
    codes: np.ndarray | None = None
    """``relu_codes``: images x units, true where the unit is on."""


@dataclass(frozen=True)
class Proxy:
    """A proxy of your own; :func:`proxy` makes it from a function."""

    name: str
    sees: str
    function: Callable[[Layer], Any]
    combine: Callable[[list[Any]], float | str]
    log: bool = False
    lower_is_better: bool = False

    def __call__(self, layer: Layer) -> Any:
        return self.function(layer)

    def __reduce__(self) -> tuple[Any, ...]:
        """A proxy of a module is pickled by its name there, which is no longer its function's; any other by its parts."""
        module, name = self.function.__module__, self.function.__qualname__
        if module != "__main__" and _named(module, name) is self:
            return _named, (module, name)
        return Proxy, (self.name, self.sees, self.function, self.combine, self.log, self.lower_is_better)

    def bound(self) -> _native.OwnProxy:
        """What a scorer takes."""

        def see(
            name: str,
            kind: str,
            weight_shape: Sequence[int] | None,
            arrays: Mapping[str, tuple[bytes, str, Sequence[int]]],
        ) -> Any:
            shown = {key: _array(*array) for key, array in arrays.items() if key != "packed"}
            if "packed" in arrays:
                shown["codes"] = _codes(*arrays["packed"])
            return self.function(Layer(name, kind, None if weight_shape is None else tuple(weight_shape), **shown))

        return _native.OwnProxy(self.name, self.sees, self.log, self.lower_is_better, see, self.combine)


def proxy(
    sees: str,
    *,
    name: str | None = None,
    combine: Callable[[list[Any]], float | str] = sum,
    log: bool = False,
    lower_is_better: bool = False,
) -> Callable[[Callable[[Layer], Any]], Proxy]:
    """Makes a proxy from a function that is called with one layer after another while a network runs.

    ``sees`` says what the function is shown of each layer:

    ======================== =======================================================================================
    ``weights``              the initial weights of convolutions and linear layers; nothing runs
    ``gradients``            these weights with the gradients of the loss, last layer first
    ``activations``          the output of every layer
    ``activation_gradients`` these outputs with the gradients of the loss, last layer first
    ``relu_codes``           which units of every ReLU are on
    ======================== =======================================================================================

    ``combine`` turns the list of the function's results into the score, by default their sum. It may also return a status that says why
    there is no number: ``singular``, ``constant``, ``zero``, ``undefined``. NaN becomes ``undefined`` too. The score goes into the table
    like any other, under the function's name or ``name``; ``log`` adds its logarithm, and ``lower_is_better`` tells reports on the table
    that lower scores are better. The pass is shared with every proxy that needs it.

    Both functions are called from several threads, with the layers of several networks interleaved: they must keep no state of their
    own.

    >>> @proxy("gradients")
    ... def my_grad_norm(layer):
    ...     return np.linalg.norm(layer.gradient.astype(float))
    """

    def make(function: Callable[[Layer], Any]) -> Proxy:
        return Proxy(name or function.__name__, sees, function, combine, log, lower_is_better)

    return make


def _named(module: str, name: str) -> Any:
    """What is called so in a module, if anything is."""
    return reduce(lambda thing, part: getattr(thing, part, None), name.split("."), import_module(module))


def _array(data: bytes, dtype: str, shape: Sequence[int]) -> np.ndarray:
    return np.frombuffer(data, dtype).reshape(shape)


def _codes(data: bytes, dtype: str, shape: Sequence[int]) -> np.ndarray:
    images, units = shape
    packed = np.frombuffer(data, dtype).reshape(images, -(-units // 8))
    codes = np.unpackbits(packed, axis=1, count=units, bitorder="little").astype(bool)
    codes.setflags(write=False)
    return codes
