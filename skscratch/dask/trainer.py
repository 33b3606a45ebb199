"""The training loop of the core, with epochs that are rounds of tasks elsewhere.

Let P be the parameters before a round, and D the mean of what W tasks add to them in it. Each task has batches of 1/W
of the size of a local fit, so that there are as many steps one after the other, at the same learning rate. Where the
noise of a gradient is larger than its mean, an optimizer that divides by the root of the mean square moves 1/sqrt(W) as
far along the mean with such batches. Nesterov's momentum of rounds compensates for it:

    v <- mu v + D,   P <- P + D + mu v,   mu = (1 - 1/sqrt(W)) min(1, h/24)

since steps of the same direction add up to 1 / (1 - mu) = sqrt(W) of them. After some local steps, h in number, the
tasks agree along directions of large curvature, so that D is small there; in short rounds momentum would be too large
for these directions. With one task a fit is that of rows in memory.

References
----------
T. Lin et al., Don't use large mini-batches, use local SGD (2020), arXiv:1808.07217; J. Wang et al., SlowMo: improving
communication-efficient distributed SGD with slow momentum (2020), arXiv:1910.00643.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil, sqrt
from time import perf_counter
from typing import Protocol

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.parameters import Parameters
from skscratch.core.streams import RowStream
from skscratch.core.tape import Array
from skscratch.core.training import Trainer
from skscratch.dask.dealing import Piece, cut, deal, whole_parts
from skscratch.dask.rounds import Job, Task, Trained

# A round whose length is not given works for so many seconds at least, and for so many times what it waits.
ROUND_SECONDS, WORK_TO_WAIT = 0.5, 9
# Smallest number of steps of each task in a round, if its length is not given.
STEPS = 24
# Smallest number of rounds in an epoch, if each has so many steps.
ROUNDS_PER_EPOCH = 8


class Executor(Protocol):
    """Runs the tasks of a round."""

    def tasks(self, batch_size: int) -> int:
        """Return the number of tasks of an epoch with batches of this size."""

    def run(self, job: Job, before: Trained, tasks: Sequence[Task]) -> Trained:
        """Call `train_round` for each task, and average the results."""


@dataclass
class RoundTrainer(Trainer):
    """A trainer whose rows are in parts elsewhere; the epochs are rounds of local steps.

    Parameters
    ----------
    executor : Executor
        Runs the tasks.
    sizes : sequence of int
        Rows of each part.
    seed : int
        Start of all orders of rows.
    sync_every : int or "auto"
        Rows that each task trains on in a round; "auto" is as many as take half a second, or more if rounds wait long.
    """

    executor: Executor | None = None
    sizes: Sequence[int] = ()
    seed: int = 0
    sync_every: int | str = "auto"
    _seconds_per_row: float = field(default=0.0, init=False, repr=False)
    _wait: float = field(default=0.0, init=False, repr=False)
    _velocity: Array | None = field(default=None, init=False, repr=False)

    def _epochs(
        self, P: Parameters, rows: Rows | RowStream, done: int, order: Callable[[], Array | None] | None
    ) -> Iterator[Array]:
        """Train epoch by epoch, after so many that are done; yields the mean loss (k,) of each."""
        self.state = self.state or self.chain.init(P)
        while done < self._planned:
            loss = self._round_by_round(P, done)
            done += 1
            self.schedule_state.rows += sum(self.sizes)
            self.schedule_state.progress = done / self._planned
            yield loss

    def _round_by_round(self, P: Parameters, epoch: int) -> Array:
        """Train once on all rows, after so many epochs; returns the mean loss (k,)."""
        assert self.executor is not None and self.state is not None
        tasks = self.executor.tasks(self.batch_size)
        seed, batch_size = (self.seed, epoch), ceil(self.batch_size / tasks)
        rng = np.random.default_rng((*seed, 2)) if self.shuffle else None
        shares = deal(whole_parts(self.sizes, rng), tasks)
        job = Job(self.objective, self.chain, batch_size, self.shuffle, self.dropout, seed, self.schedule_state)
        longest, start, number, losses, weights = max(_rows(share) for share in shares), 0, 0, [], []
        while start < longest:
            stop = start + self._round_length(batch_size, longest, longest - start)
            progress = ((epoch + start / longest) / self._planned, (epoch + stop / longest) / self._planned)
            pieces = [cut(share, start, stop) for share in shares]
            work = [Task(taken, number + i, progress) for i, taken in enumerate(pieces) if taken]
            began = perf_counter()
            trained = self.executor.run(job, Trained.start(P, self.state), work)
            self._wait = max(perf_counter() - began - trained.seconds, 0.0)
            self._move(P, trained.P, momentum(tasks, (stop - start) / batch_size))
            self.state = trained.state
            self._seconds_per_row = trained.seconds / (stop - start)
            losses.append(trained.loss)
            weights.append(trained.weight)
            start, number = stop, number + tasks
        return np.average(losses, axis=0, weights=weights)

    def _move(self, P: Parameters, mean: Parameters, mu: float) -> None:
        """Move the parameters to the mean of those of the tasks, and further by the momentum mu of rounds."""
        step = mean.values - P.values
        if self._velocity is None:
            self._velocity = np.zeros_like(step)
        self._velocity *= mu
        self._velocity += step
        P.values[...] = mean.values
        if mu:
            P.values += mu * self._velocity
            P.project(self.objective.network.bounds(P.values.dtype))

    def _round_length(self, batch_size: int, share: int, rest: int) -> int:
        """Return how many rows each task trains on in the next round: some batches, or the rest of its share."""
        if self.sync_every != "auto":
            rows = float(self.sync_every)
        elif self._seconds_per_row:
            seconds = max(ROUND_SECONDS, WORK_TO_WAIT * self._wait)
            rows = max(min(seconds / self._seconds_per_row, share / ROUNDS_PER_EPOCH), STEPS * batch_size)
        else:
            rows = STEPS * batch_size  # this round is timed
        length = batch_size * ceil(rows / batch_size)
        return rest if rest < 1.5 * length else length  # no short round at the end


def momentum(tasks: int, steps: float) -> float:
    """Compute mu for so many tasks and steps of each.

    >>> momentum(tasks=4, steps=100), momentum(tasks=4, steps=6), momentum(tasks=1, steps=100)
    (0.5, 0.125, 0.0)
    """
    return (1 - 1 / sqrt(tasks)) * min(1.0, steps / STEPS)


def _rows(pieces: Sequence[Piece]) -> int:
    """Count the rows of pieces."""
    return sum(piece.stop - piece.start for piece in pieces)
