r"""Scale numeric columns, each by itself: robust, standard, quantile, or not at all; sparse columns by their size.

Symbols: x a column, t the scaled column, w the weights of the rows (all one if not given), Q_p its weighted p-quantile.

- **robust**: t = (x - Q_.5) / (Q_.75 - Q_.25), then t / sqrt(1 + (t/3)^2), a smooth clip to (-3, 3) [1]_. Where the two
  quartiles coincide, because half the rows or more have one value, they are those of the rows with other values; where
  these coincide, too, their difference is replaced by the median distance of the other values from Q_.5.
- **standard**: t = (x - mean) / std, with the weighted mean and population standard deviation.
- **quantile**: t = Phi^-1(F(x)), the weighted distribution function F in the middle of its steps, then the inverse of
  the normal one.
- **sparse**: t = x / sqrt(sum w x^2 / sum w), which keeps every zero a zero.

A constant column becomes 0, except where nothing is scaled. NaN is left out of every statistic. A weight of 2 has
exactly the effect of a repeated row: quantiles are `np.quantile(x, p, weights=w, method="inverted_cdf")`.

References
----------
.. [1] D. Holzmüller, L. Grinsztajn, I. Steinwart, "Better by default: Strong pre-tuned MLPs and boosted trees on
   tabular data", NeurIPS 2024, https://arxiv.org/abs/2407.04491
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array
from scipy.special import ndtri

from skscratch.registry import Registered

TINY = float(np.finfo(np.float64).tiny)  # a smaller spread has no finite inverse
LARGEST = float(np.finfo(np.float64).max)  # a larger one is infinite
ROUNDING = 1e-12  # relative error of a sum of weights
FAR = 1e9  # for larger values the smooth clip is 3 to the last digit


def quantiles(x: np.ndarray, levels: np.ndarray, sample_weight: np.ndarray | None = None) -> np.ndarray:
    """Compute weighted quantiles of each column, NaN left out: (n, m) and q levels -> (q, m); 0 for a column of NaN.

    A share of the rows that equals a level except for the rounding of the weights counts as equal.
    """
    Q = np.zeros((len(levels), x.shape[1]))
    levels = np.where(levels < 1, levels * (1 - ROUNDING), levels)
    for j, (column, w) in enumerate(_observed(x, sample_weight)):
        if column.size:
            Q[:, j] = np.quantile(column, levels, weights=w, method="inverted_cdf")
    return Q


def mean_and_std(x: np.ndarray, sample_weight: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Compute weighted mean (m,) and population standard deviation (m,) of columns of x (n, m), NaN left out."""
    mean, std = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    for j, (column, w) in enumerate(_observed(x, sample_weight)):
        if column.size and column.min() == column.max():
            mean[j] = column[0]  # exactly: a rounding error would look like a deviation
        elif column.size:
            peak = np.abs(column).max()  # squares of large values would overflow
            u = column / peak
            center = np.average(u, weights=w)
            mean[j], std[j] = peak * center, peak * np.sqrt(np.average((u - center) ** 2, weights=w))
    return mean, std


