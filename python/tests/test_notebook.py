"""What notebooks bring: data frames of any library, batches, copies in other processes."""

from __future__ import annotations

import copy
import json
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import zeronas
from conftest import FIGURES, SETTINGS, rows

FRAMES = {"pandas": lambda table: table.to_pandas(), "polars": pl.from_arrow, "pyarrow": lambda table: table}


class Capsule:
    """A table that has nothing but Arrow's stream interface and the names of its columns."""

    def __init__(self, table: pa.Table) -> None:
        self.columns = table.column_names
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


FRAMES["capsule"] = Capsule


@pytest.fixture(scope="module")
def mini() -> zeronas.BenchmarkTable:
    return zeronas.BenchmarkTable("zeronas-mini")


@pytest.fixture(scope="module")
def mini_scores(space, mini) -> zeronas.Table:
    return zeronas.score(space, mini.archs()[:60], proxies=["synflow", "params"], batch_size=4)


@pytest.mark.parametrize("library", FRAMES)
def test_architectures_come_in_a_frame(space, library: str) -> None:
    archs = space.sample(5)
    wanted = rows(zeronas.score(space, archs, **SETTINGS))
    frame = FRAMES[library](pa.table({"rank": range(5), "arch": archs}))
    assert rows(zeronas.score(space, frame, **SETTINGS)) == wanted


def test_architectures_come_in_columns_and_earlier_scores(space, mini) -> None:
    archs = space.sample(5)
    scores = zeronas.score(space, archs, **SETTINGS)
    wanted = rows(scores)
    series = [
        pd.Series(archs),
        pl.Series(archs),
        pa.array(archs),
        pa.chunked_array([archs]),
        np.array(archs),
        iter(archs),
        scores,
    ]
    for given in [*series, pd.DataFrame({"net_str": archs, "accuracy": range(5)}), pd.DataFrame({"whatever": archs})]:
        assert rows(zeronas.score(space, given, **SETTINGS)) == wanted, type(given)
    assert len(zeronas.score(space, mini, proxies="params")) == len(mini)


def test_a_frame_without_architectures_is_refused(space) -> None:
    for words, given in [
        ("no column of architectures: one of arch, .*; there are a, b", pd.DataFrame({"a": ["x"], "b": ["y"]})),
        ("row of the column `arch` 2 is None, which is no text", pl.DataFrame({"arch": [space.sample(1)[0], None]})),
        ("architecture 1 is 3, which is no text", [3]),
        ("architectures must be texts or a table of them, not int", 3),
    ]:
        with pytest.raises(ValueError, match=words):
            zeronas.score(space, given, **SETTINGS)


@pytest.mark.parametrize("library", FRAMES)
def test_reports_and_tables_take_frames(mini, mini_scores, library: str) -> None:
    flags = {"target": "test_accuracy", "bootstrap": 20}
    wanted = zeronas.report(mini_scores, "zeronas-mini", **flags).table("summary")
    scores, benchmark = (FRAMES[library](pa.table(table)) for table in (mini_scores, mini))
    table = zeronas.BenchmarkTable(benchmark)
    assert table.archs() == mini.archs() and table.column("test_accuracy") == mini.column("test_accuracy")
    for given in (benchmark, table):
        assert zeronas.report(scores, given, **flags).table("summary").equals(wanted)
    assert zeronas.report([scores], benchmark, **flags).table("summary").equals(wanted)


def test_a_search_takes_a_frame(mini) -> None:
    flags: dict[str, Any] = {"strategy": "random", "evaluate": "table", "feedback": "test_accuracy", "budget": {"evaluations": 5}}
    named = zeronas.search(table="zeronas-mini", **flags).table("history")
    framed = zeronas.search(table=pl.DataFrame(mini), **flags).table("history")
    assert framed["arch"].to_pylist() == named["arch"].to_pylist()


