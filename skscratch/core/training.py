"""The training loop: epochs of shuffled batches, validation, patience, the best epoch of each member."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from skscratch.core.batches import Batches, Rows
from skscratch.core.objective import Objective, Workspace
from skscratch.core.optimizers import Optimizer, OptimizerState
from skscratch.core.parameters import Parameters
from skscratch.core.schedules import Adaptive, Clock
from skscratch.core.stopping import Best, Patience

# An adaptive rate below this has done what it could (scikit-learn's bound).
SMALLEST_RATE = 1e-6


@dataclass
class History:
    """What happened in a fit.

    Attributes
    ----------
    loss : list of ndarray of shape (k,)
        The mean training loss of each epoch, as it was met on the way, penalty included.
    validation : list of ndarray of shape (m, k)
        What `validate` returned after each epoch.
    best_epoch : ndarray of shape (k,)
        The epoch, from 1, whose parameters each member keeps; 0 for those of the start.
    end : {"max_iter", "stalled", "callback", "diverged", "interrupted"}
        Why the fit ended.
    """

    loss: list[np.ndarray] = field(default_factory=list)
    validation: list[np.ndarray] = field(default_factory=list)
    best_epoch: np.ndarray = field(default_factory=lambda: np.zeros(1, int))
    end: str = "max_iter"

    @property
    def first_criteria(self) -> list[float]:
        """The first criterion after each epoch, as the mean of the members where it is finite."""
        finite = (criteria[0][np.isfinite(criteria[0])] for criteria in self.validation)
        return [float(c.mean()) if c.size else np.inf for c in finite]


@dataclass
class Epoch:
    """What a callback is shown after each epoch: its number from 1, the parameters as they are now, the history."""

    number: int
    parameters: Parameters
    history: History
    rate: float


Callback = Callable[[Epoch], "bool | None"]
Validate = Callable[[Parameters], np.ndarray]


@dataclass
class Trainer:
    """Everything that a fit needs and that outlives an epoch; calling `run` again goes on where it stood.

    Parameters
    ----------
    objective : Objective
        What is minimised.
    optimizer : Optimizer
        How.
    rng : numpy.random.Generator
        Draws the order of rows and, through `objective`, what dropout drops.
    batch_size : int
        Rows in a batch.
    shuffle : bool
        Whether rows are shuffled in each epoch. A single batch never is: its mean does not depend on the order.
    dropout : bool
        Whether layers are handed a generator while training.
    loss_weights : callable, optional
        Weights w (n,) of some rows, and their batches as slices -> weights (n,) of the rows in the reported loss, which
        are w itself otherwise.

    Attributes
    ----------
    state : OptimizerState or None
        The optimizer's memory.
    clock : Clock
        Rows seen and loss stalls so far; progress of the run.

    Examples
    --------
    Two members learn y = 2 x:

    >>> import numpy as np
    >>> from skscratch.core.batches import Rows
    >>> from skscratch.core.layers import Dense
    >>> from skscratch.core.losses import SquaredError
    >>> from skscratch.core.network import Network
    >>> from skscratch.core.objective import Objective
    >>> from skscratch.core.optimizers import sgd
    >>> from skscratch.core.training import Trainer
    >>> objective = Objective(Network((Dense(1),), n_inputs=1), SquaredError())
    >>> P = objective.network.init(k=2, rng=np.random.default_rng(0))
    >>> x = np.linspace(-1, 1, 100)[:, None]
    >>> trainer = Trainer(objective, sgd(rate=0.5), np.random.default_rng(1), batch_size=10)
    >>> history = trainer.run(P, Rows(x, 2 * x, None), epochs=20)
    >>> len(history.loss), history.end
    (20, 'max_iter')
    >>> P.layers[0].W.round(3)
    array([[[2.]],
    <BLANKLINE>
           [[2.]]])
    """

    objective: Objective
    optimizer: Optimizer
    rng: np.random.Generator
    batch_size: int
    shuffle: bool = True
    dropout: bool = False
    loss_weights: Callable[[np.ndarray, list[slice]], np.ndarray] | None = None
    state: OptimizerState | None = None
    clock: Clock = field(default_factory=Clock)

    def run(
        self,
        P: Parameters,
        rows: Rows,
        epochs: int,
        *,
        validate: Validate | None = None,
        patience: Patience | None = None,
        keep_best: bool = True,
        keep_finite: bool = True,
        order: Callable[[], np.ndarray | None] | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> History:
        """Train the parameters in place.

        Parameters
        ----------
        P : Parameters
            k members, changed in place; at the end each has its best epoch.
        rows : Rows
            The training rows, x in the dtype of P.
        epochs : int
            Most epochs; a schedule may plan fewer after what `validate` returns.
        validate : callable, optional
            Parameters -> criteria (m, k), smaller is better, that choose the best epoch; the training loss otherwise.
        patience : Patience, optional
            Ends the fit (or shrinks an adaptive rate) when all members have stalled; without it, all epochs are run.
        keep_best : bool
            Whether members go back to their best epoch at the end; those of an interrupted fit do in any case.
        keep_finite : bool
            Whether the fit ends when no member's loss is finite any more, and members that diverged go back to their
            last finite parameters, with a warning.
        order : callable, optional
            Gives the order of rows of the next epoch, instead of a permutation by `rng`.
        callbacks : sequence of callable
            Called with an `Epoch` after each; the fit ends when one returns True.

        Returns
        -------
        History

        Notes
        -----
        A batch whose weights add up to zero says nothing: it makes no step, and does not count in the reported loss.

        Warns
        -----
        RuntimeWarning
            If the loss of a member is no longer finite (it keeps its last finite parameters), or on Ctrl-C.
        """
        rows = rows._replace(y=self.objective.loss.training_target(rows.y))
        history, best, start = History(), Best(P.values), P.values.copy()
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # divergence is looked for after each epoch
                for number, loss in enumerate(self._epochs(P, rows, epochs, order), 1):
                    history.loss.append(loss)
                    if validate is not None:
                        history.validation.append(validate(P))
                        self._plan = self.optimizer.schedule.epochs(self._plan, history.first_criteria)
                    criteria = loss[None] if validate is None else history.validation[-1]
                    best.update(P.values, criteria, number)
                    epoch = Epoch(number, P, history, self.rate)
                    if end := self._end(epoch, criteria[0], patience, callbacks, keep_finite):
                        history.end = end
                        break
        except KeyboardInterrupt:
            history.end = "interrupted"
            keep_best = True
            _warn(f"The fit was interrupted in epoch {len(history.loss) + 1}: the best parameters so far are kept.")
        # Held-out rows would have shown that a last step exploded; an epoch's own loss is met before that step.
        exploded = self._exploded(P.like(best.values), rows) if keep_finite and validate is None else False
        best.values[exploded], best.epoch[exploded] = start[exploded], 0
        restore(P, history, best, keep_best, keep_finite, exploded)
        return history

    @property
    def rate(self) -> float:
        """The learning rate at the present clock."""
        return self.optimizer.rate * self.optimizer.schedule.factor(self.clock)

    def _epochs(
        self, P: Parameters, rows: Rows, epochs: int, order: Callable[[], np.ndarray | None] | None
    ) -> Iterator[np.ndarray]:
        """Train for one epoch after the other; yields the mean loss (k,) of each."""
        n, batches = len(rows.y), Batches(rows, self.batch_size)
        order = order or self._order(n)
        dP = P.like(np.empty_like(P.values))
        work = {size: self.objective.allocate(P, size) for size in batches.sizes(n)}
        state = self.state = self.state or self.optimizer.init(P)
        self._plan, done, per_epoch = epochs, 0, batches.per_epoch(n)
        while done < self._plan * per_epoch:
            loss, penalty, S, seen = np.zeros(len(P.values)), np.zeros(len(P.values)), np.zeros(len(P.values)), 0
            for block, slices in batches.blocks(order()):
                z = np.empty((len(P.values), len(block.y), self.objective.network.n_outputs), P.values.dtype)
                for batch in slices:
                    self.clock.progress = done / (self._plan * per_epoch)
                    done += 1
                    if block.w is not None and block.w[batch].sum() == 0:
                        z[:, batch] = 0
                        continue
                    s = work[batch.stop - batch.start]
                    z[:, batch] = self._step(P, block.take(batch), s, dP, state)
                    penalty += s.penalty * len(s.g[0])
                    seen += len(s.g[0])
                w = block.w if block.w is None or self.loss_weights is None else self.loss_weights(block.w, slices)
                loss += self.objective.loss_sum(z, block.y, w)
                S += len(block.y) if w is None else w.sum(axis=0)
            self.clock.rows += n
            yield loss / (S + (S == 0)) + penalty / (seen or 1)

    def _step(self, P: Parameters, batch: Rows, s: Workspace, dP: Parameters, state: OptimizerState) -> np.ndarray:
        """One gradient, one step of the optimizer -> the raw scores z (k, n, o) from before it."""
        rng = self.rng if self.dropout else None
        z = self.objective.gradient(P, batch.x, batch.y, batch.w, s, dP, rng)
        self.optimizer.step(P, dP, state, self.clock)
        return z

    def _exploded(self, P: Parameters, rows: Rows) -> np.ndarray:
        """Members (k,) without a finite loss on the first rows."""
        x, y, w = rows.take(slice(self.batch_size))
        with np.errstate(over="ignore", invalid="ignore"):
            return ~np.isfinite(self.objective.loss_sum(self.objective.network.predict(P, x), y, w))

    def _order(self, n: int) -> Callable[[], np.ndarray | None]:
        """A new permutation for every epoch, or none where it would change nothing."""
        return (lambda: self.rng.permutation(n)) if self.shuffle and n > self.batch_size else (lambda: None)

    def _end(
        self,
        epoch: Epoch,
        criterion: np.ndarray,
        patience: Patience | None,
        callbacks: Sequence[Callback],
        keep_finite: bool,
    ) -> str:
        """Why the fit should end after this epoch, or nothing."""
        if keep_finite and not np.isfinite(epoch.history.loss[-1]).any():
            return "diverged"
        if any([callback(epoch) for callback in callbacks]):
            return "callback"
        if patience is None or not patience.stalled(criterion):
            return ""
        if isinstance(self.optimizer.schedule, Adaptive) and self.rate > SMALLEST_RATE:
            self.clock.stalls += 1
            patience.forgive()
            return ""
        return "stalled"


def restore(
    P: Parameters,
    history: History,
    best: Best,
    keep_best: bool,
    keep_finite: bool = True,
    exploded: np.ndarray | bool = False,
) -> None:
    """Bring back the best epochs, and the last finite parameters where a member has diverged or exploded."""
    lost = ~np.isfinite(P.values).all(axis=1) | exploded
    if history.loss:
        lost |= ~np.isfinite(history.loss[-1])
    lost &= keep_finite
    back = np.full(len(lost), keep_best) | lost
    P.values[back] = best.values[back]
    history.best_epoch = np.where(back, best.epoch, len(history.loss))
    if lost.any():
        history.end = "diverged" if lost.all() else history.end
        _warn(
            f"The fit of {lost.sum()} of {len(lost)} networks diverged: loss and parameters must stay finite, but no "
            f"longer were in epoch {len(history.loss)}; the last finite parameters are kept, a smaller "
            "learning_rate_init or clip_norm may help."
        )


def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=4)
