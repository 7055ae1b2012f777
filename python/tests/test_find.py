"""Spaces of one's own as files, and from pictures to a trained network."""

from __future__ import annotations

import json
import pickle
import random
import struct
from pathlib import Path

import pytest
import zeronas
from conftest import ROOT

SPACE = (ROOT / "tests/support/small.toml").read_text()
SIDE = 12


@pytest.fixture
def mine(tmp_path) -> Path:
    """A space file beside a folder of pictures."""
    (tmp_path / "mine.toml").write_text(SPACE)
    draw = random.Random(0)
    for part in ("train", "test"):
        for place, name in enumerate(("ape", "bee", "cat")):
            folder = tmp_path / "pictures" / part / name
            folder.mkdir(parents=True)
            for number in range(10):
                pixels = bytes(draw.randrange(180) + (75 if byte % 3 == place else 0) for byte in range(3 * SIDE * SIDE))
                # A bitmap without compression: rows of 36 bytes need no padding.
                header = struct.pack("<2sIHHI", b"BM", 54 + len(pixels), 0, 0, 54)
                header += struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 24, 0, len(pixels), 2835, 2835, 0, 0)
                (folder / f"{number}.bmp").write_bytes(header + pixels)
    return tmp_path


def test_a_space_comes_from_a_file_or_a_dictionary(mine) -> None:
    space = zeronas.space(str(mine / "mine.toml"), resolution=SIDE, classes=3)
    stage = {"block": ["plain", "residual", "mbconv"], "channels": [4, 8, 12], "depth": [1, 2], "stride": 2}
    same = zeronas.space({"name": "mine", "stem": {"channels": 4}, "stage": [stage]}, resolution=SIDE, classes=3)
    archs = space.sample(8)
    assert archs == same.sample(8) and len(set(archs)) == 8
    settings = {"proxies": ["synflow", "params"], "batch_size": 4, "images": "synthetic"}
    tables = [zeronas.score(one, archs, **settings) for one in (space, same)]
    values = [table.to_polars()["score"].to_list() for table in tables]
    assert values[0] == values[1] and [space.params(arch) for arch in archs] == values[0][1::2]
    (mine / "wrong.toml").write_text(SPACE.replace("depth", "dept"))
    with pytest.raises(ValueError, match="(?s)wrong.toml.*dept"):
        zeronas.space(str(mine / "wrong.toml"))


def plain(width: int, depth: int) -> dict:
    """A chain of convolutions."""
    layers: list[dict] = []
    for i in range(depth):
        layers += [
            {"name": f"conv{i}", "op": "conv", "channels": width, "kernel": 3, "stride": 2, "padding": 1},
            {"name": f"bn{i}", "op": "batch_norm"},
            {"name": f"relu{i}", "op": "relu"},
        ]
    end = [{"name": "pool", "op": "global_average"}, {"name": "fc", "op": "linear", "features": 10}]
    return {"input": [3, 32, 32], "layers": layers + end}


def test_a_function_builds_a_space() -> None:
    space = zeronas.Space(choices={"width": [4, 8, 16], "depth": [1, 2]}, build=plain)
    archs = list(space)
    assert len(space) == 6 and archs[:3] == ["width=4,depth=1", "width=4,depth=2", "width=8,depth=1"]
    assert set(space.neighbours("width=8,depth=2")) == {"width=4,depth=2", "width=16,depth=2", "width=8,depth=1"}
    assert sorted(space.sample(6)) == sorted(archs) and space.figures["resolution"] == 32
    scores = zeronas.score(space, archs, proxies=["synflow", "params"], batch_size=4).to_polars()
    alone = [zeronas.score(zeronas.networks({"name": "one", **plain(4, 2)}), ["one"], proxies=["synflow", "params"], batch_size=4)]
    found = scores.filter(scores["arch"] == "width=4,depth=2")["score"].to_list()
    assert found == alone[0].to_polars()["score"].to_list()
    again = pickle.loads(pickle.dumps(space))
    assert again.params(archs[5]) == space.params(archs[5]) == 3 * 16 * 9 + 16 * 16 * 9 + 4 * 16 + 16 * 10 + 10
    with pytest.raises(ValueError, match="width is one of 4, 8, 16, not `5`"):
        space.parse("width=5,depth=1")


