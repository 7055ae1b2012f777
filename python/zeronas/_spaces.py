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


def space(name: str | Mapping[str, Any], **settings: int | str) -> Space:
    """The space called ``name`` with its benchmark's macro settings but for those given.

    ``name`` may also be a file that describes a space of one's own, or a dictionary of the same form (``docs/own-spaces.md``).

    Spaces and their settings are the command line's: ``space("nats-tss", cells=1)`` is ``--space nats-tss --cells 1``, and
    ``zeronas show --help`` lists them all.

    >>> space("nats-tss", cells=1).parse("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    '|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|'
    """
    if isinstance(name, Mapping):
        settings["design"] = json.dumps({"name": "own", **name})
        name = "own"
    return _native.space(name, **{name: _setting(name, value) for name, value in settings.items()})


def _setting(name: str, value: int | str) -> int | str:
    """A macro setting: a word, or a whole number of any kind."""
    return value if isinstance(value, str) else whole(name, value)


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
