"""Fit and predict very often in one process, and record its resident memory, open files and threads.

    python -m benchmarks.soak --csv soak.csv --plot soak.png
    python -m benchmarks.soak --fits 500 --predictions 50000

First come the fits, of the four small models of `MODELS` in turn; the second is wide enough to be trained by two worker
threads. Each fitted model is saved and loaded again, and each tenth fit is followed by one that raises an exception.
Then come the predictions of single rows: by a classifier for a frame with words, and by a regressor for an array.

A tenth of the calls of each part is the warm-up. After it, the line of least squares through the resident memory must
rise by less than `BOUNDS` bytes per call, and the process must never have more open files or threads than at the end of
the warm-up. The command fails if one of these is not so. The numbers are from /proc, which only Linux has.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

import skscratch
from benchmarks.csv_files import write_csv
from benchmarks.machine import machine, print_facts
from benchmarks.usage.process_memory import status
from skscratch import ScratchMLPClassifier, ScratchMLPRegressor

ROWS, SAMPLES = 40, 200
BOUNDS = {"fit": 1000.0, "predict": 8.0}  # bytes per call: less than any array, or any object of Python, takes
SMALL: dict[str, Any] = dict(n_estimators=2, width=4, max_iter=2)
MODELS = (
    ScratchMLPClassifier(**SMALL),
    ScratchMLPRegressor(**SMALL | {"width": 64, "depth": 2}),
    ScratchMLPClassifier(**SMALL, solver="lbfgs", numeric_embedding=None),
    ScratchMLPRegressor(**SMALL, loss="quantile", quantile=[0.1, 0.9]),
)


class Sample(NamedTuple):
    """What the process uses after a number of calls."""

    part: str
    calls: int
    seconds: float
    resident_bytes: int
    open_files: int
    threads: int


def table() -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows of a number and a word, with missing values, and numbers that depend on them."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=ROWS), "word": pd.Categorical(rng.choice(["a", "b", "c"], ROWS))})
    y = np.asarray(X["x"] + (X["word"] == "a"))
    X.loc[0, ["x", "word"]] = np.nan
    return X, y


def fits(folder: Path) -> Callable[[int], object]:
    """Return a function that does fit number i, and saves and loads the fitted model."""
    X, y = table()
    path = folder / "model.skscratch"

    def fit(i: int) -> None:
        model = MODELS[i % len(MODELS)].set_params(random_state=i)
        skscratch.save(model.fit(X, y > 0 if isinstance(model, ScratchMLPClassifier) else y), path)
        skscratch.load(path).predict(X)
        if i % 10 == 0:
            refused_fit(model, X, y[1:])

    return fit


def refused_fit(model: Any, X: pd.DataFrame, y: np.ndarray) -> None:
    """Fit with a y of the wrong length, which must raise a ValueError."""
    try:
        model.fit(X, y)
    except ValueError:
        return
    raise AssertionError("fit must refuse a y of another length than X.")


def predictions() -> Callable[[int], object]:
    """Return a function that does prediction number i."""
    X, y = table()
    array = X[["x"]].to_numpy()
    classifier = ScratchMLPClassifier(**SMALL, random_state=0).fit(X, y > 0)
    regressor = ScratchMLPRegressor(**SMALL, random_state=0).fit(array, y)
    calls = [lambda row=X.iloc[[i]]: classifier.predict_proba(row) for i in range(ROWS)]
    calls += [lambda row=array[[i]]: regressor.predict(row) for i in range(ROWS)]
    return lambda i: calls[i % len(calls)]()


def soak(part: str, call: Callable[[int], object], n: int, start: float) -> Iterator[Sample]:
    """Make n calls, and yield a sample at SAMPLES places."""
    for i in range(n):
        call(i)
        if (i + 1) % max(1, n // SAMPLES) == 0:
            seconds = round(time.perf_counter() - start, 2)
            open_files = len(os.listdir("/proc/self/fd"))
            yield Sample(part, i + 1, seconds, status("VmRSS"), open_files, len(os.listdir("/proc/self/task")))


def after_warm_up(samples: Sequence[Sample]) -> list[Sample]:
    """Return the last sample of the warm-up, and all after it."""
    return [sample for sample in samples if sample.calls >= samples[-1].calls / 10]


def slope(samples: Sequence[Sample]) -> float:
    """Return the bytes per call by which the line of least squares rises.

    >>> slope([Sample("fit", calls, 0.0, 5 * calls, 0, 0) for calls in (10, 20, 30)])
    5.0
    """
    calls, size = np.array([(sample.calls, sample.resident_bytes) for sample in samples], float).T
    calls -= calls.mean()
    return round(float(calls @ size / (calls @ calls)), 3)


def findings(samples: Sequence[Sample]) -> list[str]:
    """Return a sentence for each quantity of one part that is not flat after the warm-up."""
    part, rest = samples[0].part, after_warm_up(samples)
    found = [] if slope(rest) < BOUNDS[part] else [f"{part}: memory rises by {slope(rest):g} bytes per call"]
    for name in ("open_files", "threads"):
        first, most = getattr(rest[0], name), max(getattr(sample, name) for sample in rest)
        found += [f"{part}: {first} {name} rise to {most}"] if most > first else []
    return found


def describe(samples: Sequence[Sample]) -> str:
    """Return a line about one part."""
    rest = after_warm_up(samples)
    MB = [sample.resident_bytes / 1e6 for sample in rest]
    return (
        f"{rest[-1].calls:,} calls of {rest[0].part}: {min(MB):.1f} to {max(MB):.1f} MB after the warm-up, "
        f"{slope(rest):+.1f} bytes per call (bound: {BOUNDS[rest[0].part]:g}), "
        f"{rest[-1].open_files} open files, {rest[-1].threads} threads"
    )


def plot(parts: Sequence[Sequence[Sample]], path: Path) -> None:
    """Draw memory, open files and threads against the number of calls, with a column for each part."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(8, 4.2), dpi=150, layout="constrained")
    axes = figure.subplots(2, len(parts), sharex="col", sharey="row", height_ratios=(2, 1))
    for (memory, counts), samples in zip(axes.T, parts, strict=True):
        calls = [sample.calls for sample in samples]
        memory.plot(calls, [sample.resident_bytes / 1e6 for sample in samples], color="#0072B2")
        counts.plot(calls, [sample.open_files for sample in samples], color="#D55E00", label="open files")
        counts.plot(calls, [sample.threads for sample in samples], color="#009E73", ls="--", label="threads")
        for ax in (memory, counts):
            ax.axvspan(0, calls[-1] / 10, color="0.95", label="warm-up")
            ax.grid(color="0.92")
            ax.spines[["top", "right"]].set_visible(False)
        counts.xaxis.set(major_locator=MaxNLocator(4), major_formatter="{x:,.0f}")
        counts.set_xlabel(f"calls of {samples[0].part}")
    samples = [sample for part in parts for sample in part]
    axes[0, 0].set(ylabel="resident memory (MB)", ylim=(0, 1.2e-6 * max(sample.resident_bytes for sample in samples)))
    counted = max(max(sample.open_files, sample.threads) for sample in samples)
    axes[1, 0].set(ylabel="number", ylim=(0, 1.7 * counted))
    axes[1, -1].legend(frameon=False, ncols=3, loc="upper right", fontsize="small")
    figure.savefig(path)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run both parts, print, write and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fits", type=int, default=10_000, help="(%(default)s)")
    parser.add_argument("--predictions", type=int, default=1_000_000, help="(%(default)s)")
    parser.add_argument("--csv", type=Path, help="file for the samples")
    parser.add_argument("--plot", type=Path, help="file for the plot")
    options = parser.parse_args(arguments)
    print_facts(machine())
    start = time.perf_counter()
    with (
        warnings.catch_warnings(action="ignore", category=ConvergenceWarning),
        threadpool_limits(2),
        tempfile.TemporaryDirectory() as folder,
    ):
        fitted = list(soak("fit", fits(Path(folder)), options.fits, start))
        print(describe(fitted), flush=True)
        predicted = list(soak("predict", predictions(), options.predictions, start))
        print(describe(predicted), flush=True)
    if options.csv:
        write_csv(options.csv, [sample._asdict() for sample in (*fitted, *predicted)], machine())
    if options.plot:
        plot([fitted, predicted], options.plot)
    if not_flat := [*findings(fitted), *findings(predicted)]:
        sys.exit("; ".join(not_flat))


if __name__ == "__main__":
    main()