def _observed(x: np.ndarray, sample_weight: np.ndarray | None) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Yield for each column of x (n, m) the values that are not NaN, and their weights (None if all are one)."""
    for column in x.T:
        seen = ~np.isnan(column)
        # Without weights a quantile is found by selection, several times faster than by sorting
        yield column[seen].astype(np.float64), None if sample_weight is None else sample_weight[seen]


@dataclass(frozen=True)
class Scaler(Registered, ABC):
    """A rule by which numeric columns are scaled, each by itself.

    A subclass implements `learn` and `transform`; its `name` is a value of the hyperparameter `scaling`. Its fields are
    its own parameters. An object is never changed: `fit` returns what it learned.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.tabular import Scaler
    >>> class Centred(Scaler):
    ...     def learn(self, x, Q, sample_weight=None):
    ...         return (np.nanmean(x, axis=0),)
    ...     def transform(self, x, statistics):
    ...         return x - statistics[0].astype(x.dtype)
    >>> Centred().fit(np.array([[1.0], [3.0]])).transform(np.array([[5.0]]))
    array([[3.]])
    """

    levels: ClassVar[np.ndarray] = np.array([0.0, 0.5, 1.0])  # an odd number: the median is in the middle
    bounded: ClassVar[bool] = False  # whether every scaled number is small, so that none must be clipped
    increasing: ClassVar[bool] = False  # whether t never decreases in x; needed by ``monotonic_cst`` only

    def fit(
        self,
        x: np.ndarray,
        sample_weight: np.ndarray | None = None,
        limits: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> FittedScaler:
        """Learn the statistics of columns.

        Parameters
        ----------
        x : ndarray of shape (n_samples, n_columns)
            Numbers, NaN where a value is missing.
        sample_weight : ndarray of shape (n_samples,), default=None
            Weights above zero.
        limits : tuple of two ndarray of shape (n_columns,), default=None
            The smallest and the largest number of each column, where x is only a sample.

        Returns
        -------
        FittedScaler
        """
        Q = quantiles(x, self.levels, sample_weight)
        if limits is not None:
            seen = limits[0] <= limits[1]  # a column of missing values has none
            Q[self.levels == 0], Q[self.levels == 1] = (np.where(seen, limit, 0.0) for limit in limits)
        statistics, median = self.learn(x, Q, sample_weight), _median(Q)
        return FittedScaler(self, statistics, median, self.transform(median[None], statistics)[0])

    @abstractmethod
    def learn(self, x: np.ndarray, Q: np.ndarray, sample_weight: np.ndarray | None = None) -> tuple[np.ndarray, ...]:
        """Compute the arrays that `transform` needs; Q (q, m) are the quantiles of x (n, m) at `levels`."""

    @abstractmethod
    def transform(self, x: np.ndarray, statistics: tuple[np.ndarray, ...]) -> np.ndarray:
        """Scale columns (n, m) in float32 or float64, by what `learn` returned; NaN stays NaN."""

    def derivative(self, x: np.ndarray, statistics: tuple[np.ndarray, ...]) -> np.ndarray:
        """Compute dt/dx (n, m) of columns x (n, m) in float64 without NaN; needed by ``input_gradients`` only."""
        raise TypeError(
            f"{type(self).__name__} must have a method derivative(x, statistics) for derivatives of predictions, but "
            "has none; write it as in skscratch.tabular.scaling."
        )


@dataclass(frozen=True, eq=False)
class FittedScaler:
    """A scaler and the statistics that it learned.

    Parameters
    ----------
    scaler : Scaler
        The rule.
    statistics : tuple of ndarray
        What its `learn` returned.
    median : ndarray of shape (n_columns,)
        The value that replaces a missing one.
    missing : ndarray of shape (n_columns,)
        The same after scaling.
    """

    scaler: Scaler
    statistics: tuple[np.ndarray, ...]
    median: np.ndarray
    missing: np.ndarray

    def transform(self, x: np.ndarray) -> np.ndarray:
        """Scale columns (n, m) in the precision of x; NaN stays NaN."""
        return self.scaler.transform(x, self.statistics)

    def derivative(self, x: np.ndarray) -> np.ndarray:
        """Compute dt/dx (n, m) in float64; NaN where x is NaN."""
        missing, x = np.isnan(x), x.astype(np.float64)
        slopes = self.scaler.derivative(np.where(missing, self.median, x), self.statistics)
        return np.where(missing, np.nan, slopes)


def _widened(x: np.ndarray, centre: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Return x in float64 if a centre or a factor is beyond its precision: of very large or very small columns."""
    if x.dtype == np.float64:
        return x
    limits, size = np.finfo(x.dtype), np.where(factor > 0, factor, 1)
    fit = (np.abs(centre) <= limits.max) & (limits.tiny <= size) & (size <= limits.max)
    return x if fit.all() else x.astype(np.float64)


