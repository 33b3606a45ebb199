"""Rows held out to judge each epoch: how they are chosen, and how every member is judged on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.objective import Objective
from skscratch.core.parameters import Parameters

# Parameters and raw scores (k, n, o) -> a criterion (k,), smaller is better.
Criterion = Callable[[Parameters, np.ndarray], np.ndarray]


def rows_to_hold_out(
    n: int, fraction: float, k: int, rng: np.random.Generator, strata: np.ndarray | None = None
) -> list[np.ndarray]:
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
    list of ndarray of int
        Row numbers in ascending order, equally many for each member; none stands in two lists while k * fraction <= 1.

    Raises
    ------
    ValueError
        If nothing would be left to train on.
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
    places = (np.arange(m) + (np.arange(k)[:, None] + 0.5) / k) * len(order) / m
    return [np.sort(order[row]) for row in places.astype(int)]


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


@dataclass(frozen=True, eq=False)
class OwnJudges:
    """A judge for each member.

    Parameters
    ----------
    judges : sequence of Judge
        In the order of members.
    """

    judges: Sequence[Judge]

    def __call__(self, P: Parameters) -> np.ndarray:
        """Criteria (m, k) of k members, each by its own judge."""
        members = [P.like(P.values[i : i + 1]) for i in range(len(P.values))]
        return np.concatenate([judge(member) for judge, member in zip(self.judges, members, strict=True)], axis=1)


def minus_accuracy(link: str, y: np.ndarray, w: np.ndarray | None) -> Criterion:
    """Minus the share of rows whose class is right (of labels: all of them), for encoded y (n, o)."""

    def criterion(P: Parameters, z: np.ndarray) -> np.ndarray:
        if link == "softmax":
            right = z.argmax(axis=-1) == y.argmax(axis=-1)
        else:
            right = ((z > 0) == (y > 0.5)).all(axis=-1)
        return -np.average(right, axis=1, weights=w)

    return criterion
