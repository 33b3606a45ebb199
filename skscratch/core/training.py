"""The training loop: epochs of shuffled batches, validation, patience, the best epoch of each member."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from skscratch.core.batches import Batches, Rows
from skscratch.core.divergence import restore, restore_finite, warn_of_interruption
from skscratch.core.groups import MemberGroup, divide_members, worker_threads
from skscratch.core.history import Epoch, History, RunState
from skscratch.core.objective import Objective
from skscratch.core.optimizers import Chain, OptimizerState, Update
from skscratch.core.parameters import Parameters
from skscratch.core.schedules import Adaptive, ScheduleState
from skscratch.core.stopping import Best, Patience
from skscratch.core.streams import RowStream, StreamBatches
from skscratch.core.tape import Array

# An adaptive rate is not lowered below this (scikit-learn's bound).
SMALLEST_RATE = 1e-6


Callback = Callable[[Epoch], "bool | None"]
Validate = Callable[[Parameters], Array]


@dataclass
class Trainer:
    """All that a fit needs and that outlives an epoch; calling `run` again continues from the same state.

    Parameters
    ----------
    objective : Objective
        The objective function.
    chain : Chain
        What is done with its gradient, from `Optimizer.chain`.
    rng : numpy.random.Generator
        Draws the order of rows, and the generators of dropout.
    batch_size : int
        Rows in a batch.
    shuffle : bool
        Whether rows are shuffled in each epoch. A single batch never is: its mean does not depend on the order.
    dropout : bool
        Whether layers get a generator while training.
    threads : int
        Maximum number of worker threads; each trains some of the members, which does not change the result.
    loss_weights : callable, optional
        Weights w (n,) of some rows, and their batches as slices -> weights (n,) of the rows in the reported loss, which
        are w itself otherwise.

    Attributes
    ----------
    state : OptimizerState or None
        The optimizer state of all members.
    rngs : list of numpy.random.Generator or None
        A generator for each member, for dropout.
    schedule_state : ScheduleState
        Rows seen and number of plateaus so far; progress of the run.

    Examples
    --------
    Two members learn y = 2 x:

    >>> import numpy as np
    >>> from skscratch.core import Dense, Network, Objective, Rows, Sgd, SquaredError, Trainer
    >>> objective = Objective(Network((Dense(1),), n_inputs=1), SquaredError())
    >>> P = objective.network.init(k=2, rng=np.random.default_rng(0))
    >>> x = np.linspace(-1, 1, 100)[:, None]
    >>> trainer = Trainer(objective, Sgd().chain(rate=0.5), np.random.default_rng(1), batch_size=10)
    >>> history = trainer.run(P, Rows(x, 2 * x, None), epochs=20)
    >>> len(history.loss), history.end
    (20, 'max_iter')
    >>> P.layers[0].W.round(3)
    array([[[2.]],
    <BLANKLINE>
           [[2.]]])
    """

    objective: Objective
    chain: Chain
    rng: np.random.Generator
    batch_size: int
    shuffle: bool = True
    dropout: bool = False
    loss_weights: Callable[[Array, list[slice]], Array] | None = None
    threads: int = 1
    state: OptimizerState | None = None
    rngs: list[np.random.Generator] | None = None
    schedule_state: ScheduleState = field(default_factory=ScheduleState)
    _planned: int = field(default=0, init=False, repr=False)

    def run(
        self,
        P: Parameters,
        rows: Rows | RowStream,
        epochs: int,
        *,
        validate: Validate | None = None,
        patience: Patience | None = None,
        keep_best: bool = True,
        keep_finite: bool = True,
        order: Callable[[], Array | None] | None = None,
        callbacks: Sequence[Callback] = (),
        resume: RunState | None = None,
    ) -> History:
        """Train the parameters in place.

        Parameters
        ----------
        P : Parameters
            k members, changed in place; at the end each has its best epoch.
        rows : Rows or RowStream
            The training rows, x in the dtype of P.
        epochs : int
            Maximum number of epochs; a schedule may plan fewer after what `validate` returns.
        validate : callable, optional
            Parameters -> metrics (m, k), smaller is better, that choose the best epoch; the training loss otherwise.
        patience : Patience, optional
            Ends the fit (or lowers an adaptive rate) when no member improves any more; without it, all epochs are run.
        keep_best : bool
            Whether the best epoch of each member is restored at the end; after an interruption it is in any case.
        keep_finite : bool
            Whether the fit ends when no member's loss is finite any more, and the last finite parameters of members
            that diverged are restored, with a warning.
        order : callable, optional
            Gives the order of rows of the next epoch, instead of a permutation by `rng`; not with a `RowStream`.
        callbacks : sequence of callable
            Called with an `Epoch` after each; the fit ends when one returns True.
        resume : RunState, optional
            The state of an earlier run with the same arguments, which continues after its last epoch. Its generators,
            optimizer state and patience replace those of the trainer and of `patience`, and change in place.

        Returns
        -------
        History

        Notes
        -----
        A batch whose weights are all zero makes no step, and does not count in the reported loss.

        Warns
        -----
        RuntimeWarning
            If the loss of a member is no longer finite (it keeps its last finite parameters), if it is finite but more
            than twice that of the initial parameters, or on Ctrl-C.
        """
        rows = rows.with_target(self.objective.training_target)
        history, best, start = History(), Best(P.values), P.values.copy()
        self._planned = epochs
        if resume is not None:
            start, best, history, patience = self._resume(P, resume)
        state = partial(self._run_state, P, start, best, history, patience)
        try:
            with np.errstate(over="ignore", invalid="ignore"):  # whether members diverged is checked after each epoch
                done = len(history.loss)
                for number, loss in enumerate(self._epochs(P, rows, done, order), done + 1):
                    history.loss.append(loss)
                    if validate is not None:
                        history.validation.append(validate(P))
                        self._planned = self.chain.schedule.epochs(self._planned, history.metrics)
                    metrics = loss[None] if validate is None else history.validation[-1]
                    best.update(P.values, metrics, number)
                    epoch = Epoch(number, P, history, self.rate, state)
                    history.end = self._end(loss, metrics[0], patience, keep_finite)
                    if history.end != "diverged" and any([callback(epoch) for callback in callbacks]):
                        history.end = "callback"
                    if history.end != "max_iter":
                        break
        except KeyboardInterrupt:
            history.end = "interrupted"
            keep_best = True
            warn_of_interruption("epoch", len(history.loss) + 1)
        if keep_finite:
            restore_finite(P, P.like(start), self.objective, rows, history, best, keep_best=keep_best)
        else:
            restore(P, history, best, keep_best=keep_best)
        return history

    @property
    def rate(self) -> float:
        """The present learning rate."""
        return self.chain.rate_at(self.schedule_state)

    @property
    def transformations(self) -> tuple[str, ...]:
        """The names of the gradient transformations, which the optimizer state belongs to."""
        return self.chain.names

    def _run_state(
        self, P: Parameters, start: Array, best: Best, history: History, patience: Patience | None
    ) -> RunState:
        """Return the present state of this run."""
        return RunState(
            P.values, start, best, history, patience, self._planned,
            self.transformations, self.state, self.schedule_state, self.rng, self.rngs,
        )  # fmt: skip

    def _resume(self, P: Parameters, run: RunState) -> tuple[Array, Best, History, Patience | None]:
        """Set parameters, generators and states to those of an earlier run; return what else it had."""
        if run.transformations != self.transformations or run.values.shape != P.values.shape:
            raise ValueError(
                f"resume must be the state of a run with the transformations {self.transformations} and parameters of "
                f"shape {P.values.shape}, got {run.transformations} and {run.values.shape}; pass the state of a run "
                "with the same arguments."
            )
        P.values[...] = run.values
        self._planned = run.planned if run.history.end == "max_iter" else 0  # 0: that run has ended by itself
        self.state, self.schedule_state, self.rng, self.rngs = run.state, run.schedule_state, run.rng, run.rngs
        return run.start, run.best, run.history, run.patience

    def _epochs(
        self, P: Parameters, rows: Rows | RowStream, done: int, order: Callable[[], Array | None] | None
    ) -> Iterator[Array]:
        """Train epoch by epoch, after so many that are done; yields the mean loss (k,) of each."""
        n, batches = rows.n, rows.batches(self.batch_size)
        blocks = self._blocks(n, batches, order)
        groups = self._groups(P)
        per_epoch = batches.per_epoch()
        done *= per_epoch
        with worker_threads(min(self.threads, len(groups))) as map_groups:
            while done < self._planned * per_epoch:
                loss = self._epoch(groups, map_groups, blocks(), done, self._planned * per_epoch)
                done += per_epoch
                self.schedule_state.rows += n
                yield loss

    def _epoch(
        self,
        groups: list[MemberGroup],
        map_groups: Callable[..., list[Array]],
        blocks: Iterator[tuple[Rows, list[slice]]],
        done: int,
        planned: int,
    ) -> Array:
        """Train once on all rows, after so many of the planned steps; returns the mean loss (k,)."""
        k, dtype = sum(len(group.P.values) for group in groups), groups[0].P.values.dtype
        loss, penalty, S, seen = np.zeros(k), np.zeros(k), np.zeros(k), 0
        for block, batches in blocks:
            z, steps = np.zeros((k, len(block.y), self.objective.network.n_outputs), dtype), []
            for batch in batches:
                self.schedule_state.progress = done / planned
                done += 1
                if block.w is None or block.w[batch].any():
                    steps.append((batch, self.rate))
                    seen += batch.stop - batch.start
            train = partial(MemberGroup.train, block=block, steps=steps, z=z)
            penalty += np.concatenate(map_groups(train, groups))
            w = block.w if block.w is None or self.loss_weights is None else self.loss_weights(block.w, batches)
            loss += self.objective.loss_sum(z, block.y, w)
            S += len(block.y) if w is None else w.sum(axis=0)
        assert self.state is not None
        self.state.t = groups[0].update.step.t
        return loss / (S + (S == 0)) + penalty / (seen or 1)

    def _groups(self, P: Parameters) -> list[MemberGroup]:
        """Divide the members into groups, one for each thread."""
        k, dP = len(P.values), P.empty()
        self.state = self.state or self.chain.init(P)
        self.rngs = self.rngs or (self.rng.spawn(k) if self.dropout else None)
        groups = []
        for members in divide_members(k, self.threads):
            p, dp, state = P.like(P.values[members]), P.like(dP.values[members]), self.state.members(members)
            rngs = None if self.rngs is None else self.rngs[members]
            groups.append(MemberGroup(members, self.objective, p, dp, Update(self.chain, p, dp, state), rngs))
        return groups

    def _blocks(
        self, n: int, batches: Batches | StreamBatches, order: Callable[[], Array | None] | None
    ) -> Callable[[], Iterator[tuple[Rows, list[slice]]]]:
        """Return a function that gives the blocks of the next epoch; a single batch is not shuffled."""
        if order is not None:
            assert isinstance(batches, Batches)
            return lambda: batches.blocks(order())
        rng = self.rng if self.shuffle and n > self.batch_size else None
        return lambda: batches.epoch(rng)

    def _end(self, loss: Array, metric: Array, patience: Patience | None, keep_finite: bool) -> str:
        """Return why the fit should end after this epoch, "max_iter" if it should not."""
        if keep_finite and not np.isfinite(loss).any():
            return "diverged"
        if patience is None or not patience.is_exceeded(metric):
            return "max_iter"
        if isinstance(self.chain.schedule, Adaptive) and self.rate > SMALLEST_RATE:
            self.schedule_state.plateaus += 1
            patience.reset()
            return "max_iter"
        return "no_improvement"
