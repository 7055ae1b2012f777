"""What a trained network says of pictures."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path
from typing import NamedTuple

import numpy as np

from . import _native
from ._numbers import whole


class Predictions(NamedTuple):
    """What a network predicts for pictures."""

    images: list[Path]
    """The pictures: paths relative to the folder, or the one file as it was given."""
    classes: list[str]
    """The names of the classes, in the order of the logits."""
    logits: np.ndarray
    """Images x classes."""
    left_out: list[str]
    """What else was in the folder and left out, in words."""

    @property
    def labels(self) -> list[str]:
        """The most likely class of each picture."""
        return [self.classes[place] for place in self.logits.argmax(1)]

    @property
    def probabilities(self) -> np.ndarray:
        """Images x classes."""
        shares = np.exp(self.logits - self.logits.max(1, keepdims=True))
        return shares / shares.sum(1, keepdims=True)


def predict(trained: str | PathLike[str], images: str | PathLike[str], *, threads: int | None = None) -> Predictions:
    """Classifies pictures with a trained network, as ``zeronas predict`` does.

    ``trained`` is the output folder of a training, ``images`` a picture or a folder of pictures, which are prepared as in the training.
    ``threads`` defaults to all cores; results do not depend on it.
    """
    count = None if threads is None else whole("threads", threads)
    paths, classes, logits, left_out = _native.predict(fspath(trained), fspath(images), count)
    numbers = np.frombuffer(logits, dtype=np.float64).reshape(len(paths), -1).copy()
    return Predictions([Path(path) for path in paths], classes, numbers, left_out)
