"""The objective: mean loss and penalty by hand, weights as repetitions, replays for other rows, and their memory."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse

from skscratch.core import (
    Adam,
    BinaryLogLoss,
    Dense,
    Dropout,
    Gradient,
    MulticlassLogLoss,
    Network,
    Objective,
    Periodic,
    PoissonLoss,
    Relu,
    Rows,
    SquaredError,
    Tanh,
    Update,
)

K, N, D, OUTPUTS = 3, 8, 4, 2
NETWORK = Network((Dense(5, input_factors=True), Tanh(), Dense(OUTPUTS)), D)


def evaluate(objective, P, x, y, w=None):
    """L (k,) and dL/dP (k, p)."""
    gradient = Gradient(objective, P, Rows(x, y, w), P.like(np.full_like(P.values, np.nan)))
    return gradient.value(), gradient.dP.values


@pytest.fixture
def problem(rng):
    return NETWORK.init(K, rng), rng.standard_normal((N, D)), rng.standard_normal((N, OUTPUTS))


def test_value_by_hand(problem, rng):
    P, x, y = problem
    w, z = rng.uniform(0.5, 2, N), NETWORK.predict(P, x)
    rows = ((z - y) ** 2).sum(axis=-1) / 2
    squares = np.array([sum((p.W[i] ** 2).sum() for p in P.layers[::2]) for i in range(K)])
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
        for name in q._fields if q else ():
            expected = 0.7 / N * q.W if name == "W" else 0
            np.testing.assert_allclose(getattr(slope, name), expected, atol=1e-14)


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
    objective, w = Objective(NETWORK, SquaredError(), alpha=0.3), np.ones(N, np.float32) if weighted else None
    gradient = Gradient(objective, P, Rows(x, y, w))
    z = gradient(x.copy(), y.copy(), w)
    arrays = [a for call in gradient.tape.calls for a in call.args if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    assert len(arrays) > 20
    assert {a.dtype for a in (z, gradient.dP.values, gradient.penalty, *arrays)} == {np.dtype(np.float32)}
    assert objective.loss_sum(z, y, w).dtype == np.float64


@pytest.mark.parametrize("weights", ["none", "shared", "by member"])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_a_call_computes_the_gradient_of_other_rows(weights, container, rng):
    """Recorded once; then other rows, other weights and other parameters, as if recorded for them."""
    network = Network((Dense(5), Tanh(), Dense(OUTPUTS)), D)
    objective, P, gradient = Objective(network, SquaredError(), alpha=0.7), network.init(K, rng), None
    shape = {"none": None, "shared": N, "by member": (N, K)}[weights]

    def draw():
        x, y = rng.standard_normal((N, D)) * (rng.random((N, D)) < 0.6), rng.standard_normal((N, OUTPUTS))
        return Rows(container(x), y, None if shape is None else rng.uniform(0.5, 2, shape))

    gradient = Gradient(objective, P, draw())
    for _ in range(3):
        P.values[...] = rng.standard_normal(P.values.shape)
        rows = draw()
        fresh = Gradient(objective, P, rows)
        value = fresh.value()
        kept = [a.copy() for a in rows if a is not None]
        z = gradient(*rows)
        assert z is gradient.z
        assert z is gradient.outputs[-1]
        np.testing.assert_allclose(z, network.predict(P, rows.x), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(gradient.dP.values, fresh.dP.values, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(gradient.penalty, fresh.penalty, rtol=1e-12)
        np.testing.assert_allclose(gradient.value(), value, rtol=1e-12)
        for array, before in zip([a for a in rows if a is not None], kept, strict=True):
            assert (abs(array - before)).max() == 0


def test_a_call_writes_over_the_rows_of_the_recording(problem, rng):
    P, x, y = problem
    w, other = np.ones(N), [rng.standard_normal(x.shape), rng.standard_normal(y.shape), rng.uniform(1, 2, N)]
    Gradient(Objective(NETWORK, SquaredError()), P, Rows(x, y, w))(*other)
    for array, expected in zip((x, y, w), other, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_the_gradient_is_in_the_given_memory(problem):
    P, x, y = problem
    dP = P.like(np.full_like(P.values, np.nan))
    gradient = Gradient(Objective(NETWORK, SquaredError()), P, Rows(x, y, None), dP)
    assert gradient.dP is dP
    assert np.isnan(dP.values).all()  # recording makes no call
    gradient.value()
    assert np.isfinite(dP.values).all()


def test_label_smoothing_moves_a_share_of_each_label():
    y = np.array([[1.0, 0.0, 0.0, 0.0]])
    smoothed = {BinaryLogLoss: [0.9, 0.1, 0.1, 0.1], MulticlassLogLoss: [0.85, 0.05, 0.05, 0.05]}
    for loss, expected in smoothed.items():
        target = Objective(NETWORK, loss(), label_smoothing=0.2).training_target(y)
        np.testing.assert_allclose(target, [expected], rtol=1e-15)
        loss().check_target(target)
        assert Objective(NETWORK, loss(), label_smoothing=0.2).training_target(y.astype(np.float32)).dtype == np.float32
        np.testing.assert_array_equal(y, [[1, 0, 0, 0]])


@pytest.mark.parametrize("loss", [SquaredError(), PoissonLoss(), BinaryLogLoss(), MulticlassLogLoss()], ids=repr)
def test_without_label_smoothing_the_target_itself_is_trained_on(loss):
    y = np.eye(3)
    assert Objective(NETWORK, loss).training_target(y) is y


@pytest.mark.parametrize("share", [-0.1, 1.0, np.nan])
def test_label_smoothing_outside_its_range(share):
    with pytest.raises(ValueError, match=r"label_smoothing must be in \[0, 1\), got"):
        Objective(NETWORK, BinaryLogLoss(), label_smoothing=share)


def test_label_smoothing_without_classes():
    with pytest.raises(ValueError, match=r"label_smoothing must be 0 for a loss without classes, got 0.1 and Squared"):
        Objective(NETWORK, SquaredError(), label_smoothing=0.1)


def test_the_sum_of_losses_is_precise_in_float32():
    """A hundred thousand rows of one loss: summed in float32 one by one, a sum would lose its last digits."""
    n = 100_000
    z, y = np.full((1, n, 1), 0.1, np.float32), np.zeros((n, 1), np.float32)
    objective, loss_of_row = Objective(NETWORK, SquaredError()), float(np.float32(0.1) ** 2 / 2)
    np.testing.assert_allclose(objective.loss_sum(z, y, None), n * loss_of_row, rtol=1e-9)
    np.testing.assert_allclose(objective.loss_sum(z, y, np.full(n, 2, np.float32)), 2 * n * loss_of_row, rtol=1e-9)


def test_dropout_is_active_if_and_only_if_there_is_a_generator(problem, rng):
    network = Network((Dropout(0.5), Dense(OUTPUTS)), D)
    objective, P = Objective(network, SquaredError()), network.init(K, rng)
    _, x, y = problem

    def scores(seed):
        rngs = seed and np.random.default_rng(seed).spawn(K)
        gradient = Gradient(objective, P, Rows(x, y, None), rngs=rngs)
        gradient.value()
        return gradient.z

    without, dropped, again, other = map(scores, (None, 1, 1, 2))
    np.testing.assert_allclose(without, network.predict(P, x))
    np.testing.assert_array_equal(dropped, again)
    assert not np.allclose(dropped, without)
    assert not np.allclose(dropped, other)


@pytest.mark.parametrize("first", [(), (Periodic((0, 1, 2, 3)),)])
def test_a_training_step_allocates_next_to_nothing(rng, first):
    """A replayed step of a wide network: the outputs of a layer take 1 MB for each member, the parameters as much."""
    hidden = (Dense(512), Relu(), Dropout(0.1), Dense(512), Relu())
    network = Network((*first, *hidden, Dense(3)), D)
    objective, n = Objective(network, MulticlassLogLoss(), alpha=0.1), 512
    P, chain = network.init(2, rng, np.float32), Adam().chain(0.01, clip_norm=1.0)
    x, y = rng.standard_normal((n, D), np.float32), np.eye(3, dtype=np.float32)[rng.integers(0, 3, n)]
    w = np.ones(n, np.float32)
    gradient = Gradient(objective, P, Rows(x.copy(), y.copy(), w.copy()), rngs=rng.spawn(2))
    update = Update(chain, P, gradient.dP, chain.init(P))

    def step():
        gradient(x, y, w)
        update(0.01)

    step()
    start = P.values.copy()
    tracemalloc.start()
    step()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 128 * 1024
    assert (P.values != start).any()


@pytest.mark.parametrize("z, expected", [(-95, 0), (-46, 0), (-23, np.exp(-23))])
@pytest.mark.parametrize("loss", [BinaryLogLoss(), MulticlassLogLoss()])
def test_a_network_that_is_certain_has_no_gradient_instead_of_a_subnormal_one(loss, z, expected):
    """A probability of exp(-95) has no normal number in float32; its products with others are slow long before."""
    network = Network((Dense(2),), 1)
    P, objective = network.init(1, np.random.default_rng(0), np.float32), Objective(network, loss)
    P.layers[0].W[...] = [z, 0]
    gradient = Gradient(objective, P, Rows(np.ones((4, 1), np.float32), np.tile(np.float32([0, 1]), (4, 1)), None))
    gradient.value()
    np.testing.assert_allclose(gradient.dP.layers[0].W[0, 0, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("targets_of_members", [False, True])
def test_the_penalty_of_a_batch_counts_its_rows(problem, targets_of_members):
    """The sum over rows of the penalty of the mean loss, also where each member has targets of its own."""
    P, x, y = problem
    if targets_of_members:
        y = np.stack([y + i for i in range(K)])
    gradient = Gradient(Objective(NETWORK, SquaredError(), alpha=0.7), P, Rows(x, y, None))
    gradient.value()
    gradient.value()
    np.testing.assert_allclose(gradient.take_penalties(), 2 * N * gradient.penalty, rtol=1e-12)
    np.testing.assert_array_equal(gradient.take_penalties(), 0)
