"""The end of a run: the best parameters are restored, and members that diverged get finite ones, with a warning.

A member diverged if its loss or its parameters were not finite after an epoch. A member whose loss stayed finite may
be as useless: it is reported if its loss is more than twice that of its initial parameters.
"""

from __future__ import annotations

import warnings

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.history import History
from skscratch.core.objective import Objective, total_weight
from skscratch.core.parameters import Parameters
from skscratch.core.stopping import Best
from skscratch.core.streams import RowStream
from skscratch.core.tape import Array

# A member is worse than its initial parameters if its loss on SAMPLE rows is more than WORSE times theirs, and more
# than WORSE times LOSS_OF_MEAN, that of the mean of a standardised target: after a warm start, theirs may be nearly 0.
WORSE, LOSS_OF_MEAN, SAMPLE = 2.0, 0.5, 256


def restore(
    P: Parameters, history: History, best: Best, *, keep_best: bool = True, diverged: Array | bool = False
) -> None:
    """Restore the best epochs of all members, or of those that diverged (k,) only."""
    restored = np.full(len(P.values), keep_best) | diverged
    P.values[restored] = best.values[restored]
    history.best_epoch = np.where(restored, best.epoch, len(history.loss))


def restore_finite(
    P: Parameters, start: Parameters, objective: Objective, rows: Rows | RowStream, history: History,
    best: Best, *, keep_best: bool = True,
) -> None:  # fmt: skip
    """Restore the best epochs, and the last finite parameters of members that diverged, with a warning.

    Parameters
    ----------
    P, start : Parameters
        The present parameters, changed in place, and the initial ones.
    objective : Objective
        The objective function.
    rows : Rows or RowStream
        The training rows. On some of them the losses of kept and initial parameters are compared; not on rows in parts,
        of which one part may be unlike the others.
    history : History
        All epochs; its best epochs are set, and its end if all members diverged.
    best : Best
        The best epochs. A member whose best parameters have no finite loss gets the initial ones.
    keep_best : bool
        Whether the best epochs of the other members are restored, too.

    Warns
    -----
    RuntimeWarning
        If members diverged, or are worse than their initial parameters.
    """
    sample = rows.sample(SAMPLE) if isinstance(rows, Rows) else rows.first(SAMPLE)
    diverged = np.logical_not(np.isfinite(P.values).all(axis=1))
    if history.loss:
        diverged |= ~np.isfinite(history.loss[-1])
    restore(P, history, best, keep_best=keep_best, diverged=diverged)
    # The training loss of an epoch is that before its last step, and a validation loss is that of few rows.
    loss = _mean_loss(P, objective, sample)
    for values, epoch in ((best.values, best.epoch), (start.values, np.zeros_like(best.epoch))):
        lost = ~np.isfinite(loss)
        if lost.any():
            P.values[lost], history.best_epoch[lost] = values[lost], epoch[lost]
            diverged, loss = diverged | lost, _mean_loss(P, objective, sample)
    if diverged.any():
        history.end = "diverged" if diverged.all() else history.end
        _warn_of_divergence(diverged, len(history.loss))
    elif isinstance(rows, Rows) and (loss > WORSE * LOSS_OF_MEAN).any():
        _warn_of_worse(loss, _mean_loss(start, objective, sample), sample.n)


def _mean_loss(P: Parameters, objective: Objective, rows: Rows) -> Array:
    """Compute the mean loss (k,) of rows, without the penalty; it may be infinite or NaN."""
    x, y, w = rows
    with np.errstate(over="ignore", invalid="ignore"):
        loss: Array = objective.loss_sum(objective.network.predict(P, x), y, w) / total_weight(y, w)
    return loss


def warn_of_interruption(task: str, number: int) -> None:
    """Warn that a run was interrupted in an epoch or iteration of this number."""
    _warn(f"The fit was interrupted in {task} {number}: the best parameters so far are kept.")


def _warn_of_divergence(diverged: Array, epoch: int) -> None:
    _warn(
        f"{diverged.sum()} of {len(diverged)} members diverged: loss and parameters must stay finite, but were not in "
        f"epoch {epoch}; their last finite parameters are kept, a smaller learning_rate_init or clip_norm may help."
    )


def _warn_of_worse(loss: Array, loss_at_start: Array, n: int) -> None:
    """Warn of members with a loss (k,) far above that of their initial parameters."""
    worse = loss > WORSE * np.maximum(loss_at_start, LOSS_OF_MEAN)
    if worse.any():
        i = int(np.argmax(np.where(worse, loss, 0)))
        _warn(
            f"{worse.sum()} of {len(worse)} members are worse than their initial parameters: the loss on {n} rows must "
            f"fall, but it rose from {loss_at_start[i]:.3g} to {loss[i]:.3g}; a smaller learning_rate_init or "
            "clip_norm may help."
        )


def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=5)
