"""Networks from PyTorch, without an export. Needs the package ``torch``."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch
from torch import nn

from ._aten.reader import Reader
from ._graph.network import LoadedNetwork

__all__ = ["load"]

_IMAGES = 2
"""Images at a time while the module is traced."""


def load(
    module: nn.Module,
    input_shape: Sequence[int],
    name: str | None = None,
    *,
    output: str | int | None = None,
) -> LoadedNetwork:
    """The JSON form of a module's network, for :func:`zeronas.networks`.

    ``input_shape``
        channels, height and width of the images
    ``name``
        the network's name; by default the name of the module's class
    ``output``
        which result yields the logits, by position or name, if ``forward`` returns several

    The module is traced by ``torch.export`` as it runs in evaluation, and not changed. Layers are named like its submodules. What
    acts only in training (dropout, stochastic depth, auxiliary classifiers) is left out, and so is a softmax at the end; a warning,
    and ``notes`` of the result, say so. ``weights`` are the module's own. ``ValueError`` names the submodule and the operator that
    zeronas has no layer for.

    >>> zeronas.networks(zeronas.torch.load(torchvision.models.resnet18(), (3, 224, 224)))    # doctest: +SKIP
    """
    if not isinstance(module, nn.Module):
        raise ValueError(f"only an nn.Module can be loaded, not {type(module).__name__}")
    for wrapper, inside in ((nn.DataParallel, "module"), (nn.parallel.DistributedDataParallel, "module")):
        if isinstance(module, wrapper):
            module = getattr(module, inside)
    module = getattr(module, "_orig_mod", module)
    shape = [int(size) for size in input_shape]
    if len(shape) not in (3, 4) or min(shape) < 1:
        raise ValueError(f"input_shape must be channels, height and width, not {shape}")
    called = name or type(module).__name__
    try:
        reader = Reader(_traced(module, shape[-3:]), module, shape[-3:], _IMAGES)
        return reader.network(called, output)
    except ValueError as error:
        raise ValueError(f"{type(module).__name__}: {error}") from None


def _traced(module: nn.Module, shape: Sequence[int]) -> torch.export.ExportedProgram:
    """The module's operators on images of this shape, in evaluation; its modes stay as they are."""
    parameter = next((p for p in module.parameters()), torch.zeros(()))
    dtype = parameter.dtype if parameter.dtype.is_floating_point else torch.float32
    images = torch.zeros(_IMAGES, *shape, dtype=dtype, device=parameter.device)
    modes = [(part, part.training) for part in module.modules()]
    try:
        module.eval()
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            return torch.export.export(module, (images,), strict=False)
    except Exception as error:  # Whatever a module's own code may raise.
        first = str(error).strip().splitlines()[:1]
        raise ValueError(
            f"cannot be traced on images of {' x '.join(map(str, shape))}: {type(error).__name__}: {''.join(first)}"
        ) from None
    finally:
        for part, training in modes:
            part.training = training
