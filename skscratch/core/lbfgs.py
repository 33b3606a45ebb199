"""L-BFGS through SciPy, on the same objective: all rows at once, one member after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from skscratch.core.batches import Rows
from skscratch.core.objective import Objective
from skscratch.core.parameters import Parameters
from skscratch.core.stopping import Best, Patience
from skscratch.core.training import Callback, Epoch, History, Validate, restore


def lbfgs(
    objective: Objective,
    P: Parameters,
    rows: Rows,
    *,
    max_iter: int = 200,
    max_fun: int = 15000,
    tol: float = 1e-4,
    validate: Validate | None = None,
    patience: Patience | None = None,
    callbacks: Sequence[Callback] = (),
) -> History:
    """Train the parameters in place by L-BFGS-B (Byrd, Lu, Nocedal and Zhu, 1995).

    Parameters
    ----------
    objective : Objective
        What is minimised, over all rows at once.
    P : Parameters
        k members, changed in place.
    rows : Rows
        The training rows, x in the dtype of P.
    max_iter, max_fun : int
        Most iterations, and most evaluations of the objective, for each member.
    tol : float
        The fit has converged when no entry of the gradient is larger.
    validate, patience, callbacks
        As in `Trainer.run`, after each iteration. They are shown one member at a time; without `validate` patience
        is not asked, since every iteration lowers the loss.

    Returns
    -------
    History
        ``end`` is "stalled" where every member has converged. A member that needed fewer iterations than others
        repeats its last loss.
    """
    rows = rows._replace(y=objective.loss.training_target(rows.y))
    histories = []
    for i in range(len(P.values)):
        member = P.like(P.values[i : i + 1])
        options = {"maxiter": max_iter, "maxfun": max_fun, "gtol": tol}
        histories.append(_minimise(objective, member, rows, options, validate, patience, callbacks))
    return _merge(histories)


def _minimise(
    objective: Objective,
    P: Parameters,
    rows: Rows,
    options: dict,
    validate: Validate | None,
    patience: Patience | None,
    callbacks: Sequence[Callback],
) -> History:
    """One member, P.values (1, p)."""
    history, best = History(), Best(P.values)
    s, dP = objective.allocate(P, len(rows.y)), P.like(np.empty_like(P.values))
    patience = patience and replace(patience, best=None, count=None)

    def value_and_gradient(q: np.ndarray) -> tuple[float, np.ndarray]:
        P.values[0] = q
        return float(objective.value(P, rows.x, rows.y, rows.w, s, dP)[0]), dP.values[0].astype(np.float64)

    def after_iteration(intermediate_result: OptimizeResult) -> None:
        P.values[0] = intermediate_result.x
        history.loss.append(np.array([intermediate_result.fun]))
        if validate is not None:
            history.validation.append(validate(P))
        criteria = history.loss[-1][None] if validate is None else history.validation[-1]
        number = len(history.loss)
        best.update(P.values, criteria, number)
        if any([callback(Epoch(number, P, history, 1.0)) for callback in callbacks]):
            history.end = "callback"
            raise StopIteration
        if validate is not None and patience is not None and patience.stalled(criteria[0]):
            history.end = "stalled"
            raise StopIteration

    with np.errstate(over="ignore", invalid="ignore"):
        start = P.values[0].astype(np.float64)
        result = minimize(
            value_and_gradient, start, method="L-BFGS-B", jac=True, callback=after_iteration, options=options
        )
    if result.success and history.end == "max_iter":
        history.end = "stalled"
    history.loss = history.loss or [np.array([result.fun])]
    restore(P, history, best, keep_best=True)
    return history


def _merge(histories: list[History]) -> History:
    """One history of k members from k histories of one."""

    def side_by_side(series: list[list[np.ndarray]]) -> list[np.ndarray]:
        longest = max(map(len, series))
        filled = [one + one[-1:] * (longest - len(one)) for one in series]
        return [np.concatenate(arrays, axis=-1) for arrays in zip(*filled, strict=True)]

    ends = [history.end for history in histories]
    return History(
        loss=side_by_side([h.loss for h in histories]),
        validation=side_by_side([h.validation for h in histories]),
        best_epoch=np.concatenate([h.best_epoch for h in histories]),
        end=next((end for end in ends if end != "stalled"), "stalled"),
    )
