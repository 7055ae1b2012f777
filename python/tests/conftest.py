"""What the tests share: a skeleton small enough to score hundreds of architectures, and the built command."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
import zeronas

ROOT = Path(__file__).resolve().parents[2]

FIGURES = {"channels": 4, "cells": 1}
SETTINGS = {"proxies": ["naswot", "synflow", "grad_norm", "params"], "batch_size": 4}
FLAGS = "--channels 4 --cells 1 --proxies naswot,synflow,grad_norm,params --batch-size 4 --top 0".split()


@pytest.fixture(scope="session")
def space() -> zeronas.Space:
    return zeronas.space("nats-tss", **FIGURES)


@pytest.fixture(scope="session")
def command() -> Callable[..., None]:
    """Runs the command line, which must succeed; skips, loudly, where it is not built."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = os.environ.get("ZERONAS") or shutil.which(target / "release" / "zeronas") or shutil.which("zeronas")
    if program is None:
        pytest.skip(f"SKIPPED: no zeronas in {target}/release or on the PATH; `cargo build --release` makes one")

    def run(*words: object) -> None:
        done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    return run


@pytest.fixture(scope="session")
def cluster() -> Iterator[Any]:
    """A small cluster of this machine; skips where there is no Ray."""
    ray = pytest.importorskip("ray", reason="SKIPPED: no Ray here")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


def rows(table: object) -> list[dict[str, object]]:
    """Rows without the time they took, in an order of their own."""
    table = pa.table(table).drop_columns(["seconds"])
    return sorted(table.to_pylist(), key=lambda row: (row["arch"], row["seed"], row["proxy"]))


def read(path: Path) -> pa.Table:
    return pa.parquet.read_table(path)
