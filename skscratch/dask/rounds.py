"""A round of training as pure functions: parameters and optimizer state to those after some local steps.

A task gets all that it needs as arguments and keeps nothing, so that any worker can compute it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import NamedTuple

import numpy as np

from skscratch.core.batches import Rows
from skscratch.core.objective import Objective, total_weight
from skscratch.core.optimizers import Chain, OptimizerState
from skscratch.core.parameters import Parameters
from skscratch.core.schedules import Schedule, ScheduleState
from skscratch.core.tape import Array
from skscratch.core.training import Trainer
from skscratch.dask.dealing import Piece

# Rows in a batch of one task: a smaller batch trains less well, and a step needs almost the same time for it.
TASK_BATCH = 128


@dataclass(frozen=True)
class Job:
    """What all tasks of an epoch share.

    Parameters
    ----------
    objective : Objective
        The objective function.
    chain : Chain
        What is done with its gradient.
    batch_size : int
        Rows in a batch of one task.
    shuffle, dropout : bool
        Whether rows are shuffled, and layers get a generator.
    seed : tuple of int
        Seed of the fit, and number of the epoch.
    schedule_state : ScheduleState
        Rows seen in completed epochs, number of plateaus.
    """

    objective: Objective
    chain: Chain
    batch_size: int
    shuffle: bool
    dropout: bool
    seed: tuple[int, ...]
    schedule_state: ScheduleState


class Task(NamedTuple):
    """What one task of a round does.

    Parameters
    ----------
    pieces : list of Piece
        The rows to train on.
    number : int
        A number that no other task of the epoch has: start of its random numbers.
    progress : tuple of float
        Progress of the whole fit at the first step, and after the last one.
    """

    pieces: list[Piece]
    number: int
    progress: tuple[float, float]


class Trained(NamedTuple):
    """Parameters after some steps, and the mean of several such.

    Parameters
    ----------
    P : Parameters
        The parameters of k members.
    state : OptimizerState
        Their optimizer state.
    loss : ndarray of shape (k,)
        Mean loss of the rows, each before the step of its batch, penalty included.
    weight : float
        Total weight of the rows.
    rows : int
        Number of rows.
    seconds : float
        Time of the slowest task.
    """

    P: Parameters
    state: OptimizerState
    loss: Array
    weight: float
    rows: int
    seconds: float

    @classmethod
    def start(cls, P: Parameters, state: OptimizerState) -> Trained:
        """Make the value that a round starts from."""
        return cls(P, state, np.zeros(len(P.values)), 0.0, 0, 0.0)


@dataclass(frozen=True)
class Window(Schedule):
    """A part of another schedule: its factor at progress start + (stop - start) t."""

    schedule: Schedule
    start: float
    stop: float
    open_ended = False

    def factor(self, state: ScheduleState) -> float:
        progress = self.start + (self.stop - self.start) * state.progress
        return self.schedule.factor(replace(state, progress=progress))


def train_round(job: Job, before: Trained, task: Task, parts: Sequence[Rows]) -> Trained:
    """Make local steps on pieces of parts; the arguments are not changed.

    Parameters
    ----------
    job : Job
        What the tasks of the epoch share.
    before : Trained
        Parameters and optimizer state to start from.
    task : Task
        The pieces, and the progress of the fit.
    parts : sequence of Rows
        The rows of the part of each piece.

    Returns
    -------
    Trained
    """
    start, rng = perf_counter(), np.random.default_rng((*job.seed, 1, task.number))
    rows = gather(job, parts, task.pieces, rng)
    P, k = before.P.like(before.P.values.copy()), len(before.P.values)
    trainer = Trainer(
        job.objective, replace(job.chain, schedule=Window(job.chain.schedule, *task.progress)), rng, job.batch_size,
        shuffle=False, dropout=job.dropout, state=copy_state(before.state), schedule_state=replace(job.schedule_state),
    )  # fmt: skip
    history = trainer.run(P, rows, epochs=1, keep_best=False, keep_finite=False)
    assert trainer.state is not None
    weight = float(np.broadcast_to(total_weight(rows.y, rows.w), (k,))[0])
    return Trained(P, trainer.state, history.loss[0], weight, len(rows.y), perf_counter() - start)


def gather(job: Job, parts: Sequence[Rows], pieces: Sequence[Piece], rng: np.random.Generator) -> Rows:
    """Copy the rows of pieces; every epoch has another order of the rows of a part, and pieces are mixed."""
    taken = []
    for rows, piece in zip(parts, pieces, strict=True):
        positions: Array | slice = slice(piece.start, piece.stop)
        if job.shuffle:
            order = np.random.default_rng((*job.seed, 0, piece.part)).permutation(
                np.arange(len(rows.y), dtype=np.uint32)
            )
            positions = order[positions]
        taken.append(rows.take(positions))
    if len(taken) == 1:
        return taken[0]
    together = concatenate(taken)
    return together.take(rng.permutation(len(together.y))) if job.shuffle else together


def concatenate(parts: Sequence[Rows]) -> Rows:
    """Join rows; those of parts without weights have weight one if another part has weights."""
    x, y, w = zip(*parts, strict=True)
    if all(weights is None for weights in w):
        return Rows(np.concatenate(x), np.concatenate(y), None)
    weights = [np.ones(len(rows.y), rows.x.dtype) if rows.w is None else rows.w for rows in parts]
    return Rows(np.concatenate(x), np.concatenate(y), np.concatenate(weights))


def copy_state(state: OptimizerState) -> OptimizerState:
    """Copy what an update changes in place."""
    return OptimizerState(state.t, [{name: a.copy() for name, a in arrays.items()} for arrays in state.arrays])


def average(results: Sequence[Trained]) -> Trained:
    """Average parameters, moments and losses of several tasks by their rows; losses by the weight of the rows."""
    if len(results) == 1:
        return results[0]
    rows = np.array([result.rows for result in results])
    weight = np.array([result.weight for result in results])
    first, shares = results[0], rows / rows.sum()
    arrays = [
        {name: _mean([result.state.arrays[i][name] for result in results], shares) for name in kept}
        for i, kept in enumerate(first.state.arrays)
    ]
    return Trained(
        first.P.like(_mean([result.P.values for result in results], shares)),
        OptimizerState(max(result.state.t for result in results), arrays),
        np.average([result.loss for result in results], axis=0, weights=weight),
        float(weight.sum()),
        int(rows.sum()),
        max(result.seconds for result in results),
    )


def _mean(arrays: Sequence[Array], shares: Array) -> Array:
    """Compute the weighted mean of arrays, in their precision."""
    total = arrays[0] * arrays[0].dtype.type(shares[0])
    for a, share in zip(arrays[1:], shares[1:], strict=True):
        total += a * a.dtype.type(share)
    return total
