"""Score neural architectures without training them, rank them, and see how far the ranking can be trusted.

>>> import zeronas
>>> space = zeronas.space("nats-tss")
>>> table = zeronas.score(space, space.sample(20), proxies=["naswot", "synflow"])
>>> table.to_polars()                                                # doctest: +SKIP

Scores equal those of the command line, bit for bit. The library raises ``ValueError`` for invalid input, ``OSError`` for files and
``RuntimeError`` for failures, with its own messages. Ctrl-C stops scoring after the current networks and a search after the current
evaluation; a report runs to its end.
"""

from ._commands import Calibration, Found, Report, Search, View, calibrate, find, report, search, view
from ._graph.network import LoadedNetwork
from ._latency import latency_measure, latency_template
from ._logits import logits
from ._native import VERSION as __version__
from ._native import BenchmarkTable, Space, Table
from ._predicting import Predictions, predict
from ._proxies import Layer, Proxy, proxies, proxy
from ._scoring import Scorer, score
from ._spaces import networks, space

__all__ = [
    "BenchmarkTable",
    "Calibration",
    "Found",
    "Layer",
    "LoadedNetwork",
    "Predictions",
    "Proxy",
    "Report",
    "Scorer",
    "Search",
    "Space",
    "Table",
    "View",
    "__version__",
    "calibrate",
    "find",
    "latency_measure",
    "latency_template",
    "logits",
    "networks",
    "predict",
    "proxies",
    "proxy",
    "report",
    "score",
    "search",
    "space",
    "view",
]
