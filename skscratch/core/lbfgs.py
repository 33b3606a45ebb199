"""L-BFGS through SciPy, on the same objective: all rows at once, one member after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import Bounds, OptimizeResult, minimize

from skscratch.core.batches import Rows
from skscratch.core.divergence import restore_finite, warn_of_interruption
from skscratch.core.history import Epoch, History
from skscratch.core.objective import Gradient, Objective
from skscratch.core.parameters import Parameters
from skscratch.core.stopping import Best, Patience
from skscratch.core.tape import Array
from skscratch.core.training import Callback, Validate

FTOL = 1e7 * np.finfo(np.float64).eps  # SciPy's default


@dataclass
class LbfgsState:
    """The state of a run of `lbfgs`: what is left of SciPy's solver when it is interrupted.

    The state of SciPy's solver cannot be read, so the present member starts again from its initial parameters.

    Parameters
    ----------
    values : ndarray of shape (k, p)
        The final parameters of members that were trained, the initial ones of all others.
    histories : list of History
        Of the members that were trained.
    best : Best
        The best iteration so far of the present member, with parameters (1, p).
    history : History
        The history of the present member.
    """

    values: Array
    histories: list[History]
    best: Best
    history: History

    def best_so_far(self, *, all_members: bool) -> tuple[Array, History]:
        """Return the parameters (k', p) of all members, or of those whose training has begun, and their history."""
        present, k = replace(self.history, best_epoch=self.best.epoch), len(self.histories) + 1
        values, later = np.concatenate([self.values[: k - 1], self.best.values, self.values[k:]]), len(self.values) - k
        histories = [*self.histories, present, *(History() for _ in range(later if all_members else 0))]
        return values[: len(histories)], _merge(histories)


def lbfgs(
    objective: Objective,
    P: Parameters,
    rows: Rows,
    *,
    max_iter: int = 200,
    max_fun: int = 15000,
    tol: float = 1e-4,
    ftol: float = FTOL,
    validate: Validate | None = None,
    patience: Patience | None = None,
    callbacks: Sequence[Callback] = (),
    resume: LbfgsState | None = None,
) -> History:
    """Train the parameters in place by L-BFGS-B (Byrd, Lu, Nocedal and Zhu, 1995).

    Parameters
    ----------
    objective : Objective
        The objective function, of all rows at once.
    P : Parameters
        k members, changed in place.
    rows : Rows
        The training rows, x in the dtype of P.
    max_iter, max_fun : int
        Maximum number of iterations, and of evaluations of the objective, for each member.
    tol, ftol : float
        The fit has converged when no entry of the gradient is larger than `tol`, or an iteration lowers the loss by
        less than `ftol` of it, or of one where it is smaller than one.
    validate, patience, callbacks
        As in `Trainer.run`, after each iteration; callbacks and patience get one member at a time. Without
        `validate`, patience is not used, since every iteration lowers the loss.
    resume : LbfgsState, optional
        The state of an earlier run with the same arguments. Members that it trained are kept, the others are trained.

    Returns
    -------
    History
        ``end`` is "no_improvement" if all members that did not diverge have converged, and "diverged" if all
        diverged. The last loss of a member that needed fewer iterations than others is repeated.

    Warns
    -----
    RuntimeWarning
        On Ctrl-C: this member keeps its best parameters so far, those after it their initial ones.

    Examples
    --------
    Logistic regression:

    >>> import numpy as np
    >>> from skscratch.core import BinaryLogLoss, Dense, Network, Objective, Rows, lbfgs
    >>> objective = Objective(Network((Dense(1),), n_inputs=1), BinaryLogLoss(), alpha=1.0)
    >>> P = objective.network.init(k=1, rng=np.random.default_rng(0))
    >>> x, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([[0.0], [0.0], [1.0], [1.0]])
    >>> lbfgs(objective, P, Rows(x, y, None)).end
    'no_improvement'
    >>> P.layers[0].W.round(2)
    array([[[1.01]]])
    """
    rows = rows._replace(y=objective.training_target(rows.y))
    options = {"maxiter": max_iter, "maxfun": max_fun, "gtol": tol, "ftol": ftol}
    limits = objective.network.bounds()
    bounds = None if limits is None else Bounds(*limits)
    histories: list[History] = [] if resume is None else list(resume.histories)
    if resume is not None:
        P.values[...] = resume.values
    values, interrupted = P.values.copy(), False
    for i in range(len(histories), len(P.values)):
        member, history = P.like(P.values[i : i + 1]), History()
        best, own = Best(member.values), rows.of_member(i)
        start, f = member.like(best.values.copy()), _value_and_gradient(objective, member, own)
        with np.errstate(over="ignore", invalid="ignore"):  # whether a member diverged is checked afterwards
            try:
                if not interrupted:
                    validate_member = validate and _column(validate, P, i)
                    state = partial(LbfgsState, values, histories, best, history)
                    after_iteration = _after_iteration(member, state, validate_member, patience, callbacks)
                    _minimise(f, member, history, after_iteration, bounds, options)
                    if validate_member and not history.validation:  # no iteration was needed
                        history.validation.append(validate_member(member))
            except KeyboardInterrupt:
                interrupted = True
                warn_of_interruption("iteration", len(history.loss) + 1)
            history.loss = history.loss or [np.array([f(best.values[0])[0]])]
        if interrupted:
            history.end = "interrupted"
        restore_finite(member, start, objective, own, history, best)
        histories.append(history)
        values[i] = member.values[0]
    return _merge(histories)


def _column(validate: Validate, P: Parameters, i: int) -> Validate:
    """Return a function that computes the metrics (m, 1) of member i; all members P are evaluated."""
    return lambda member: validate(P)[:, i : i + 1]


def _value_and_gradient(objective: Objective, P: Parameters, rows: Rows) -> Callable[[Array], tuple[float, Array]]:
    """Make the function q (p,) -> L and dL/dq (p,) in float64, for one member P; its parameters become q."""
    gradient = Gradient(objective, P, rows)

    def f(q: Array) -> tuple[float, Array]:
        P.values[0] = q
        return float(gradient.value()[0]), gradient.dP.values[0].astype(np.float64)

    return f


def _after_iteration(
    P: Parameters,
    state: Callable[[], LbfgsState],
    validate: Validate | None,
    patience: Patience | None,
    callbacks: Sequence[Callback],
) -> Callable[[OptimizeResult], None]:
    """Make the function that runs after each iteration of one member; StopIteration ends the fit."""
    patience = patience and replace(patience, best=None, count=None)
    best, history = state().best, state().history

    def after_iteration(intermediate_result: OptimizeResult) -> None:
        P.values[0] = intermediate_result.x
        history.loss.append(np.array([intermediate_result.fun]))
        if validate is not None:
            history.validation.append(validate(P))
        metrics = history.loss[-1][None] if validate is None else history.validation[-1]
        number = len(history.loss)
        best.update(P.values, metrics, number)
        if any([callback(Epoch(number, P, history, 1.0, state)) for callback in callbacks]):
            history.end = "callback"
            raise StopIteration
        if validate is not None and patience is not None and patience.is_exceeded(metrics[0]):
            history.end = "no_improvement"
            raise StopIteration

    return after_iteration


def _minimise(
    f: Callable[[Array], tuple[float, Array]],
    P: Parameters,
    history: History,
    after_iteration: Callable[[OptimizeResult], None],
    bounds: Bounds | None,
    options: dict[str, Any],
) -> None:
    """Run SciPy's solver for one member."""
    start = P.values[0].astype(np.float64)
    solve = partial(minimize, method="L-BFGS-B", jac=True, callback=after_iteration, bounds=bounds, options=options)
    result = solve(f, start)
    if result.success and history.end == "max_iter":
        history.end = "no_improvement"


def _merge(histories: list[History]) -> History:
    """Merge k histories of one member into one of k members."""

    def side_by_side(series: list[list[Array]]) -> list[Array]:
        full = max(series, key=len)
        nothing = [np.full_like(array, np.nan) for array in full[:1]]  # of a member that was not trained
        filled = [(one or nothing) + (one or nothing)[-1:] * (len(full) - len(one or nothing)) for one in series]
        return [np.concatenate(arrays, axis=-1) for arrays in zip(*filled, strict=True)]

    ends = [history.end for history in histories]
    return History(
        loss=side_by_side([h.loss for h in histories]),
        validation=side_by_side([h.validation for h in histories]),
        best_epoch=np.concatenate([h.best_epoch for h in histories]),
        end=next(end for end in ("interrupted", "max_iter", "callback", "no_improvement", "diverged") if end in ends),
    )
