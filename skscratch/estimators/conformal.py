"""Prediction intervals and sets of classes from out-of-fold scores: conformal prediction by a majority vote.

A row i that was left out of training has the score R_i: the absolute residual of a number, or one minus the probability
of its class. The quantile of the n scores is

    q = the ceil((1 - alpha) (n + 1))-th smallest of R_1, ..., R_n.

A set of members m that left out some of these rows predicts a new row x, and accepts all numbers and classes y with

    score_m(x, y) <= q.

By split conformal prediction it accepts the true y with probability 1 - alpha. The interval, or the set of classes, has
all y that are accepted by more than half of the sets of members. The true y is outside only if at least half of them do
not accept it, which by Markov's inequality has a probability of at most 2 alpha.

References
----------
Barber, Candes, Ramdas and Tibshirani, "Predictive inference with the jackknife+", Annals of Statistics 49, 2021.

Gasparin and Ramdas, "Merging uncertainty sets via majority vote", arXiv:2401.09379.
"""

from __future__ import annotations

from math import ceil
from numbers import Real
from typing import Any

import numpy as np

from skscratch.core.tape import Array


def quantile(scores: Array, alpha: Any) -> float:
    """Return the ceil((1 - alpha) (n + 1))-th smallest of n scores.

    Raises
    ------
    ValueError
        If alpha is not a number between 0 and 1, or too small for n scores.

    Examples
    --------
    >>> float(quantile(np.arange(1, 100), alpha=0.1))
    90.0
    """
    if isinstance(alpha, bool) or not (isinstance(alpha, Real) and 0 < float(alpha) < 1):
        raise ValueError(
            f"alpha must be a number between 0 and 1, the share of rows outside, got {alpha!r}; 0.1 is a usual value."
        )
    n = len(scores)
    rank = ceil((1 - float(alpha)) * (n + 1) - 1e-9)  # a whole number is not rounded up
    if rank > n:
        raise ValueError(
            f"alpha must be at least {1 / (n + 1):.3g} where {n} rows were left out of training, got {alpha}: choose a "
            "larger alpha, or fit on more rows."
        )
    return np.partition(scores, rank - 1)[rank - 1]


def intervals(centres: Array, residuals: Array, alpha: Any) -> Array:
    """Compute the lower and the upper bounds of intervals.

    Parameters
    ----------
    centres : ndarray of shape (g, n)
        Predictions of n new rows by each of g sets of members.
    residuals : ndarray of shape (r,)
        Absolute out-of-fold residuals.
    alpha : float
        Share of rows that may be outside.

    Returns
    -------
    ndarray of shape (n, 2)

    Examples
    --------
    >>> intervals(np.array([[7.0], [0.0], [1.0]]), residuals=np.array([1.0, 2.0, 3.0]), alpha=0.5)
    array([[-1.,  3.]])
    """
    q, ordered, g = quantile(residuals, alpha), np.sort(centres, axis=0), len(centres)
    largest = np.finfo(np.float64).max
    with np.errstate(over="ignore"):  # of targets near the largest number: infinity becomes that number
        bounds = np.stack([ordered[g // 2] - q, ordered[(g - 1) // 2] + q], axis=1)
    # They are exchanged where the members' intervals do not overlap.
    return np.clip(np.sort(bounds, axis=1), -largest, largest)


def class_sets(scores: Array, known: Array, alpha: Any) -> Array:
    """Choose the classes that more than half of the sets of members accept.

    Parameters
    ----------
    scores : ndarray of shape (g, n, n_classes)
        Scores of all classes of n new rows, by each of g sets of members.
    known : ndarray of shape (r,)
        Out-of-fold scores of the true classes.
    alpha : float
        Share of rows whose class may be missing.

    Returns
    -------
    ndarray of bool of shape (n, n_classes)

    Examples
    --------
    >>> class_sets(np.array([[[0.1, 0.9]]]), known=np.array([0.0, 0.2, 0.4]), alpha=0.5)
    array([[ True, False]])
    """
    accepted: Array = (scores <= quantile(known, alpha)).sum(axis=0) > len(scores) / 2
    return accepted
