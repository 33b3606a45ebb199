"""The training loop: epochs of shuffled batches, validation, patience, the best epoch of each member."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from skscratch.core.batches import Batches, Rows
from skscratch.core.lanes import Lane, members_of, threads
from skscratch.core.objective import Objective
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
    def criteria(self) -> list[list[float]]:
        """The course of each criterion of `validation`: after every epoch the mean of the members, if finite."""
        return [[_mean_of_finite(epoch) for epoch in course] for course in zip(*self.validation, strict=True)]


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
        Draws the order of rows, and the generators that draw what dropout drops.
    batch_size : int
        Rows in a batch.
    shuffle : bool
        Whether rows are shuffled in each epoch. A single batch never is: its mean does not depend on the order.
    dropout : bool
        Whether layers are handed a generator while training.
    threads : int
        Most threads; each trains some of the members, and which ones changes no result.
    loss_weights : callable, optional
        Weights w (n,) of some rows, and their batches as slices -> weights (n,) of the rows in the reported loss, which
        are w itself otherwise.

    Attributes
    ----------
    state : list of OptimizerState or None
        The optimizer's memory of the members in each lane.
    rngs : list of numpy.random.Generator or None
        A generator for each member, for dropout.
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
    threads: int = 1
    state: list[OptimizerState] | None = None
    rngs: list[np.random.Generator] | None = None
    clock: Clock = field(default_factory=Clock)
    _plan: int = field(default=0, init=False, repr=False)

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
                        self._plan = self.optimizer.schedule.epochs(self._plan, history.criteria)
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
        lanes = self._lanes(P, batches.sizes(n))
        self._plan, done, per_epoch = epochs, 0, batches.per_epoch(n)
        with threads(len(lanes)) as each:
            while done < self._plan * per_epoch:
                loss = self._epoch(lanes, each, batches.blocks(order()), done, self._plan * per_epoch)
                done += per_epoch
                self.clock.rows += n
                yield loss

    def _epoch(
        self,
        lanes: list[Lane],
        each: Callable[..., Iterator[np.ndarray]],
        blocks: Iterator[tuple[Rows, list[slice]]],
        done: int,
        planned: int,
    ) -> np.ndarray:
        """Train once on all rows, after so many of the planned steps; the mean loss (k,)."""
        k = sum(len(lane.P.values) for lane in lanes)
        loss, penalty, S, seen = np.zeros(k), np.zeros(k), np.zeros(k), 0
        for block, slices in blocks:
            z = np.zeros((k, len(block.y), self.objective.network.n_outputs), lanes[0].P.values.dtype)
            steps = []
            for batch in slices:
                self.clock.progress = done / planned
                done += 1
                if block.w is None or block.w[batch].any():
                    steps.append((batch, Clock(self.clock.progress, self.clock.rows, self.clock.stalls)))
                    seen += batch.stop - batch.start
            penalty += np.concatenate(list(each(partial(Lane.train, block=block, steps=steps, z=z), lanes)))
            w = block.w if block.w is None or self.loss_weights is None else self.loss_weights(block.w, slices)
            loss += self.objective.loss_sum(z, block.y, w)
            S += len(block.y) if w is None else w.sum(axis=0)
        return loss / (S + (S == 0)) + penalty / (seen or 1)

    def _lanes(self, P: Parameters, sizes: set[int]) -> list[Lane]:
        """The members in lanes, as many as the last time if there was one."""
        k = len(P.values)
        members = members_of(k, self.threads if self.state is None else len(self.state))
        own = [P.like(P.values[some]) for some in members]
        self.state = self.state or [self.optimizer.init(p) for p in own]
        self.rngs = self.rngs or (self.rng.spawn(k) if self.dropout else None)
        return [
            Lane(some, self.objective, self.optimizer, p, state, sizes, self.rngs and self.rngs[some])
            for some, p, state in zip(members, own, self.state, strict=True)
        ]

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


def _mean_of_finite(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else np.inf


def _warn(message: str) -> None:
    warnings.warn(message, RuntimeWarning, stacklevel=4)
