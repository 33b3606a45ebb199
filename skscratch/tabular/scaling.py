r"""Scale numeric columns, each by itself: robust, standard, quantile, or not at all; sparse ones by their size.

Symbols: x a column, t the scaled column, w the weights of the rows (all one if not given), Q_p its weighted p-quantile.

- **robust**: t = (x - Q_.5) / (Q_.75 - Q_.25), then t / sqrt(1 + (t/3)^2), a smooth clip to (-3, 3) [1]_. Where the two
  quartiles coincide, because half the rows or more have one value, they are those of the rows with other values; where
  these coincide, too, the median distance of the other values from Q_.5 takes the place of their difference.
- **standard**: t = (x - mean) / std, with the weighted mean and population standard deviation.
- **quantile**: t = Phi^-1(F(x)), the weighted distribution function F in the middle of its steps, then the inverse of
  the normal one.
- **sparse**: t = x / sqrt(sum w x^2 / sum w), which keeps every zero a zero.

A constant column becomes 0, except where nothing is scaled. NaN is left out of every statistic. A weight of 2 is
exactly a row that stands there twice: quantiles are `np.quantile(x, p, weights=w, method="inverted_cdf")`.

References
----------
.. [1] D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by default: Strong pre-tuned MLPs and boosted trees on
   tabular data", NeurIPS 2024, https://arxiv.org/abs/2407.04491
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array
from scipy.special import ndtri

from skscratch.registry import Registered

TINY = float(np.finfo(np.float32).tiny)  # a spread below has no finite inverse in float32
FAR = 1e9  # beyond, the smooth clip is 3 to the last digit


def quantiles(x: np.ndarray, levels: np.ndarray, sample_weight: np.ndarray | None = None) -> np.ndarray:
    """Weighted quantiles of each column, NaN left out: (n, m) and q levels -> (q, m); 0 for a column of NaN."""
    Q = np.zeros((len(levels), x.shape[1]))
    for j, (column, w) in enumerate(_observed(x, sample_weight)):
        if column.size:
            Q[:, j] = np.quantile(column, levels, weights=w, method="inverted_cdf")
    return Q


def mean_and_std(x: np.ndarray, sample_weight: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean (m,) and population standard deviation (m,) of each column of x (n, m), NaN left out."""
    mean, std = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for j, (column, w) in enumerate(_observed(x, sample_weight)):
        if column.size and column.min() == column.max():
            mean[j] = column[0]  # exactly, without a rounding error that would pass for a deviation
        elif column.size:
            peak = np.abs(column).max()  # squares of large values would overflow
            u = column / peak
            center = np.average(u, weights=w)
            mean[j], std[j] = peak * center, peak * np.sqrt(np.average((u - center) ** 2, weights=w))
    return mean, std


