"""Tables of operators, by which the latency of networks on any device is predicted."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike, fspath

from . import _native
from ._numbers import whole


def latency_template(space: _native.Space, out: str | PathLike[str], *, archs: Iterable[str] | None = None) -> str:
    """Writes the operators that networks of a space are made of into a CSV file, as ``zeronas latency template`` does.

    Covers ``archs`` if given, or else the whole space (of a large one, as many as bring anything new). Operators that are already in the file keep their milliseconds. Returns a
    summary in words.
    """
    return _native.latency_template(space, fspath(out), None if archs is None else list(archs))


def latency_measure(table: str | PathLike[str], *, threads: int = 1, repeats: int = 25) -> int:
    """Measures on this machine the operators of a table that have no milliseconds yet, as ``zeronas latency measure`` does.

    Returns how many were measured. ``Space.latency_ms(arch, table=...)`` predicts from the table, and so does
    ``limit={"latency_ms@operators.csv": 5}``.
    """
    return _native.latency_measure(fspath(table), whole("threads", threads), whole("repeats", repeats))
