"""Each hyperparameter changes a fit as documented."""

import numpy as np
import pytest
from helpers import ignore_convergence, scores
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_classification

from skscratch import ScratchMLPClassifier, ScratchMLPRegressor
from skscratch.core import Activation, HeNormal, Initializer, OneCycle, Periodic, RmsProp, Schedule, Tanh
from skscratch.tabular import Standard

SMALL = dict(width=8, depth=2, n_estimators=2, max_iter=10, random_state=0)
X, y = make_classification(300, 4, n_informative=3, n_redundant=0, class_sep=1.5, flip_y=0, random_state=0)


def differs(Estimator, one, other):
    a, b = (scores(Estimator(**{**SMALL, **options}).fit(X, y), X) for options in (one, other))
    return np.abs(a - b).max() > 1e-4


@ignore_convergence
@pytest.mark.parametrize("solver", ["adam", "sgd", "rmsprop"])
@pytest.mark.parametrize("learning_rate", [*Schedule.names(), lambda progress: 1 - progress])
def test_every_solver_learns_at_every_rate(Estimator, solver, learning_rate):
    rate = 0.05 if learning_rate == "invscaling" else 0.02
    model = Estimator(
        width=16, depth=2, n_estimators=2, solver=solver, learning_rate=learning_rate, max_iter=30,
        learning_rate_init=rate * (8 if solver == "sgd" else 1), power_t=0.2, batch_size=50, clip_norm=1.0,
        random_state=0,
    ).fit(X, y)  # fmt: skip
    assert model.score(X, y) > (0.85 if Estimator is ScratchMLPClassifier else 0.4)


@ignore_convergence
@pytest.mark.parametrize("activation", Activation.names())
def test_every_activation_learns(Estimator, activation):
    for solver in ("adam", "lbfgs"):
        model = Estimator(**SMALL | dict(activation=activation, solver=solver, width=16, max_iter=40))
        assert model.fit(X, y).score(X, y) > (0.85 if Estimator is ScratchMLPClassifier else 0.5)


@pytest.mark.parametrize("init", ["ntk", *Initializer.names()])
def test_every_initialization(Estimator, init):
    model = Estimator(init=init, width=16, depth=1, max_iter=40, learning_rate_init=0.02, random_state=0).fit(X, y)
    if init == "zeros":  # all units of a layer stay alike: only the biases learn
        assert all((W == 0).all() for W in model.coefs_)
    else:
        assert model.loss_curve_[-1] < 0.9 * model.loss_curve_[0]


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
    with pytest.raises(
        ValueError, match="activation must be one name or object, or one for each of the 2 hidden layers, got 3"
    ):
        Estimator(**SMALL, activation=["tanh"] * 3).fit(X, y)
    with pytest.raises(ValueError, match="each of the 0 hidden layers, got 1"):
        Estimator(hidden_layer_sizes=(), activation=["tanh"]).fit(X, y)


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


def test_scoring_matters(Estimator):
    scoring = "recall" if Estimator is ScratchMLPClassifier else "neg_median_absolute_error"
    by_default, by_name = (Estimator(**SMALL, scoring=name).fit(X, y) for name in (None, scoring))
    assert by_default.validation_scores_ != by_name.validation_scores_
    assert by_default.validation_loss_curve_ == by_name.validation_loss_curve_


def test_momentum_matters(Estimator):
    assert differs(Estimator, dict(solver="sgd"), dict(solver="sgd", momentum=0.5))
    assert differs(Estimator, dict(solver="sgd"), dict(solver="sgd", nesterovs_momentum=False))
    assert not differs(Estimator, dict(momentum=0.9), dict(momentum=0.5))  # of sgd only


def test_alpha_shrinks(Estimator):
    sizes = []
    for alpha in (0.0, 1.0, 100.0):
        model = Estimator(**SMALL, alpha=alpha, early_stopping=False).set_params(max_iter=40).fit(X, y)
        sizes.append(sum((W**2).sum() for W in model.coefs_))
    assert sizes == sorted(sizes)[::-1] and sizes[2] < 0.9 * sizes[0]


def test_dropout(Estimator):
    """Random while training, from random_state; nothing is dropped at predict."""
    model = Estimator(**SMALL, dropout=0.5).fit(X, y)
    one = scores(model, X)
    assert_array_equal(one, scores(model, X))
    assert_array_equal(one, scores(Estimator(**SMALL, dropout=0.5).fit(X, y), X))
    # the training loss, of thinned networks, is worse than that of the whole network on the same rows
    noisy = Estimator(width=16, depth=1, dropout=0.7, max_iter=40, random_state=0, scoring="loss")
    noisy.fit(X, y, X_val=X, y_val=y)
    assert np.mean(noisy.loss_curve_[20:]) > 1.1 * np.mean(noisy.validation_loss_curve_[20:])


def test_batch_size(Estimator):
    """A larger number than that of the rows means all rows; an epoch uses each row once, with a shorter last batch."""
    whole = dict(early_stopping=False, dtype="float64")
    assert not differs(Estimator, dict(batch_size=300, **whole), dict(batch_size=10**6, **whole))
    model = Estimator(**SMALL, batch_size=70, early_stopping=False).fit(X, y)
    assert model.t_ == 10 * 300


def test_order_of_rows(Estimator):
    """Without shuffling it matters which rows come first; in one batch it never does."""
    back = np.arange(300)[::-1]
    options = dict(SMALL, shuffle=False, batch_size=30, early_stopping=False)
    a, b = (Estimator(**options).fit(X[rows], y[rows]) for rows in (np.arange(300), back))
    assert np.abs(scores(a, X) - scores(b, X)).max() > 1e-3
    options = dict(SMALL, batch_size=300, early_stopping=False, dtype="float64")
    a, b = (Estimator(**options).fit(X[rows], y[rows]) for rows in (np.arange(300), back))
    assert_allclose(scores(a, X), scores(b, X), atol=1e-7)


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


@pytest.mark.parametrize("alpha", [0.0, 5.0])
def test_adamw_decays_weights(Estimator, alpha):
    """Without decay it is Adam; with it, hidden weights shrink."""
    options = dict(SMALL, numeric_embedding=None, alpha=alpha, learning_rate="cosine", early_stopping=False)
    adamw = Estimator(**options, solver="adamw").fit(X, y)
    adam = Estimator(**{**options, "alpha": 0.0}, solver="adam").fit(X, y)
    if alpha == 0:
        assert_array_equal(adamw.coefs_[1], adam.coefs_[1])
    else:
        assert np.linalg.norm(adamw.coefs_[1]) < 0.5 * np.linalg.norm(adam.coefs_[1])


def test_objects_equal_their_names(Estimator):
    """An object with the default constants gives the same model as the name of its class."""
    named = dict(activation="tanh", solver="rmsprop", learning_rate="one_cycle", init="he_normal", scaling="standard")
    objects = dict(activation=Tanh(), learning_rate=OneCycle(), init=HeNormal(), scaling=Standard())
    objects["solver"] = RmsProp(beta_2=0.95, epsilon=1e-6)  # the defaults of the hyperparameters
    by_name = Estimator(**SMALL, **named, numeric_embedding="periodic").fit(X, y)
    by_object = Estimator(**SMALL, **objects, numeric_embedding=Periodic()).fit(X, y)
    assert_array_equal(scores(by_object, X), scores(by_name, X))
