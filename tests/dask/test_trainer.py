"""The trainer with rounds against the trainer of the core, which gets the same rows in the same order."""

import numpy as np
import pytest

from skscratch.core import Adam, Adaptive, Cosine, Dense, FlatCosine, Network, Objective, Rows, SquaredError, Trainer
from skscratch.core.stopping import Patience
from skscratch.dask.dealing import whole_parts
from skscratch.dask.rounds import Job, average, gather, train_round
from skscratch.dask.trainer import STEPS, RoundTrainer

SIZES = (40, 0, 56, 24)


class Serial:
    """Runs the tasks of a round one after the other, and notes them."""

    def __init__(self, parts, n_tasks, seconds=None):
        self.parts, self.n_tasks, self.seconds, self.rounds = parts, n_tasks, seconds, []

    def tasks(self, batch_size):
        return self.n_tasks

    def run(self, job, before, tasks):
        self.rounds.append((job, tasks))
        trained = average([train_round(job, before, t, [self.parts[p.part] for p in t.pieces]) for t in tasks])
        return trained if self.seconds is None else trained._replace(seconds=self.seconds)


def parts(seed=0):
    rng = np.random.default_rng(seed)
    x = [rng.normal(size=(n, 3)) for n in SIZES]
    return [Rows(a, a[:, :1] - a[:, 1:2] * a[:, 2:], None) for a in x]


def trainers(schedule, n_tasks=1, sync_every=16, **options):
    objective = Objective(Network((Dense(4), Dense(1)), n_inputs=3), SquaredError())
    arguments = (objective, Adam().chain(0.02, schedule), np.random.default_rng(0), 8)
    executor = Serial(parts(), n_tasks, **options)
    ours = RoundTrainer(*arguments, executor=executor, sizes=SIZES, seed=5, sync_every=sync_every)
    return ours, Trainer(*arguments), objective.network.init(2, np.random.default_rng(2), np.float64)


def order_of_epoch(trainer, epoch):
    """The rows that a single task sees in an epoch, as positions in all rows."""
    numbers = np.arange(sum(SIZES), dtype=float)[:, None]
    rows = [Rows(a, a, None) for a in np.split(numbers, np.cumsum(SIZES)[:-1])]
    job = Job(trainer.objective, trainer.chain, 8, True, False, (5, epoch), trainer.schedule_state)
    pieces = whole_parts(SIZES, np.random.default_rng((5, epoch, 2)))
    taken = [gather(job, [rows[piece.part]], [piece], np.random.default_rng(0)).x[:, 0] for piece in pieces]
    return np.concatenate(taken).astype(int)


@pytest.mark.parametrize("schedule", [Cosine(), FlatCosine(0.5, patience=2), Adaptive()])
def test_one_task_trains_like_the_core(schedule):
    ours, theirs, P = trainers(schedule, sync_every=8)  # a round of one batch never has rows of two parts
    Q, validation = P.like(P.values.copy()), parts(1)[0]

    def validate(P):
        z = ours.objective.network.predict(P, validation.x)
        return ours.objective.loss_sum(z, validation.y, None)[None]

    epochs = iter(range(100))
    options = [dict(validate=validate, patience=Patience(3, 1e-4)) for _ in range(2)]
    together = Rows(*(np.concatenate(a) for a in list(zip(*parts(), strict=True))[:2]), None)
    expected = theirs.run(Q, together, 12, order=lambda: order_of_epoch(theirs, next(epochs)), **options[0])
    history = ours.run(P, together, 12, **options[1])
    np.testing.assert_allclose(P.values, Q.values, rtol=1e-9)  # progress is rounded differently
    np.testing.assert_allclose(history.loss, expected.loss, rtol=1e-12)
    np.testing.assert_array_equal(history.best_epoch, expected.best_epoch)
    assert ours.schedule_state.rows == theirs.schedule_state.rows


