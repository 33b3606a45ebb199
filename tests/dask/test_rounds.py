"""A round is a part of an epoch of the core's trainer; averages are weighted by rows."""

import copy

import numpy as np
import pytest

from skscratch.core import Adam, Cosine, Dense, Network, Objective, Parameters, Rows, Sgd, SquaredError, Trainer
from skscratch.core.activations import Activation
from skscratch.core.layers import Dropout
from skscratch.core.optimizers import OptimizerState
from skscratch.core.schedules import ScheduleState
from skscratch.dask.dealing import Piece
from skscratch.dask.rounds import Job, Task, Trained, average, concatenate, gather, train_round

ADAM = Adam()


def objective(dropout=False):
    layers = (Dense(5), Activation.make("tanh"), *([Dropout(0.3)] if dropout else []), Dense(1))
    return Objective(Network(layers, n_inputs=3), SquaredError(), alpha=0.1)


def table(n, seed=0, weighted=False):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    return Rows(x, x[:, :1] * x[:, 1:2], rng.random(n) + 0.5 if weighted else None)


def job(shuffle=False, dropout=False, optimizer=ADAM):
    return Job(objective(dropout), optimizer.chain(0.05, Cosine()), 8, shuffle, dropout, (3, 1), ScheduleState())


def beginning(of, k=2):
    P = of.objective.network.init(k, np.random.default_rng(1), np.float64)
    return Trained.start(P, of.chain.init(P))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("optimizer", [Adam(), Sgd(momentum=0.9)])
def test_rounds_of_one_task_are_the_epoch_of_a_trainer(optimizer, weighted):
    rows, work = table(40, weighted=weighted), job(optimizer=optimizer)
    trained, losses = beginning(work), []
    for start, stop in ((0, 16), (16, 24), (24, 40)):
        trained = train_round(work, trained, Task([Piece(0, start, stop)], start, (start / 40, stop / 40)), [rows])
        losses.append((trained.loss, trained.weight))
    P = beginning(work).P
    trainer = Trainer(work.objective, work.chain, np.random.default_rng(0), 8, shuffle=False)
    history = trainer.run(P, rows, epochs=1, keep_best=False)
    np.testing.assert_array_equal(trained.P.values, P.values)
    for ours, theirs in zip(trained.state.arrays, trainer.state.arrays, strict=True):
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name])
    assert trained.state.t == trainer.state.t == 5
    loss = np.average([loss for loss, _ in losses], axis=0, weights=[weight for _, weight in losses])
    np.testing.assert_allclose(loss, history.loss[0], rtol=0.02 if weighted else 1e-12)  # the penalty has no weights


@pytest.mark.parametrize("dropout", [False, True])
def test_a_round_is_a_pure_function(dropout):
    work, parts = job(shuffle=True, dropout=dropout), [table(20), table(30, 1)]
    before, task = beginning(work), Task([Piece(0, 5, 20), Piece(1, 0, 10)], 4, (0.0, 0.5))
    given = copy.deepcopy((work, before, parts))
    first, second = train_round(work, before, task, parts), train_round(work, before, task, parts)
    np.testing.assert_array_equal(first.P.values, second.P.values)
    np.testing.assert_array_equal(before.P.values, given[1].P.values)
    np.testing.assert_array_equal(parts[0].x, given[2][0].x)
    assert (work.schedule_state, before.state.t, before.state.arrays[0].keys()) == (
        given[0].schedule_state, 0, given[1].state.arrays[0].keys(),
    )  # fmt: skip
    assert all((a == 0).all() for a in before.state.arrays[0].values())
    other = train_round(work, before, task._replace(number=5), parts)
    assert (other.P.values != first.P.values).any()


def test_gathered_rows_are_those_of_the_pieces_and_the_rest_of_the_part_comes_later():
    work, rows = job(shuffle=True), table(50)
    first = gather(work, [rows], [Piece(0, 0, 20)], np.random.default_rng(0))
    rest = gather(work, [rows], [Piece(0, 20, 50)], np.random.default_rng(0))
    together = np.concatenate([first.x, rest.x])
    np.testing.assert_array_equal(np.sort(together, axis=0), np.sort(rows.x, axis=0))
    assert (together != rows.x).any()
    mixed = gather(work, [rows, table(9, 5)], [Piece(0, 0, 20), Piece(1, 2, 9)], np.random.default_rng(0))
    assert mixed.n == 27
    assert not np.array_equal(mixed.x[:20], first.x)  # pieces are mixed


def test_parts_without_weights_have_weight_one_beside_others():
    joined = concatenate([table(3), table(2, weighted=True)])
    np.testing.assert_array_equal(joined.w[:3], 1)
    assert concatenate([table(3), table(2)]).w is None


def test_average_is_weighted_by_rows_and_the_loss_by_weight():
    P = beginning(job()).P
    specs, p = P.specs, P.values.shape[1]

    def result(value, rows, weight, loss, t):
        state = OptimizerState(t, [{"m": np.full((2, p), -value)}, {}])
        return Trained(Parameters(np.full((2, p), value), specs), state, np.full(2, loss), weight, rows, value)

    mean = average([result(1.0, 10, 1.0, 5.0, 3), result(4.0, 20, 3.0, 1.0, 4), result(7.0, 0, 0.0, 9.0, 0)])
    np.testing.assert_allclose(mean.P.values, 3.0)
    np.testing.assert_allclose(mean.state.arrays[0]["m"], -3.0)
    np.testing.assert_allclose(mean.loss, 2.0)
    assert (mean.rows, mean.weight, mean.state.t, mean.seconds) == (30, 4.0, 4, 7.0)


def test_average_in_a_tree_is_the_same():
    work = job(shuffle=True)
    tasks = [Task([Piece(0, 0, n)], n, (0.0, 1.0)) for n in (8, 16, 40, 24)]
    results = [train_round(work, beginning(work), task, [table(task.number)]) for task in tasks]
    tree, flat = average([average(results[:2]), average(results[2:])]), average(results)
    np.testing.assert_allclose(tree.P.values, flat.P.values, rtol=1e-12)
    expected = np.average([r.P.values for r in results], axis=0, weights=[8, 16, 40, 24])
    np.testing.assert_allclose(flat.P.values, expected, rtol=1e-12)
