"""How long `predict` takes: on one row, where all is overhead, and on a million, where memory counts as well."""

from __future__ import annotations

import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks import models
from benchmarks.tables import Table, sources
from benchmarks.timing import alternate
from benchmarks.usage.figures import Figure
from skscratch import ScratchMLPClassifier


def figures(repeats: int, calls: int = 500, rows: int = 1_000_000, epochs: int = 5) -> Iterator[Figure]:
    """One row of an array and of a frame, so many calls a turn, and many rows of an array at once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the fits are short on purpose
        yield from _one_row_of_an_array(repeats, calls, epochs)
        yield from _one_row_of_a_frame(repeats, calls, epochs)
        yield from _many_rows(repeats, rows, epochs, np.float32)
        yield from _many_rows(repeats, rows, epochs, np.float64)


def _data(n: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).standard_normal((n, 20), dtype)
    return X, X[:, 0] > X[:, 1]


def _one_row_of_an_array(repeats: int, calls: int, epochs: int) -> Iterator[Figure]:
    X, y = _data(1000, np.float64)
    fitted = {
        "same network": models.ours(epochs, scaling=None),
        "our defaults": ScratchMLPClassifier(max_iter=epochs),
        "scikit-learn": models.scikit_learn(epochs),
    }
    goals = {"same network": 0.5}
    yield from _latencies("predict, one row of 20 floats", fitted, X, y, X[:1], goals, repeats, calls)


def _one_row_of_a_frame(repeats: int, calls: int, epochs: int) -> Iterator[Figure]:
    table: Table = sources()["titanic"]()
    fitted = {
        "same network": models.ours(epochs),
        "our defaults": ScratchMLPClassifier(max_iter=epochs),
        "scikit-learn": models.pipeline(table, models.scikit_learn(epochs)),
    }
    what, row = "predict, one row of the Titanic's frame", table.X.iloc[:1]
    goals = {"same network": 1 / 3, "our defaults": 1 / 3}
    yield from _latencies(what, fitted, table.X, table.y, row, goals, repeats, calls)


def _latencies(
    what: str,
    fitted: dict[str, Any],
    X: Any,
    y: np.ndarray,
    row: Any,
    goals: dict[str, float],
    repeats: int,
    calls: int,
) -> Iterator[Figure]:
    """Fit each, and compare how long they take for the row."""
    runs = {name: _call(model.fit(X, y).predict, row) for name, model in fitted.items()}
    us = {name: 1e6 * seconds for name, seconds in alternate(runs, repeats, calls).items()}
    theirs = us.pop("scikit-learn")
    for name, time in us.items():
        yield Figure(f"{what}, {name}", time, "scikit-learn", theirs, "us", goals.get(name))


def _many_rows(repeats: int, rows: int, epochs: int, dtype: Any) -> Iterator[Figure]:
    """Ours computes in float32 whatever it is given, as by default; scikit-learn in the precision of its input."""
    X, y = _data(rows, dtype)
    some = slice(2000)
    ours = models.ours(epochs, scaling=None).fit(X[some], y[some])
    theirs = models.scikit_learn(epochs).fit(X[some], y[some])
    runs = {"ours": _call(ours.predict, X), "theirs": _call(theirs.predict, X)}
    seconds = alternate(runs, repeats)
    what = f"predict, {rows:,} x 20 in {np.dtype(dtype)}"
    yield Figure(f"{what}, same network", seconds["ours"], "scikit-learn", seconds["theirs"], "s", 1 / 3)
    peak = {name: traced_peak(run) / 1e6 for name, run in runs.items()}
    yield Figure(f"{what}, peak memory", peak["ours"], "scikit-learn", peak["theirs"], "MB")


def _call(function: Callable[[Any], object], argument: Any) -> Callable[[], object]:
    return lambda: function(argument)


def traced_peak(run: Callable[[], object]) -> int:
    """The most bytes that Python and NumPy had allocated at once during the run, above those before it."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