def test_momentum_of_rounds_stays_within_the_bounds_of_a_monotonic_network():
    ours, _, _ = trainers(Cosine())
    network = Network((Dense(4), Dense(1)), n_inputs=3, signs=(1, 0, -1))
    ours.objective = Objective(network, SquaredError())
    P, (low, high) = network.init(2, np.random.default_rng(2)), network.bounds()
    for factor in (0.5, 0.4):  # halfway to zero, and by the momentum beyond it
        ours._move(P, P.like(P.values * factor), mu=0.9)
        assert (low <= P.values).all() and (P.values <= high).all()
    assert (P.values[:, low == 0] == 0).all() and (low == 0).any()


@pytest.mark.parametrize("n_tasks", [1, 2, 5])
def test_each_epoch_has_all_rows_once(n_tasks):
    ours, _, P = trainers(Cosine(), n_tasks, sync_every=10)
    ours.run(P, parts()[0], 3)
    for epoch in range(3):
        pieces = [p for job, tasks in ours.executor.rounds if job.seed == (5, epoch) for t in tasks for p in t.pieces]
        seen = sorted((p.part, row) for p in pieces for row in range(p.start, p.stop))
        assert seen == [(part, row) for part, size in enumerate(SIZES) for row in range(size)]
        numbers = [t.number for job, tasks in ours.executor.rounds if job.seed == (5, epoch) for t in tasks]
        assert len(set(numbers)) == len(numbers)


def test_progress_runs_from_zero_to_one_over_all_rounds():
    ours, _, P = trainers(Cosine(), 2, sync_every=10)
    ours.run(P, parts()[0], 3)
    progress = [tasks[0].progress for _, tasks in ours.executor.rounds]
    assert progress[0][0] == 0
    assert progress[-1][1] == pytest.approx(1)
    assert [start for start, _ in progress[1:]] == pytest.approx([stop for _, stop in progress[:-1]])


def test_batches_of_all_tasks_together_have_the_batch_size():
    ours, _, P = trainers(Cosine(), 3)
    ours.run(P, parts()[0], 1)
    assert {job.batch_size for job, _ in ours.executor.rounds} == {3}


def test_rounds_work_for_half_a_second_but_are_at_least_eight_in_an_epoch():
    ours, _, P = trainers(Cosine(), 1, "auto", seconds=0.1)
    ours.executor.parts = [Rows(np.zeros((8000, 3)), np.zeros((8000, 1)), None)]
    ours.sizes = [8000]
    ours.run(P, parts()[0], 2)
    rows = [sum(p.stop - p.start for p in tasks[0].pieces) for _, tasks in ours.executor.rounds]
    assert rows[0] == STEPS * 8  # 0.1 s for 192 rows: 960 rows in half a second
    assert rows[1] == 960
    ours.executor.rounds.clear()
    ours.executor.seconds = 1e-9  # all rows would fit into half a second
    ours.run(P, parts()[0], 2)
    assert len(ours.executor.rounds) == 2 * 8


def test_no_shuffle_keeps_the_order():
    ours, _, P = trainers(Cosine(), 1, sync_every=40)
    ours.shuffle = False
    ours.run(P, parts()[0], 1)
    assert [p.part for _, tasks in ours.executor.rounds for p in tasks[0].pieces] == [0, 2, 2, 3]


def test_an_interrupted_round_leaves_the_best_epoch():
    ours, _, P = trainers(Cosine(), 2)
    run, calls = ours.executor.run, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 10:
            raise KeyboardInterrupt
        return run(*args)

    ours.executor.run = interrupted
    with pytest.warns(RuntimeWarning, match="interrupted in epoch 3"):
        history = ours.run(P, parts()[0], 8)
    assert history.end == "interrupted"
    assert len(history.loss) == 2


def test_momentum_of_rounds():
    ours, _, P = trainers(Cosine(), n_tasks=4)
    start, means = P.values.copy(), [P.values + 1, P.values + 5]
    mean = P.like(means[0])
    ours._move(P, mean, 0.5)
    np.testing.assert_allclose(P.values, start + 1 + 0.5 * 1)
    ours._move(P, P.like(means[1]), 0.5)
    step = 5 - 1.5
    np.testing.assert_allclose(P.values, start + 5 + 0.5 * (0.5 * 1 + step))