@pytest.mark.parametrize("library", ["zeronas", "pandas", "pyarrow"])
def test_a_search_knows_how_the_networks_of_a_table_were_built(space, library: str) -> None:
    scores = zeronas.score(space, space.sample(8), proxies="naswot", batch_size=4)
    table = {"zeronas": scores, "pandas": scores.to_pandas(), "pyarrow": scores.to_arrow()}[library]
    flags: dict[str, Any] = {"strategy": "every", "evaluate": "proxy:naswot", "runs": 1}
    for given in (table, copy.deepcopy(table)):
        found = zeronas.search(scores=given, **flags)
        manifest = json.loads((found.folder / "manifest.json").read_text())
        assert {name: manifest[name] for name in FIGURES} == FIGURES
    with pytest.raises(ValueError, match="channels=: is 8, and .* was scored with 4"):
        zeronas.search(scores=table, channels=8, **flags)


def test_texts_as_the_index_of_a_pandas_frame_are_architectures(space, mini, mini_scores) -> None:
    frame = pa.table(mini).to_pandas().set_index("arch")
    assert zeronas.BenchmarkTable(frame).archs() == mini.archs()
    frame.index.name = None
    assert zeronas.BenchmarkTable(frame).archs() == mini.archs()


def test_architectures_may_have_a_column_of_another_name(mini) -> None:
    plain = pa.table(mini)
    frame = plain.rename_columns(["cell" if name == "arch" else name for name in plain.column_names])
    table = zeronas.BenchmarkTable(frame, arch_column="cell")
    for given in (table, pickle.loads(pickle.dumps(table))):
        assert given.archs() == mini.archs()
    with pytest.raises(ValueError, match="cell"):
        zeronas.BenchmarkTable(frame, arch_column="cells")


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(ValueError, match="a path or a data frame, not int"):
        zeronas.BenchmarkTable(3)


@zeronas.proxy("weights", lower_is_better=True)
def smallness(layer: zeronas.Layer) -> float:
    return float(np.linalg.norm(layer.weight))


def copies(thing: Any) -> list[Any]:
    return [pickle.loads(pickle.dumps(thing)), copy.copy(thing), copy.deepcopy(thing)]


def test_spaces_and_tables_are_copied(space, mini, mini_scores) -> None:
    arch = space.sample(1)[0]
    for other in copies(space):
        assert other.figures == space.figures and other.params(arch) == space.params(arch)
    network = {
        "name": "one",
        "input": [3, 8, 8],
        "layers": [{"name": "p", "op": "global_average"}, {"name": "fc", "op": "linear", "features": 2}],
    }
    for other in copies(zeronas.networks(network)):
        assert list(other) == ["one"] and other.params("one") == 8
    for other in copies(mini):
        assert other.archs() == mini.archs() and other.fingerprint == mini.fingerprint
    for other in copies(mini_scores):
        assert pa.table(other).equals(pa.table(mini_scores))


