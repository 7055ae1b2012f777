"""What the Python layer costs over the command line: CPU seconds of both for the same scores, in alternating rounds.

    python python/benches/layer.py benches/peer/archs_tss12.txt [ROUNDS]

``ZERONAS`` names the command if it is not on the PATH. A round of Python is a scorer made and used and its table handed to Arrow, in
this process; the interpreter's start and its imports come on top, once, and are printed apart.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

started = time.process_time()
import pyarrow as pa  # noqa: E402
import zeronas  # noqa: E402

IMPORTS = time.process_time() - started


def python(archs: list[str]) -> float:
    before = time.process_time()
    pa.table(zeronas.score("nats-tss", archs, threads=1))
    return time.process_time() - before


def command(path: Path, folder: str) -> float:
    out = Path(folder) / f"{time.monotonic_ns()}.parquet"
    words = [os.environ.get("ZERONAS", "zeronas"), "score", "--archs", path, "--threads", "1", "--top", "0", "--out", out]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(words, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


path, rounds = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 7
archs = path.read_text().split()
with tempfile.TemporaryDirectory() as folder:
    pairs = [(python(archs), command(path, folder)) for _ in range(rounds + 1)][1:]
in_python, in_command = (median(times) for times in zip(*pairs, strict=True))
ratio = median(one / other for one, other in pairs)
print(f"{len(archs)} architectures, {rounds} rounds: Python {in_python:.3f} CPU s, command {in_command:.3f}, ratio {ratio:.4f}")
print(f"imports {IMPORTS:.3f} CPU s")
