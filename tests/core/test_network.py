"""Networks: the forward pass against scikit-learn's with equal weights, members by themselves, blocks, threads."""

import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy import sparse, special
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skscratch.core import (
    Activation,
    Affine,
    BinaryLogLoss,
    Dense,
    Dropout,
    Gradient,
    Logistic,
    MulticlassLogLoss,
    Network,
    Normal,
    Objective,
    Periodic,
    PiecewiseLinear,
    RawScores,
    Relu,
    Rows,
    Sgd,
    SquaredError,
    Tanh,
    Tape,
    Update,
    Zeros,
    run,
)

D = 5
LAYERS = (Periodic((0, 1)), Dense(8, Normal(), Normal(), ntk=True, input_factors=True), Relu(), Dropout(0.2), Dense(2))


def network_like(mlp):
    """Our network and the parameters of scikit-learn's."""
    f = Activation.make(mlp.activation)
    hidden = [layer for W in mlp.coefs_[:-1] for layer in (Dense(W.shape[1]), f)]
    network = Network((*hidden, Dense(mlp.coefs_[-1].shape[1])), mlp.n_features_in_)
    P = network.init(1, np.random.default_rng(0))
    for ours, W, b in zip([p for p in P.layers if isinstance(p, Affine)], mlp.coefs_, mlp.intercepts_, strict=True):
        ours.W[0], ours.b[0] = W, b
    return network, P


