"""When to stop, and which epoch was best: every member is judged by itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Best:
    """The best parameters of each member so far, by criteria of which the first counts most.

    Parameters
    ----------
    values : ndarray of shape (k, p)
        The parameters at the start; copied.

    Attributes
    ----------
    criteria : ndarray of shape (m, k)
        The m criteria of each member's best epoch, smaller is better; a later one decides ties of the earlier.
    epoch : ndarray of shape (k,)
        The best epoch, counted from 1; 0 where no epoch was finite.

    Examples
    --------
    Of two members, the first is better in the first epoch and the second in the second:

    >>> import numpy as np
    >>> from skscratch.core.stopping import Best
    >>> best = Best(np.zeros((2, 1)))
    >>> best.update(np.array([[1.0], [1.0]]), criteria=np.array([[0.3, 0.5]]), epoch=1)
    >>> best.update(np.array([[2.0], [2.0]]), criteria=np.array([[0.4, 0.2]]), epoch=2)
    >>> best.epoch, best.values
    (array([1, 2]), array([[1.],
           [2.]]))
    """

    values: np.ndarray
    criteria: np.ndarray | None = None
    epoch: np.ndarray = field(init=False)

    def __post_init__(self):
        self.values = self.values.copy()
        self.epoch = np.zeros(len(self.values), int)

    def update(self, values: np.ndarray, criteria: np.ndarray, epoch: int) -> None:
        """Keep the members of `values` (k, p) whose criteria (m, k) are better than their best so far."""
        finite = np.isfinite(criteria).all(axis=0) & np.isfinite(values.sum(axis=1))
        if self.criteria is None:
            self.criteria = np.full_like(criteria, np.inf)
        better = _before(criteria, self.criteria) & finite
        if better.all():  # one pass over memory; a selection of rows takes two
            self.values[...] = values
        elif better.any():
            self.values[better] = values[better]
        self.criteria[:, better] = criteria[:, better]
        self.epoch[better] = epoch


@dataclass
class Patience:
    """Epochs without progress: a member stalls when its criterion has not fallen by `tol` for more than `epochs`.

    The count is scikit-learn's: an epoch that is not better than the best by more than `tol` counts, and the fit
    stalls when the count exceeds `epochs`.

    Parameters
    ----------
    epochs : float
        Epochs without progress that are borne; ``inf`` for all.
    tol : float
        Progress smaller than this is none.

    Attributes
    ----------
    best : ndarray of shape (k,)
        The smallest criterion of each member so far.
    count : ndarray of shape (k,)
        Epochs without progress of each.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core.stopping import Patience
    >>> patience = Patience(epochs=1, tol=0.1)
    >>> [patience.stalled(np.array([loss])) for loss in (3.0, 2.0, 1.95, 1.92)]
    [False, False, False, True]
    """

    epochs: float
    tol: float
    best: np.ndarray | None = None
    count: np.ndarray | None = None

    def stalled(self, criterion: np.ndarray) -> bool:
        """Take in the criterion (k,) of one more epoch: have all members stalled?"""
        if self.best is None or self.count is None:
            self.best, self.count = np.full(len(criterion), np.inf), np.zeros(len(criterion), int)
        progress = criterion <= self.best - self.tol
        self.count = np.where(progress, 0, self.count + 1)
        self.best = np.fmin(self.best, criterion)
        return bool((self.count > self.epochs).all())

    def forgive(self) -> None:
        """Begin to count anew: the learning rate has changed."""
        if self.count is not None:
            self.count[:] = 0


def _before(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Whether the columns of a (m, k) come before those of b in the order of the dictionary -> (k,)."""
    before, tied = np.zeros(a.shape[1], bool), np.ones(a.shape[1], bool)
    for x, y in zip(a, b, strict=True):
        before |= tied & (x < y)
        tied &= x == y
    return before
