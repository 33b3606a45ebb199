"""Scores of predictions for rows on a cluster, from sums over partitions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from skscratch.dask.cluster import Cluster
from skscratch.dask.collections import Parts
from skscratch.tabular.target_facts import Moments
from skscratch.tabular.target_reading import read_labels, read_numbers
from skscratch.tabular.weights import check_weights


def accuracy(cluster: Cluster, estimator: Any, parts: Parts) -> float:
    """Compute the share of rows, by weight, whose class is right; of labels, all of them."""
    right = _moments(cluster, parts, _right, estimator)[0]
    return float(right.mean[0])


def r2(cluster: Cluster, estimator: Any, parts: Parts) -> float:
    """Compute R² = 1 - sum w (y - p)^2 / sum w (y - mean)^2, the mean over the columns of y.

    As in scikit-learn, a constant column has an R² of 1 if all predictions are right, else of 0.
    """
    residual, y = _moments(cluster, parts, _residuals, estimator)
    error, variance = residual.mean**2 + residual.std**2, y.std**2
    constant = np.where(error > 0, 0.0, 1.0)
    return float(np.where(variance > 0, 1 - error / np.where(variance > 0, variance, 1), constant).mean())


def _moments(cluster: Cluster, parts: Parts, f: Any, estimator: Any) -> list[Moments]:
    """Compute the moments of numbers that f returns for the rows of each part."""
    moments = cluster.merge(_merge, cluster.each_part(f, parts.given, estimator))
    if moments is None:
        raise ValueError("X must hold a row with a weight above zero to compute a score, got none; pass other rows.")
    result: list[Moments] = moments
    return result


def _right(estimator: Any, number: int, X: Any, y: Any, w: Any) -> list[Moments] | None:
    """Find which rows of a part are predicted right."""
    if not len(X):
        return None
    equal = estimator.predict(X) == read_labels(y)
    return _weighted(w, equal if equal.ndim == 1 else equal.all(axis=1))


def _residuals(estimator: Any, number: int, X: Any, y: Any, w: Any) -> list[Moments] | None:
    """Compute y - prediction, and y itself, for the rows of a part."""
    if not len(X):
        return None
    numbers, vector = read_numbers(y)
    numbers = numbers[:, 0] if vector else numbers
    return _weighted(w, numbers - estimator.predict(X), numbers)


def _weighted(w: Any, *columns: np.ndarray) -> list[Moments] | None:
    """Compute the moments of columns of some rows; None if no row has weight."""
    w = check_weights(w, len(columns[0]), allow_zero=True)
    if w is None:
        return [Moments.of(a.astype(float)) for a in columns]
    return [Moments.of(a[w > 0].astype(float), w[w > 0]) for a in columns] if w.any() else None


def _merge(parts: Sequence[list[Moments] | None]) -> list[Moments] | None:
    """Merge the moments of parts that have rows."""
    found = [moments for moments in parts if moments is not None]
    return [reduce(Moments.merge, same) for same in zip(*found, strict=True)] if found else None
