"""Every search space in Python and on Ray: scores, reports and searches as on the first."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa
import pytest
import zeronas
from conftest import rows

SPACES: dict[str, dict[str, Any]] = {
    "nats-sss": {},
    "nb101": {"stem": 8, "modules": 1},
    "nb301": {"channels": 2, "layers": 2},
    "transnas-micro": {"channels": 4, "classes": 10, "resolution": 32},
    "transnas-macro": {"channels": 4, "classes": 10, "resolution": 32},
    "nb-macro": {"channels": 2},
    "accel-nb": {"classes": 10, "resolution": 32},
}
SETTINGS: dict[str, Any] = {"proxies": ["naswot", "params"], "batch_size": 2}


@pytest.mark.parametrize("name", SPACES)
def test_every_space_is_scored_reported_and_searched(name: str) -> None:
    space = zeronas.space(name, **SPACES[name])
    archs = space.sample(6, sampler="benchmark")
    scores = zeronas.score(space, archs, **SETTINGS)
    assert len(scores) == 2 * len(archs)
    found = pl.DataFrame(scores)
    sizes = dict(found.filter(pl.col("proxy") == "params").select("arch", "score").iter_rows())
    assert sizes == {arch: space.params(arch) for arch in archs}
    benchmark = pl.DataFrame({"arch": archs, "accuracy": [90.0 + i for i in range(len(archs))]})
    summary = zeronas.report(scores, benchmark, target="accuracy", bootstrap=10).table("summary").to_pylist()
    assert {row["proxy"] for row in summary} == {"naswot", "params"}
    flags = {"strategy": "rea", "evaluate": "proxy:params", "budget": {"evaluations": 12}, "runs": 1}
    history = zeronas.search(space=name, **SPACES[name], **flags).table("history")
    assert history.num_rows == 12 and all(space.parse(arch) == arch for arch in history["arch"].to_pylist())


@pytest.mark.ray
@pytest.mark.parametrize("name", SPACES)
def test_every_space_is_scored_on_ray(cluster, name: str, tmp_path) -> None:
    from zeronas.ray import score

    space = zeronas.space(name, **SPACES[name])
    archs = space.sample(4)
    dataset = score(archs, tmp_path / "scores", name, figures=SPACES[name], workers=1, archs_per_batch=2, **SETTINGS)
    assert rows(dataset.to_table()) == rows(pa.table(zeronas.score(space, archs, **SETTINGS)))
