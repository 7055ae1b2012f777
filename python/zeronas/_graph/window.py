"""The arithmetic of windows: kernels, strides and what lies around an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Sides(NamedTuple):
    """Rows and columns at the four sides of an image."""

    top: int = 0
    left: int = 0
    bottom: int = 0
    right: int = 0


def pair(what: str, numbers: Sequence[int] | int, least: int = 1) -> tuple[int, int]:
    """A number in both directions, given once or twice."""
    found = [numbers] if isinstance(numbers, int) else [int(number) for number in numbers]
    if len(found) not in (1, 2):
        raise ValueError(f"{what} {found} is not for images, which have rows and columns")
    if any(number < least for number in found):
        raise ValueError(f"{what} {found} must be at least {least}")
    return found[0], found[-1]


def count(size: int, kernel: int, stride: int, around: int, dilation: int = 1) -> int:
    """The windows along a side, ``around`` being what lies at both ends of it together."""
    room = size + around - (dilation * (kernel - 1) + 1)
    if room < 0:
        raise ValueError(f"its window of {dilation * (kernel - 1) + 1} pixels does not fit into {size + around}")
    return room // stride + 1


def count_ceil(size: int, kernel: int, stride: int, low: int, high: int) -> int:
    """The same where a last window may overhang the end, if it begins before the padding there."""
    more = count(size, kernel, stride, low + high + stride - 1)
    return more - 1 if (more - 1) * stride >= size + low else more


def same(size: int, kernel: int, stride: int, dilation: int, upper: bool) -> tuple[int, int]:
    """The padding before and after a side with which ceil(size / stride) windows fit; an odd pixel stands after where ``upper``."""
    span = dilation * (kernel - 1) + 1
    total = max((-(-size // stride) - 1) * stride + span - size, 0)
    half = total // 2
    return (half, total - half) if upper else (total - half, half)


def written(numbers: Sequence[int]) -> int | list[int]:
    """As JSON has them: one number, [height, width] or all four sides."""
    if len(set(numbers)) == 1:
        return numbers[0]
    if len(numbers) == 4 and numbers[0] == numbers[2] and numbers[1] == numbers[3]:
        return list(numbers[:2])
    return list(numbers)


def settings(**given: tuple[Sequence[int], int]) -> dict[str, int | list[int]]:
    """The settings that are not their default, each given with it."""
    return {name: written(numbers) for name, (numbers, default) in given.items() if written(numbers) != default}
