"""Validation rows: how they are chosen, and how every member is evaluated on them after each epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.network import Scratch
from skscratch.core.objective import Objective, total_weight
from skscratch.core.parameters import Parameters

# Parameters and raw scores (k, n, o) -> a criterion (k,), smaller is better.
Criterion = Callable[[Parameters, np.ndarray], np.ndarray]


def rows_to_hold_out(
    n: int, fraction: float, k: int, rng: np.random.Generator, strata: np.ndarray | None = None
) -> np.ndarray:
    """The rows that each of k members leaves out of its training: a share of every class, others for each member.

    Parameters
    ----------
    n : int
        Number of rows.
    fraction : float
        Share of rows that a member leaves out.
    k : int
        Number of members.
    rng : numpy.random.Generator
        Draws them.
    strata : ndarray of shape (n,), optional
        Classes: each gives its share of rows, and one that has a single row keeps it for training.

    Returns
    -------
    ndarray of int of shape (k, m)
        Row numbers, in ascending order for each member; none stands twice while k * fraction <= 1.

    Raises
    ------
    ValueError
        If nothing would be left to train on.
    """
    order = rng.permutation(np.arange(n, dtype=np.uint32))
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
    places = (np.arange(m) + (np.arange(k)[:, None] + 0.5) / k) * len(order) / m
    return np.sort(order[places.astype(int)], axis=1)


@dataclass(frozen=True, eq=False)
class Validator:
    """Evaluates all members after an epoch: by a first score where there is one, and by the validation loss.

    Parameters
    ----------
    objective : Objective
        Its network and loss; the penalty is left out.
    rows : Rows
        The validation rows.
    first : callable, optional
        What counts before the loss.
    chosen : ndarray of int of shape (k, m), optional
        The m rows of x that each member is evaluated on, where members have their own; then y is (k, m, o), w (m, k).
    """

    objective: Objective
    rows: Rows
    first: Criterion | None = None
    chosen: np.ndarray | None = None
    scratch: dict[int, Scratch] = field(default_factory=dict, init=False, repr=False)

    def __call__(self, P: Parameters) -> np.ndarray:
        """Criteria (m, k) of k members, smaller is better, the loss last."""
        x, y, w = self.rows
        z = self.objective.network.predict(P, x, scratch=self.scratch, chosen=self.chosen)
        loss = self.objective.loss_sum(z, y, w) / total_weight(y, w)
        return np.stack([loss] if self.first is None else [self.first(P, z), loss])


def minus_accuracy(link: str, y: np.ndarray, w: np.ndarray | None) -> Criterion:
    """Minus the share of rows whose class is right (of labels: all of them), for encoded y and w as in `Validator`."""

    def criterion(P: Parameters, z: np.ndarray) -> np.ndarray:
        if link == "softmax":
            right = z.argmax(axis=-1) == y.argmax(axis=-1)
        else:
            right = ((z > 0) == (y > 0.5)).all(axis=-1)
        return -np.average(right, axis=1, weights=None if w is None else np.broadcast_to(w.T, right.shape))

    return criterion
