"""Prediction intervals and sets from out-of-fold scores: the CV+ method.

A row i that was left out of training has the score R_i: the absolute residual of a number, or one minus the probability
of its class. The members that left it out predict a new row x. With the n scores and those predictions, numbers and
classes y are in the interval or set of x if their score for x is not among the largest:

    #{i : R_i < score_i(x, y)} < (1 - alpha) (n + 1),

where score_i uses the members that left out row i. Barber, Candes, Ramdas and Tibshirani (2021), "Predictive inference
with the jackknife+", Annals of Statistics 49, equations 10 and 11; Romano, Sesia and Candes (2020), "Classification
with valid and adaptive coverage", arXiv:2006.02544, section 2.3.
"""

from __future__ import annotations

from math import ceil
from numbers import Real
from typing import Any

import numpy as np

from skscratch.core.tape import Array

HALVINGS = 40  # of the distance between the quantiles of the groups: the rest is at most 1e-12 of it


def rank(alpha: Any, n: int) -> int:
    """Return ceil((1 - alpha) (n + 1)), the rank of the quantile of n scores.

    Raises
    ------
    ValueError
        If alpha is not a number between 0 and 1, or too small for n scores.

    Examples
    --------
    >>> rank(0.1, 99)
    90
    """
    if isinstance(alpha, bool) or not (isinstance(alpha, Real) and 0 < alpha < 1):
        raise ValueError(
            f"alpha must be a number between 0 and 1, the share of rows outside, got {alpha!r}; 0.1 is a usual value."
        )
    found = ceil((1 - float(alpha)) * (n + 1) - 1e-9)
    if found > n:
        raise ValueError(
            f"alpha must be at least {1 / (n + 1):.3g} where {n} rows were left out of training, got {alpha}: choose a "
            "larger alpha, or fit on more rows."
        )
    return found


def intervals(centres: Array, residuals: Array, group: Array, alpha: Any) -> Array:
    """Compute the lower and the upper bounds of intervals.

    Parameters
    ----------
    centres : ndarray of shape (g, n)
        Predictions of n new rows by each of g sets of members.
    residuals : ndarray of shape (r,)
        Absolute out-of-fold residuals.
    group : ndarray of int of shape (r,)
        The set of members to which each residual belongs.
    alpha : float
        Share of rows that may be outside.

    Returns
    -------
    ndarray of shape (n, 2)

    Examples
    --------
    >>> residuals, group = np.array([1.0, 2.0, 1.0, 3.0]), np.array([0, 0, 1, 1])
    >>> intervals(np.array([[0.0], [10.0]]), residuals, group, alpha=0.4).round(6)
    array([[-1., 11.]])
    """
    number = rank(alpha, len(residuals))
    parts = _by_group(residuals, group, len(centres))
    return np.stack([-_smallest(-centres, parts, number), _smallest(centres, parts, number)], axis=1)


def class_sets(scores: Array, known: Array, group: Array, alpha: Any) -> Array:
    """Choose the classes of which too few known scores are smaller.

    Parameters
    ----------
    scores : ndarray of shape (g, n, n_classes)
        Scores of all classes of n new rows, by each of g sets of members.
    known : ndarray of shape (r,)
        Out-of-fold scores of the true classes.
    group : ndarray of int of shape (r,)
        The set of members to which each of these belongs.
    alpha : float
        Share of rows whose class may be missing.

    Returns
    -------
    ndarray of bool of shape (n, n_classes)

    Examples
    --------
    >>> class_sets(np.array([[[0.1, 0.9]]]), np.array([0.0, 0.2, 0.4]), np.array([0, 0, 0]), alpha=0.5)
    array([[ True, False]])
    """
    number = rank(alpha, len(known))
    parts = _by_group(known, group, len(scores))
    return sum(np.searchsorted(part, s) for part, s in zip(parts, scores, strict=True)) < number


def _by_group(values: Array, group: Array, g: int) -> list[Array]:
    """Sort the values of each group."""
    return [np.sort(values[group == i]) for i in range(g)]


def _smallest(centres: Array, parts: list[Array], number: int) -> Array:
    """Compute the number-th smallest (n,) of all sums of a centre (g, n) and a value of its group, by bisection.

    Below the least of the groups' own quantiles there are too few sums, and at the greatest there are enough.
    """
    total = sum(map(len, parts))
    quantiles = np.array([part[-(-number * len(part) // total) - 1] for part in parts])
    low, high = (extreme(centres + quantiles[:, None], axis=0) for extreme in (np.min, np.max))
    for _ in range(HALVINGS if len(parts) > 1 else 0):
        middle = (low + high) / 2
        count = sum(np.searchsorted(part, middle - c, "right") for part, c in zip(parts, centres, strict=True))
        is_enough = count >= number
        low, high = np.where(is_enough, low, middle), np.where(is_enough, middle, high)
    return high
