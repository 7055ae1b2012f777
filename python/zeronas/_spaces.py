"""Search spaces, and networks of one's own as one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from . import _native
from ._native import Space
from ._numbers import whole


def space(name: str, **figures: int) -> Space:
    """The space ``nats-tss``, ``nats-sss`` or ``nb101`` with its benchmark's figures but for those given.

    The figures are the command line's: ``channels``, ``cells``, ``stem``, ``stacks``, ``modules``, ``classes``, ``resolution``.

    >>> space("nats-tss", cells=1).parse("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    '|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|'
    """
    return _native.space(name, **{figure: whole(figure, value) for figure, value in figures.items()})


def networks(*networks: str | PathLike[str] | Mapping[str, Any]) -> Space:
    """Networks of one's own as a space: JSON files by their paths, or dictionaries of the same form (``docs/network.md``).

    Each is an architecture that is written as the network is called: its ``name``, else the file's without the ending, or
    ``network1``, ``network2`` by its place.
    """
    return _native.networks([_text(network) for network in networks])


def _text(network: str | PathLike[str] | Mapping[str, Any]) -> tuple[bytes, Path | None]:
    """A network's JSON, with the file that it is from."""
    if isinstance(network, Mapping):
        return json.dumps(network).encode(), None
    return Path(network).read_bytes(), Path(network)