def test_a_table_of_ones_own_is_copied_with_its_numbers(mini, tmp_path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("arch,accuracy\na,1.5\nb,2.5\n")
    from_file, from_frame = zeronas.BenchmarkTable(path), zeronas.BenchmarkTable(pd.DataFrame({"arch": ["a"], "accuracy": [1.5]}))
    pickled = pickle.dumps([from_file, from_frame])
    path.unlink()
    for found, table in zip(pickle.loads(pickled), (from_file, from_frame), strict=True):
        assert found.archs() == table.archs() and found.column("accuracy") == table.column("accuracy")
        assert found.fingerprint == table.fingerprint


def test_a_scorer_is_copied_with_its_images_and_proxies(space) -> None:
    images, labels = np.random.default_rng(0).normal(size=(16, 3, 32, 32)), np.arange(16) % 10
    scorer = zeronas.Scorer(space, proxies=[smallness, "grad_norm"], images=iter([(images, labels)]), batch_size=8)
    archs = space.sample(3)
    wanted = rows(scorer.score(archs))
    for other in copies(scorer):
        assert rows(other.score(archs)) == wanted and other.manifest == scorer.manifest


def scored(scorer: zeronas.Scorer, arch: str) -> zeronas.Table:
    return scorer.score(arch)


def test_a_pool_of_processes_scores(space) -> None:
    archs = space.sample(4)
    scorer = zeronas.Scorer(space, threads=1, **SETTINGS)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        tables = list(pool.map(scored, [scorer] * 4, archs))
    found = sorted((row for table in tables for row in rows(table)), key=lambda row: (row["arch"], row["seed"], row["proxy"]))
    assert found == rows(scorer.score(archs))


def test_types_of_numbers_may_be_numpys(space) -> None:
    for given, word in [(np.float32, "f32"), (np.dtype("float64"), "f64"), ("float32", "f32"), ("f64", "f64"), (float, "f64")]:
        assert zeronas.Scorer(space, proxies="grad_norm", dtype=given).manifest["dtype"] == word
    with pytest.raises(ValueError, match="int32"):
        zeronas.Scorer(space, dtype=np.int32)


def test_batches_are_images(space) -> None:
    generator = np.random.default_rng(0)
    images, labels = generator.normal(size=(24, 3, 32, 32)), generator.integers(0, 10, 24)
    settings = {"proxies": "grad_norm", "batch_size": 8}
    archs = space.sample(2)
    wanted = rows(zeronas.score(space, archs, images=(images, labels), **settings))
    batches = [(images[start : start + 12], labels[start : start + 12]) for start in (0, 12)]
    for given in (batches, tuple(map(tuple, batches)), iter(batches), [[*batch] for batch in batches]):
        assert rows(zeronas.score(space, archs, images=given, **settings)) == wanted
    for words, given in [
        ("the loader of the images has no batches", iter([])),
        ("batch 1 of the images is 3 things, not a pair", iter([(1, 2, 3)])),
        ("batch 2 of the images is of the type int", iter([batches[0], 3])),
        ("images of several shapes: 3 x 16 x 16, 3 x 32 x 32", [batches[0], (images[:, :, :16, :16], labels)]),
    ]:
        with pytest.raises(ValueError, match=words):
            zeronas.score(space, archs, images=given, **settings)


def test_of_a_loader_as_many_batches_are_taken_as_it_takes(space) -> None:
    taken = []

    def endless():
        generator = np.random.default_rng(0)
        while True:
            taken.append(1)
            yield generator.normal(size=(512, 3, 32, 32)), np.arange(512) % 10

    zeronas.Scorer(space, proxies="grad_norm", images=endless(), batch_size=8)
    assert len(taken) == 2
    zeronas.Scorer(space, proxies="grad_norm", images=endless(), batch_size=256, seeds=5)
    assert len(taken) == 5


def test_a_report_knows_the_direction_of_a_proxy_of_ones_own(space, mini) -> None:
    scores = zeronas.score(space, mini.archs()[:40], proxies=[smallness, "params"], batch_size=4)
    for table in (scores, pickle.loads(pickle.dumps(scores))):
        summary = zeronas.report(table, "zeronas-mini", target="test_accuracy", bootstrap=20).table("summary").to_pylist()
        directions = {row["proxy"]: row["better"] for row in summary}
        assert directions == {"smallness": "lower", "params": "higher"}


def test_logits_are_those_of_the_weights_that_are_given() -> None:
    network = {
        "name": "one",
        "input": [1, 2, 3],
        "layers": [{"name": "p", "op": "global_average"}, {"name": "fc", "op": "linear", "features": 2}],
    }
    images = np.arange(12.0).reshape(2, 1, 2, 3)
    weights = {"fc.weight": [[2.0], [-1.0]], "fc.bias": [0.5, 0.0]}
    assert zeronas.logits(network, images, weights).tolist() == [[5.5, -2.5], [17.5, -8.5]]
    assert zeronas.logits(zeronas.networks(network), images, weights, arch="one", dtype="f64").tolist() == [
        [5.5, -2.5],
        [17.5, -8.5],
    ]
    assert (zeronas.logits(network, images) == zeronas.logits(network, images, seed=0)).all()
    for words, given in [
        ("parameter `fc.bias`: is missing", {"fc.weight": [[2.0], [-1.0]]}),
        (r"parameter `fc.bias` is \[2\], not \[1\]", {**weights, "fc.bias": [0.5]}),
        ("parameter `more`: is no parameter of the network", {**weights, "more": [1.0]}),
    ]:
        with pytest.raises(ValueError, match=words):
            zeronas.logits(network, images, given)
    with pytest.raises(ValueError, match="images are 1x3x2"):
        zeronas.logits(network, images.reshape(2, 1, 3, 2), weights)
    with pytest.raises(ValueError, match="arch must say which"):
        zeronas.logits(zeronas.space("nats-tss", **FIGURES), images)
