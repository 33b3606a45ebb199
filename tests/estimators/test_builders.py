"""Builder functions: hyperparameters -> batches, epochs, rates, layers and the steps of each optimizer."""

import numpy as np
import pytest
from helpers import ignore_convergence, scores
from numpy.testing import assert_allclose
from scipy.sparse import csr_array
from sklearn.datasets import make_classification
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core.layers import Dense
from skscratch.core.losses import SquaredError
from skscratch.core.network import Network
from skscratch.estimators import builders
from skscratch.tabular.columns import read_table

SMALL = dict(width=8, depth=2, n_estimators=2, max_iter=10, random_state=0)
X, y = make_classification(300, 4, n_informative=3, n_redundant=0, class_sep=1.5, flip_y=0, random_state=0)
PLAIN = dict(init="zeros", scaling=None, numeric_embedding=None, early_stopping=False, n_estimators=1, depth=0)


@pytest.mark.parametrize(
    ("n", "count"), [(1, 1), (31, 1), (32, 2), (100, 6), (128, 8), (1024, 8), (1025, 9), (8192, 64), (32768, 128)]
)
def test_batches_differ_by_less_than_their_number(n, count):
    """Eight of at least 16 rows, or as few as possible of at most max(128, sqrt(2 n)) rows."""
    size = builders.batch_size(ScratchMLPRegressor(), n)
    batches = [len(range(start, min(start + size, n))) for start in range(0, n, size)]
    assert len(batches) == count and max(batches) <= max(128, (2 * n) ** 0.5)
    assert max(batches) - min(batches) < len(batches)


@pytest.mark.parametrize(
    ("n", "epochs", "patience"),
    [(20, 300, 24), (100, 64, 4), (40, 150, 12), (8192, 64, 4), (4 * 8192, 32, 4), (64 * 8192, 8, 4)],
)
def test_epochs_and_patience_follow_the_number_of_rows(n, epochs, patience):
    """At least 300 and 24 steps; the planned steps of 8,192 rows and more are 4,096."""
    assert builders.max_iter(ScratchMLPRegressor(), n) == epochs
    assert builders.schedule(ScratchMLPRegressor(), n).patience == patience
    assert builders.max_iter(ScratchMLPRegressor(max_iter=7), n) == 7
    assert builders.schedule(ScratchMLPRegressor(n_iter_no_change=9), n).patience == 9
    assert builders.max_iter(ScratchMLPRegressor(solver="lbfgs"), n) == 64
    if n >= 8192:
        assert epochs * (n / builders.batch_size(ScratchMLPRegressor(), n)) == 4096


def test_the_number_of_epochs_is_the_one_for_the_rows(Estimator):
    model = Estimator(width=2, n_estimators=1, learning_rate="cosine", random_state=0)
    assert model.fit(X[:40], y[:40]).n_iter_ == builders.max_iter(model, 36) == 150  # one row in ten validates
    assert model.fit(X[:20], y[:20]).n_iter_ == 300


def test_default_rates():
    for Estimator, rate in ((ScratchMLPClassifier, 0.04), (ScratchMLPRegressor, 0.07)):
        assert builders.learning_rate(Estimator()) == rate
        assert builders.learning_rate(Estimator(solver="rmsprop")) == rate
        assert builders.learning_rate(Estimator(solver="sgd")) == 0.1
        assert builders.learning_rate(Estimator(init="he_normal")) == 1e-3
        assert builders.learning_rate(Estimator(learning_rate_init=2)) == 2.0


def test_layers():
    def names(X, **options):
        model = ScratchMLPClassifier(**{**SMALL, "max_iter": 1, **options}).fit(X, y)
        return [type(layer).__name__ for layer in model._model.network.layers]

    hidden = ["Dense", "Relu"]
    assert names(X) == ["PiecewiseLinear", *hidden, *hidden, "Dense"]
    assert names(X, numeric_embedding="periodic")[:2] == ["Periodic", "Dense"]
    assert names(X, init="he_normal", numeric_embedding=None) == [*hidden, *hidden, "Dense"]
    assert names(X, dropout=0.1, depth=1) == ["PiecewiseLinear", *hidden, "Dropout", "Dense"]
    assert names(csr_array(X), depth=1) == [*hidden, "Dense"]
    assert names(X, hidden_layer_sizes=(), width=None, depth=None) == ["PiecewiseLinear", "Dense"]


