"""Training as a function of values: a model, its rows and the state before -> the state after."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from sklearn.exceptions import ConvergenceWarning

from skscratch.core.lbfgs import lbfgs
from skscratch.core.objective import Objective
from skscratch.core.parameters import Parameters
from skscratch.core.stopping import Patience
from skscratch.core.training import Callback, History, Trainer
from skscratch.estimators import recipes
from skscratch.estimators.model import Model
from skscratch.estimators.progress import Progress
from skscratch.estimators.state import TrainingState
from skscratch.estimators.threads import threads_for
from skscratch.estimators.validation import Split


def train(
    estimator: Any,
    objective: Objective,
    model: Model,
    split: Split,
    state: TrainingState,
    callbacks: Sequence[Callback],
    *,
    one_epoch: bool,
) -> TrainingState:
    """Train the parameters of a model in place.

    Parameters
    ----------
    estimator : BaseScratchMLP
        Its hyperparameters are read.
    objective : Objective
        What is minimized.
    model : Model
        Its parameters are changed in place.
    split : Split
        The rows to train on, and the validator.
    state : TrainingState
        The state before; its generators, optimizer state and schedule state are changed in place.
    callbacks : sequence of callable
        Called with an `Epoch` after each.
    one_epoch : bool
        Whether to train for one epoch at a constant rate, as `partial_fit` does.

    Returns
    -------
    TrainingState

    Raises
    ------
    KeyboardInterrupt
        If the fit was interrupted before any member had learned something.
    """
    P, rows, k = model.parameters, split.rows, len(model.parameters.values)
    lines = [Progress(type(estimator).__name__, estimator.max_iter)] if estimator.verbose and not one_epoch else []
    observers = [] if one_epoch else [observe(objective, rows, P) for observe in estimator._observers]
    callbacks = [*lines, *callbacks, *observers]
    patience = None if one_epoch else _patience(estimator)
    trainer = None
    with threads_for(model.network, recipes.batch_size(estimator, len(rows.y)), k) as threads:
        if estimator.solver == "lbfgs":
            history = _train_by_lbfgs(estimator, objective, P, split, patience, callbacks)
        else:
            trainer = _trainer(estimator, objective, P, len(rows.y), state, threads, one_epoch)
            epochs = 1 if one_epoch else estimator.max_iter
            history = trainer.run(
                P, rows, epochs, validate=split.validator, patience=patience, keep_best=not one_epoch,
                callbacks=callbacks,
            )  # fmt: skip
    for line in lines:
        line.end()
    if history.end == "interrupted" and not history.best_epoch.any():
        raise KeyboardInterrupt
    if patience is not None and history.end == "max_iter":
        _warn_of_max_iter(estimator)
    return state.after(history, k, trainer, split.left_out, one_epoch=one_epoch)


def _patience(estimator: Any) -> Patience | None:
    """Patience for L-BFGS, and for schedules without a planned end."""
    if estimator.solver == "lbfgs" or recipes.schedule(estimator).patient:
        return Patience(recipes.epochs_without_change(estimator), estimator.tol)
    return None


def _train_by_lbfgs(
    estimator: Any,
    objective: Objective,
    P: Parameters,
    split: Split,
    patience: Patience | None,
    callbacks: Sequence[Callback],
) -> History:
    limits = {"max_iter": estimator.max_iter, "max_fun": estimator.max_fun, "tol": estimator.tol}
    return lbfgs(objective, P, split.rows, validate=split.validator, patience=patience, callbacks=callbacks, **limits)


def _trainer(
    estimator: Any, objective: Objective, P: Parameters, n: int, state: TrainingState, threads: int, one_epoch: bool
) -> Trainer:
    """Make a trainer that goes on from a state; the optimizer state only if the optimizer is of the same kind."""
    optimizer = recipes.optimizer(estimator, P, one_epoch)
    before = [] if state.optimizer is None else [type(transform) for transform in state.optimizer.links]
    return Trainer(
        objective,
        optimizer,
        state.rng,
        recipes.batch_size(estimator, n),
        estimator.shuffle,
        bool(estimator.dropout),
        threads=threads,
        state=state.optimizer_state if before == [type(transform) for transform in optimizer.links] else None,
        rngs=state.dropout_rngs,
        clock=state.clock,
    )


def _warn_of_max_iter(estimator: Any) -> None:
    warnings.warn(
        f"{type(estimator).__name__} reached max_iter={estimator.max_iter} before its loss had converged; raise "
        "max_iter or tol.",
        ConvergenceWarning,
        stacklevel=6,
    )