def fitted(mlp, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return mlp.fit(X, y)


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_equal_those_of_scikit_learn(activation, n_classes):
    X, y = make_classification(80, D, n_informative=4, n_redundant=0, n_classes=n_classes, random_state=0)
    mlp = fitted(MLPClassifier((6, 4), activation=activation, max_iter=5, random_state=0), X, y)
    network, P = network_like(mlp)
    z = network.predict(P, X)[0]
    p = special.softmax(z, axis=1) if n_classes > 2 else np.hstack([special.expit(-z), special.expit(z)])
    np.testing.assert_allclose(p, mlp.predict_proba(X), rtol=1e-10)


def problem(task):
    """X, y, y as an array for the core, our loss, scikit-learn's estimator."""
    if task == "regression":
        X, y = make_regression(30, D, n_targets=2, random_state=0)
        return X, y / 100, y / 100, SquaredError(), MLPRegressor
    X, y = make_classification(
        30, D, n_informative=4, n_redundant=0, n_classes=2 + (task == "multiclass"), random_state=0
    )
    if task == "binary":
        return X, y, y[:, None].astype(float), BinaryLogLoss(), MLPClassifier
    return X, y, np.eye(3)[y], MulticlassLogLoss(), MLPClassifier


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_one_step_equals_that_of_scikit_learn(activation, task):
    """Loss, gradient and penalty: one batch, plain gradient descent, from the same weights."""
    X, y, targets, loss, MLP = problem(task)
    mlp = MLP(
        hidden_layer_sizes=(6, 4),
        activation=activation,
        solver="sgd",
        momentum=0,
        alpha=0.3,
        learning_rate_init=0.2,
        random_state=0,
    )
    mlp.partial_fit(X, y, **({} if task == "regression" else {"classes": np.unique(y)}))
    network, P = network_like(mlp)
    mlp.partial_fit(X, y)
    gradient = Gradient(Objective(network, loss, alpha=0.3), P, Rows(X, targets, None))
    value = gradient.value()
    # scikit-learn's squared error is a mean over outputs in its value, but not in its gradient
    z = network.predict(P, X)
    halved = (loss.value(z, targets).mean() / 2).item() if task == "regression" else 0
    np.testing.assert_allclose(value - halved, mlp.loss_, rtol=1e-10)
    chain = Sgd().chain(0.2)
    Update(chain, P, gradient.dP, chain.init(P))(chain.rate)
    for ours, W, b in zip([p for p in P.layers if isinstance(p, Affine)], mlp.coefs_, mlp.intercepts_, strict=True):
        np.testing.assert_allclose(ours.W[0], W, rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(ours.b[0], b, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layers", [LAYERS, (Dense(2),), (Dense(3, input_factors=True), Tanh(), Dense(2, Zeros()))])
def test_each_member_is_what_it_would_be_alone(layers, dtype):
    network, x = Network(layers, D), np.random.default_rng(1).standard_normal((7, D)).astype(dtype)
    many = network.init(4, np.random.default_rng(0), dtype)
    fewer = network.init(2, np.random.default_rng(0), dtype)
    np.testing.assert_array_equal(many.values[:2], fewer.values)
    z = network.predict(many, x)
    assert z.shape == (4, 7, 2)
    assert z.dtype == many.values.dtype == dtype
    for i in range(4):
        alone = network.predict(many.like(many.values[i : i + 1]), x)
        np.testing.assert_allclose(alone[0], z[i], rtol=1e-4 if dtype is np.float32 else 1e-12, atol=1e-6)
    assert len(np.unique(many.values, axis=0)) == 4


def test_one_seed_gives_one_network_in_either_dtype():
    network = Network(LAYERS, D)
    narrow, wide = (network.init(2, np.random.default_rng(0), dtype).values for dtype in (np.float32, np.float64))
    np.testing.assert_array_equal(narrow, wide.astype(np.float32))


@pytest.mark.parametrize("n", [0, 1, 9, 10, 11, 20, 25])
def test_blocks_equal_one_block(n, rng):
    network = Network(LAYERS, D)
    P, x = network.init(3, rng), rng.standard_normal((n, D))
    z = network.predict(P, x, block=10)
    assert z.shape == (3, n, 2)
    np.testing.assert_allclose(z, network.predict(P, x), rtol=1e-11, atol=1e-13)


def test_sparse_rows_in_blocks(rng):
    network = Network((Dense(4), Tanh(), Dense(2)), D)
    P, x = network.init(3, rng), sparse.csr_array(rng.standard_normal((25, D)) * (rng.random((25, D)) < 0.4))
    np.testing.assert_allclose(network.predict(P, x, block=10), network.predict(P, x.toarray()), rtol=1e-12, atol=1e-14)


def test_predict_changes_nothing_and_reads_what_is_read_only(rng):
    network, x = Network(LAYERS, D), rng.standard_normal((9, D))
    P = network.init(2, rng)
    values, z = P.values.copy(), network.predict(P, x)
    x.flags.writeable = False
    values.flags.writeable = False
    np.testing.assert_array_equal(network.predict(P.like(values), x), z)
    np.testing.assert_array_equal(P.values, values)


def test_threads_share_a_network(rng):
    network = Network(LAYERS, D)
    P, tables = network.init(2, rng), [rng.standard_normal((500, D)) for _ in range(8)]
    one_by_one = [network.predict(P, x, block=7) for x in tables]
    with ThreadPoolExecutor(4) as pool:
        for z, expected in zip(pool.map(lambda x: network.predict(P, x, block=7), tables), one_by_one, strict=True):
            np.testing.assert_array_equal(z, expected)


def test_a_network_is_small_and_comparable():
    network = Network(LAYERS, D)
    assert network.widths == (D, D + 6, 8, 8, 8, 2)
    assert network.n_outputs == 2
    assert network.n_parameters == network.init(1, np.random.default_rng(0)).values.shape[1]
    again = pickle.loads(pickle.dumps(network))
    assert again == network
    assert len(pickle.dumps(Network((Dense(1000), Relu(), Dense(1000)), 1000))) < 1000


def test_dense_layers_are_effective_weights(rng):
    network = Network(LAYERS, D)
    P = network.init(2, rng, np.float32)
    P.layers[1].s[...] = rng.standard_normal(P.layers[1].s.shape)
    (W, b), (V, c) = network.dense_layers(P)
    np.testing.assert_allclose(W, P.layers[1].s[..., None] * P.layers[1].W / np.sqrt(D + 6), rtol=1e-6)
    np.testing.assert_array_equal(b, P.layers[1].b)
    np.testing.assert_array_equal(V, P.layers[4].W)
    np.testing.assert_array_equal(c, P.layers[4].b)
    assert {a.dtype for a in (W, b, V, c)} == {np.dtype(np.float32)}


def test_zero_weights_are_a_network(rng):
    network = Network((Dense(4, Zeros()), Logistic(), Dense(2, Zeros())), D)
    np.testing.assert_array_equal(network.predict(network.init(2, rng), rng.standard_normal((3, D))), 0)


class WatchedDense(Dense):
    """A dense layer that records whether its input gradient was computed."""

    asked: list = []

    def record(self, do, p, x, rngs):
        z, backward = super().record(do, p, x, rngs)

        def watched_backward(g, dp, columns):
            self.asked.append(columns)
            return backward(g, dp, columns)

        return z, watched_backward


def test_no_gradient_is_computed_before_the_first_parameters(rng, monkeypatch):
    monkeypatch.setattr(WatchedDense, "asked", [])
    network = Network((Dropout(0.1), WatchedDense(3), Tanh(), WatchedDense(2)), D)
    P, x = network.init(1, rng), rng.standard_normal((1, 4, D))
    recorded = network.record(run, P, x)
    recorded.backward(np.ones_like(recorded.z), P.empty())
    assert WatchedDense.asked == [slice(None), None]  # from the last layer to the first


@pytest.mark.parametrize("seed", [None, 1])
def test_a_replay_equals_the_calls_at_once(seed, rng):
    """Forward and backward, for other rows and other parameters than those of the recording."""

    def spawn():
        return None if seed is None else np.random.default_rng(seed).spawn(2)

    network, tape, run_rngs = Network(LAYERS, D), Tape(np.float64), spawn()
    P, x, g = network.init(2, rng), np.empty((1, 9, D)), np.empty((2, 9, 2))
    recorded, dP = network.record(tape, P, x, spawn()), P.empty()
    recorded.backward(g, dP)
    for _ in range(2):
        for array in (P.values, x, g):
            array[...] = rng.standard_normal(array.shape)
        kept_g, at_once_dP = g.copy(), P.empty()
        tape.replay()
        at_once = network.record(run, P, x, run_rngs)
        z = at_once.z.copy()
        at_once.backward(kept_g, at_once_dP)
        np.testing.assert_array_equal(recorded.z, z)
        np.testing.assert_array_equal(dP.values, at_once_dP.values)
        assert len(recorded.outputs) == len(LAYERS)
        assert recorded.outputs[-1] is recorded.z


@pytest.mark.parametrize(
    "layers",
    [
        (),
        (Dropout(0.5),),
        (Tanh(), Dense(1)),
        (Dropout(0.5), Tanh(), Dense(1)),
        (Dense(2), Tanh(), Relu(), Dense(1)),
        (Dense(2), Tanh(), Dropout(0.1), Relu(), Dense(1)),
    ],
)
def test_layers_that_would_overwrite_what_is_needed(layers):
    with pytest.raises(ValueError, match="layers must begin .* and have one such layer between any two activations"):
        Network(layers, D)


def test_activations_are_the_outputs_of_the_first_layers(rng):
    network = Network((Dense(4), Tanh(), Dense(3), Tanh(), Dense(1)), n_inputs=2)
    P, x = network.init(k=2, rng=rng), rng.normal(size=(700, 2))
    first, _, second, _, _ = P.layers
    a = np.tanh(x @ first.W + first.b[:, None])
    np.testing.assert_allclose(network.activations(P, x, 2), a, rtol=1e-12)
    np.testing.assert_allclose(network.activations(P, x, 4), np.tanh(a @ second.W + second.b[:, None]), rtol=1e-12)
    np.testing.assert_array_equal(network.activations(P, x, 5), network.predict(P, x))


@pytest.mark.parametrize(
    "front",
    [
        (),
        (Dense(3, input_factors=True),),
        (Periodic((0, 1)),),
        (PiecewiseLinear((0, 1), bins=2, edges=((-1.0, 0.0, 1.0), (-1.0, 0.5, 1.0))),),
    ],
)
def test_rows_that_differ_between_members(front, rng):
    network = Network((*front, Dense(4), Tanh(), Dense(2)), 3)
    P = network.init(5, rng)
    for _ in range(2):
        x = rng.standard_normal((5, 7, 3))
        alone = [network.predict(P.like(P.values[i : i + 1]), x[i])[0] for i in range(5)]
        for block in (3, 7, 256):
            np.testing.assert_allclose(network.predict(P, x, block=block), alone, rtol=1e-12)


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_raw_scores_follow_rows_and_parameters(container, rng):
    """A recorded pass is kept for each size of block, and replayed for other rows and other parameters."""
    network = Network((Dense(4), Tanh(), Dense(2)), 3)
    P = network.init(2, rng)
    raw_scores, results = RawScores(network, P, block=10), []
    for n in (25, 25, 10, 5, 0):
        P.values[...] = rng.standard_normal(P.values.shape)
        x = rng.standard_normal((n, 3)) * (rng.random((n, 3)) < 0.6)
        results.append((raw_scores(container(x)), network.predict(P, x)))
    for z, expected in results:  # at the end: an earlier result must not be overwritten
        np.testing.assert_allclose(z, expected, rtol=1e-12, atol=1e-14)
    assert len(raw_scores.recorded) == 2