def _observed(x: np.ndarray, sample_weight: np.ndarray | None) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Column after column of x (n, m): its values that are not NaN, and their weights (None where all are one)."""
    for column in x.T:
        seen = ~np.isnan(column)
        # Without weights a quantile is found by selection, several times faster than by sorting
        yield column[seen].astype(np.float64), None if sample_weight is None else sample_weight[seen]


class Scaler(Registered, ABC):
    """A map of numeric columns (n, m) -> (n, m), fitted column by column.

    Attributes
    ----------
    median : ndarray of shape (m,)
        The value that stands for a missing one.
    missing : ndarray of shape (m,)
        The same after scaling.
    varies : bool ndarray of shape (m,)
        False where a column is constant.
    """

    levels: ClassVar[np.ndarray] = np.array([0.0, 0.5, 1.0])  # an odd number: the median is in the middle

    def fit(self, x: np.ndarray, sample_weight: np.ndarray | None = None) -> Scaler:
        """Learn from x (n, m), which may hold NaN, with weights (n,) above zero."""
        Q = quantiles(x, self.levels, sample_weight)
        self.median = Q[len(Q) // 2]
        self.varies = Q[0] < Q[-1]
        self._learn(x, Q, sample_weight)
        self.missing = self.transform(self.median[None])[0]
        return self

    @abstractmethod
    def _learn(self, x: np.ndarray, Q: np.ndarray, sample_weight: np.ndarray | None) -> None:
        """Keep what `transform` needs; Q (q, m) are the quantiles at the levels."""

    @abstractmethod
    def transform(self, x: np.ndarray) -> np.ndarray:
        """Scaled columns (n, m), in the precision of x; NaN stays NaN."""


class Unscaled(Scaler):
    """t = x, the very same array."""

    def _learn(self, x: np.ndarray, Q: np.ndarray, sample_weight: np.ndarray | None) -> None:
        pass

    def transform(self, x: np.ndarray) -> np.ndarray:
        return x


class Robust(Scaler, name="robust"):
    """t = (x - Q_.5) / (Q_.75 - Q_.25), then t / sqrt(1 + (t/3)^2)."""

    levels = np.array([0.0, 0.25, 0.5, 0.75, 1.0])

    def _learn(self, x: np.ndarray, Q: np.ndarray, sample_weight: np.ndarray | None) -> None:
        spread = Q[3] - Q[1]
        for j in np.flatnonzero((spread <= 0) & self.varies):  # column by column, so that no copy of all x is made
            others = np.where(x[:, [j]] == self.median[j], np.nan, x[:, [j]]) - self.median[j]
            q = quantiles(others, self.levels, sample_weight)[:, 0]
            distance = quantiles(np.abs(others), np.array([0.5]), sample_weight)[0, 0]
            spread[j] = q[3] - q[1] if q[3] > q[1] else distance
        self.factor = np.where(self.varies, 1 / np.maximum(spread, TINY), 0.0)

    def transform(self, x: np.ndarray) -> np.ndarray:
        t = x - self.median.astype(x.dtype)
        with np.errstate(over="ignore"):  # infinity is clipped in the next line
            t *= self.factor.astype(x.dtype)
        np.clip(t, -FAR, FAR, out=t)
        root = np.square(t)
        root *= 1 / 9
        root += 1
        t /= np.sqrt(root, out=root)
        return t


class Standard(Scaler, name="standard"):
    """t = (x - mean) / std."""

    def _learn(self, x: np.ndarray, Q: np.ndarray, sample_weight: np.ndarray | None) -> None:
        self.mean, std = mean_and_std(x, sample_weight)
        self.factor = np.where(self.varies, 1 / np.maximum(std, TINY), 0.0)

    def transform(self, x: np.ndarray) -> np.ndarray:
        t = x - self.mean.astype(x.dtype)
        t *= self.factor.astype(x.dtype)
        return t


class Quantile(Scaler, name="quantile"):
    """t = Phi^-1(F(x)), from 999 quantiles; about -5.2 to 5.2."""

    levels = np.linspace(0, 1, 999)
    edge: ClassVar[float] = 1e-7  # Phi^-1 of it is -5.2

    def _learn(self, x: np.ndarray, Q: np.ndarray, sample_weight: np.ndarray | None) -> None:
        self.Q = Q

    def transform(self, x: np.ndarray) -> np.ndarray:
        t = np.zeros_like(x)
        for j in np.flatnonzero(self.varies):
            # equal quantiles are a step of F: seen from the right its upper end, from the left its lower end
            upper = np.interp(x[:, j], self.Q[:, j], self.levels)
            lower = -np.interp(-x[:, j], -self.Q[::-1, j], -self.levels[::-1])
            t[:, j] = ndtri(np.clip((upper + lower) / 2, self.edge, 1 - self.edge))
        return t


def root_mean_square(x: csr_array, sample_weight: np.ndarray | None = None) -> np.ndarray:
    """sqrt(sum w x^2 / sum w) of each column of a sparse x (n, m), NaN counted as zero; 1 for a column of zeros."""
    if not x.has_canonical_format:
        x = x.copy()
        x.sum_duplicates()
    w = np.ones(x.shape[0]) if sample_weight is None else sample_weight
    values = np.where(np.isnan(x.data), 0.0, x.data)
    peak = np.zeros(x.shape[1])  # squares of large values would overflow
    np.maximum.at(peak, x.indices, np.abs(values))
    peak[peak == 0] = 1
    squares = np.repeat(w, np.diff(x.indptr)) * (values / peak[x.indices]) ** 2
    rms = peak * np.sqrt(np.bincount(x.indices, squares, minlength=x.shape[1]) / w.sum())
    return np.where(rms > 0, np.maximum(rms, TINY), 1.0)


SCALINGS: dict[str | None, type[Scaler]] = {
    "robust": Robust,
    "standard": Standard,
    "quantile": Quantile,
    None: Unscaled,
}
