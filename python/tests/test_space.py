"""Spaces, tables and networks of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import zeronas
from conftest import ROOT

ARCH = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"


def test_a_space_draws_parses_and_knows_its_architectures() -> None:
    space = zeronas.space("nats-tss")
    assert (space.name, len(space), int(space.figures["cells"])) == ("nats-tss", 15625, 5)
    drawn = space.sample(50, seed=3)
    assert len(set(drawn)) == 50 and drawn[:10] == space.sample(10, seed=3) != space.sample(10, seed=4)
    assert all(space.parse(arch) == arch for arch in drawn)
    assert sum(1 for _ in space) == len(set(space.enumerate())) == 15625
    assert len(space.neighbours(ARCH)) == 24 and ARCH not in space.neighbours(ARCH)


def test_what_an_architecture_costs() -> None:
    # The figures of `zeronas show`, as NATS-Bench's tables have them.
    space = zeronas.space("nats-tss")
    assert (space.params(ARCH), space.params(ARCH, canonical=True)) == (316346, 73306)
    assert (space.flops(ARCH), space.flops(ARCH, canonical=True)) == (43172490, 7783050)
    assert space.key(ARCH) == "0" and ("node 0 -> node 1: nor_conv_3x3", False) in space.graph(ARCH)
    cut = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
    assert space.key(cut) is None and space.params(cut, canonical=True) is None


def test_a_sample_keeps_to_limits() -> None:
    space = zeronas.space("nats-tss", channels=4, cells=1)
    for sampler in ("uniform", "benchmark"):
        drawn = space.sample(20, sampler=sampler, limit={"params": "5k..6k", "depth": 8})
        assert len(set(drawn)) == 20 and all(5000 <= (space.params(arch) or 0) <= 6000 for arch in drawn)
    with pytest.raises(ValueError, match="params=10: .* the closest has params"):
        space.sample(2, limit={"params": 10})
    with pytest.raises(ValueError, match="`few` is no number"):
        space.sample(2, limit={"params": "few"})


def test_latency_is_measured_or_predicted_by_a_table_of_operators(tmp_path: Path) -> None:
    space, table = zeronas.space("nats-tss", channels=4, cells=1), tmp_path / "operators.csv"
    measured = space.latency_ms(ARCH)
    assert measured is not None and measured > 0
    assert " new, " in zeronas.latency_template(space, table, archs=[ARCH])
    with pytest.raises(ValueError, match="has no `ms` for conv"):
        space.latency_ms(ARCH, table=table)
    rows = len(pl.read_csv(table))
    assert (zeronas.latency_measure(table, repeats=2), zeronas.latency_measure(table)) == (rows, 0)
    predicted = space.latency_ms(ARCH, table=table)
    assert predicted is not None and predicted > 0
    pl.read_csv(table).with_columns(ms=pl.lit(2.0)).write_csv(table)
    assert space.latency_ms(ARCH, table=table) == 2.0 * rows
    assert space.latency_ms("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|") is None


def test_errors_are_exceptions_with_the_words_of_the_command_line() -> None:
    with pytest.raises(ValueError, match="`nb999` is not a space.*there are nats-tss"):
        zeronas.space("nb999")
    with pytest.raises(ValueError, match="stem=: nats-tss has no such setting"):
        zeronas.space("nats-tss", stem=3)
    with pytest.raises(ValueError, match="cells must be from 0 to .*, not -1"):
        zeronas.space("nats-tss", cells=-1)
    with pytest.raises(ValueError, match="cells must be a whole number, not 1.5"):
        zeronas.space("nats-tss", cells=1.5)
    with pytest.raises(ValueError, match="no operation `conv_7x7`"):
        zeronas.space("nats-tss").parse("|conv_7x7~0|+|none~0|none~1|+|none~0|none~1|none~2|")
    with pytest.raises(ValueError, match="asks for 20000 of 15625"):
        zeronas.space("nats-tss").sample(20000)
    with pytest.raises(ValueError, match="`best` is no sampler"):
        zeronas.space("nats-tss").sample(2, sampler="best")


def test_a_benchmark_is_a_table() -> None:
    table = zeronas.BenchmarkTable("zeronas-mini")
    frame = pl.DataFrame(table)
    assert len(table) == len(frame) == 200 and frame.columns == ["arch", *table.columns]
    arch = table.archs()[7]
    assert arch in table and table.value(arch, table.columns[0]) == frame[table.columns[0]][7]
    with pytest.raises(ValueError, match="nothing"):
        table.column("nothing")
    with pytest.raises(KeyError):
        table.value("other", table.columns[0])
    with pytest.raises((ValueError, OSError), match="none.parquet"):
        zeronas.BenchmarkTable("none.parquet")


def test_networks_of_ones_own_are_a_space(tmp_path) -> None:
    _, example = (ROOT / "docs" / "network.md").read_text().split("```json\n")
    (tmp_path / "mine.json").write_text(example.split("```")[0])
    tss = zeronas.space("nats-tss")
    other = json.loads(tss.network(ARCH))
    space = zeronas.networks(tmp_path / "mine.json", other)
    assert list(space) == ["small", ARCH]
    assert space.params(ARCH) == tss.params(ARCH) and space.params(ARCH, canonical=True) == tss.params(ARCH, canonical=True)
    scores = zeronas.score(space, space, proxies=["naswot", "params"], batch_size=4).to_polars()
    assert scores["status"].to_list() == ["ok"] * 4
    with pytest.raises(ValueError, match="layer `act`.*mish"):
        zeronas.networks({"input": [3, 8, 8], "layers": [{"name": "act", "op": "mish"}]})


def test_a_networks_file_that_is_wrong_is_named(tmp_path) -> None:
    (tmp_path / "bad.json").write_text('{"input": [3, 8, 8], "layers": [{"name": "act", "op": "mish"}]}')
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(ValueError, match=r"bad\.json: layer `act`.*mish"):
        zeronas.networks(tmp_path / "bad.json")
    with pytest.raises(ValueError, match=r"list\.json: "):
        zeronas.networks(tmp_path / "list.json")
    with pytest.raises(FileNotFoundError, match=r"none\.json"):
        zeronas.networks(tmp_path / "none.json")