def test_a_search_goes_through_a_space_that_a_function_builds(tmp_path) -> None:
    space = zeronas.Space(choices={"width": [4, 8, 12, 16], "depth": [1, 2, 3]}, build=plain)
    found = zeronas.search(
        space=space, strategy="random", evaluate="proxy:params", limit={"params": "3k"}, images="noise", batch_size=4,
        budget={"evaluations": 12}, out=tmp_path / "found",
    )
    within = [arch for arch in space if space.params(arch) <= 3000]
    best = max(within, key=lambda arch: space.params(arch))
    picks = found.table("picks")
    assert picks["arch"].to_pylist() == [best] and picks["params"].to_pylist() == [space.params(best)]
    network = json.loads((tmp_path / "found/networks/run-0.json").read_text())
    assert network["name"] == best and "next: zeronas export --network" in str(found)


def test_what_a_function_cannot_build_is_said() -> None:
    def raises(width: int) -> dict:
        if width == 8:
            raise KeyError("eight")
        return plain(width, 1) if width != 12 else {"input": [3, 32, 32], "layers": [{"name": "x", "op": "warp"}]}

    space = zeronas.Space(choices={"width": [4, 8, 12, 16]}, build=raises)
    with pytest.raises(ValueError, match="width=8.*build= raised KeyError: 'eight'"):
        space.params("width=8")
    with pytest.raises(ValueError, match="warp"):
        space.params("width=12")
    # What another function builds is another space: results of the two do not mix.
    other = zeronas.Space(choices={"width": [4, 8, 12, 16]}, build=lambda width: plain(width, 2))
    assert space.figures["networks_sha256"] != other.figures["networks_sha256"]
    with pytest.raises(ValueError, match="depth must be a list of two or more different options"):
        zeronas.Space(choices={"depth": [1]}, build=plain)
    with pytest.raises(ValueError, match="cannot be written in an architecture"):
        zeronas.Space(choices={"depth": ["1, 2", "3"]}, build=plain)


def test_pictures_become_a_trained_network(mine, command) -> None:
    words = {"space": mine / "mine.toml", "sample": 10, "top": 2, "rungs": [1, 2], "epochs": 2}
    words |= {"train_batch_size": 8, "batch_size": 8, "limit": {"params": "150..2000"}, "seeds": 2, "by_chance": 0, "judge": "accuracy"}
    found = zeronas.find(mine / "pictures", out=mine / "best", **words)
    assert found.figures["seeds"] == 2 and found.figures["valid_accuracy_sd"] >= 0
    assert 150 <= found.figures["params"] <= 2000 and found.figures["test_images"] == 30
    assert found.figures["arch"] in found.text and found.onnx.exists()
    assert "<pre>" in found._repr_html_()
    assert len(zeronas.predict(found.trained, mine / "pictures" / "test").classes) == 3
    flags = "--sample 10 --top 2 --rungs 1,2 --seeds 2 --epochs 2 --train-batch-size 8 --batch-size 8 --by-chance 0 --judge accuracy".split()
    flags += ["--limit", "params=150..2000"]
    command("find", "--images", mine / "pictures", "--space", mine / "mine.toml", *flags, "--out", mine / "again")
    assert json.loads((mine / "again" / "found.json").read_text()) == found.figures
    with pytest.raises(ValueError, match="resume"):
        zeronas.find(mine / "pictures", out=mine / "best", **words)
    assert zeronas.find(mine / "pictures", out=mine / "best", resume=True, **words).figures == found.figures
    with pytest.raises(ValueError, match="patience=: a find has no such setting"):
        zeronas.find(mine / "pictures", patience=3)
