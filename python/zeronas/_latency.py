"""Tables of operators, by which the latency of networks on any device is predicted."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike, fspath

from . import _native
from ._numbers import whole


def latency_template(space: _native.Space, out: str | PathLike[str], *, archs: Iterable[str] | None = None) -> str:
    """Writes the operators that networks of a space are made of into a CSV file, as ``zeronas latency template`` does.

    They are those of ``archs``, if any are given, or else of the whole space. Operators that the file has already stay, with their
    milliseconds. Returns what came of it, in words.
    """
    return _native.latency_template(space, fspath(out), None if archs is None else list(archs))


def latency_measure(table: str | PathLike[str], *, threads: int = 1, repeats: int = 25) -> int:
    """Fills in how long the operators of a table take on this machine where that is not known, as ``zeronas latency measure`` does.

    Returns how many were measured. ``Space.latency_ms(arch, table=...)`` predicts by the table, and so does
    ``limit={"latency_ms@operators.csv": 5}``.
    """
    return _native.latency_measure(fspath(table), whole("threads", threads), whole("repeats", repeats))
