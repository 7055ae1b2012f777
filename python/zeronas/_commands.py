"""Searches and reports, as on the command line, with the names of its flags as keywords."""

from __future__ import annotations

import html
import json
import tempfile
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from . import _native
from ._frames import is_frame, saved
from ._native import Space, Table


class _Result:
    """What a command wrote and said. In a notebook it shows its page."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        """The folder that the command wrote to."""
        self.text = text
        """What the command would have printed."""

    @property
    def page(self) -> Path:
        """The page, for any browser."""
        return self.folder / "report.html"

    def table(self, name: str) -> Any:
        """One of the tables that the command wrote, by its file name without extension, as a pyarrow table."""
        import pyarrow.parquet

        return pyarrow.parquet.read_table(self.folder / f"{name}.parquet")

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        page = html.escape(self.page.read_text(), quote=True)
        return f'<iframe srcdoc="{page}" style="width: 100%; height: 40em; border: 0"></iframe>'


class Report(_Result):
    """How far scores can be trusted; ``table("summary")`` has the figures."""


class Calibration(_Result):
    """What a few labels say about proxies; ``table("candidates")`` has the figures."""

    @property
    def file(self) -> Path:
        """``calibrated.json``: for ``aggregate=`` of a report, or ``evaluate=f"proxy:{calibration.file}"`` of a search."""
        return self.folder / "calibrated.json"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text)}</pre>"


class View(_Result):
    """A page of scores."""

    @property
    def page(self) -> Path:
        """The page, for any browser."""
        return self.folder / "scores.html"


class Search(_Result):
    """What a search found; ``table("history")`` has a row per evaluation."""


class Found(_Result):
    """The network that was found for your own pictures, trained and exported."""

    @property
    def figures(self) -> dict[str, Any]:
        """The network's figures: ``arch``, ``params``, ``flops``, ``test_accuracy``, ..."""
        return json.loads((self.folder / "found.json").read_text())

    @property
    def trained(self) -> Path:
        """The folder of its training, for :func:`zeronas.predict`."""
        return self.folder / "trained"

    @property
    def onnx(self) -> Path:
        """The network as an ONNX file."""
        return self.folder / "model.onnx"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self.text)}</pre>"


def report(
    scores: Any,
    benchmark: Any,
    *,
    out: str | PathLike[str] | None = None,
    **flags: Any,
) -> Report:
    """Correlates scores with a benchmark's table, each number with its uncertainty, as ``zeronas report`` does.

    ``scores`` are what :func:`zeronas.score` returned, a score file, a data frame of any library, or several of these. ``benchmark`` is
    a file, a data frame or a :class:`BenchmarkTable`. ``out`` is a temporary folder unless given. Keywords are the command's flags:
    ``target="c10_test_200"``, ``subset="no-dead-edges"``, ``aggregate=["both=logrank(naswot,synflow)"]``, ``bootstrap=1000``, ...
    Your own proxies with ``lower_is_better`` are recognised as such.
    """
    folder = _folder(out)
    several = [scores] if isinstance(scores, (str, PathLike)) or is_frame(scores) else list(scores)
    lower = sorted({name for table in several if isinstance(table, Table) for name in table._lower_is_better})
    if lower:
        told = flags.get("lower_is_better") or []
        flags["lower_is_better"] = sorted({*lower, *([told] if isinstance(told, str) else told)})
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        files = [fspath(_file(table, place / f"scores{i + 1}.parquet")) for i, table in enumerate(several)]
        table = fspath(_file(benchmark, place / "benchmark.parquet"))
        return Report(folder, _native.report(files, table, fspath(folder), _words(flags)))


def view(scores: Any, *, out: str | PathLike[str] | None = None, **flags: Any) -> View:
    """Makes a page of scores to explore without a benchmark, as ``zeronas view`` does.

    ``scores`` are what :func:`zeronas.score` returned, a score file, a data frame of any library, or several of these. ``out`` is the
    folder of the page, a temporary one unless given. Keywords are the command's flags, such as ``lower_is_better="my_proxy"``.
    """
    folder = _folder(out)
    folder.mkdir(parents=True, exist_ok=True)
    several = [scores] if isinstance(scores, (str, PathLike)) or is_frame(scores) else list(scores)
    with tempfile.TemporaryDirectory() as temporary:
        files = [fspath(_file(table, Path(temporary) / f"scores{i + 1}.parquet")) for i, table in enumerate(several)]
        _native.view(files, fspath(folder / "scores.html"), _words(flags))
    return View(folder, f"page: {folder / 'scores.html'}")


