"""Image sets by their path: those of the command line, with the classes and the resolution of the networks from them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import zeronas
from conftest import FLAGS, SETTINGS, read, rows


def cifar100(folder) -> None:
    folder.mkdir()
    generator = np.random.default_rng(0)
    for name in ["train", "test"]:
        batch = {
            "data": generator.integers(0, 256, (200, 3072)).astype("u1"),
            "fine_labels": [i % 100 for i in range(200)],
            "coarse_labels": [i % 20 for i in range(200)],
        }
        (folder / name).write_bytes(pickle.dumps(batch, 2))


def imagenet16(folder) -> None:
    folder.mkdir()
    generator = np.random.default_rng(1)
    for i, name in enumerate([*(f"train_data_batch_{i}" for i in range(1, 11)), "val_data"]):
        labels = generator.integers(1, 1001, 60)
        labels[:6] = [1, 2, 3, 60, 119, 120]
        batch = {"data": generator.integers(0, 256, (60, 768)).astype("u1"), "labels": labels}
        (folder / name).write_bytes(pickle.dumps(batch, 2 + i % 4))


@pytest.mark.parametrize(("make", "classes", "side"), [(cifar100, 100, 32), (imagenet16, 120, 16)])
def test_a_hundred_architectures_score_as_in_the_command_line(make, classes, side, space, command, tmp_path) -> None:
    make(tmp_path / "set")
    command("score", *FLAGS, "--images", tmp_path / "set", "--sample", 100, "--out", tmp_path / "cli.parquet")
    scorer = zeronas.Scorer(space, images=tmp_path / "set", **SETTINGS)
    assert (scorer.space.figures["classes"], scorer.space.figures["resolution"]) == (classes, side)
    assert scorer.images is not None and f"{classes} classes, {side} x {side}; normalised by the published" in scorer.images
    scores = rows(scorer.score(space.sample(100)))
    assert len(scores) == 400 and scores == rows(read(tmp_path / "cli.parquet"))
    assert scorer.manifest["image_set"]["classes"] == classes


def test_figures_that_were_asked_for_stay(tmp_path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (12, 20, 20, 3)).astype("u1")
    np.savez(tmp_path / "own.npz", images=images, labels=np.arange(12) % 3)
    scorer = zeronas.Scorer(zeronas.space("nats-tss", channels=4, cells=1, classes=7), images=tmp_path / "own.npz", **SETTINGS)
    assert (scorer.space.figures["classes"], scorer.space.figures["resolution"]) == (7, 20)
    scorer = zeronas.Scorer(zeronas.space("nats-tss", channels=4, cells=1, resolution=16), images=tmp_path / "own.npz", **SETTINGS)
    assert scorer.images is not None and "20 x 20, taken at 16 x 16 (scaled)" in scorer.images
    with pytest.raises(ValueError, match="its labels are in no file"):
        np.save(tmp_path / "a.npy", images)
        zeronas.Scorer("nats-tss", images=tmp_path / "a.npy")
