"""Whole numbers, by the names of the arguments that they are given for."""

from __future__ import annotations

from operator import index
from typing import Any


def whole(name: str, value: Any) -> int:
    """A whole number of any type, such as numpy's, that 64 bits hold; ``ValueError`` names the argument."""
    try:
        number = index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, not {value!r}") from None
    if not 0 <= number < 2**64:
        raise ValueError(f"{name} must be from 0 to 2^64 - 1, not {number}")
    return number