def search(*, out: str | PathLike[str] | None = None, **flags: Any) -> Search:
    """Searches with a strategy, as ``zeronas search`` does, with its flags as keywords.

    >>> found = search(strategy="genetic", evaluate="proxy:synflow", budget={"evaluations": 50})   # doctest: +SKIP

    ``space`` is a name, a file or any :class:`zeronas.Space`. ``budget`` is a mapping or is written as on the command line. Whatever takes
    a file, such as ``table``, also takes a data frame. ``out`` is a temporary folder unless given. ``resume=True`` continues an
    interrupted search in ``out``.
    """
    folder = _folder(out)
    with tempfile.TemporaryDirectory() as temporary:
        files = {name: _file(value, Path(temporary) / f"{name}.parquet") for name, value in flags.items() if is_frame(value)}
        space = flags.pop("space") if isinstance(flags.get("space"), Space) else None
        return Search(folder, _native.search(fspath(folder), _words({**flags, **files}), space))


def find(images: str | PathLike[str], *, out: str | PathLike[str] | None = None, **flags: Any) -> Found:
    """Finds a small network for your own pictures, trains and exports it, as ``zeronas find`` does, with its flags as keywords.

    >>> found = find("pictures", limit={"params": "200k", "flops": "30M"}, out="best")   # doctest: +SKIP
    >>> found.figures["test_accuracy"]                                                   # doctest: +SKIP

    ``out`` is a temporary folder unless given; with ``resume=True`` an interrupted run continues there.
    """
    folder = _folder(out)
    return Found(folder, _native.find(fspath(images), fspath(folder), _words(flags)))


def calibrate(scores: Any, *, out: str | PathLike[str] | None = None, **flags: Any) -> Calibration:
    """Finds out from a few labels whether any proxy carries signal on your own data, as ``zeronas calibrate`` does.

    ``scores`` are what :func:`zeronas.score` returned, a score file, a data frame of any library, or several of these. Keywords are the
    command's flags: ``networks=20, images="pictures", recipe="quick"`` to train, or ``benchmark=table, target="accuracy"``, where the table
    may be a data frame. ``out`` is a temporary folder unless given; with ``resume=True`` an interrupted calibration continues there.
    """
    folder = _folder(out)
    several = [scores] if isinstance(scores, (str, PathLike)) or is_frame(scores) else list(scores)
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        files = [fspath(_file(table, place / f"scores{i + 1}.parquet")) for i, table in enumerate(several)]
        if "benchmark" in flags:
            flags["benchmark"] = _file(flags["benchmark"], place / "benchmark.parquet")
        return Calibration(folder, _native.calibrate(files, fspath(folder), _words(flags)))


def _folder(out: str | PathLike[str] | None) -> Path:
    """Where a command writes: a new folder in a temporary one unless one is asked for."""
    return Path(tempfile.mkdtemp(prefix="zeronas-")) / "out" if out is None else Path(out)


def _file(thing: Any, place: Path) -> str | PathLike[str]:
    """A file; a table is written to ``place``."""
    return saved(thing, place) if is_frame(thing) else thing


def _words(flags: Mapping[str, Any]) -> dict[str, list[str]]:
    """Keywords with their values as texts; one that is ``None`` or ``False`` is not given, one that is ``True`` has no value."""
    words: dict[str, list[str]] = {}
    for name, value in flags.items():
        if value is None or value is False:
            continue
        if value is True:
            value = []
        elif isinstance(value, Mapping):
            value = [f"{key}={limit}" for key, limit in value.items()]
        elif isinstance(value, (str, PathLike)) or not isinstance(value, Iterable):
            value = [value]
        words[name.rstrip("_")] = [fspath(one) if isinstance(one, PathLike) else str(one) for one in value]
    return words
