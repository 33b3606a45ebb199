"""The time limit of a fit, as a callback of the training loop."""

from __future__ import annotations

from time import monotonic
from typing import Any

from skscratch.core.history import Epoch


class TimeLimit:
    """A callback that ends a fit after the epoch in which a number of seconds has passed.

    L-BFGS trains one member after the other: of k members, member i (from 1) must end after i/k of the time.

    Parameters
    ----------
    seconds : float
        Seconds from now.
    k : int
        Number of members that are trained one after the other; 1 if all are trained together.
    """

    def __init__(self, seconds: float, k: int):
        self.start, self.seconds, self.k = monotonic(), seconds, k
        self.member, self.number = 1, 0

    def __call__(self, epoch: Epoch) -> bool:
        """Return whether the time of this member has passed."""
        if epoch.number <= self.number:  # the first iteration of the next member
            self.member = min(self.member + 1, self.k)
        self.number = epoch.number
        return monotonic() - self.start >= self.seconds * self.member / self.k


def time_limits(estimator: Any) -> list[TimeLimit]:
    """Make a list of the time limit of a fit that begins now; it is empty without one."""
    k = int(estimator.n_estimators) if estimator.solver == "lbfgs" else 1
    return [] if estimator.max_time is None else [TimeLimit(float(estimator.max_time), k)]
