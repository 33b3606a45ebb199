"""The state of training as a value: what a warm start or another call of `partial_fit` continues from."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_random_state

from skscratch.core.history import History, RunState
from skscratch.core.optimizers import OptimizerState
from skscratch.core.schedules import ScheduleState
from skscratch.core.training import Trainer


class Curves(NamedTuple):
    """Learning curves of k members over n epochs.

    Parameters
    ----------
    loss : ndarray of shape (n, k)
        Mean training loss.
    validation_loss : ndarray of shape (n, k)
        Loss on the validation rows; NaN in epochs without any.
    scores : ndarray of shape (n,)
        Mean over the members of the score that chose the best epoch; NaN likewise.
    validated : bool
        Whether there ever were validation rows.
    """

    loss: np.ndarray
    validation_loss: np.ndarray
    scores: np.ndarray
    validated: bool

    @classmethod
    def of(cls, history: History, k: int) -> Curves:
        """Collect the curves of a fit; one that was interrupted may lack the validation of its last epoch."""
        n, m = len(history.loss), len(history.validation)
        validation_loss, scores = np.full((n, k), np.nan), np.full(n, np.nan)
        for i, metrics in enumerate(history.validation):
            validation_loss[i], scores[i] = metrics[-1], -metrics[0].mean()
        return cls(np.array(history.loss, float).reshape(n, k), validation_loss, scores, m > 0)

    def followed_by(self, later: Curves) -> Curves:
        """Append the epochs of a later fit."""
        loss, validation_loss, scores = (np.concatenate(pair) for pair in zip(self[:3], later[:3], strict=True))
        return Curves(loss, validation_loss, scores, self.validated or later.validated)


class LeftOut(NamedTuple):
    """The rows that the members leave out of a fit, and so of later warm starts.

    Parameters
    ----------
    validation_rows : ndarray of int of shape (k, m) or None
        Those of each member, of rows in memory.
    n_rows : int
        Rows of the fit, among which they were chosen; 0 if it is not known.
    validation_key : float
        Of rows that are read in parts, those with smaller keys.
    unseen : bool
        Whether no member was trained on them before.
    checksum : int
        That of their encoded targets: in a later fit, rows at these places with other targets are other rows.
    """

    validation_rows: np.ndarray | None = None
    n_rows: int = 0
    validation_key: float = 0.0
    unseen: bool = True
    checksum: int = 0


@dataclass(frozen=True, eq=False)
class TrainingState:
    """Where training stands after some epochs.

    Parameters
    ----------
    seed : int
        Start of all random numbers: initial parameters, validation rows, order of rows and dropout.
    rng : numpy.random.Generator
        Draws the order of rows.
    dropout_rngs : list of numpy.random.Generator or None
        A generator for each member, once dropout has been used.
    transformations : tuple of str
        The gradient transformations that the optimizer state belongs to.
    optimizer_state : OptimizerState or None
        What the optimizer keeps from step to step.
    schedule_state : ScheduleState
        Rows seen, number of plateaus.
    validation_rows, n_rows, validation_key, unseen, checksum
        What the last fit left out, see `LeftOut`.
    curves : Curves or None
        Learning curves so far.
    n_iter : int
        Epochs of the last `fit` and of the calls of `partial_fit` after it.
    best_iter : ndarray of shape (k,)
        Which of these epochs each member has its parameters from.
    """

    seed: int
    rng: np.random.Generator
    dropout_rngs: list[np.random.Generator] | None = None
    transformations: tuple[str, ...] = ()
    optimizer_state: OptimizerState | None = None
    schedule_state: ScheduleState = field(default_factory=ScheduleState)
    validation_rows: np.ndarray | None = None
    n_rows: int = 0
    validation_key: float = 0.0
    unseen: bool = True
    checksum: int = 0
    curves: Curves | None = None
    n_iter: int = 0
    best_iter: np.ndarray = field(default_factory=lambda: np.zeros(1, int))

    @classmethod
    def start(cls, random_state: Any) -> TrainingState:
        """Draw a seed: the state before any training."""
        seed = int(check_random_state(random_state).randint(2**31 - 1))
        return cls(seed, generator(seed, "train"))

    def copy(self) -> TrainingState:
        """Copy what training changes in place."""
        fresh = ("rng", "dropout_rngs", "optimizer_state", "schedule_state")
        return replace(self, **{name: copy.deepcopy(getattr(self, name)) for name in fresh})

    def without_optimizer(self) -> TrainingState:
        """Keep all but the optimizer state, which is twice as large as the parameters, and the schedule state."""
        start = TrainingState(self.seed, generator(self.seed, "train"))
        fresh = ("rng", "dropout_rngs", "transformations", "optimizer_state", "schedule_state")
        return replace(self, **{name: getattr(start, name) for name in fresh})

    def after(
        self, history: History, k: int, run: Trainer | RunState | None, left_out: LeftOut, *, one_epoch: bool
    ) -> TrainingState:  # fmt: skip
        """Make the state after k members were trained in a run; that of L-BFGS, None, has no optimizer state.

        One epoch is trained on all rows, which may be those that were left out before.
        """
        curves, before = Curves.of(history, k), self.n_iter if one_epoch else 0
        rows = {"unseen": self.unseen and not history.loss} if one_epoch else left_out._asdict()
        state = replace(
            self,
            curves=curves if self.curves is None else self.curves.followed_by(curves),
            n_iter=before + len(history.loss),
            best_iter=before + history.best_epoch,
            **rows,
        )
        if run is None:
            return state
        return replace(
            state,
            rng=run.rng,
            dropout_rngs=run.rngs,
            transformations=run.transformations,
            optimizer_state=run.state,
            schedule_state=run.schedule_state,
        )


def generator(seed: int, purpose: str) -> np.random.Generator:
    """Make a generator: of initial parameters, "init", of validation rows, "split", of orders of rows, "train", of
    pairs of rows, "pairs", or of rows on which members are compared, "gain".
    """
    purposes = ("init", "split", "train", "pairs", "gain")
    stream = np.random.SeedSequence(seed).spawn(len(purposes))[purposes.index(purpose)]
    return np.random.default_rng(stream)