def test_piecewise_bins_are_weighted_quantiles():
    w = np.where(X[:, 0] > 0, 1.0, 3.0)
    model = ScratchMLPRegressor(**SMALL, numeric_embedding="piecewise", early_stopping=False).fit(X, y, w)
    scaled = model._model.encode(read_table(model, X, (), reset=False)).x[:, 0]
    below = [w[scaled <= edge].sum() / w.sum() for edge in model._model.network.layers[0].edges[0]]
    assert_allclose(below, np.linspace(0, 1, 17), atol=3 / 300)


@pytest.mark.parametrize("embedding", ["periodic", "piecewise"])
def test_only_columns_of_more_than_two_values_are_embedded(embedding, rng):
    X = np.column_stack([rng.integers(0, 2, 60), rng.integers(0, 3, 60), np.ones(60), rng.standard_normal(60)])
    X[:3, 0], X[3:6, 2] = np.nan, np.nan
    y = X[:, 3] > 0
    model = ScratchMLPClassifier(**SMALL, numeric_embedding=embedding).fit(X, y)
    assert model._model.network.layers[0].columns == (1, 3)
    without = ScratchMLPClassifier(**SMALL, numeric_embedding=embedding).fit(X[:, [0, 2]], y)
    assert len(without._model.network.layers) == len(model._model.network.layers) - 1


def test_precision(Estimator):
    def precision(n, **options):
        return Estimator(**SMALL, **options).fit(X[:n], y[:n]).coefs_[0].dtype

    assert precision(31) == np.float64 and precision(32) == np.float32
    assert precision(300, solver="lbfgs", tol=0.1) == np.float64
    assert precision(100, dtype="float32") == np.float32 and precision(300, dtype="float64") == np.float64
    for dtype in ("float32", "float64"):
        model = Estimator(**SMALL, dtype=dtype).fit(X.astype(np.float32), y)
        assert scores(model, X.astype(np.float32)).dtype == np.float64
    single, double = (
        Estimator(**SMALL, dtype=dtype, solver="sgd").fit(X[:90], y[:90]) for dtype in ("float32", "float64")
    )
    assert 0 < np.abs(scores(single, X) - scores(double, X)).max() < 1e-4


def one_step(**options):
    """Return the weights (4,) after one epoch of one batch from zero, and the gradient at zero, for standardised y."""
    model = ScratchMLPRegressor(**PLAIN, max_iter=1, batch_size=300, dtype="float64", random_state=0, **options)
    model.fit(X, y)
    z = (y - y.mean()) / y.std()
    return model.coefs_[0][0, :, 0], -X.T @ z / len(y)


def test_one_step_of_each_solver():
    W, g = one_step(solver="sgd", learning_rate_init=0.1, momentum=0.0)
    assert_allclose(W, -0.1 * g)
    W, g = one_step(solver="sgd", learning_rate_init=0.1, momentum=0.5, nesterovs_momentum=False)
    assert_allclose(W, -0.1 * g)
    W, g = one_step(solver="sgd", learning_rate_init=0.1, momentum=0.5, nesterovs_momentum=True)
    assert_allclose(W, -0.1 * 1.5 * g)
    W, g = one_step(solver="adam", learning_rate_init=0.1, beta_1=0.8, beta_2=0.75, epsilon=1.0)
    assert_allclose(W, -0.1 * 0.5 * g / (0.5 * np.abs(g) + 1), rtol=1e-6)  # sqrt(1 - beta_2) is 0.5
    W, g = one_step(solver="rmsprop", learning_rate_init=0.1, beta_2=0.75, epsilon=1.0)
    assert_allclose(W, -0.1 * g / (0.5 * np.abs(g) + 1), rtol=1e-6)


