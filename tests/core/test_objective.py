"""The objective: mean loss and penalty by hand, weights as repetitions, and nothing allocated on the way."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from skscratch.core.activations import Relu, Tanh
from skscratch.core.embeddings import Periodic
from skscratch.core.layers import Dense, Dropout, Scale
from skscratch.core.losses import BinaryLogLoss, MulticlassLogLoss, PoissonLoss, SquaredError
from skscratch.core.network import Network
from skscratch.core.objective import Objective
from skscratch.core.optimizers import Adam
from skscratch.core.schedules import ScheduleState

K, N, D, OUTPUTS = 3, 8, 4, 2
NETWORK = Network((Scale(), Dense(5), Tanh(), Dense(OUTPUTS)), D)


def evaluate(objective, P, x, y, w=None):
    """L (k,) and dL/dP (k, p)."""
    dP = P.like(np.full_like(P.values, np.nan))
    return objective.value(P, x, y, w, objective.allocate(P, len(y)), dP), dP.values


@pytest.fixture
def problem(rng):
    return NETWORK.init(K, rng), rng.standard_normal((N, D)), rng.standard_normal((N, OUTPUTS))


def test_value_by_hand(problem, rng):
    P, x, y = problem
    w, z = rng.uniform(0.5, 2, N), NETWORK.predict(P, x)
    rows = ((z - y) ** 2).sum(axis=-1) / 2
    squares = np.array([sum((p.W[i] ** 2).sum() for p in P.layers[1::2]) for i in range(K)])
    value, _ = evaluate(Objective(NETWORK, SquaredError()), P, x, y)
    np.testing.assert_allclose(value, rows.mean(axis=1), rtol=1e-13)
    value, _ = evaluate(Objective(NETWORK, SquaredError(), alpha=0.7), P, x, y)
    np.testing.assert_allclose(value, rows.mean(axis=1) + 0.7 * squares / (2 * N), rtol=1e-13)
    value, _ = evaluate(Objective(NETWORK, SquaredError(), alpha=0.7), P, x, y, w)
    np.testing.assert_allclose(value, np.average(rows, axis=1, weights=w) + 0.7 * squares / (2 * w.sum()), rtol=1e-13)


def test_the_penalty_acts_on_weights_alone(problem):
    P, x, y = problem
    _, without = evaluate(Objective(NETWORK, SquaredError()), P, x, y)
    _, gradient = evaluate(Objective(NETWORK, SquaredError(), alpha=0.7), P, x, y)
    penalty = P.like(gradient - without)
    for q, slope in zip(P.layers, penalty.layers, strict=True):
        for name in vars(q):
            expected = 0.7 / N * q.W if name == "W" else 0
            np.testing.assert_allclose(vars(slope)[name], expected, atol=1e-14)


@pytest.mark.parametrize("alpha", [0.0, 0.7])
@pytest.mark.parametrize("loss", [SquaredError(), PoissonLoss()])
def test_weighted_equals_repeated(problem, loss, alpha):
    P, x, y = problem
    y, w = np.abs(y), np.arange(1.0, N + 1)
    weighted = evaluate(Objective(NETWORK, loss, alpha), P, x, y, w)
    repeated = evaluate(Objective(NETWORK, loss, alpha), P, *(np.repeat(a, w.astype(int), axis=0) for a in (x, y)))
    for one, other in zip(weighted, repeated, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11, atol=1e-14)


def test_only_the_proportions_of_weights_count_for_the_loss(problem, rng):
    P, x, y = problem
    w, objective = rng.uniform(0.5, 2, N), Objective(NETWORK, SquaredError())
    for one, other in zip(evaluate(objective, P, x, y, w), evaluate(objective, P, x, y, 100 * w), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    for one, other in zip(evaluate(objective, P, x, y), evaluate(objective, P, x, y, np.ones(N)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_members_are_independent(problem):
    P, x, y = problem
    objective = Objective(NETWORK, SquaredError(), alpha=0.3)
    value, gradient = evaluate(objective, P, x, y)
    for i in range(K):
        alone = evaluate(objective, P.like(P.values[i : i + 1]), x, y)
        np.testing.assert_allclose(alone[0][0], value[i], rtol=1e-13)
        np.testing.assert_allclose(alone[1][0], gradient[i], rtol=1e-12, atol=1e-15)


def test_sparse_rows(rng):
    network = Network((Dense(5), Tanh(), Dense(OUTPUTS)), D)
    objective, P = Objective(network, SquaredError(), alpha=0.3), network.init(K, rng)
    x, y = sparse.csr_array(rng.standard_normal((N, D)) * (rng.random((N, D)) < 0.4)), rng.standard_normal((N, OUTPUTS))
    for one, other in zip(evaluate(objective, P, x, y), evaluate(objective, P, x.toarray(), y), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("weighted", [False, True])
def test_float32_stays_float32(problem, weighted):
    P, x, y = problem
    P, x, y = P.like(P.values.astype(np.float32)), x.astype(np.float32), y.astype(np.float32)
    objective, dP = Objective(NETWORK, SquaredError(), alpha=0.3), P.like(np.empty_like(P.values))
    w, s = np.ones(N, np.float32) if weighted else None, objective.allocate(P, N)
    z = objective.gradient(P, x, y, w, s, dP)
    assert {a.dtype for a in (z, dP.values, s.g, s.penalty, *s.decay[0][1:])} == {np.dtype(np.float32)}
    assert objective.loss_sum(z, y, w).dtype == np.float64


def test_the_sum_of_losses_is_precise_in_float32():
    """A hundred thousand rows of one loss: summed in float32 one by one, a sum would lose its last digits."""
    n = 100_000
    z, y = np.full((1, n, 1), 0.1, np.float32), np.zeros((n, 1), np.float32)
    objective, one = Objective(NETWORK, SquaredError()), float(np.float32(0.1) ** 2 / 2)
    np.testing.assert_allclose(objective.loss_sum(z, y, None), n * one, rtol=1e-9)
    np.testing.assert_allclose(objective.loss_sum(z, y, np.full(n, 2, np.float32)), 2 * n * one, rtol=1e-9)


def test_dropout_is_active_if_and_only_if_there_is_a_generator(problem, rng):
    network = Network((Dropout(0.5), Dense(OUTPUTS)), D)
    objective, P = Objective(network, SquaredError()), network.init(K, rng)
    _, x, y = problem
    s, dP = objective.allocate(P, N), P.like(np.empty((K, network.n_parameters)))
    without, dropped, again, other = (
        objective.gradient(P, x, y, None, s, dP, seed and np.random.default_rng(seed).spawn(K)).copy()
        for seed in (None, 1, 1, 2)
    )
    np.testing.assert_allclose(without, network.predict(P, x))
    np.testing.assert_array_equal(dropped, again)
    assert not np.allclose(dropped, without)
    assert not np.allclose(dropped, other)


@pytest.mark.parametrize("first", [(), (Periodic((0, 1, 2, 3)), Scale())])
def test_a_training_step_allocates_next_to_nothing(rng, first):
    """Whatever the width: here one layer's activations take 1 MB for each member, the parameters as much."""
    hidden = (Dense(512), Relu(), Dropout(0.1), Dense(512), Relu())
    network = Network((*first, *hidden, Dense(3)), D)
    objective, n = Objective(network, MulticlassLogLoss(), alpha=0.1), 512
    P, optimizer = network.init(2, rng, np.float32), Adam().chain(0.01, clip_norm=1.0)
    dP, s, state = P.like(np.empty_like(P.values)), objective.allocate(P, n), optimizer.init(P)
    x, y = rng.standard_normal((n, D), np.float32), np.eye(3, dtype=np.float32)[rng.integers(0, 3, n)]
    w, rngs = np.ones(n, np.float32), rng.spawn(2)

    def step():
        objective.gradient(P, x, y, w, s, dP, rngs)
        optimizer.step(P, dP, state, ScheduleState())

    step()
    tracemalloc.start()
    step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 128 * 1024


@pytest.mark.parametrize("z, expected", [(-95, 0), (-46, 0), (-23, np.exp(-23))])
@pytest.mark.parametrize("loss", [BinaryLogLoss(), MulticlassLogLoss()])
def test_a_network_that_is_certain_has_no_gradient_instead_of_a_subnormal_one(loss, z, expected):
    """A probability of exp(-95) has no normal number in float32; its products with others are slow long before."""
    network = Network((Dense(2),), 1)
    P, objective = network.init(1, np.random.default_rng(0), np.float32), Objective(network, loss)
    P.layers[0].W[...] = [z, 0]
    x, y, dP = np.ones((4, 1), np.float32), np.tile(np.float32([0, 1]), (4, 1)), P.like(np.empty_like(P.values))
    objective.gradient(P, x, y, None, objective.allocate(P, 4), dP)
    np.testing.assert_allclose(dP.layers[0].W[0, 0, 0], expected, rtol=1e-5)
