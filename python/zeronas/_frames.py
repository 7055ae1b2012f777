"""Data frames of any library: those of pandas, polars and pyarrow, and whatever else has Arrow's stream interface."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ._native import BenchmarkTable, Table

ARCH_COLUMNS = ("arch", "architecture", "arch_str", "net", "net_str", "hash")
"""The columns that architectures are looked for in, the first that there is."""


MANIFEST = "zeronas"
"""Under this key a table of scores says how they were made."""


def is_frame(thing: Any) -> bool:
    """Whether it is a table with columns."""
    return _names(thing) is not None


def archs(source: Any) -> list[str]:
    """Architectures: one, several, or those of a table, each once."""
    if isinstance(source, str):
        return [source]
    if isinstance(source, BenchmarkTable):
        return source.archs()
    names = _names(source)
    if names is None:
        if not isinstance(source, Iterable):
            raise ValueError(f"architectures must be texts or a table of them, not {type(source).__name__}")
        return _texts(_listed(source), "architecture")
    found = next((name for name in ARCH_COLUMNS if name in names), names[0] if len(names) == 1 else None)
    if found is None:
        raise ValueError(
            f"the table has no column of architectures: one of {', '.join(ARCH_COLUMNS)}; there are {', '.join(names)}"
        )
    return list(dict.fromkeys(_texts(_listed(_column(source, found)), f"row of the column `{found}`")))


def saved(frame: Any, place: Path) -> Path:
    """Writes a table as the Parquet file ``place``, or as CSV beside it where no library here writes Parquet."""
    if isinstance(frame, Table):
        place.write_bytes(frame._parquet())
        return place
    try:
        import pyarrow.parquet
    except ImportError:
        return _saved_otherwise(frame, place)
    pyarrow.parquet.write_table(_arrow(frame), place)
    return place


def _column(frame: Any, name: str) -> Any:
    """A column of a table, by its own means if it has any."""
    if hasattr(frame, "__getitem__"):
        return frame[name]
    try:
        return _arrow(frame)[name]
    except ImportError:
        import polars

        return polars.DataFrame(frame)[name]


def _saved_otherwise(frame: Any, place: Path) -> Path:
    """Without pyarrow: by polars, which is there if the frame is its own, or by the frame itself."""
    try:
        import polars
    except ImportError:
        if not hasattr(frame, "to_csv"):
            raise ImportError(f"a table of {type(frame).__module__} takes pyarrow or polars") from None
        place = place.with_suffix(".csv")
        frame.to_csv(place, index=False)
        return place
    polars.DataFrame(frame).write_parquet(place)
    return place


def _arrow(frame: Any) -> Any:
    """As a pyarrow table. Texts that a pandas frame has as its index are the architectures."""
    import pyarrow

    # A pandas frame's own stream leaves its index out.
    is_pandas = type(frame).__module__.partition(".")[0] == "pandas"
    table = pyarrow.Table.from_pandas(frame) if is_pandas else pyarrow.table(frame)
    if is_pandas and MANIFEST in frame.attrs:
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), MANIFEST: frame.attrs[MANIFEST]})
    if "__index_level_0__" in table.column_names:
        kept = not any(name in table.column_names for name in ARCH_COLUMNS)
        kind = table.schema.field("__index_level_0__").type
        if kept and (pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind)):
            names = ["arch" if name == "__index_level_0__" else name for name in table.column_names]
            return table.rename_columns(names)
        return table.drop_columns(["__index_level_0__"])
    return table


def _names(thing: Any) -> list[str] | None:
    """The names of a table's columns."""
    if isinstance(thing, (str, bytes, Path)) or not (hasattr(thing, "__arrow_c_stream__") or hasattr(thing, "to_csv")):
        return None
    for attribute in ("column_names", "columns"):
        names = getattr(thing, attribute, None)
        if names is not None and not callable(names):
            return [str(name) for name in names]
    return None


def _listed(column: Any) -> list[Any]:
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(column, method):
            return getattr(column, method)()
    return list(column)


def _texts(values: list[Any], what: str) -> list[str]:
    for place, value in enumerate(values):
        if not isinstance(value, str):
            raise ValueError(f"{what} {place + 1} is {value!r}, which is no text")
    return values


def placed(frame: Any) -> tuple[Path, tempfile.TemporaryDirectory[str]]:
    """A table as a file, with the temporary folder that it is in."""
    if not is_frame(frame):
        raise ValueError(f"a benchmark's table is a path or a data frame, not {type(frame).__name__}")
    folder = tempfile.TemporaryDirectory(prefix="zeronas-")
    return saved(frame, Path(folder.name) / "table.parquet"), folder


def kept(path: Path, arch_column: str | None) -> tuple[str, bytes | None, str | None]:
    """What a benchmark's table is pickled as: its file's name and content; the table that comes with zeronas is known by name."""
    return (path.name, path.read_bytes(), arch_column) if path.exists() else (str(path), None, arch_column)


def benchmark(name: str, content: bytes | None, arch_column: str | None) -> BenchmarkTable:
    """A benchmark's table that was pickled."""
    if content is None:
        return BenchmarkTable(name, arch_column=arch_column)
    folder = tempfile.TemporaryDirectory(prefix="zeronas-")
    path = Path(folder.name) / name
    path.write_bytes(content)
    return BenchmarkTable(path, arch_column=arch_column, folder=folder)
