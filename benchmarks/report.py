"""From results to ratios, and a table of them.

Every figure is a ratio to the same figure of the baseline in the same fit: the same table, split, size and random
state. Ratios of a table's splits and random states are averaged, then those of the tables; all means are geometric.
Error, log loss and 1 - AUC are taken + 0.01, and RMSE as 0.001 at least, so that one row of a table that all get right
does not decide.
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
    """A method beside the baseline, in the fits of one size.

    `together` is the geometric mean of the ratios of error and RMSE, or the one of them that there is; `worst` the
    largest of those ratios that a table has in the mean of its fits; `total` the ratio of all fit times together;
    `n` the geometric mean of the rows fitted on.
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
    """By method, each result and the baseline's in the same fit.

    The baseline is that of the same run, where that has one, so that their times compare, else of any. A result that
    two runs have is taken from the later one.
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


def _fit(r: Result) -> tuple:
    return r.table, r.split, r.size, r.random_state


def geometric_mean(values: Iterable[float]) -> float:
    """Of those that are not NaN; NaN where there are none."""
    finite = [value for value in values if value == value]
    return float(np.exp(np.mean(np.log(finite)))) if finite else float("nan")


def by_table(pairs: Iterable[tuple[Result, Result]], loss: Callable[[Result], float]) -> dict[str, float]:
    """The mean ratio of each table that has this loss."""
    ratios = _grouped((r.table, loss(r) / loss(base)) for r, base in pairs)
    return {table: geometric_mean(values) for table, values in ratios.items()}


def _grouped(values: Iterable[tuple[str, float]]) -> dict[str, list[float]]:
    """The values of each table that are not NaN."""
    groups: dict[str, list[float]] = {}
    for table, value in values:
        if value == value:
            groups.setdefault(table, []).append(value)
    return groups


def own_loss(r: Result) -> float:
    """The loss that every task has: RMSE for regression, error for classes."""
    return LOSSES["RMSE" if r.task == "regression" else "error"](r)


def summarise(method: str, pairs: Sequence[tuple[Result, Result]]) -> Summary:
    """The ratios of one method."""
    ratios = {name: geometric_mean(by_table(pairs, loss).values()) for name, loss in LOSSES.items()}
    own = by_table(pairs, own_loss)
    ece = _grouped((r.table, r.ece) for r, _ in pairs)
    worst = max(own, key=lambda table: own[table], default="")
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
        worst=own.get(worst, float("nan")),
        worst_table=worst,
        done=len(done),
        tried=len(pairs),
        ours=any(r.library.startswith(OURS) for r, _ in pairs),
    )


def size_name(size: float) -> str:
    """A size as it is printed.

    >>> size_name(8000), size_name(float("inf"))
    ('8,000', 'all')
    """
    return f"{size:,.0f}" if isfinite(size) else "all"


def print_table(summaries: Sequence[Summary], baseline: str, size: float) -> None:
    """A line per method, the most accurate first."""
    width = max(len(s.method) for s in summaries) + 2
    columns = ["together", *LOSSES, "total", "total s", "ECE", "fits", "worst"]
    print(f"\nSize {size_name(size)}: {max(s.tables for s in summaries)} tables")
    print(f"Ratios to {baseline}, geometric means, smaller is better; ECE and total s are no ratios")
    print(" " * width + "".join(f"{column:>10}" for column in columns))
    for s in sorted(summaries, key=lambda s: (np.isnan(s.together), s.together)):
        cells = [f"{x:.3f}" for x in (s.together, *s.ratios.values(), s.total)]
        cells += [f"{s.seconds:.1f}", f"{s.ece:.4f}", f"{s.done}/{s.tried}", f"{s.worst:.2f}"]
        print(f"{s.method:{width}}" + "".join(f"{cell:>10}" for cell in cells), s.worst_table)
    if len({s.done for s in summaries}) > 1:
        print("Not all methods have the same fits (table x split x random state): compare those that have.")


def print_missing(results: Iterable[Result]) -> None:
    """A line for each result that is missing, with the reason."""
    for r in results:
        if r.note:
            print(f"missing: {r.method} on {r.table}, split {r.split}, size {size_name(r.size)}: {r.note}")
