"""The weights of rows: those that the user passes, and those of classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from skscratch.tabular.target_reading import class_codes, read_labels


def check_weights(
    sample_weight: Any, n: int, dtype: DTypeLike = np.float64, *, allow_zero: bool = False
) -> np.ndarray | None:
    """Check the weights of n rows.

    Parameters
    ----------
    sample_weight : None, float or array-like of shape (n_samples,)
        None stays None; a number is the weight of every row.
    n : int
        The number of rows.
    dtype : dtype, default=float64
        Precision of the result.
    allow_zero : bool, default=False
        Whether all weights may be zero, as in one of several parts.

    Returns
    -------
    ndarray of shape (n_samples,) or None

    Raises
    ------
    ValueError
        If the shape is not (n,), a weight is negative or not finite, or all are zero.
    """
    if sample_weight is None:
        return None
    w = np.asarray(sample_weight, dtype=dtype)
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
        class c, and K the number of classes that have any; classes missing from a dict have weight 1.
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
    weights: np.ndarray = w * factors[codes]
    if not (mass * factors).any():
        raise ValueError("class_weight must leave a weight above zero to some row, but with it every weight is zero.")
    return weights


def _factors(class_weight: dict[Any, float], classes: np.ndarray) -> np.ndarray:
    """Read the weights (K,) of the classes from a dict."""
    labels = classes.tolist()
    for label, weight in class_weight.items():
        if label not in labels:
            raise ValueError(f"class_weight holds {label!r}, which must be, but is not, one of the classes {labels}.")
        if not (np.isfinite(weight) and weight >= 0):
            raise ValueError(f"class_weight must be finite and not negative, but class {label!r} has {weight!r}.")
    return np.array([class_weight.get(label, 1.0) for label in labels], dtype=np.float64)
