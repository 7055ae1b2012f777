"""Scores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from os import PathLike
from typing import Any

import numpy as np

from . import _native
from ._native import Space, Table
from ._numbers import whole
from ._proxies import Proxy
from ._spaces import space as find_space

Images = str | PathLike[str] | Sequence[Any]
"""The command line's word or path, or numpy images (N x 3 x side x side, floats as the networks are to see them) with labels."""


class Scorer:
    """Scores architectures of one space with one set of proxies; images and settings are read once.

    ``Scorer(space).score(archs)`` gives a row an architecture, seed and proxy, with the columns of a score file. Arguments that are
    left out are those of ``zeronas score``, or of the ``protocol``:

    ``proxies``
        names, groups of names, or proxies of one's own (:func:`zeronas.proxy`)
    ``images``
        ``embedded``, ``synthetic``, ``noise``, a path as of the command line (``docs/images.md``), or a pair of numpy arrays: images
        and labels, of which minibatches are drawn as of any set. Where the space was asked for no other, its networks take the
        classes and the resolution of images that are read; ``scorer.space`` is the space with them
    ``skip_damaged``
        leave damaged pictures of a folder out, instead of refusing it; ``scorer.images`` says how many
    ``batch_size``, ``seed``, ``seeds``, ``init``, ``dtype``, ``device``, ``engine``, ``exact``, ``augment``, ``image_order``, ``as_written``
        as the flags of the command line
    ``protocol``
        a published protocol to stand in for what is left out
    ``threads``
        all cores unless given; they change no score
    ``at_once``
        most networks at a time, one a thread unless given: less memory, as the threads then share the work of each
    """

    def __init__(
        self,
        space: Space | str = "nats-tss",
        *,
        proxies: Iterable[str | Proxy] | str | Proxy | None = None,
        images: Images | None = None,
        skip_damaged: bool = False,
        batch_size: int | None = None,
        seed: int | None = None,
        seeds: int | None = None,
        init: str | None = None,
        dtype: str | None = None,
        device: str | None = None,
        engine: str | None = None,
        exact: bool | None = None,
        augment: bool | None = None,
        image_order: str | None = None,
        as_written: bool | None = None,
        protocol: str | None = None,
        threads: int | None = None,
        at_once: int | None = None,
    ) -> None:
        asked = find_space(space) if isinstance(space, str) else space
        listed = _listed(proxies)
        numbers = {"batch_size": batch_size, "seed": seed, "seeds": seeds, "threads": threads, "at_once": at_once}
        numbers = {name: whole(name, number) for name, number in numbers.items() if number is not None}
        threads, at_once = numbers.pop("threads", None), numbers.pop("at_once", None)
        given: dict[str, Any] = {
            **numbers,
            "proxies": None if proxies is None else [_name(proxy) for proxy in listed],
            "init": init,
            "dtype": dtype,
            "device": device,
            "engine": None if engine == "auto" else engine,
            "exact": exact,
            "augment": augment,
            "image_order": image_order,
            "as_written": as_written,
            "protocol": protocol,
        }
        settings = json.dumps({name: value for name, value in given.items() if value is not None})
        own = [proxy.bound() for proxy in listed if isinstance(proxy, Proxy)]
        self._native = _native.Scorer(asked, settings, _images(images), skip_damaged, threads, at_once, own)

    @property
    def space(self) -> Space:
        """The space whose networks are scored."""
        return self._native.space

    @property
    def images(self) -> str | None:
        """What was read of images, in a line: how many, classes, sizes, how they were taken, and what was left out."""
        return self._native.images

    def score(self, archs: Iterable[str] | str) -> Table:
        """Scores architectures, each written as its benchmark writes it."""
        return self._native.score([archs] if isinstance(archs, str) else list(archs))

    @property
    def manifest(self) -> dict[str, Any]:
        """How the scores are made: version, space, fingerprint of the images, every setting."""
        return json.loads(self._native.manifest())


def score(space: Space | str, archs: Iterable[str] | str, **settings: Any) -> Table:
    """Scores architectures of a space once; ``settings`` are those of :class:`Scorer`."""
    return Scorer(space, **settings).score(archs)


def _listed(proxies: Iterable[str | Proxy] | str | Proxy | None) -> list[str | Proxy]:
    if proxies is None:
        return []
    if isinstance(proxies, str):
        return list(proxies.split(","))
    return [proxies] if isinstance(proxies, Proxy) else list(proxies)


def _name(proxy: str | Proxy) -> str:
    return proxy.name if isinstance(proxy, Proxy) else proxy


def _images(images: Images | None) -> str | PathLike[str] | tuple[bytes, list[int], int] | None:
    if images is None or isinstance(images, (str, PathLike)):
        return images
    if not isinstance(images, Sequence) or len(images) != 2:
        what = f"{len(images)} things" if isinstance(images, Sequence) else type(images).__name__
        raise ValueError(f"images must be a word, a path, or a pair of images and labels, not {what}")
    pixels, labels = np.asarray(images[0]), np.asarray(images[1])
    if pixels.ndim != 4 or pixels.shape[1] != 3 or pixels.shape[2] != pixels.shape[3]:
        raise ValueError(f"images must be N x 3 x side x side, not {' x '.join(map(str, pixels.shape))}")
    if not np.issubdtype(pixels.dtype, np.floating):
        raise ValueError(f"images must be floats, normalised as the networks are to see them, not {pixels.dtype}")
    if labels.shape != pixels.shape[:1] or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels must be {pixels.shape[0]} whole numbers")
    if (wrong := np.flatnonzero((labels < 0) | (labels >= 2**32))).size:
        raise ValueError(f"image {wrong[0] + 1} has the label {labels[wrong[0]]}, which is no class")
    floats = np.ascontiguousarray(pixels, dtype=np.float32)
    return floats.tobytes(), [int(label) for label in labels], pixels.shape[2]
