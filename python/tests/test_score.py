"""Scores: those of the command line, in every table library, interrupted, and of images and proxies of one's own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import zeronas
from conftest import FLAGS, SETTINGS, read, rows


def test_scores_are_those_of_the_command_line_bit_for_bit(space, command, tmp_path) -> None:
    command("score", *FLAGS, "--sample", 60, "--sample-seed", 2, "--seeds", 2, "--out", tmp_path / "cli.parquet")
    scores = zeronas.score(space, space.sample(60, seed=2), seeds=2, **SETTINGS)
    assert rows(scores) == rows(read(tmp_path / "cli.parquet"))


def test_every_table_library_takes_the_scores(space) -> None:
    archs = space.sample(5)
    scores = zeronas.score(space, archs, **SETTINGS)
    arrow = pa.table(scores)
    assert len(scores) == arrow.num_rows == 20 and scores.columns == arrow.column_names
    assert arrow["arch"].to_pylist()[::4] == archs and arrow["seed"].type == pa.uint64()
    assert pl.DataFrame(scores)["score"].to_list() == arrow["score"].to_pylist()
    pandas = scores.to_pandas()
    assert isinstance(pandas, pd.DataFrame) and pandas["status"].isin(zeronas_statuses()).all()
    # A stream may be taken again.
    assert pa.table(scores) == arrow


def zeronas_statuses() -> list[str]:
    return ["ok", "disconnected", "singular", "constant", "zero", "overflow", "undefined"]


def test_a_scorer_serves_many_calls_and_single_architectures(space) -> None:
    scorer = zeronas.Scorer(space, threads=2, **SETTINGS)
    archs = space.sample(8, seed=9)
    together = rows(scorer.score(archs))
    apart = [row for arch in archs for row in rows(scorer.score(arch))]
    assert together == sorted(apart, key=lambda row: (row["arch"], row["seed"], row["proxy"]))
    assert len(scorer.score([])) == 0
    assert scorer.manifest["batch_size"] == 4 and scorer.manifest["channels"] == 4


def test_settings_that_make_no_sense_are_refused(space) -> None:
    for words, settings in [
        ("unknown proxy `nothing`", {"proxies": "nothing"}),
        ("asked for twice", {"proxies": ["naswot", "naswot"]}),
        ("beyond the 256 images", {"batch_size": 300}),
        ("threads=", {"threads": 0}),
        ("unknown variant `random`", {"init": "random"}),
        ("device `tpu`: there are cpu", {"device": "tpu"}),
        ("unknown variant `mine`", {"protocol": "mine"}),
        ("seed must be a whole number, not 1.5", {"seed": 1.5}),
        ("threads must be from 0 to .*, not -1", {"threads": -1}),
    ]:
        with pytest.raises(ValueError, match=words):
            zeronas.score(space, space.sample(1), **settings)
    with pytest.raises(OSError, match="cannot read nowhere: No such file"):
        zeronas.score(space, space.sample(1), images="nowhere")


def test_a_protocol_stands_in_for_what_is_left_out(space) -> None:
    manifest = zeronas.Scorer(space, protocol="az-nas", batch_size=8).manifest
    assert (manifest["images"], manifest["init"], manifest["batch_size"]) == ("noise", "kaiming-normal", 8)
    assert "az_expressivity" in manifest["proxies"] and manifest["as_written"]


def test_numbers_may_be_numpys_and_the_engine_the_flags_default(space) -> None:
    settings = {"seed": np.int64(3), "seeds": np.uint8(2), "batch_size": np.int32(4), "threads": np.int64(1), "engine": "auto"}
    manifest = zeronas.Scorer(space, proxies="naswot", **settings).manifest
    assert manifest == zeronas.Scorer(space, proxies="naswot", seed=3, seeds=2, batch_size=4, threads=1).manifest


def test_images_of_ones_own(space) -> None:
    generator = np.random.default_rng(0)
    images, labels = generator.normal(size=(8, 3, 32, 32)), generator.integers(0, 10, 8)
    settings = {"proxies": ["naswot", "grad_norm"], "batch_size": 8}
    archs = [arch for arch in space.sample(9) if space.key(arch)][:3]
    shuffled = rows(zeronas.score(space, archs, images=(images, labels), **settings))
    again = rows(zeronas.score(space, archs, images=(images.astype("f4"), labels), image_order="file", **settings))
    # The order of a batch changes rounding at most.
    for one, two in zip(shuffled, again, strict=True):
        assert one["score"] == pytest.approx(two["score"], rel=1e-4)
    other = rows(zeronas.score(space, archs, images=(images[::-1] * 2, labels), **settings))
    assert other != shuffled
    assert rows(zeronas.score(space, archs, images=[images, labels.tolist()], **settings)) == shuffled
    for words, pair in [
        ("or a loader of them, not 3 things", (images, labels, labels)),
        ("or a loader of them, not ndarray", images),
        ("image 1 has the label -1", (images, labels - labels[0] - 1)),
        ("N x 3 x side x side", (images[0], labels)),
        ("must be floats", (images.astype("u1"), labels)),
        ("8 whole numbers", (images, labels[:7])),
        ("label 11", (images, labels + 11 - labels.min())),
        ("NaN", (images * np.nan, labels)),
        ("resolution", (images[:, :, :16, :16], labels)),
    ]:
        with pytest.raises(ValueError, match=words):
            zeronas.score(space, archs, images=pair, **settings)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_a_call(tmp_path) -> None:
    program = (
        "import zeronas\nprint('ready', flush=True)\nspace = zeronas.space('nats-tss')\n"
        "try:\n    zeronas.score(space, space)\nexcept KeyboardInterrupt:\n    print('interrupted')"
    )
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    time.sleep(1.5)
    child.send_signal(signal.SIGINT)
    assert child.communicate(timeout=60)[0] == "interrupted\n" and child.returncode == 0


def test_other_threads_run_meanwhile(space) -> None:
    from threading import Event, Thread

    done, ticks = Event(), []

    def tick() -> None:
        while not done.wait(0.001):
            ticks.append(time.perf_counter())

    thread = Thread(target=tick)
    thread.start()
    zeronas.score(space, space.sample(40), **SETTINGS)
    done.set()
    thread.join()
    assert len(ticks) > 5