def _difference(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Compute high - low in float64; where this is infinite, the largest number."""
    with np.errstate(over="ignore"):
        d: np.ndarray = np.clip(np.subtract(high, low), -LARGEST, LARGEST)
    return d


def _median(Q: np.ndarray) -> np.ndarray:
    """The median (m,) of an odd number of quantiles (q, m)."""
    median: np.ndarray = Q[len(Q) // 2]
    return median


class Unscaled(Scaler):
    """t = x, the same array."""

    increasing = True

    def learn(self, x: np.ndarray, Q: np.ndarray, sample_weight: np.ndarray | None = None) -> tuple[np.ndarray, ...]:
        return ()

    def transform(self, x: np.ndarray, statistics: tuple[np.ndarray, ...]) -> np.ndarray:
        return x

    def derivative(self, x: np.ndarray, statistics: tuple[np.ndarray, ...]) -> np.ndarray:
        return np.ones_like(x)


class Robust(Scaler, name="robust"):
    """t = (x - Q_.5) / (Q_.75 - Q_.25), then t / sqrt(1 + (t/3)^2)."""

    levels = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    bounded = True
    increasing = True

    def learn(self, x: np.ndarray, Q: np.ndarray, sample_weight: np.ndarray | None = None) -> tuple[np.ndarray, ...]:
        median, spread, varies = _median(Q), _difference(Q[3], Q[1]), Q[0] < Q[-1]
        for j in np.flatnonzero((spread <= 0) & varies):  # column by column, so that no copy of all x is made
            others = _difference(np.where(x[:, [j]] == median[j], np.nan, x[:, [j]]).astype(np.float64), median[j])
            q = quantiles(others, self.levels, sample_weight)[:, 0]
            distance = quantiles(np.abs(others), np.array([0.5]), sample_weight)[0, 0]
            spread[j] = _difference(q[3], q[1]) if q[3] > q[1] else distance
        # A constant column becomes (x - 0) 0: with another centre, the difference could be infinite.
        return np.where(varies, median, 0.0), np.where(varies, 1 / np.maximum(spread, TINY), 0.0)

    def transform(self, x: np.ndarray, statistics: tuple[np.ndarray, ...]) -> np.ndarray:
        median, factor = statistics
        x = _widened(x, median, factor)
        with np.errstate(over="ignore"):  # infinity is clipped in the next line
            t: np.ndarray = x - median.astype(x.dtype)
            t *= factor.astype(x.dtype)
        np.clip(t, -FAR, FAR, out=t)
        root = np.square(t)
        root *= 1 / 9
        root += 1
        t /= np.sqrt(root, out=root)
        return t

    def derivative(self, x: np.ndarray, statistics: tuple[np.ndarray, ...]) -> np.ndarray:
        """Compute f (1 + (u/3)^2)^(-3/2), u = f (x - Q_.5)."""
        median, factor = statistics
        with np.errstate(over="ignore"):  # as in transform
            u = np.clip((x - median) * factor, -FAR, FAR)
        slopes: np.ndarray = factor * (1 + (u / 3) ** 2) ** -1.5
        return slopes


class Standard(Scaler, name="standard"):
    """t = (x - mean) / std."""

    increasing = True

    def learn(self, x: np.ndarray, Q: np.ndarray, sample_weight: np.ndarray | None = None) -> tuple[np.ndarray, ...]:
        mean, std = mean_and_std(x, sample_weight)
        varies = Q[0] < Q[-1]
        return np.where(varies, mean, 0.0), np.where(varies, 1 / np.maximum(std, TINY), 0.0)

    def transform(self, x: np.ndarray, statistics: tuple[np.ndarray, ...]) -> np.ndarray:
        mean, factor = statistics
        x = _widened(x, mean, factor)
        with np.errstate(over="ignore"):  # the encoder clips infinity
            t: np.ndarray = x - mean.astype(x.dtype)
            t *= factor.astype(x.dtype)
        return t

    def derivative(self, x: np.ndarray, statistics: tuple[np.ndarray, ...]) -> np.ndarray:
        return np.broadcast_to(statistics[1], x.shape)


class Quantile(Scaler, name="quantile"):
    """t = Phi^-1(F(x)), from 999 quantiles; about -5.2 to 5.2."""

    levels = np.linspace(0, 1, 999)
    bounded = True
    increasing = True
    edge: ClassVar[float] = 1e-7  # Phi^-1 of it is -5.2
    smallest: ClassVar[float] = 1e-310  # of two quantiles that are nearer, F would have an infinite slope

    def learn(self, x: np.ndarray, Q: np.ndarray, sample_weight: np.ndarray | None = None) -> tuple[np.ndarray, ...]:
        steps = np.vstack([np.full_like(Q[:1], np.inf), _difference(Q[1:], Q[:-1])])
        return (np.maximum.accumulate(np.where(steps < self.smallest, -np.inf, Q)),)

    def transform(self, x: np.ndarray, statistics: tuple[np.ndarray, ...]) -> np.ndarray:
        (Q,) = statistics
        t = np.where(np.isnan(x), x, x.dtype.type(0))
        for j in np.flatnonzero(Q[0] < Q[-1]):
            # equal quantiles are a step of F: seen from the right its upper end, from the left its lower end
            upper = np.interp(x[:, j], Q[:, j], self.levels)
            lower = -np.interp(-x[:, j], -Q[::-1, j], -self.levels[::-1])
            t[:, j] = ndtri(np.clip((upper + lower) / 2, self.edge, 1 - self.edge))
        return t

    def derivative(self, x: np.ndarray, statistics: tuple[np.ndarray, ...]) -> np.ndarray:
        """Compute F'(x) / phi(t), the mean of both sides at a quantile; 0 at steps of F and where t does not change."""
        (Q,) = statistics
        t, slopes = self.transform(x, statistics), np.zeros_like(x)
        for j in np.flatnonzero(Q[0] < Q[-1]):
            width = np.diff(Q[:, j])
            slope = np.divide(self.levels[1], width, out=np.zeros_like(width), where=width > 0)
            slope = np.concatenate([[0], slope, [0]])
            after, before = (np.searchsorted(Q[:, j], x[:, j], side) for side in ("right", "left"))
            slopes[:, j] = (slope[after] + slope[before]) / 2 * np.sqrt(2 * np.pi) * np.exp(t[:, j] ** 2 / 2)
        slopes[np.abs(t) >= -ndtri(self.edge)] = 0
        return slopes


def root_mean_square(x: csr_array, sample_weight: np.ndarray | None = None) -> np.ndarray:
    """Compute sqrt(sum w x^2 / sum w) of columns of a sparse x (n, m), NaN counted as zero; 1 for a column of zeros."""
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
