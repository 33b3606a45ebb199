"""Compute ratios from results, and print them as a table.

Each loss and time is divided by that of the baseline in the same fit: the same table, split, size and random state.
Ratios are averaged over the splits and random states of a table, and then over tables; all means are geometric.
Error, log loss and 1 - AUC are increased by 0.01, and RMSE is at least 0.001, so that single rows of a table that all
methods predict correctly do not dominate the mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isfinite
from typing import NamedTuple

import numpy as np

from benchmarks.methods import OURS
from benchmarks.results import Result

LOSSES: dict[str, Callable[[Result], float]] = {
    "error": lambda r: r.error + 0.01,
    "RMSE": lambda r: np.maximum(r.rmse, 1e-3),
    "log loss": lambda r: r.log_loss + 0.01,
    "1 - AUC": lambda r: 1 - r.auc + 0.01,
    "fit time": lambda r: r.fit_s,
}


class Summary(NamedTuple):
    """Ratios of a method to the baseline, over the fits of one size.

    Attributes
    ----------
    method : str
    tables : int
        Number of tables.
    n : float
        Geometric mean of the number of training rows.
    together : float
        Geometric mean of the ratios of error and RMSE, or the only one of them that exists.
    ratios : dict
        Ratio of each loss in `LOSSES`.
    ece : float
        Mean calibration error, not a ratio.
    total : float
        Ratio of the sums of all fit times.
    seconds : float
        Sum of all fit times.
    worst : float
        Largest ratio of error or RMSE of a table.
    worst_table : str
        The table with that ratio.
    done, tried : int
        Number of fits that succeeded, and of all fits.
    ours : bool
        Whether the method is from this package.
    """

    method: str
    tables: int
    n: float
    together: float
    ratios: dict[str, float]
    ece: float
    total: float
    seconds: float
    worst: float
    worst_table: str
    done: int
    tried: int
    ours: bool


Pairs = dict[str, list[tuple[Result, Result]]]


def pair(runs: Sequence[Sequence[Result]], baseline: str) -> Pairs:
    """Return by method the pairs of a result and the baseline's result in the same fit.

    The baseline's result is from the same run if that run has one, so that times are comparable, and otherwise from any
    run. If two runs contain the same fit of a method, the later run is used.
    """
    bases = [{_fit(r): r for r in run if r.method == baseline and not r.note} for run in runs]
    anywhere = {key: r for base in bases for key, r in base.items()}
    pairs: dict[str, dict[tuple, tuple[Result, Result]]] = {}
    for run, base in zip(runs, bases, strict=True):
        for r in run:
            key = _fit(r)
            if key in anywhere:
                pairs.setdefault(r.method, {})[key] = r, base.get(key, anywhere[key])
    return {method: list(found.values()) for method, found in pairs.items()}


def by_size(runs: Sequence[Sequence[Result]], baseline: str) -> dict[float, list[Summary]]:
    """Return the summaries of all methods for each size at which the baseline has results, in ascending order."""
    found = {}
    for size in sorted({r.size for run in runs for r in run}):
        pairs = pair([[r for r in run if r.size == size] for run in runs], baseline)
        if pairs:
            found[size] = [summarise(method, pairs_of_method) for method, pairs_of_method in pairs.items()]
    return found


def _fit(r: Result) -> tuple:
    return r.table, r.split, r.size, r.random_state


def geometric_mean(values: Iterable[float]) -> float:
    """Compute the geometric mean of the values that are not NaN, or NaN if there are none."""
    finite = [value for value in values if value == value]
    return float(np.exp(np.mean(np.log(finite)))) if finite else float("nan")


def by_table(pairs: Iterable[tuple[Result, Result]], loss: Callable[[Result], float]) -> dict[str, float]:
    """Return the mean ratio of each table that has this loss."""
    ratios = _grouped((r.table, loss(r) / loss(base)) for r, base in pairs)
    return {table: geometric_mean(values) for table, values in ratios.items()}


def _grouped(values: Iterable[tuple[str, float]]) -> dict[str, list[float]]:
    """Group the values that are not NaN by table."""
    groups: dict[str, list[float]] = {}
    for table, value in values:
        if value == value:
            groups.setdefault(table, []).append(value)
    return groups


def main_loss(r: Result) -> float:
    """Return the loss of the task: RMSE for regression, error for classification."""
    return LOSSES["RMSE" if r.task == "regression" else "error"](r)


def summarise(method: str, pairs: Sequence[tuple[Result, Result]]) -> Summary:
    """Summarise the ratios of one method."""
    ratios = {name: geometric_mean(by_table(pairs, loss).values()) for name, loss in LOSSES.items()}
    main_ratios = by_table(pairs, main_loss)
    ece = _grouped((r.table, r.ece) for r, _ in pairs)
    worst_table = max(main_ratios, key=lambda table: main_ratios[table], default="")
    done = [(r, b) for r, b in pairs if not r.note]
    seconds = sum(r.fit_s for r, _ in done)
    return Summary(
        method=method,
        tables=len({r.table for r, _ in pairs}),
        n=geometric_mean(r.n for r, _ in pairs),
        together=geometric_mean([ratios["error"], ratios["RMSE"]]),
        ratios=ratios,
        ece=float(np.mean([np.mean(values) for values in ece.values()])) if ece else float("nan"),
        total=seconds / sum(b.fit_s for _, b in done) if done else float("nan"),
        seconds=seconds,
        worst=main_ratios.get(worst_table, float("nan")),
        worst_table=worst_table,
        done=len(done),
        tried=len(pairs),
        ours=any(r.library.startswith(OURS) for r, _ in pairs),
    )


def size_name(size: float) -> str:
    """Format a size.

    >>> size_name(8000), size_name(float("inf"))
    ('8,000', 'all')
    """
    return f"{size:,.0f}" if isfinite(size) else "all"


def print_table(summaries: Sequence[Summary], baseline: str, size: float) -> None:
    """Print a line for each method, the most accurate first."""
    width = max(len(s.method) for s in summaries) + 2
    columns = ["together", *LOSSES, "total", "total s", "ECE", "fits", "worst"]
    print(f"\nSize {size_name(size)}: {max(s.tables for s in summaries)} tables")
    print(f"Ratios to {baseline}, geometric means, smaller is better; ECE and total s are not ratios")
    print(" " * width + "".join(f"{column:>10}" for column in columns))
    for s in sorted(summaries, key=lambda s: (np.isnan(s.together), s.together)):
        cells = [f"{x:.3f}" for x in (s.together, *s.ratios.values(), s.total)]
        cells += [f"{s.seconds:.1f}", f"{s.ece:.4f}", f"{s.done}/{s.tried}", f"{s.worst:.2f}"]
        print(f"{s.method:{width}}" + "".join(f"{cell:>10}" for cell in cells), s.worst_table)
    if len({s.done for s in summaries}) > 1:
        print("Not all methods have the same fits (table, split, random state): compare only methods that do.")


def print_missing(results: Iterable[Result]) -> None:
    """Print a line with the reason for each missing result."""
    for r in results:
        if r.note:
            print(f"missing: {r.method} on {r.table}, split {r.split}, size {size_name(r.size)}: {r.note}")
