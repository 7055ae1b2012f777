"""Event files, read by TensorBoard's own reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator",
    reason="SKIPPED: no TensorBoard here, `pip install tensorboard` makes one",
)

ARCH = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|"
SIZE = ["--channels", 4, "--cells", 1]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """Images of two classes, of which one is lighter."""
    random = np.random.default_rng(0)
    arrays = {}
    for part, count in [("train", 80), ("test", 20)]:
        labels = np.arange(count) % 2
        light = 120 * labels[:, None, None, None]
        arrays[f"{part}_images"] = (light + random.integers(0, 120, (count, 16, 16, 3))).astype(np.uint8)
        arrays[f"{part}_labels"] = labels.astype(np.int64)
    path = tmp_path_factory.mktemp("pictures") / "pictures.npz"
    np.savez(path, **arrays)
    return path


def scalars(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """The curves in a folder: steps and values of each."""
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(one.step, one.value) for one in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def logged(out: Path) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """The same of every run, from the lines that stand beside the event files."""
    runs: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for line in (out / "log.jsonl").read_text().splitlines():
        numbers = json.loads(line)
        run, step = numbers.pop("run", ""), numbers.pop("step")
        for name, value in numbers.items():
            if value is not None:
                runs.setdefault(run, {}).setdefault(name, []).append((step, float(np.float32(value))))
    return runs


def agrees(out: Path) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """The curves of a folder of results, which are those of its lines."""
    runs = logged(out)
    for run, curves in runs.items():
        found = {tag: [one for one in curve if not np.isnan(one[1])] for tag, curve in scalars(out / "log" / run).items()}
        assert {tag: curve for tag, curve in found.items() if curve} == curves, run
    return runs


def test_a_training_has_a_step_an_epoch(command: Callable[..., None], pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "trained"
    words = ["train", "--arch", ARCH, *SIZE, "--images", pictures, "--recipe", "quick", "--epochs", 2, "--batch-size", 16]
    command(*words, "--out", out, "--log", "tensorboard,jsonl")
    (curves,) = agrees(out).values()
    assert [step for step, _ in curves["loss/train"]] == [1, 2]


def test_searches_have_a_folder_a_run(command: Callable[..., None], tmp_path: Path) -> None:
    out = tmp_path / "found"
    words = ["search", "--strategy", "random", "--evaluate", "table", "--table", "zeronas-mini", "--feedback", "test_accuracy"]
    command(*words, "--budget", "evaluations=10", "--runs", 2, "--out", out, "--log", "tensorboard,jsonl")
    assert sorted(agrees(out)) == ["run-0", "run-1"]


def test_confirming_has_a_folder_a_training(command: Callable[..., None], pictures: Path, tmp_path: Path) -> None:
    scores, out = tmp_path / "scores.csv", tmp_path / "confirmed"
    command("score", *SIZE, "--sample", 4, "--batch-size", 8, "--images", pictures, "--proxies", "params", "--out", scores)
    words = ["confirm", scores, "--top", 2, "--rungs", "1,2", "--recipe", "quick", "--images", pictures, "--batch-size", 16]
    command(*words, *SIZE, "--out", out, "--log", "tensorboard,jsonl")
    assert len(agrees(out)) == 2