def test_one_step_at_the_default_rate():
    """0.001 where the initialization is not ntk."""
    W, g = one_step(solver="sgd", momentum=0.0)
    assert_allclose(W, -0.001 * g)


def test_a_clipped_step():
    W, g = one_step(solver="sgd", momentum=0.0, learning_rate_init=1.0, clip_norm=0.05)
    full = np.append(g, 0)  # the gradient of the bias is zero for standardised y
    assert_allclose(W, -g * 0.05 / np.linalg.norm(full))
    W, g = one_step(solver="sgd", momentum=0.0, learning_rate_init=1.0, clip_norm=1e6)
    assert_allclose(W, -g)


def test_a_rate_by_function():
    W, g = one_step(solver="sgd", momentum=0.0, learning_rate_init=1.0, learning_rate=lambda progress: 0.25 + progress)
    assert_allclose(W, -0.25 * g)
    with pytest.raises(
        ValueError, match="The learning rate function must return a finite number >= 0, got nan at prog"
    ):
        one_step(learning_rate=lambda progress: float("nan"))


@ignore_convergence
def test_power_t():
    """invscaling: after one epoch of 300 rows the rate is divided by 301 ** power_t."""

    def second_step(power_t):
        options = dict(PLAIN, solver="sgd", momentum=0.0, learning_rate="invscaling", learning_rate_init=0.01)
        one, two = (
            ScratchMLPRegressor(**options, power_t=power_t, max_iter=n, batch_size=300, dtype="float64").fit(X, y)
            for n in (1, 2)
        )
        return two.coefs_[0] - one.coefs_[0]

    assert_allclose(second_step(0.5) * 301**0.5, second_step(0.0))


def test_every_step_against_scikit_learn(Estimator):
    """Ten full-batch steps of Adam with momentum terms and a penalty, from the same start."""
    Theirs = MLPClassifier if Estimator is ScratchMLPClassifier else MLPRegressor
    z = y if Estimator is ScratchMLPClassifier else (y - y.mean()) / y.std()
    common = dict(hidden_layer_sizes=(6,), alpha=0.3, learning_rate_init=0.01, random_state=0, max_iter=1,
                  batch_size=300, warm_start=True)  # fmt: skip
    theirs = Theirs(**common)
    ours = Estimator(
        **common, learning_rate="constant", beta_2=0.999, epsilon=1e-8, n_iter_no_change=float("inf"), dtype="float64",
        init="zeros", scaling=None, numeric_embedding=None, n_estimators=1, early_stopping=False,
    )  # fmt: skip
    for model in (theirs, ours):  # only for the shapes
        with pytest.warns(UserWarning):
            model.fit(X, z)
    for layer, W, b in zip(
        [p for p in ours._model.parameters.layers if p], theirs.coefs_, theirs.intercepts_, strict=True
    ):
        layer.W[0], layer.b[0] = W, b
    start = [W.copy() for W in theirs.coefs_]
    ours._state = ours._state.without_optimizer()  # scikit-learn's warm start begins with a new optimizer
    for model in (ours, theirs):
        with pytest.warns(UserWarning):
            model.set_params(max_iter=10).fit(X, z)
    for W, V, V0 in zip(ours.coefs_, theirs.coefs_, start, strict=True):
        assert np.abs(V - V0).max() > 0.01
        assert_allclose(W[0], V, atol=1e-6)


@pytest.mark.parametrize("solver, alpha", [("adam", 5.0), ("lbfgs", 5.0), ("adamw", 0.0)])
def test_an_optimizer_that_decays_weights_takes_the_place_of_the_penalty(Estimator, solver, alpha):
    network = Network((Dense(1),), n_inputs=2)
    assert builders.objective(Estimator(solver=solver, alpha=5.0), network, SquaredError()).alpha == alpha
