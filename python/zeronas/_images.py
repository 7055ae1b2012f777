"""Images that come from Python: arrays, batches, loaders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Any, NamedTuple

import numpy as np

Images = str | PathLike[str] | Sequence[Any] | Iterable[Any]
"""The command line's word or path; or images (N x 3 x side x side, floats as the networks are to see them) with labels, as a
pair of arrays, a list of batches, or a loader of batches such as PyTorch's ``DataLoader``."""


class Taken(NamedTuple):
    """Images as a scorer takes them: the bytes of their pixels, a label each, and their side."""

    pixels: bytes
    labels: list[int]
    side: int


ENOUGH = 1024
"""Images that are taken of a loader, unless more are asked for at a time."""


def taken(images: Images | Taken | None, least: int) -> str | PathLike[str] | Taken | None:
    """Images as a scorer takes them, a word or path as it is. Of a loader, at least so many."""
    if images is None or isinstance(images, (str, PathLike, Taken)):
        return images
    if isinstance(images, Sequence) and len(images) > 0 and all(map(_is_batch, images)):
        pixels, labels = _joined(list(images))
    elif isinstance(images, Sequence) and len(images) == 2:
        pixels, labels = _numpy(images[0]), _numpy(images[1])
    elif isinstance(images, Iterable) and not hasattr(images, "__array__") and not isinstance(images, Sequence):
        pixels, labels = _joined(_batches(images, max(least, ENOUGH)))
    else:
        what = f"{len(images)} things" if isinstance(images, Sequence) else type(images).__name__
        raise ValueError(
            f"images must be a word, a path, a pair of images and labels, a list of such batches or a loader of them, not {what}"
        )
    return _checked(pixels, labels)


def _checked(pixels: np.ndarray, labels: np.ndarray) -> Taken:
    if pixels.ndim != 4 or pixels.shape[1] != 3 or pixels.shape[2] != pixels.shape[3]:
        raise ValueError(f"images must be N x 3 x side x side, not {' x '.join(map(str, pixels.shape))}")
    if not np.issubdtype(pixels.dtype, np.floating):
        raise ValueError(f"images must be floats, normalised as the networks are to see them, not {pixels.dtype}")
    if labels.shape != pixels.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels must be {pixels.shape[0]} whole numbers")
    if (wrong := np.flatnonzero((labels < 0) | (labels >= 2**32))).size:
        raise ValueError(f"image {wrong[0] + 1} has the label {labels[wrong[0]]}, which is no class")
    floats = np.ascontiguousarray(pixels, dtype=np.float32)
    return Taken(floats.tobytes(), [int(label) for label in labels], pixels.shape[2])


def _batches(loader: Iterable[Any], least: int) -> list[Any]:
    """The first batches of a loader, until there are enough images."""
    batches, images = [], 0
    for batch in loader:
        if not _is_batch(batch):
            raise ValueError(f"batch {len(batches) + 1} of the images is {_described(batch)}, not a pair of images and labels")
        batches.append(batch)
        images += len(batch[0])
        if images >= least:
            break
    if not batches:
        raise ValueError("the loader of the images has no batches")
    return batches


def _joined(batches: list[Any]) -> tuple[np.ndarray, np.ndarray]:
    pixels, labels = ([_numpy(batch[i]) for batch in batches] for i in (0, 1))
    if len({array.shape[1:] for array in pixels}) > 1:
        shapes = sorted({" x ".join(map(str, array.shape[1:])) for array in pixels})
        raise ValueError(f"the batches hold images of several shapes: {', '.join(shapes)}")
    return np.concatenate(pixels), np.concatenate(labels)


def _is_batch(thing: Any) -> bool:
    """Whether it is images with labels."""
    return isinstance(thing, (tuple, list)) and len(thing) == 2 and len(getattr(thing[0], "shape", ())) == 4


def _described(thing: Any) -> str:
    return f"{len(thing)} things" if isinstance(thing, (tuple, list)) else f"of the type {type(thing).__name__}"


def _numpy(array: Any) -> np.ndarray:
    """An array of any library, such as a tensor of PyTorch that may be elsewhere."""
    return np.asarray(array.detach().cpu() if hasattr(array, "detach") else array)
