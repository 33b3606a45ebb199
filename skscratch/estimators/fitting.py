"""Training as a function: of a model, its rows and the training state before, to the state after."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skscratch.core.batches import Rows
from skscratch.core.lbfgs import FTOL, lbfgs
from skscratch.core.objective import Objective
from skscratch.core.schedules import Constant
from skscratch.core.stopping import Patience
from skscratch.core.training import Callback, Trainer
from skscratch.estimators import builders
from skscratch.estimators.model import Model
from skscratch.estimators.progress import Progress
from skscratch.estimators.splitting import Split
from skscratch.estimators.state import TrainingState
from skscratch.estimators.threads import threads_for

DEFAULT_TOL = 1e-4
SMALLEST_FTOL = 64 * np.finfo(np.float64).eps  # that of scikit-learn's linear models; a smaller one is rounding


def train(
    estimator: Any, objective: Objective, model: Model, split: Split, state: TrainingState,
    callbacks: Sequence[Callback], *, one_epoch: bool, run: Any = None,
    trainer_class: Callable[..., Trainer] = Trainer,
) -> TrainingState:  # fmt: skip
    """Train the parameters of a model in place, in a whole fit, or for one epoch at a constant rate.

    With the `RunState` or `LbfgsState` of an earlier run, that one continues. `trainer_class` makes the trainer of
    stochastic optimizers.
    The generators, the optimizer state and the schedule state change in place, too. A fit that is interrupted before
    the end of the first epoch raises KeyboardInterrupt.
    """
    P, rows, k = model.parameters, split.rows, len(model.parameters.values)
    max_iter = 1 if one_epoch else builders.max_iter(estimator, rows.n)
    lines = [Progress(type(estimator).__name__, max_iter)] if estimator.verbose and not one_epoch else []
    observers = [] if one_epoch else [observe(objective, rows, P) for observe in estimator._observers]
    patience, trainer = None if one_epoch else _patience(estimator, rows.n), None
    options: dict[str, Any] = {
        "validate": split.validator,
        "patience": patience,
        "callbacks": [*lines, *callbacks, *observers],
        "resume": run,
    }
    with threads_for(model.network, builders.batch_size(estimator, rows.n), k) as threads:
        if estimator.solver == "lbfgs":
            assert isinstance(rows, Rows)
            history = lbfgs(objective, P, rows, **_limits(estimator, max_iter), **options)
        else:
            trainer = _trainer(trainer_class, estimator, objective, rows.n, state, threads, one_epoch)
            history = trainer.run(P, rows, max_iter, keep_best=not one_epoch, **options)
    for line in lines:
        line.end()
    if history.end == "interrupted" and not history.best_epoch.any():
        raise KeyboardInterrupt
    if patience is not None and history.end == "max_iter":
        reason = _reason(len(history.loss), max_iter)
        warnings.warn(f"{type(estimator).__name__} {reason}", ConvergenceWarning, stacklevel=5)
    return state.after(history, k, trainer, split.left_out, one_epoch=one_epoch)


def _reason(n_iter: int, max_iter: int) -> str:
    """Say why a fit ended after so many epochs or iterations before its loss had converged."""
    if n_iter < max_iter:  # only L-BFGS
        return (
            f"ended after {n_iter} iterations, before it reached max_iter={max_iter} or its loss had converged, since "
            "it had evaluated the loss max_fun times or found no step that lowers it; raise max_fun or tol."
        )
    return f"reached max_iter={max_iter} before its loss had converged; raise max_iter or tol."


def _limits(estimator: Any, max_iter: int) -> dict[str, Any]:
    """Choose when L-BFGS ends: below the default `tol`, the smallest decrease of the loss is as many times smaller."""
    ftol = float(np.clip(FTOL * estimator.tol / DEFAULT_TOL, SMALLEST_FTOL, FTOL))
    return {"max_iter": max_iter, "max_fun": estimator.max_fun, "tol": estimator.tol, "ftol": ftol}


def _patience(estimator: Any, n: int) -> Patience | None:
    """Make the patience of L-BFGS, and of schedules without a planned end."""
    if estimator.solver == "lbfgs" or builders.schedule(estimator, n).open_ended:
        return Patience(builders.epochs_without_change(estimator), estimator.tol)
    return None


def _trainer(
    trainer_class: Callable[..., Trainer], estimator: Any, objective: Objective, n: int, state: TrainingState,
    threads: int, one_epoch: bool,
) -> Trainer:  # fmt: skip
    """Make a trainer that continues from a state, with its optimizer state if the optimizer is of the same kind."""
    schedule = Constant() if one_epoch else builders.schedule(estimator, n)
    chain = builders.chain(estimator, schedule)
    trainer = trainer_class(
        objective, chain, state.rng, builders.batch_size(estimator, n), estimator.shuffle, bool(estimator.dropout),
        threads=threads, rngs=state.dropout_rngs, schedule_state=state.schedule_state,
    )  # fmt: skip
    if state.transformations == chain.names:
        trainer.state = state.optimizer_state
    return trainer
