"""Whether a method differs from our defaults by more than chance, with the tables as the sample.

For each loss a table gives one number, its mean log ratio, over splits and random states. Wilcoxon's signed-rank test
asks whether these are symmetric about zero. Its p-values are of one comparison each: with twenty methods or variants
one of them is below 0.05 by chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import wilcoxon

from benchmarks.methods import OURS
from benchmarks.report import LOSSES, Pairs, by_table, geometric_mean, own_loss
from benchmarks.results import Result

COMPARED = {"error or RMSE": own_loss, **{name: loss for name, loss in LOSSES.items() if name != "fit time"}}


class Comparison(NamedTuple):
    """Geometric mean of the ratios of tables, on how many tables they are below and above 1, and the p-value."""

    ratio: float
    better: int
    worse: int
    p: float


def compare(ratios: Iterable[float]) -> Comparison:
    """Compare a method with another by its ratio on each table; tables without a difference count for neither.

    >>> compare([0.5, 0.8, 1.0, 0.9])  # of the 8 combinations of signs, 2 are as extreme
    Comparison(ratio=0.7745966692414834, better=3, worse=0, p=0.25)
    """
    values = np.array(list(ratios))
    differences = np.log(values[values != 1])
    p = float(wilcoxon(differences).pvalue) if differences.size else 1.0
    return Comparison(geometric_mean(values), int((differences < 0).sum()), int((differences > 0).sum()), p)


def compare_losses(pairs: Sequence[tuple[Result, Result]]) -> dict[str, Comparison]:
    """The comparison of each loss that a table has."""
    ratios = {name: list(by_table(pairs, loss).values()) for name, loss in COMPARED.items()}
    return {name: compare(values) for name, values in ratios.items() if values}


def print_paired(pairs: Pairs) -> None:
    """A line per method; `pairs` are those with our defaults."""
    others = {method: compare_losses(found) for method, found in pairs.items() if method != OURS}
    if not others:
        return
    width = max(map(len, others)) + 2
    print(f"\nPaired over tables: ratio to {OURS}, on how many tables better/worse, p-value of Wilcoxon's test")
    print(" " * width + "".join(f"{name:>23}" for name in COMPARED))
    for method, losses in others.items():
        print(f"{method:{width}}" + "".join(f"{_cell(losses.get(name)):>23}" for name in COMPARED))


def _cell(c: Comparison | None) -> str:
    return f"{c.ratio:.3f} {f'{c.better}/{c.worse}':>6} {c.p:8.2g}" if c else "-"
