"""Rows held out to judge each epoch: how they are chosen, and how every member is judged on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.objective import Objective
from skscratch.core.parameters import Parameters

# Parameters and raw scores (k, n, o) -> a criterion (k,), smaller is better.
Criterion = Callable[[Parameters, np.ndarray], np.ndarray]


def split_rows(
    n: int, fraction: float, rng: np.random.Generator, strata: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Training and held-out rows, both in ascending order.

    Parameters
    ----------
    n : int
        Number of rows.
    fraction : float
        Share of rows to hold out.
    rng : numpy.random.Generator
        Draws them.
    strata : ndarray of shape (n,), optional
        Classes: each gives its share of rows, and one that has a single row keeps it for training.

    Returns
    -------
    train, held_out : ndarray of int

    Raises
    ------
    ValueError
        If nothing would be left to train on or to hold out.
    """
    order = rng.permutation(n)
    if strata is not None:
        counts = np.bincount(strata)
        order = order[np.argsort(strata[order], kind="stable")]
        order = order[counts[strata[order]] > 1]
    m = int(np.ceil(fraction * len(order)))
    if m == len(order):
        raise ValueError(
            f"validation_fraction must leave rows on both sides, but {fraction} of {n} rows holds out {m}; choose "
            "another fraction or early_stopping=False."
        )
    # Evenly spaced in the order of classes: every class gives its share, to within one row.
    held_out = order[((np.arange(m) + 0.5) * len(order) / m).astype(int)]
    return np.setdiff1d(np.arange(n), held_out, assume_unique=True), np.sort(held_out)


@dataclass(frozen=True, eq=False)
class Judge:
    """The criteria of an epoch: a first one where there is one, and the held-out loss.

    Parameters
    ----------
    objective : Objective
        Its network and loss; the penalty is left out.
    rows : Rows
        The held-out rows.
    first : callable, optional
        What counts before the loss.
    """

    objective: Objective
    rows: Rows
    first: Criterion | None = None

    def __call__(self, P: Parameters) -> np.ndarray:
        """Criteria (m, k) of k members, smaller is better, the loss last."""
        x, y, w = self.rows
        z = self.objective.network.predict(P, x)
        loss = self.objective.loss_sum(z, y, w) / (len(y) if w is None else w.sum())
        return np.stack([loss] if self.first is None else [self.first(P, z), loss])


def minus_accuracy(link: str, y: np.ndarray, w: np.ndarray | None) -> Criterion:
    """Minus the share of rows whose class is right (of labels: all of them), for encoded y (n, o)."""

    def criterion(P: Parameters, z: np.ndarray) -> np.ndarray:
        if link == "softmax":
            right = z.argmax(axis=-1) == y.argmax(axis=-1)
        else:
            right = ((z > 0) == (y > 0.5)).all(axis=-1)
        return -np.average(right, axis=1, weights=w)

    return criterion
