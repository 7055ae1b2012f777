"""Scores."""

from __future__ import annotations

import json
from collections.abc import Iterable
from os import PathLike
from typing import Any

from . import _native
from ._frames import archs as listed_archs
from ._images import Images, taken
from ._native import Space, Table
from ._numbers import whole
from ._proxies import Proxy
from ._spaces import space as find_space


class Scorer:
    """Scores architectures of one space with one set of proxies; images and settings are read once.

    ``Scorer(space).score(archs)`` gives a row per architecture, seed and proxy, with the columns of a score file. Arguments default to
    the settings of ``zeronas score``, or of the ``protocol``:

    ``proxies``
        names, groups of names, or your own proxies (:func:`zeronas.proxy`)
    ``images``
        ``embedded``, ``synthetic``, ``noise``, a path as on the command line (``docs/images.md``), or images with labels, from which
        minibatches are drawn as from any set: a pair of arrays, a list of such batches, or a loader of them such as PyTorch's
        ``DataLoader``. From a loader, as many batches are taken as make up 1,024 images, or ``batch_size`` times ``seeds`` if that is
        more. Networks take the classes and the resolution of the images that are read, unless the space was asked for others;
        ``scorer.space`` is the space with them
    ``skip_damaged``
        leave out damaged pictures in a folder instead of refusing it; ``scorer.images`` says how many
    ``batch_size``, ``seed``, ``seeds``, ``init``, ``dtype``, ``device``, ``engine``, ``exact``, ``augment``, ``image_order``, ``as_written``
        like the flags of the command line
    ``protocol``
        a published protocol that sets what is left out
    ``threads``
        all cores by default; scores do not depend on it
    ``at_once``
        most networks to run at a time, by default one per thread: fewer save memory, as the threads then share the work of each
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
        dtype: Any = None,
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
        self._arguments = {name: value for name, value in locals().items() if name not in ("self", "__class__")}
        asked = find_space(space) if isinstance(space, str) else space
        self._arguments["proxies"] = listed = None if proxies is None else _listed(proxies)
        numbers = {"batch_size": batch_size, "seed": seed, "seeds": seeds, "threads": threads, "at_once": at_once}
        numbers = {name: whole(name, number) for name, number in numbers.items() if number is not None}
        threads, at_once = numbers.pop("threads", None), numbers.pop("at_once", None)
        given: dict[str, Any] = {
            **numbers,
            "proxies": None if listed is None else [_name(proxy) for proxy in listed],
            "init": init,
            "dtype": _dtype(dtype),
            "device": device,
            "engine": None if engine == "auto" else engine,
            "exact": exact,
            "augment": augment,
            "image_order": image_order,
            "as_written": as_written,
            "protocol": protocol,
        }
        settings = json.dumps({name: value for name, value in given.items() if value is not None})
        own = [proxy.bound() for proxy in listed or [] if isinstance(proxy, Proxy)]
        # A loader may yield other images the next time, so that what was taken is what is pickled.
        self._arguments["images"] = images = taken(images, numbers.get("batch_size", 1) * numbers.get("seeds", 1))
        given_images = (images, skip_damaged) if isinstance(images, (str, PathLike)) else images
        self._native = _native.Scorer(asked, settings, given_images, threads, at_once, own)

    @property
    def space(self) -> Space:
        """The space whose networks are scored."""
        return self._native.space

    @property
    def images(self) -> str | None:
        """The images that were read, in a line: how many, classes, sizes, how they were taken, and what was left out."""
        return self._native.images

    def __getstate__(self) -> dict[str, Any]:
        return self._arguments

    def __setstate__(self, arguments: dict[str, Any]) -> None:
        self.__init__(**arguments)  # type: ignore[misc]

    def score(self, archs: Iterable[str] | str | Any) -> Table:
        """Scores architectures, each written as its benchmark writes it.

        A data frame of any library, or a benchmark's table, stands for the architectures in its column ``arch``, ``architecture``,
        ``arch_str``, ``net``, ``net_str`` or ``hash``.
        """
        return self._native.score(listed_archs(archs))

    @property
    def manifest(self) -> dict[str, Any]:
        """How the scores are made: version, space, fingerprint of the images, every setting."""
        return json.loads(self._native.manifest())


def score(space: Space | str, archs: Iterable[str] | str | Any, **settings: Any) -> Table:
    """Scores architectures of a space once; ``settings`` are those of :class:`Scorer`."""
    return Scorer(space, **settings).score(archs)


def _listed(proxies: Iterable[str | Proxy] | str | Proxy) -> list[str | Proxy]:
    if isinstance(proxies, str):
        return list(proxies.split(","))
    return [proxies] if isinstance(proxies, Proxy) else list(proxies)


def _name(proxy: str | Proxy) -> str:
    return proxy.name if isinstance(proxy, Proxy) else proxy


def _dtype(dtype: Any) -> str | None:
    """The command line's word for a type of numbers, which may be numpy's or PyTorch's."""
    if dtype is None or isinstance(dtype, str) and dtype in ("f32", "f64"):
        return dtype
    name = getattr(dtype, "__name__", None) or str(dtype)
    words = {"float32": "f32", "float64": "f64", "float": "f64", "double": "f64"}
    return words.get(name.rsplit(".", 1)[-1], name)
