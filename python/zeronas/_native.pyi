"""The compiled half of zeronas."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, final

VERSION: str

@final
class Table:
    """Rows of scores; polars, pandas and pyarrow accept it directly, through Arrow's stream interface.

    :func:`zeronas.score` and :meth:`zeronas.Scorer.score` return it; it cannot be constructed.
    """

    @property
    def columns(self) -> list[str]: ...
    @property
    def _lower_is_better(self) -> list[str]: ...
    @property
    def _manifest(self) -> str | None: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def __len__(self) -> int: ...
    def _parquet(self) -> bytes: ...
    def to_polars(self) -> Any:
        """As a ``polars.DataFrame``."""
    def to_arrow(self) -> Any:
        """As a ``pyarrow.Table``."""
    def to_pandas(self) -> Any:
        """As a ``pandas.DataFrame``; needs pyarrow."""

@final
class BenchmarkTable:
    """The numeric columns of a benchmark's table, a row per architecture; Arrow's stream interface gives all of it.

    ``table`` is a file, a data frame of any library, or ``zeronas-mini``, the table that comes with zeronas. ``arch_column`` names
    the column of the architectures if it has none of the usual names.
    """

    @property
    def columns(self) -> list[str]: ...
    @property
    def fingerprint(self) -> str: ...
    def __init__(self, table: Any, *, arch_column: str | None = None, folder: object | None = None) -> None: ...
    def __len__(self) -> int: ...
    def __contains__(self, arch: str) -> bool: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def archs(self) -> list[str]:
        """The architectures in the order of the file."""
    def column(self, name: str) -> list[float | None]:
        """The values of a column, ``None`` where one is missing."""
    def value(self, arch: str, column: str) -> float | None:
        """One value; ``KeyError`` if the table lacks the architecture."""

@final
class Space:
    """A set of architectures with their networks; architectures are strings, as their benchmark writes them.

    :func:`zeronas.space` and :func:`zeronas.networks` make it. So does a function of your own, which is called with one option of each
    of ``choices`` and returns a network: a dictionary in the form of ``docs/network.md``, or a PyTorch module for images of the shape
    ``input``:

    >>> Space(choices={"width": [8, 16, 32], "depth": [1, 2]}, build=function)   # doctest: +SKIP

    Its architectures are written ``width=8,depth=2``.
    """

    def __new__(
        cls,
        choices: Mapping[str, Sequence[Any]],
        build: Callable[..., Any],
        input: tuple[int, int, int] = (3, 32, 32),
    ) -> Space: ...

    @property
    def name(self) -> str: ...
    @property
    def figures(self) -> dict[str, int | str]: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[str]: ...
    def sample(
        self,
        n: int,
        *,
        seed: int = 0,
        sampler: str = "uniform",
        limit: Mapping[str, str | float] | None = None,
    ) -> list[str]:
        """``n`` different architectures; ``benchmark`` draws as the benchmark's own programs do.

        ``limit`` restricts them, as on the command line: ``limit={"params": "200k", "depth": "10.."}``.
        """
    def enumerate(self) -> Iterator[str]:
        """Every architecture, in the space's own order."""
    def parse(self, text: str) -> str:
        """The architecture as the space writes it; ``ValueError`` says what is wrong with the text."""
    def neighbours(self, arch: str) -> list[str]:
        """The architectures one edit away."""
    def key(self, arch: str) -> str | None:
        """The canonical key: equal for architectures that are the same network, ``None`` for one that lets nothing through."""
    def graph(self, arch: str) -> list[tuple[str, bool]]:
        """The architecture's parts, and whether each lies on a path from input to output."""
    def params(self, arch: str, *, canonical: bool = False) -> int | None:
        """Trainable parameters of the network as written, or with ``canonical`` of the canonical one if there is one."""
    def flops(self, arch: str, *, canonical: bool = False) -> int | None:
        """Multiply-accumulates for one image of the network as written, or with ``canonical`` of the canonical one if there is one."""
    def latency_ms(self, arch: str, *, table: str | PathLike[str] | None = None) -> float | None:
        """Milliseconds for one image: as an operator table predicts (:func:`zeronas.latency_template`), or else measured here."""
    def network(self, arch: str, *, canonical: bool = False) -> str | None:
        """The network as JSON (``docs/network.md``), as written, or with ``canonical`` the canonical one if there is one."""

@final
class OwnProxy:
    def __init__(
        self,
        name: str,
        sees: str,
        log: bool,
        lower_is_better: bool,
        layer: Callable[..., Any],
        combine: Callable[[list[Any]], float | str],
    ) -> None: ...

@final
class Scorer:
    def __init__(
        self,
        space: Space,
        settings: str,
        images: tuple[str | PathLike[str], bool] | tuple[bytes, list[int], int] | None,
        threads: int | None,
        at_once: int | None,
        own: list[OwnProxy],
    ) -> None: ...
    @property
    def space(self) -> Space: ...
    @property
    def images(self) -> str | None: ...
    def score(self, archs: list[str]) -> Table: ...
    def manifest(self) -> str: ...
    def check_manifest(self, found: str, path: Path) -> None: ...

def space(name: str, **figures: int) -> Space: ...
def networks(texts: list[tuple[bytes, Path | None]]) -> Space: ...
def space_again(name: str, asked: dict[str, int | str], settings: dict[str, int | str]) -> Space: ...
def table(parquet: bytes, lower_is_better: list[str]) -> Table: ...
def parameters(space: Space, arch: str) -> list[tuple[str, list[int]]]: ...
def latency_template(space: Space, out: str, archs: list[str] | None) -> str: ...
def latency_measure(table: str, threads: int, repeats: int) -> int: ...
def logits(
    space: Space,
    arch: str,
    images: tuple[bytes, list[int]],
    weights: dict[str, bytes] | None,
    seed: int,
    double: bool,
) -> bytes: ...
def predict(trained: str, images: str, threads: int | None) -> tuple[list[Path], list[str], bytes, list[str]]: ...
def proxies() -> list[tuple[str, str, str, str, str]]: ...
def search(out: str, keywords: dict[str, list[str]], space: Space | None) -> str: ...
def find(images: str, out: str, keywords: dict[str, list[str]]) -> str: ...
def calibrate(scores: list[str], out: str, keywords: dict[str, list[str]]) -> str: ...
def report(scores: list[str], benchmark: str, out: str, keywords: dict[str, list[str]]) -> str: ...
def view(scores: list[str], out: str, keywords: dict[str, list[str]]) -> None: ...
