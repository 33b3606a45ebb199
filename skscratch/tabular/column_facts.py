"""Facts of columns that are read in parts: ranges and missing values of numbers, counts of categories.

The counts of a column are exact up to 65,536 categories. With more, a count may be too small, by at most n / 65,536 for
n rows, and a category with fewer rows than that may be left out: the algorithm of Misra and Gries, merged as in P. K.
Agarwal et al., "Mergeable summaries", PODS 2012.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from skscratch.tabular.chunks import row_chunks
from skscratch.tabular.columns import RawTable

MAX_COUNTS = 2**16


class ColumnFacts(NamedTuple):
    """Exact facts of the columns of a raw table.

    Parameters
    ----------
    low, high : ndarray of shape (n_numeric,)
        Smallest and largest number; inf and -inf in a column of missing values.
    missing : ndarray of int of shape (n_numeric,)
        How many numbers are missing.
    counts : list of Counter
        How often each value of a categorical column occurs.
    n : int
        Number of rows.
    """

    low: np.ndarray
    high: np.ndarray
    missing: np.ndarray
    counts: list[Counter[Any]]
    n: int

    @classmethod
    def of(cls, raw: RawTable) -> ColumnFacts:
        """Collect the facts of some rows; the ranges of sparse columns are not needed, and are left empty."""
        x, d = raw.numeric, raw.numeric.shape[1]
        low, high, missing = np.full(d, np.inf), np.full(d, -np.inf), np.zeros(d, int)
        if issparse(x):
            missing += np.bincount(x.indices[np.isnan(x.data)], minlength=d)
        for rows in () if issparse(raw.numeric) else row_chunks(raw.numeric):
            x = raw.numeric[rows]
            low = np.fmin(low, np.fmin.reduce(x, axis=0, initial=np.inf))
            high = np.fmax(high, np.fmax.reduce(x, axis=0, initial=-np.inf))
            missing += np.isnan(x).sum(axis=0)
        return cls(low, high, missing, [Counter(values.tolist()) for values in raw.categories], len(raw))

    def merge(self, other: ColumnFacts) -> ColumnFacts:
        """Join the facts of these and of other rows."""
        counts = [_most_common(a + b) for a, b in zip(self.counts, other.counts, strict=True)]
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return ColumnFacts(low, high, self.missing + other.missing, counts, self.n + other.n)


def _most_common(counts: Counter[Any]) -> Counter[Any]:
    """Keep at most MAX_COUNTS values, and subtract the count of the next one from those of all."""
    if len(counts) <= MAX_COUNTS:
        return counts
    subtract = np.partition(np.fromiter(counts.values(), int), -MAX_COUNTS - 1)[-MAX_COUNTS - 1]
    return Counter({value: count - subtract for value, count in counts.items() if count > subtract})
