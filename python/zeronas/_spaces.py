"""Search spaces, and your own networks as one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from . import _native
from ._native import Space
from ._numbers import whole


def space(name: str | Mapping[str, Any], **settings: int | str) -> Space:
    """The space called ``name``, with its benchmark's macro settings except those given.

    ``name`` may also be a file that describes your own space, or a dictionary of the same form (``docs/own-spaces.md``).

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
    """Your own networks as a space: JSON files by their paths, or dictionaries of the same form (``docs/network.md``).

    Each is an architecture that is written as the network's name: its ``name``, or else the file's name without extension, or
    ``network1``, ``network2`` by position.
    """
    return _native.networks([_text(network) for network in networks])


def built(
    choices: Mapping[str, Sequence[Any]], build: Callable[..., Any], input: tuple[int, int, int]
) -> tuple[list[tuple[str, list[tuple[str, Any]]]], Callable[..., str]]:
    """What :class:`zeronas.Space` is made of: the options of each choice with how they are written, and what returns a network's JSON."""

    def text(**chosen: Any) -> str:
        network = build(**chosen)
        if not isinstance(network, Mapping):
            # Whatever is no description is left to PyTorch's reader, which names what it cannot take.
            from . import torch

            network = torch.load(network, input)
        try:
            return json.dumps(network)
        except TypeError as error:
            raise ValueError(f"the network has no form in JSON: {error}") from None

    return [(name, _options(name, options)) for name, options in choices.items()], text


def _options(name: str, options: Sequence[Any]) -> list[tuple[str, Any]]:
    """The options of a choice, as they are written in architectures and as they are."""
    words = [str(option) for option in options]
    if isinstance(options, str) or len(set(words)) != len(words) or len(words) < 2:
        raise ValueError(f"choices=: {name} must be a list of two or more different options, not {options!r}")
    for word in (name, *words):
        if not word or set(word) & set(" ,=\n\t\"'"):
            raise ValueError(f"choices=: {name}: `{word}` cannot be written in an architecture; no blank, comma, quote or `=`")
    return list(zip(words, options))


def _text(network: str | PathLike[str] | Mapping[str, Any]) -> tuple[bytes, Path | None]:
    """A network's JSON, with the file that it is from."""
    if isinstance(network, Mapping):
        return json.dumps(network).encode(), None
    return Path(network).read_bytes(), Path(network)
