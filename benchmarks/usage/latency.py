"""Measure the time of `predict` on one row, which is mostly overhead, and on a million rows, and its peak of memory."""

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
from benchmarks.usage.measurement import Measurement
from skscratch import ScratchMLPClassifier


def measurements(repeats: int, calls: int = 500, rows: int = 1_000_000, epochs: int = 5) -> Iterator[Measurement]:
    """Yield the latency for one row of an array and of a data frame, and time and memory for many rows of an array.

    Each repetition calls `predict` `calls` times for one row, and once for `rows` rows.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the fits are short on purpose
        yield from _one_row_of_an_array(repeats, calls, epochs)
        yield from _one_row_of_a_frame(repeats, calls, epochs)
        yield from _many_rows(repeats, rows, epochs, np.float32)
        yield from _many_rows(repeats, rows, epochs, np.float64)


def _data(n: int, dtype: Any) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).standard_normal((n, 20), dtype)
    return X, X[:, 0] > X[:, 1]


def _one_row_of_an_array(repeats: int, calls: int, epochs: int) -> Iterator[Measurement]:
    X, y = _data(1000, np.float64)
    models_by_name = {
        "same network": models.ours(epochs, scaling=None),
        "our defaults": ScratchMLPClassifier(max_iter=epochs),
        "scikit-learn": models.scikit_learn(epochs),
    }
    goals = {"same network": 0.5}
    yield from _latencies("predict, one row of 20 floats", models_by_name, X, y, X[:1], goals, repeats, calls)


def _one_row_of_a_frame(repeats: int, calls: int, epochs: int) -> Iterator[Measurement]:
    table: Table = sources()["titanic"]()
    models_by_name = {
        "same network": models.ours(epochs),
        "our defaults": ScratchMLPClassifier(max_iter=epochs),
        "scikit-learn": models.pipeline(table, models.scikit_learn(epochs)),
    }
    name, row = "predict, one row of the Titanic data frame", table.X.iloc[:1]
    goals = {"same network": 1 / 3, "our defaults": 1 / 3}
    yield from _latencies(name, models_by_name, table.X, table.y, row, goals, repeats, calls)


def _latencies(
    name: str,
    models_by_name: dict[str, Any],
    X: Any,
    y: np.ndarray,
    row: Any,
    goals: dict[str, float],
    repeats: int,
    calls: int,
) -> Iterator[Measurement]:
    """Fit each model, and compare how long each of them takes to predict the row."""
    runs = {model_name: _call(model.fit(X, y).predict, row) for model_name, model in models_by_name.items()}
    us = {model_name: 1e6 * seconds for model_name, seconds in alternate(runs, repeats, calls).items()}
    reference = us.pop("scikit-learn")
    for model_name, time in us.items():
        yield Measurement(f"{name}, {model_name}", time, "scikit-learn", reference, "us", goals.get(model_name))


def _many_rows(repeats: int, rows: int, epochs: int, dtype: Any) -> Iterator[Measurement]:
    """Compare predictions of many rows: ours computes in float32 by default, scikit-learn in the precision of X."""
    X, y = _data(rows, dtype)
    train = slice(2000)
    ours = models.ours(epochs, scaling=None).fit(X[train], y[train])
    scikit_learn = models.scikit_learn(epochs).fit(X[train], y[train])
    runs = {"ours": _call(ours.predict, X), "scikit-learn": _call(scikit_learn.predict, X)}
    seconds = alternate(runs, repeats)
    name = f"predict, {rows:,} x 20 in {np.dtype(dtype)}"
    yield Measurement(f"{name}, same network", seconds["ours"], "scikit-learn", seconds["scikit-learn"], "s", 1 / 3)
    peak = {model_name: traced_peak(run) / 1e6 for model_name, run in runs.items()}
    yield Measurement(f"{name}, peak memory", peak["ours"], "scikit-learn", peak["scikit-learn"], "MB")


def _call(function: Callable[[Any], object], argument: Any) -> Callable[[], object]:
    return lambda: function(argument)


def traced_peak(run: Callable[[], object]) -> int:
    """Return the peak of the bytes that Python and NumPy allocated during the run."""
    tracemalloc.start()
    try:
        run()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
