"""The weights of rows: those that the user passes, and those of classes."""

from __future__ import annotations

from math import log2
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse

from skscratch.tabular.cells import brief, require_values, to_floats
from skscratch.tabular.target_reading import class_codes, read_labels

NEGLIGIBLE = float(np.finfo(np.float64).eps)  # of the largest weight: less changes a sum by a rounding error at most


class WeightScale(NamedTuple):
    """What weights of some rows are divided by: only the ratios of weights matter.

    It is the power of two next to their mean: a division by it is exact, so that weights that are small integers, and
    sums of them, stay exact.

    Parameters
    ----------
    largest : float
        The largest weight.
    total : float
        Sum of the weights, in units of the largest: the sum itself may overflow.
    n : int
        Number of rows with a weight above zero.

    Examples
    --------
    >>> w = np.array([1e-300, 3e-300, 0.0])
    >>> u = WeightScale.of(w).apply(w)
    >>> u.round(3), bool(u[1] / u[0] == w[1] / w[0])
    (array([0.67 , 2.009, 0.   ]), True)
    """

    largest: float
    total: float
    n: int

    @classmethod
    def of(cls, w: np.ndarray) -> WeightScale:
        """Find the scale of weights (n,)."""
        largest = float(w.max(initial=0))
        u = w / largest if largest else w
        counted = u >= NEGLIGIBLE
        return cls(largest, float(u[counted].sum()), int(np.count_nonzero(counted)))

    def merge(self, other: WeightScale) -> WeightScale:
        """Find the scale of the weights of these and of other rows."""
        largest = max(self.largest, other.largest)
        if not largest:
            return self
        total = self.total * (self.largest / largest) + other.total * (other.largest / largest)
        return WeightScale(largest, total, self.n + other.n)

    def apply(self, w: np.ndarray) -> np.ndarray:
        """Divide weights (n,) by the scale; what is below 2.2e-16 of the largest becomes zero."""
        if not self.largest:
            return w
        exponent = round(log2(self.largest) + log2(self.total / self.n))
        u: np.ndarray = np.ldexp(w, -exponent)
        u[w / self.largest < NEGLIGIBLE] = 0
        return u


def check_weights(sample_weight: Any, n: int, *, allow_zero: bool = False) -> np.ndarray | None:
    """Check the weights of n rows.

    Parameters
    ----------
    sample_weight : None, float or array-like of shape (n_samples,)
        None stays None; a number is the weight of every row.
    n : int
        The number of rows.
    allow_zero : bool, default=False
        Whether all weights may be zero, as in one of several parts.

    Returns
    -------
    ndarray of float64 of shape (n_samples,) or None

    Raises
    ------
    ValueError
        If they are dates or no real numbers, the shape is not (n,), a weight is negative or not finite, or all are
        zero.
    """
    if sample_weight is None:
        return None
    require_values(sample_weight, "sample_weight")
    if issparse(sample_weight):
        raise ValueError(
            "sample_weight must be an array of shape (n_samples,), but is sparse: pass toarray().ravel() of it."
        )
    try:
        w = to_floats(sample_weight)
    except ValueError as error:
        raise ValueError(f"sample_weight must hold real numbers, but it does not ({error}): convert it.") from error
    if w.ndim > 1:
        raise ValueError(f"Sample weights must be 1D array or scalar, but sample_weight.shape == {w.shape}; ravel it.")
    w = np.full(n, w) if w.ndim == 0 else w
    if w.shape != (n,):
        raise ValueError(f"sample_weight.shape == {w.shape}, expected {(n,)}: pass one weight per row of X.")
    if not np.isfinite(w).all() or w.min() < 0:
        bad = w[~(np.isfinite(w) & (w >= 0))][0]
        raise ValueError(f"sample_weight must be finite and not negative, but it holds {bad}; 0 leaves a row out.")
    if not (allow_zero or w.any()):
        raise ValueError("sample_weight must be above zero in at least one row, but every weight is zero.")
    return w


def class_weights(
    class_weight: Any,
    classes: np.ndarray,
    y: Any,
    sample_weight: np.ndarray | None = None,
    mass: np.ndarray | None = None,
) -> np.ndarray | None:
    """Multiply the weights of rows by the weights of their classes.

    Parameters
    ----------
    class_weight : None, "balanced" or dict of class to float
        "balanced" gives class c the weight n / (K n_c), with n and n_c the total weight of all rows and of those of
        class c, and K the number of classes that have any; classes missing from a dict have weight 1. Only ratios
        matter: all are divided by the power of two next to their mean over the rows.
    classes : ndarray of shape (n_classes,)
        All classes.
    y : array-like of shape (n_samples,)
        The class of each row.
    sample_weight : ndarray of shape (n_samples,), default=None
        The weights of rows; None means 1.
    mass : ndarray of shape (n_classes,), default=None
        The total weight of each class where y holds only some of the rows.

    Returns
    -------
    ndarray of shape (n_samples,) or None
        None if there are neither.

    Raises
    ------
    ValueError
        If a key is no class, a weight is negative, all rows get weight zero, or y is multilabel.
    """
    if class_weight is None:
        return sample_weight
    y = read_labels(y)
    if y.ndim == 2:
        raise ValueError("class_weight must be None when y is multilabel: weight the rows with sample_weight instead.")
    codes = class_codes(y, classes)
    w = np.ones(len(codes)) if sample_weight is None else sample_weight
    mass = np.bincount(codes, w, minlength=len(classes)) if mass is None else mass
    if isinstance(class_weight, dict):
        factors = _factors(class_weight, classes)
    elif isinstance(class_weight, str) and class_weight == "balanced":
        factors = np.divide(mass.sum(), np.count_nonzero(mass) * mass, out=np.zeros_like(mass), where=mass > 0)
    else:
        raise ValueError(f"class_weight must be None, 'balanced' or a dict of class to weight, got {class_weight!r}.")
    factors = _ratios(factors, mass)
    if not (mass * factors).any():
        raise ValueError("class_weight must leave a weight above zero to some row, but with it every weight is zero.")
    weights: np.ndarray = w * factors[codes]
    return weights


def _ratios(factors: np.ndarray, mass: np.ndarray) -> np.ndarray:
    """Divide the weights (K,) of classes by a power of two, so that rows of mean weight one keep about that mean."""
    largest = factors[mass > 0].max(initial=0.0)
    if not largest:
        return factors
    mean = np.average(factors / largest, weights=mass)
    return WeightScale(largest, mean, 1).apply(factors)


def _factors(class_weight: dict[Any, float], classes: np.ndarray) -> np.ndarray:
    """Read the weights (K,) of the classes from a dict."""
    labels = classes.tolist()
    for label, weight in class_weight.items():
        if label not in labels:
            raise ValueError(f"class_weight holds {label!r}, which must be, but is not, one of the classes {labels}.")
        if not (isinstance(weight, Real) and 0 <= weight <= float(np.finfo(np.float64).max)):
            raise ValueError(
                f"class_weight must be finite and not negative, but class {label!r} has {brief(weight)}: give a number."
            )
    return np.array([class_weight.get(label, 1.0) for label in labels], dtype=np.float64)
