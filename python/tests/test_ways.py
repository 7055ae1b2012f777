"""500 architectures scored in every way there is: the command line, Python, Ray with a killed worker, four parts merged."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from threading import Thread

import pytest
import zeronas
from conftest import FIGURES, FLAGS, SETTINGS, read, rows

ARCHS = 500
SAMPLE = ["--sample", ARCHS, "--sample-seed", 11]


@pytest.fixture(scope="module")
def whole(command, tmp_path_factory) -> list[dict[str, object]]:
    out = tmp_path_factory.mktemp("whole") / "whole.parquet"
    command("score", *FLAGS, *SAMPLE, "--out", out)
    return rows(read(out))


@pytest.fixture(scope="module")
def archs(space) -> list[str]:
    return space.sample(ARCHS, seed=11)


def test_python(space, archs, whole) -> None:
    assert rows(zeronas.score(space, archs, **SETTINGS)) == whole


def test_four_parts_merged(command, whole, tmp_path) -> None:
    parts = [tmp_path / f"part{i}.parquet" for i in range(1, 5)]
    for i, part in enumerate(parts, 1):
        command("score", *FLAGS, *SAMPLE, "--shard", f"{i}/4", "--out", part)
    command("merge", *parts, "--out", tmp_path / "merged.parquet")
    assert rows(read(tmp_path / "merged.parquet")) == whole


@pytest.mark.ray
def test_ray_with_a_killed_worker(cluster, archs, whole, tmp_path) -> None:
    from zeronas.ray import score

    out, killed, done = tmp_path / "scores", [], {}

    def kill() -> None:
        """Kills a worker once some batches are done."""
        while not killed:
            time.sleep(0.05)
            parts = {part: part.stat().st_mtime_ns for part in out.glob("part-*.parquet")}
            if len(parts) >= 3 and (workers := _workers()):
                done.update(parts)
                os.kill(workers[0], signal.SIGKILL)
                killed.append(workers[0])

    Thread(target=kill, daemon=True).start()
    dataset = score(archs, out, figures=FIGURES, workers=2, archs_per_batch=20, **SETTINGS)
    assert killed and len(done) < 25, "no worker was killed in the middle: nothing is proven"
    assert rows(dataset.to_table()) == whole
    parts = {part: part.stat().st_mtime_ns for part in out.glob("part-*.parquet")}
    assert len(parts) == 25 and done.items() <= parts.items(), "a batch that was done was done again"


@pytest.mark.ray
def test_threads_follow_from_cpus_on_the_cpu_alone() -> None:
    pytest.importorskip("ray", reason="SKIPPED: no Ray here")
    from zeronas.ray import _resources

    assert _resources({"seed": 1}, 2, None) == ({"threads": 2, "seed": 1}, 0)
    assert _resources({"threads": 3, "device": "cpu"}, 0.5, 0) == ({"threads": 3, "device": "cpu"}, 0)
    assert _resources({"device": "cuda:0"}, 2, None) == ({"device": "cuda:0"}, 1)
    assert _resources({"device": "cuda", "threads": 8}, 2, 0.5) == ({"device": "cuda", "threads": 8}, 0.5)


def _workers() -> list[int]:
    """Processes of Ray that hold a scorer, by the titles that Ray gives them."""
    listed = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if "ray::" in line and "_Worker" in line]


@pytest.mark.ray
def test_ray_goes_on_with_what_is_there(cluster, archs, whole, tmp_path) -> None:
    import ray.data
    from zeronas.ray import score

    out = tmp_path / "scores"
    settings = {"figures": FIGURES, "workers": 2, "archs_per_batch": 30, **SETTINGS}
    score(archs[:60], out, **settings)
    before = {part: part.stat().st_mtime_ns for part in out.glob("part-*.parquet")}
    dataset = score(ray.data.from_items([{"arch": arch} for arch in archs[:100]]), out, **settings)
    assert {part: part.stat().st_mtime_ns for part in before} == before
    found = set(archs[:100])
    assert rows(dataset.to_table()) == [row for row in whole if row["arch"] in found]
    assert score(archs[:100], out, **settings).count_rows() == 400
    with pytest.raises(ValueError, match="seed was 0 and is 5 now"):
        score(archs[:10], out, **{**settings, "seed": 5})

