"""What happened in a fit, what a callback gets after each epoch, and the state from which a run can be resumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from skscratch.core.optimizers import OptimizerState
from skscratch.core.parameters import Parameters
from skscratch.core.schedules import ScheduleState
from skscratch.core.stopping import Best, Patience
from skscratch.core.tape import Array


@dataclass
class History:
    """What happened in a fit.

    Attributes
    ----------
    loss : list of ndarray of shape (k,)
        The mean training loss of each epoch, penalty included; the loss of each batch is that before its step.
    validation : list of ndarray of shape (m, k)
        What `validate` returned after each epoch.
    best_epoch : ndarray of shape (k,)
        The epoch, from 1, whose parameters each member keeps; 0 for the initial ones.
    end : {"max_iter", "no_improvement", "callback", "diverged", "interrupted"}
        Why the fit ended; "max_iter" as long as nothing else has ended it.
    """

    loss: list[Array] = field(default_factory=list)
    validation: list[Array] = field(default_factory=list)
    best_epoch: Array = field(default_factory=lambda: np.zeros(1, int))
    end: str = "max_iter"

    @property
    def metrics(self) -> list[list[float]]:
        """The curve of each metric of `validation`: after every epoch the mean over the members that are finite."""
        return [[_mean_of_finite(epoch) for epoch in curve] for curve in zip(*self.validation, strict=True)]


@dataclass
class RunState:
    """The state of a run of `Trainer` after an epoch: another trainer that gets it continues to the same results.

    Arrays and generators are those of the run and change with it, so they have to be stored before the next epoch.

    Parameters
    ----------
    values, start : ndarray of shape (k, p)
        The present and the initial parameters.
    best : Best
        The best epochs so far.
    history : History
        All epochs so far.
    patience : Patience or None
        Epochs without improvement so far.
    planned : int
        Number of epochs that are planned.
    transformations : tuple of str
        The gradient transformations that the optimizer state belongs to.
    state : OptimizerState
        The optimizer state.
    schedule_state : ScheduleState
        The schedule state.
    rng : numpy.random.Generator
        Draws the order of rows.
    rngs : list of numpy.random.Generator or None
        A generator for each member, for dropout.
    """

    values: Array
    start: Array
    best: Best
    history: History
    patience: Patience | None
    planned: int
    transformations: tuple[str, ...]
    state: OptimizerState | None
    schedule_state: ScheduleState
    rng: np.random.Generator
    rngs: list[np.random.Generator] | None

    def best_so_far(self) -> tuple[Array, History]:
        """Return the parameters (k, p) of the best epochs so far, and the history with the numbers of these epochs."""
        return self.best.values, replace(self.history, best_epoch=self.best.epoch)


@dataclass
class Epoch:
    """What a callback gets after each epoch.

    Parameters
    ----------
    number : int
        Its number, from 1.
    parameters : Parameters
        The present parameters.
    history : History
        All epochs so far.
    rate : float
        The learning rate.
    run_state : callable
        Returns the `RunState`, or with L-BFGS the `LbfgsState`, of the run.
    """

    number: int
    parameters: Parameters
    history: History
    rate: float
    run_state: Callable[[], Any]


def _mean_of_finite(values: Array) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else np.inf
