"""Each hyperparameter does what it says: checked on fits, or against the object of the core that it stands for."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.datasets import make_classification
from sklearn.neural_network import MLPClassifier, MLPRegressor

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core.activations import ACTIVATIONS
from skscratch.core.schedules import SCHEDULES
from skscratch.estimators import recipes
from skscratch.estimators.constraints import INITS
from skscratch.tabular.columns import read_table

SMALL = dict(width=8, depth=2, n_estimators=2, max_iter=10, random_state=0)
ESTIMATORS = [ScratchMLPClassifier, ScratchMLPRegressor]
each_estimator = pytest.mark.parametrize("Estimator", ESTIMATORS)
X, y = make_classification(300, 4, n_informative=3, n_redundant=0, class_sep=1.5, flip_y=0, random_state=0)
ignore_max_iter = pytest.mark.filterwarnings("ignore:.*reached max_iter")
PLAIN = dict(init="zeros", scaling=None, numeric_embedding=None, early_stopping=False, n_estimators=1, depth=0)


def scores(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


def differs(Estimator, one, other):
    a, b = (scores(Estimator(**{**SMALL, **options}).fit(X, y), X) for options in (one, other))
    return np.abs(a - b).max() > 1e-4


@ignore_max_iter
@each_estimator
@pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("learning_rate", [*SCHEDULES, lambda progress: 1 - progress])
@pytest.mark.parametrize("init", ["ntk", "glorot_uniform"])
def test_every_solver_learns_at_every_rate(Estimator, solver, learning_rate, init):
    rate = 0.05 if learning_rate == "invscaling" else 0.02
    model = Estimator(
        width=16, depth=2, n_estimators=2, solver=solver, learning_rate=learning_rate, init=init, max_iter=30,
        learning_rate_init=rate * (8 if solver == "sgd" else 1), power_t=0.2, batch_size=50, clip_norm=1.0,
        random_state=0,
    ).fit(X, y)  # fmt: skip
    assert model.best_loss_ < 0.7 * model.loss_curve_[0] or model.score(X, y) > 0.9


@ignore_max_iter
@each_estimator
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_learns(Estimator, activation):
    for solver in ("adam", "lbfgs"):
        model = Estimator(activation=activation, solver=solver, width=16, depth=2, max_iter=40, random_state=0)
        assert model.fit(X, y).score(X, y) > (0.85 if Estimator is ScratchMLPClassifier else 0.5)


@each_estimator
@pytest.mark.parametrize("init", INITS)
def test_every_initialization(Estimator, init):
    model = Estimator(init=init, width=16, depth=1, max_iter=40, learning_rate_init=0.02, random_state=0).fit(X, y)
    assert np.isfinite(model.loss_curve_).all()
    assert init == "zeros" or model.loss_curve_[-1] < 0.9 * model.loss_curve_[0]


@each_estimator
def test_an_activation_for_each_layer(Estimator):
    model = Estimator(**SMALL, activation=["tanh", "relu"])
    plain = dict(init="he_normal", scaling=None, numeric_embedding=None)
    model = model.set_params(**plain, n_estimators=1).fit(X, y)
    (W1, W2, W3), (b1, b2, b3) = [W[0] for W in model.coefs_], [b[0] for b in model.intercepts_]
    z = (np.maximum(np.tanh(X @ W1 + b1) @ W2 + b2, 0) @ W3 + b3)[:, 0]
    if Estimator is ScratchMLPClassifier:
        assert_allclose(model.predict_proba(X)[:, 1], 1 / (1 + np.exp(-z)), rtol=1e-4)
    else:
        assert_allclose(model.predict(X), np.clip(y.mean() + y.std() * z, 0, 1), atol=1e-4)
    with pytest.raises(ValueError, match="activation must be one name or one for each of the 2 hidden layers, got 3"):
        Estimator(**SMALL, activation=["tanh"] * 3).fit(X, y)
    with pytest.raises(ValueError, match="each of the 0 hidden layers, got 1 names"):
        Estimator(hidden_layer_sizes=(), activation=["tanh"]).fit(X, y)


# one step of each solver, by its formula; the gradient at zero of a linear model is -X'(y - mean)/n


def one_step(**options):
    """The weights (4,) after one epoch of one batch from zero, and the gradient there, of standardised y."""
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


@ignore_max_iter
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


@each_estimator
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
        [p for p in ours._model.parameters.layers if hasattr(p, "W")], theirs.coefs_, theirs.intercepts_, strict=True
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


# single parameters


@each_estimator
@pytest.mark.parametrize(
    "change",
    [
        dict(alpha=5.0),
        dict(dropout=0.3),
        dict(clip_norm=0.01, solver="sgd"),
        dict(batch_size=30),
        dict(shuffle=False, batch_size=30),
        dict(beta_1=0.5),
        dict(beta_2=0.5),
        dict(epsilon=0.1),
        dict(learning_rate_init=1e-3),
        dict(learning_rate="cosine"),
        dict(init="he_uniform"),
        dict(scaling="standard"),
        dict(numeric_embedding=None),
        dict(numeric_embedding="periodic"),
        dict(n_estimators=3),
        dict(validation_fraction=0.3),
    ],
    ids=repr,
)
def test_every_parameter_matters(Estimator, change):
    base = {name: value for name, value in change.items() if name in ("solver", "batch_size") and len(change) > 1}
    assert differs(Estimator, change, base)


@pytest.mark.parametrize(
    ("n", "count"), [(1, 1), (31, 1), (32, 2), (100, 6), (128, 8), (1024, 8), (1025, 9), (8192, 64), (32768, 128)]
)
def test_batches_are_alike(n, count):
    """Eight of at least 16 rows, or as few of at most 128 or sqrt(2 n) rows; none shorter by more than their number."""
    size = recipes.batch_size(ScratchMLPRegressor(), n)
    batches = [len(range(start, min(start + size, n))) for start in range(0, n, size)]
    assert len(batches) == count and max(batches) <= max(128, (2 * n) ** 0.5)
    assert max(batches) - min(batches) < len(batches)


@pytest.mark.parametrize(
    ("n", "epochs", "patience"),
    [(20, 300, 24), (100, 64, 4), (40, 150, 12), (8192, 64, 4), (4 * 8192, 32, 4), (64 * 8192, 8, 4)],
)
def test_epochs_and_patience_follow_the_number_of_rows(n, epochs, patience):
    """At least 300 and 24 steps; the planned steps of 8,192 rows and more are 4,096."""
    assert recipes.max_iter(ScratchMLPRegressor(), n) == epochs
    assert recipes.schedule(ScratchMLPRegressor(), n).patience == patience
    assert recipes.max_iter(ScratchMLPRegressor(max_iter=7), n) == 7
    assert recipes.schedule(ScratchMLPRegressor(n_iter_no_change=9), n).patience == 9
    assert recipes.max_iter(ScratchMLPRegressor(solver="lbfgs"), n) == 64
    if n >= 8192:
        assert epochs * (n / recipes.batch_size(ScratchMLPRegressor(), n)) == 4096


@each_estimator
def test_the_number_of_epochs_is_the_one_for_the_rows(Estimator):
    model = Estimator(width=2, n_estimators=1, learning_rate="cosine", random_state=0)
    assert model.fit(X[:40], y[:40]).n_iter_ == recipes.max_iter(model, 36) == 150  # one in ten is left out
    assert model.fit(X[:20], y[:20]).n_iter_ == 300


@each_estimator
def test_scoring_matters(Estimator):
    scoring = "recall" if Estimator is ScratchMLPClassifier else "neg_median_absolute_error"
    by_default, by_name = (Estimator(**SMALL, scoring=name).fit(X, y) for name in (None, scoring))
    assert by_default.validation_scores_ != by_name.validation_scores_
    assert by_default.validation_loss_curve_ == by_name.validation_loss_curve_


@each_estimator
def test_momentum_matters(Estimator):
    assert differs(Estimator, dict(solver="sgd"), dict(solver="sgd", momentum=0.5))
    assert differs(Estimator, dict(solver="sgd"), dict(solver="sgd", nesterovs_momentum=False))
    assert not differs(Estimator, dict(momentum=0.9), dict(momentum=0.5))  # of sgd only


@each_estimator
def test_alpha_shrinks(Estimator):
    sizes = []
    for alpha in (0.0, 1.0, 100.0):
        model = Estimator(**SMALL, alpha=alpha, early_stopping=False).set_params(max_iter=40).fit(X, y)
        sizes.append(sum((W**2).sum() for W in model.coefs_))
    assert sizes == sorted(sizes)[::-1] and sizes[2] < 0.9 * sizes[0]


@each_estimator
def test_dropout(Estimator):
    """Random while training, from random_state; nothing is dropped at predict."""
    model = Estimator(**SMALL, dropout=0.5).fit(X, y)
    one = scores(model, X)
    assert_array_equal(one, scores(model, X))
    assert_array_equal(one, scores(Estimator(**SMALL, dropout=0.5).fit(X, y), X))
    # the loss met on the way is worse than that of the whole network on the same rows
    noisy = Estimator(width=16, depth=1, dropout=0.7, max_iter=40, random_state=0, scoring="loss")
    noisy.fit(X, y, X_val=X, y_val=y)
    assert np.mean(noisy.loss_curve_[20:]) > 1.1 * np.mean(noisy.validation_loss_curve_[20:])


@each_estimator
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


@each_estimator
def test_batch_size(Estimator):
    """More than all rows are all rows; each row is seen once in an epoch whatever is left over."""
    whole = dict(early_stopping=False, dtype="float64")
    assert not differs(Estimator, dict(batch_size=300, **whole), dict(batch_size=10**6, **whole))
    model = Estimator(**SMALL, batch_size=70, early_stopping=False).fit(X, y)
    assert model.t_ == 10 * 300


@each_estimator
def test_order_of_rows(Estimator):
    """Without shuffling it matters which rows come first; in one batch it never does."""
    back = np.arange(300)[::-1]
    options = dict(SMALL, shuffle=False, batch_size=30, early_stopping=False)
    a, b = (Estimator(**options).fit(X[rows], y[rows]) for rows in (np.arange(300), back))
    assert np.abs(scores(a, X) - scores(b, X)).max() > 1e-3
    options = dict(SMALL, batch_size=300, early_stopping=False, dtype="float64")
    a, b = (Estimator(**options).fit(X[rows], y[rows]) for rows in (np.arange(300), back))
    assert_allclose(scores(a, X), scores(b, X), atol=1e-7)


@each_estimator
def test_members_are_different_and_averaging_helps(Estimator):
    rng = np.random.default_rng(0)
    noisy = y ^ (rng.random(300) < 0.25)
    options = dict(width=32, depth=2, max_iter=60, early_stopping=False, random_state=0)
    many = Estimator(**options, n_estimators=8).fit(X[:150], noisy[:150])
    alone = [
        Estimator(**{**options, "random_state": seed}, n_estimators=1).fit(X[:150], noisy[:150]) for seed in range(4)
    ]
    if Estimator is ScratchMLPRegressor:
        errors = [np.mean((model.predict(X[150:]) - y[150:]) ** 2) for model in (many, *alone)]
    else:
        errors = [np.mean((model.predict_proba(X[150:])[:, 1] - y[150:]) ** 2) for model in (many, *alone)]
    assert errors[0] < np.mean(errors[1:])


# the few decisions that recipes takes by itself


def test_default_rates():
    for Estimator, rate in ((ScratchMLPClassifier, 0.04), (ScratchMLPRegressor, 0.07)):
        assert recipes.learning_rate(Estimator()) == rate
        assert recipes.learning_rate(Estimator(solver="rmsprop")) == rate
        assert recipes.learning_rate(Estimator(solver="sgd")) == 0.1
        assert recipes.learning_rate(Estimator(init="he_normal")) == 1e-3
        assert recipes.learning_rate(Estimator(learning_rate_init=2)) == 2.0


def test_layers():
    def names(X, **options):
        model = ScratchMLPClassifier(**{**SMALL, "max_iter": 1, **options}).fit(X, y)
        return [type(layer).__name__ for layer in model._model.network.layers]

    hidden = ["Dense", "Activate"]
    assert names(X) == ["PiecewiseLinear", "Scale", *hidden, *hidden, "Dense"]
    assert names(X, numeric_embedding="periodic")[:2] == ["Periodic", "Scale"]
    assert names(X, init="he_normal", numeric_embedding=None) == [*hidden, *hidden, "Dense"]
    assert names(X, dropout=0.1, depth=1) == ["PiecewiseLinear", "Scale", *hidden, "Dropout", "Dense"]
    assert names(csr_array(X), depth=1) == [*hidden, "Dense"]
    assert names(X, hidden_layer_sizes=(), width=None, depth=None) == ["PiecewiseLinear", "Scale", "Dense"]


def test_piecewise_bins_are_weighted_quantiles():
    w = np.where(X[:, 0] > 0, 1.0, 3.0)
    model = ScratchMLPRegressor(**SMALL, numeric_embedding="piecewise", early_stopping=False).fit(X, y, w)
    scaled = model._model.encode(read_table(model, X, (), reset=False)).x[:, 0]
    below = [w[scaled <= edge].sum() / w.sum() for edge in model._model.network.layers[0].edges[0]]
    assert_allclose(below, np.linspace(0, 1, recipes.BINS + 1), atol=3 / 300)


@pytest.mark.parametrize("embedding", ["periodic", "piecewise"])
def test_only_columns_of_more_than_two_values_are_embedded(embedding, rng):
    X = np.column_stack([rng.integers(0, 2, 60), rng.integers(0, 3, 60), np.ones(60), rng.standard_normal(60)])
    X[:3, 0], X[3:6, 2] = np.nan, np.nan
    y = X[:, 3] > 0
    model = ScratchMLPClassifier(**SMALL, numeric_embedding=embedding).fit(X, y)
    assert model._model.network.layers[0].columns == (1, 3)
    without = ScratchMLPClassifier(**SMALL, numeric_embedding=embedding).fit(X[:, [0, 2]], y)
    assert len(without._model.network.layers) == len(model._model.network.layers) - 1
