"""Paired test of each method against our defaults, in which each table is one observation.

For each loss, a table contributes one number: the mean of its log ratios over splits and random states. Wilcoxon's
signed-rank test tests whether these numbers are symmetric about zero. The p-values are not corrected for multiple
comparisons: among twenty methods without a difference, one p-value is below 0.05 on average.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import wilcoxon

from benchmarks.methods import OURS
from benchmarks.report import LOSSES, Pairs, by_table, geometric_mean, main_loss
from benchmarks.results import Result

COMPARED = {"error or RMSE": main_loss, **{name: loss for name, loss in LOSSES.items() if name != "fit time"}}


class Comparison(NamedTuple):
    """Geometric mean of the ratios of all tables, the numbers of tables below and above 1, and the p-value."""

    ratio: float
    better: int
    worse: int
    p: float


def compare(ratios: Iterable[float]) -> Comparison:
    """Compare two methods by the ratio on each table; a ratio of 1 is neither better nor worse.

    >>> compare([0.5, 0.8, 1.0, 0.9])  # 2 of the 8 combinations of signs are as extreme
    Comparison(ratio=0.7745966692414834, better=3, worse=0, p=0.25)
    """
    values = np.array(list(ratios))
    differences = np.log(values[values != 1])
    p = float(wilcoxon(differences).pvalue) if differences.size else 1.0
    return Comparison(geometric_mean(values), int((differences < 0).sum()), int((differences > 0).sum()), p)


def compare_losses(pairs: Sequence[tuple[Result, Result]]) -> dict[str, Comparison]:
    """Compare each loss that at least one table has."""
    ratios = {name: list(by_table(pairs, loss).values()) for name, loss in COMPARED.items()}
    return {name: compare(values) for name, values in ratios.items() if values}


def print_paired(pairs: Pairs) -> None:
    """Print a line for each method; `pairs` compare with our defaults."""
    others = {method: compare_losses(found) for method, found in pairs.items() if method != OURS}
    if not others:
        return
    width = max(map(len, others)) + 2
    print(f"\nPaired over tables: ratio to {OURS}, numbers of tables better/worse, p-value of Wilcoxon's test")
    print(" " * width + "".join(f"{name:>23}" for name in COMPARED))
    for method, losses in others.items():
        print(f"{method:{width}}" + "".join(f"{_cell(losses.get(name)):>23}" for name in COMPARED))


def _cell(c: Comparison | None) -> str:
    return f"{c.ratio:.3f} {f'{c.better}/{c.worse}':>6} {c.p:8.2g}" if c else "-"
