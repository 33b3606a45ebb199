r"""Summaries of rows that are read in parts: what a fit must know of all rows, in bounded memory.

The summary of several parts is `merge_summaries` of their summaries, in any order. It holds

- **a uniform sample of rows**: each row gets a random key in [0, 1), and the m rows with the smallest keys are kept,
  which are all rows if there are m or fewer. With Fhat(x) the share of a column's sampled values up to x and F(x) that
  of all values, P(max |Fhat - F| > eps) <= 2 exp(-2 m eps^2). So of 131,072 rows a quantile is, with a probability
  of 99 %, one whose rank in all rows is wrong by at most 0.45 %;
- **exact facts of columns**: the range of numbers, whether some are missing, and how often each category occurs;
- **exact facts of the target**: the weight of each class, or weight, mean, standard deviation and range of numbers.

The bound is that of P. Massart, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality", Annals of
Probability 18, 1990. Drawing without replacement does not increase the deviation (R. J. Serfling, Annals of Statistics
2, 1974).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import ceil
from typing import Any, NamedTuple

import numpy as np

from skscratch.tabular.column_facts import ColumnFacts
from skscratch.tabular.columns import RawTable, concatenate_tables
from skscratch.tabular.target_facts import ClassMass, Moments
from skscratch.tabular.weights import WeightScale

# Rows of a sample: at most SAMPLE_ROWS, fewer if they take more than SAMPLE_BYTES, but at least FEWEST_ROWS.
SAMPLE_ROWS, FEWEST_ROWS, SAMPLE_BYTES = 2**17, 2**14, 64 * 2**20


def row_keys(seed: int, part: int, n: int) -> np.ndarray:
    """Draw the keys (n,) of the rows of a part, counted from 0: the same in every pass over the parts.

    >>> bool((row_keys(seed=1, part=0, n=3) == row_keys(seed=1, part=0, n=3)).all())
    True
    """
    return np.random.default_rng(np.random.SeedSequence([seed, part])).random(n)


class RowSample(NamedTuple):
    """Rows with the smallest keys.

    Parameters
    ----------
    keys : ndarray of shape (m,)
        Their keys, in ascending order.
    raw : RawTable of m rows
        Their columns.
    y : ndarray of shape (m,) or (m, o)
        Their classes, labels or numbers.
    w : ndarray of shape (m,) or None
        Their weights, above zero.
    """

    keys: np.ndarray
    raw: RawTable
    y: np.ndarray
    w: np.ndarray | None

    def take(self, rows: np.ndarray) -> RowSample:
        """Take some of the rows, by index or mask."""
        return RowSample(self.keys[rows], self.raw.take(rows), self.y[rows], None if self.w is None else self.w[rows])

    def smallest(self) -> RowSample:
        """Keep as many rows as a sample may have, in the order of their keys."""
        return self.take(np.argsort(self.keys)[: self.most_rows])

    @property
    def most_rows(self) -> int:
        """The number of rows that a sample of such rows may have."""
        per_row = max(self.raw.numeric.dtype.itemsize * self.raw.numeric.shape[1] + 8 * len(self.raw.categories), 1)
        return max(min(SAMPLE_ROWS, SAMPLE_BYTES // per_row), FEWEST_ROWS)


@dataclass(frozen=True, eq=False)
class Summary:
    """Summary of the rows of one or several parts.

    Parameters
    ----------
    n : int
        Number of rows, those of zero weight left out.
    sample : RowSample
        A uniform sample of these rows.
    columns : ColumnFacts
        Exact facts of their columns.
    target : ClassMass or Moments
        Exact facts of their targets.
    weights : WeightScale or None
        What their weights are to be divided by; None without weights.

    Examples
    --------
    Of two parts, of two rows each:

    >>> from skscratch.tabular import Moments, RawTable, Summary, merge_summaries, row_keys
    >>> y, parts = np.array([1.0, 2.0]), [np.array([[1.0], [np.nan]]), np.array([[5.0], [3.0]])]
    >>> tables = [RawTable(x, [], ["age"], []) for x in parts]
    >>> keys = [row_keys(seed=0, part=i, n=2) for i in range(2)]
    >>> summary = merge_summaries([Summary.of(k, t, y, None, Moments.of(y)) for k, t in zip(keys, tables)])
    >>> summary.n, summary.columns.high, summary.target.mean
    (4, array([5.]), array([1.5]))
    """

    n: int
    sample: RowSample
    columns: ColumnFacts
    target: ClassMass | Moments
    weights: WeightScale | None = None

    @classmethod
    def of(
        cls, keys: np.ndarray, raw: RawTable, y: np.ndarray, w: np.ndarray | None, target: ClassMass | Moments
    ) -> Summary:
        """Summarise the rows of a part: keys (n,), columns, targets, weights above zero, and facts of the targets."""
        scale = None if w is None else WeightScale.of(w)
        return cls(len(keys), RowSample(keys, raw, y, w).smallest(), ColumnFacts.of(raw), target, scale)

    def validation_key(self, fraction: float) -> float:
        """Return the key below which rows are validation rows: this fraction of all rows, but at most half the sample.

        Raises
        ------
        ValueError
            If no row would be left for training.
        """
        keys = self.sample.keys
        count = ceil(fraction * self.n) if len(keys) == self.n else min(ceil(fraction * self.n), len(keys) // 2)
        if count >= self.n:
            raise ValueError(
                f"validation_fraction must leave rows for training and for validation, but {fraction} of {self.n} rows "
                f"takes {count} for validation; choose another fraction or early_stopping=False."
            )
        return float(keys[count])


def merge_summaries(summaries: Sequence[Summary]) -> Summary:
    """Make the summary of all rows of several summaries."""
    if len(summaries) == 1:
        return summaries[0]
    n = sum(summary.n for summary in summaries)
    columns = reduce(ColumnFacts.merge, [summary.columns for summary in summaries])
    targets: list[Any] = [summary.target for summary in summaries]
    target = reduce(lambda a, b: a.merge(b), targets)
    scales = [summary.weights for summary in summaries]
    weights = reduce(WeightScale.merge, [s for s in scales if s is not None]) if None not in scales else None
    return Summary(n, _join([summary.sample for summary in summaries]).smallest(), columns, target, weights)


def _join(samples: Sequence[RowSample]) -> RowSample:
    """Put samples below each other; a missing weight is one."""
    weights = None
    if any(sample.w is not None for sample in samples):
        weights = np.concatenate([np.ones(len(s.keys)) if s.w is None else s.w for s in samples])
    keys, y = np.concatenate([s.keys for s in samples]), np.concatenate([s.y for s in samples])
    return RowSample(keys, concatenate_tables([s.raw for s in samples]), y, weights)
