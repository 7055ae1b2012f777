"""Scoring on a Ray cluster: actors that hold a :class:`zeronas.Scorer`, and a Parquet dataset that fills batch by batch.

Each batch becomes its own file, named by its content and moved into place whole. So a worker that dies loses only its batch, which
another worker does again; a run that is cut off continues with what the dataset lacks; and a batch done twice is one file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import ray
import ray.data

from ._native import Space
from ._scoring import Scorer
from ._spaces import networks
from ._spaces import space as find_space

MANIFEST = "_manifest.json"
"""The dataset's file that says how its scores are made; readers of Parquet leave it aside, as it begins with an underscore."""


def score(
    archs: Iterable[str] | ray.data.Dataset,
    out: str | PathLike[str],
    space: str = "nats-tss",
    *,
    figures: dict[str, int] | None = None,
    network: list[dict[str, Any]] | None = None,
    workers: int | tuple[int, int] | None = None,
    cpus: float = 1,
    gpus: float | None = None,
    archs_per_batch: int = 32,
    **settings: Any,
) -> pa.dataset.Dataset:
    """Scores architectures on Ray Data into the folder ``out``, which every worker must be able to write to, and returns the dataset.

    ``archs``
        architectures as their benchmark writes them, or a dataset with a column ``arch`` that has each of them once
    ``space``, ``figures``, ``network``
        the space by name with its figures, or your own networks in their JSON form
    ``workers``
        number of actors, or the least and most of them; by default as many as the cluster's CPUs allow. Whatever a dataset has to do
        first, such as reading files, needs CPUs that no worker holds
    ``cpus``, ``gpus``
        CPUs and GPUs of each worker, which runs as many threads as it has CPUs, or on a GPU the scorer's own number of networks at a
        time; by default one GPU each if ``device`` is one
    ``archs_per_batch``
        architectures per file: the most that has to be done again when a worker dies

    Other keywords are those of :class:`zeronas.Scorer`. Rows are those of the command line, in no order. What is already in ``out`` is
    not scored again, and must have been made with the same settings. Only one run at a time may fill a folder. For your own proxies the
    settings hold only the name: a change of the function is not noticed, and needs another folder.
    """
    folder = Path(out).absolute()
    recipe = {"name": space, "figures": figures or {}, "network": network}
    settings, gpus = _resources(settings, cpus, gpus)
    done = _done(folder, Scorer(_space(recipe), **settings))
    if isinstance(archs, ray.data.Dataset):
        todo = archs
    else:
        listed = _alike_together(_space(recipe), [arch for arch in dict.fromkeys(archs) if arch not in done])
        if not listed:
            return _dataset(folder)
        # A block a batch: splitting a single one would be a task, which waits forever where the workers hold every CPU.
        starts = range(0, len(listed), archs_per_batch)
        todo = ray.data.from_arrow([pa.table({"arch": listed[start : start + archs_per_batch]}) for start in starts])
        done = set()
    if workers is None:
        workers = (1, max(1, int(ray.cluster_resources().get("CPU", 1) / cpus)))
    least, most = (workers, workers) if isinstance(workers, int) else workers
    written = todo.map_batches(
        _Worker,
        fn_constructor_args=[recipe, settings, str(folder), done],
        batch_size=archs_per_batch,
        batch_format="numpy",
        compute=ray.data.ActorPoolStrategy(min_size=least, max_size=most, max_tasks_in_flight_per_actor=2),
        num_cpus=cpus,
        num_gpus=gpus,
    )
    for _ in written.iter_batches(batch_size=None):
        pass
    return _dataset(folder)


class _Worker:
    """Holds a scorer; writes a file a batch, of what is not done already, and tells which."""

    def __init__(self, recipe: dict[str, Any], settings: dict[str, Any], folder: str, done: set[str]) -> None:
        self.scorer = Scorer(_space(recipe), **settings)
        self.folder = Path(folder)
        self.done = done

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        archs = [str(arch) for arch in batch["arch"] if arch not in self.done]
        if not archs:
            return {"part": np.array([], str), "archs": np.array([], int)}
        name = hashlib.sha256("\n".join(archs).encode()).hexdigest()[:32]
        part = self.folder / f"part-{name}.parquet"
        if not part.exists():
            _write(self.scorer.score(archs).to_arrow(), part)
        return {"part": np.array([part.name]), "archs": np.array([len(archs)])}


def _resources(settings: dict[str, Any], cpus: float, gpus: float | None) -> tuple[dict[str, Any], float]:
    """A worker's settings and GPUs; ``threads`` are networks at a time on a GPU, whose number has nothing to do with the CPUs."""
    if str(settings.get("device")).startswith("cuda"):
        return settings, 1 if gpus is None else gpus
    return {"threads": max(1, int(cpus)), **settings}, gpus or 0


def _space(recipe: dict[str, Any]) -> Space:
    if recipe["network"]:
        return networks(*recipe["network"])
    return find_space(recipe["name"], **recipe["figures"])


def _alike_together(space: Space, archs: list[str]) -> list[str]:
    """The architectures in an order in which those that are one network, which is run once a batch, stand together."""
    first: dict[str | None, int] = {}
    places = [first.setdefault(space.key(arch), place) for place, arch in enumerate(archs)]
    return [archs[place] for place in sorted(range(len(archs)), key=lambda place: places[place])]


def _write(table: pa.Table, part: Path) -> None:
    """Writes a file in one move: it is either whole or not there."""
    unfinished = part.with_name(f"_{part.name}.{uuid4().hex}")
    pa.parquet.write_table(table, unfinished)
    os.replace(unfinished, part)


def _done(folder: Path, scorer: Scorer) -> set[str]:
    """The architectures that the dataset holds; a new one gets its manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MANIFEST
    if not path.exists():
        unfinished = folder / f"{MANIFEST}.{uuid4().hex}"
        unfinished.write_text(json.dumps(scorer.manifest, indent=2) + "\n")
        os.replace(unfinished, path)
    scorer._native.check_manifest(path.read_text(), path)
    for leftover in folder.glob("_part-*"):
        leftover.unlink()
    if not any(folder.glob("part-*.parquet")):
        return set()
    return set(_dataset(folder).to_table(columns=["arch"])["arch"].to_pylist())


def _dataset(folder: Path) -> pa.dataset.Dataset:
    return pa.dataset.dataset(sorted(map(str, folder.glob("part-*.parquet"))), format="parquet")
