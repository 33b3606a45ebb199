"""When to stop, and which epoch was best, for every member by itself."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from skscratch.core.tape import Array


@dataclass
class Best:
    """The best parameters of each member so far, by metrics in lexicographic order.

    Parameters
    ----------
    values : ndarray of shape (k, p)
        The initial parameters; copied.

    Attributes
    ----------
    metrics : ndarray of shape (m, k)
        The m metrics of each member's best epoch, smaller is better; a later one breaks ties of the earlier.
    epoch : ndarray of shape (k,)
        The best epoch, counted from 1; 0 where no epoch was finite.

    Examples
    --------
    Of two members, the first is better in the first epoch and the second in the second:

    >>> import numpy as np
    >>> from skscratch.core.stopping import Best
    >>> best = Best(np.zeros((2, 1)))
    >>> best.update(np.array([[1.0], [1.0]]), metrics=np.array([[0.3, 0.5]]), epoch=1)
    >>> best.update(np.array([[2.0], [2.0]]), metrics=np.array([[0.4, 0.2]]), epoch=2)
    >>> best.epoch, best.values
    (array([1, 2]), array([[1.],
           [2.]]))
    """

    values: Array
    metrics: Array | None = None
    epoch: Array = field(init=False)

    def __post_init__(self) -> None:
        self.values = self.values.copy()
        self.epoch = np.zeros(len(self.values), int)

    def update(self, values: Array, metrics: Array, epoch: int) -> None:
        """Keep the members of `values` (k, p) whose metrics (m, k) are better than their best so far."""
        finite = np.isfinite(metrics).all(axis=0) & np.isfinite(values.sum(axis=1))
        if self.metrics is None:
            self.metrics = np.full_like(metrics, np.inf)
        better = _before(metrics, self.metrics) & finite
        if better.all():  # one pass over memory; a selection of rows takes two
            self.values[...] = values
        elif better.any():
            self.values[better] = values[better]
        self.metrics[:, better] = metrics[:, better]
        self.epoch[better] = epoch


@dataclass
class Patience:
    """The maximum number of epochs without improvement.

    Counted as in scikit-learn: an epoch that is not better than the best by more than `tol` is one without improvement.

    Parameters
    ----------
    epochs : float
        How many in a row are allowed; ``inf`` for any number.
    tol : float
        A smaller improvement does not count.

    Attributes
    ----------
    best : ndarray of shape (k,)
        The smallest metric of each member so far.
    count : ndarray of shape (k,)
        Present number of epochs without improvement of each.

    Examples
    --------
    >>> import numpy as np
    >>> from skscratch.core.stopping import Patience
    >>> patience = Patience(epochs=1, tol=0.1)
    >>> [patience.is_exceeded(np.array([loss])) for loss in (3.0, 2.0, 1.95, 1.92)]
    [False, False, False, True]
    """

    epochs: float
    tol: float
    best: Array | None = None
    count: Array | None = None

    def is_exceeded(self, metric: Array) -> bool:
        """Count one more epoch with this metric (k,); return whether all members have exceeded their patience."""
        if self.best is None or self.count is None:
            self.best, self.count = np.full(len(metric), np.inf), np.zeros(len(metric), int)
        improved = metric <= self.best - self.tol
        self.count = np.where(improved, 0, self.count + 1)
        self.best = np.fmin(self.best, metric)
        return bool((self.count > self.epochs).all())

    def reset(self) -> None:
        """Count from zero again: the learning rate has changed."""
        if self.count is not None:
            self.count[:] = 0


def _before(a: Array, b: Array) -> Array:
    """Whether the columns of a (m, k) come before those of b in lexicographic order -> (k,)."""
    before, tied = np.zeros(a.shape[1], bool), np.ones(a.shape[1], bool)
    for x, y in zip(a, b, strict=True):
        before |= tied & (x < y)
        tied &= x == y
    return before
