"""The regressor against linear models of the same losses and a forward pass by hand."""

import numpy as np
import pytest
from helpers import ignore_convergence
from numpy.testing import assert_allclose
from scipy.optimize import minimize
from sklearn.linear_model import GammaRegressor, PoissonRegressor, QuantileRegressor, Ridge
from sklearn.metrics import mean_absolute_error, mean_pinball_loss
from sklearn.preprocessing import StandardScaler

from skscratch import ScratchMLPRegressor
from skscratch.core.losses import HuberLoss, Loss, MulticlassLogLoss, QuantileLoss

LINEAR = dict(
    hidden_layer_sizes=(), solver="lbfgs", init="glorot_uniform", numeric_embedding=None, scaling="standard",
    n_estimators=1, max_iter=2000, tol=1e-8, random_state=0,
)  # fmt: skip
# The gradient of these losses does not go to zero at the minimum: the rate must.
NOT_SMOOTH = dict(LINEAR, solver="adam", learning_rate="cosine", learning_rate_init=0.05, max_iter=1500, batch_size=150)
SMALL = dict(width=8, depth=2, n_estimators=3, max_iter=10, random_state=0)


def line(n=150, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(3, 2, size=(n, 3))
    return X, 50 + 10 * (X @ np.array([1.0, -2.0, 0.5]) + rng.standard_t(3, size=n))


def mean_of(y):
    return (y - y.min() + 1) / np.ptp(y)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 30.0])
def test_without_hidden_layers_it_is_ridge_regression(alpha):
    X, y = line()
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    S = StandardScaler().fit(X, sample_weight=weight).transform(X)
    theirs = Ridge(alpha).fit(S, y, weight / weight.mean())
    ours = ScratchMLPRegressor(**LINEAR, alpha=alpha).fit(X, y, weight)
    assert_allclose(ours.predict(X), np.clip(theirs.predict(S), y.min(), y.max()), atol=1e-5 * np.ptp(y))
    std = np.sqrt(np.cov(y, aweights=weight, ddof=0))
    assert_allclose(std * ours.coefs_[0][0, :, 0], theirs.coef_, rtol=1e-4)


def test_several_outputs_are_ridge_regressions():
    X, y = line()
    Y = np.column_stack([y, X[:, 0] ** 2, -1000 * y + X[:, 1]])
    S = StandardScaler().fit_transform(X)
    ours = ScratchMLPRegressor(**LINEAR, alpha=2.0).fit(X, Y).predict(X)
    theirs = np.clip(Ridge(2.0).fit(S, Y).predict(S), Y.min(axis=0), Y.max(axis=0))
    assert ours.shape == Y.shape and ours.dtype == np.float64
    assert_allclose(ours, theirs, atol=1e-4 * np.ptp(Y))
    assert_allclose(ours / Y.std(axis=0), theirs / Y.std(axis=0), atol=1e-4)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.8])
def test_quantile_against_linear_programming(quantile):
    X, y = line()
    S = StandardScaler().fit_transform(X)
    theirs = QuantileRegressor(quantile=quantile, alpha=0).fit(S, y)
    ours = ScratchMLPRegressor(**NOT_SMOOTH, loss="quantile", quantile=quantile).fit(X, y)
    best = mean_pinball_loss(y, theirs.predict(S), alpha=quantile)
    assert mean_pinball_loss(y, ours.predict(X), alpha=quantile) < 1.002 * best
    assert abs(np.mean(y <= ours.predict(X)) - quantile) < 0.04


def test_absolute_error_against_linear_programming():
    X, y = line()
    S = StandardScaler().fit_transform(X)
    theirs = QuantileRegressor(quantile=0.5, alpha=0).fit(S, y)
    ours = ScratchMLPRegressor(**NOT_SMOOTH, loss="absolute_error").fit(X, y)
    assert mean_absolute_error(y, ours.predict(X)) < 1.002 * mean_absolute_error(y, theirs.predict(S))


@pytest.mark.parametrize("delta", [1.0, 0.3])
def test_huber_against_a_general_minimiser(delta):
    X, y = line()
    S = np.column_stack([StandardScaler().fit_transform(X), np.ones(len(X))])
    z = (y - y.mean()) / y.std()

    def huber(beta):
        u = np.abs(z - S @ beta)
        return np.where(u <= delta, u**2 / 2, delta * (u - delta / 2)).mean()

    beta = minimize(huber, np.zeros(4), method="Powell", options=dict(xtol=1e-8, ftol=1e-12)).x
    loss = "huber" if delta == 1.0 else HuberLoss(delta)
    ours = ScratchMLPRegressor(**LINEAR, loss=loss).fit(X, y)
    assert_allclose(ours.coefs_[0][0, :, 0], beta[:3], atol=1e-3)
    assert_allclose(ours.intercepts_[0][0], beta[3:], atol=1e-3)


@pytest.mark.parametrize("loss, Reference", [("poisson", PoissonRegressor), ("gamma", GammaRegressor)])
def test_losses_with_a_log_link_against_generalised_linear_models(loss, Reference):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    mu = 20 * np.exp(X @ np.array([0.5, -0.3, 0.2]))
    y = rng.poisson(mu).astype(float) if loss == "poisson" else rng.gamma(2, mu / 2)
    S = StandardScaler().fit_transform(X)
    alpha = 0.1
    theirs = Reference(alpha=alpha, tol=1e-9, max_iter=1000).fit(S, y)
    # their penalty is alpha |w|^2 / 2 beside the mean deviance; ours is divided by n, and sees y / mean(y)
    ours_alpha = alpha * len(y) / (y.mean() if loss == "poisson" else 1)
    ours = ScratchMLPRegressor(**LINEAR, loss=loss, alpha=ours_alpha).fit(X, y)
    assert_allclose(ours.predict(X), theirs.predict(S), rtol=1e-4)
    assert_allclose(ours.coefs_[0][0, :, 0], theirs.coef_, atol=1e-4)
    assert ours.out_activation_ == "exp"


def test_poisson_predicts_beyond_the_largest_count():
    X = np.arange(1.0, 6)[:, None]
    y = np.exp(X[:, 0])
    model = ScratchMLPRegressor(**dict(LINEAR, scaling=None), loss="poisson").fit(X, y)
    assert_allclose(model.predict([[6.0]]), np.exp(6), rtol=1e-2)


def test_cosine_learns_directions(rng):
    X = rng.normal(size=(200, 2))
    angle = X[:, 0]
    Y = np.column_stack([np.cos(angle), np.sin(angle)])
    lengths = rng.uniform(1, 100, (200, 1))
    model = ScratchMLPRegressor(loss="cosine", width=16, max_iter=80, n_estimators=1, random_state=0)
    P, Q = model.fit(X, Y).predict(X), model.fit(X, lengths * Y).predict(X)
    for predicted in (P, Q):
        cosine = np.vecdot(predicted, Y) / np.linalg.norm(predicted, axis=1)
        assert cosine.mean() > 0.98
    assert_allclose(P, Q, rtol=1e-3)


@pytest.mark.parametrize("n_estimators", [1, 3])
@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_prediction_is_the_mean_of_forward_passes_by_hand(n_estimators, loss):
    X, y = line()
    y = mean_of(y)
    model = ScratchMLPRegressor(
        loss, (6, 4), "tanh", n_estimators=n_estimators, init="he_normal", numeric_embedding=None, scaling=None,
        learning_rate_init=0.01, max_iter=5, random_state=0, dtype="float64",
    ).fit(X, y)  # fmt: skip
    members = []
    for i in range(n_estimators):
        (W1, W2, W3), (b1, b2, b3) = [W[i] for W in model.coefs_], [b[i] for b in model.intercepts_]
        members.append((np.tanh(np.tanh(X @ W1 + b1) @ W2 + b2) @ W3 + b3)[:, 0])
    if loss == "poisson":
        expected = y.mean() * np.mean(np.exp(members), axis=0)
    else:
        expected = np.clip(y.mean() + y.std() * np.mean(members, axis=0), y.min(), y.max())
    assert_allclose(model.predict(X), expected, rtol=1e-10)
    assert model.n_outputs_ == 1 and model.n_layers_ == 4


@pytest.mark.parametrize("loss", Loss.names())
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@ignore_convergence
def test_every_loss_learns(loss, solver, rng):
    X = rng.normal(size=(150, 3))
    Y = np.exp(np.column_stack([X[:, 0], np.sin(2 * X[:, 1])]))
    y = Y if loss == "cosine" else Y[:, 0]
    model = ScratchMLPRegressor(
        loss, (16,), solver=solver, quantile=0.5 if loss == "quantile" else None, max_iter=60, n_estimators=2,
        tol=1e-2, random_state=0,
    ).fit(X, y)  # fmt: skip
    assert model.predict(X).shape == y.shape
    assert model.best_loss_ < 0.5 * model.loss_curve_[0]


@pytest.mark.parametrize(
    "loss, y, message",
    [
        ("poisson", [1.0, -1.0, 2.0], "target for loss='poisson' must be >= 0, got a smallest value of -1.0"),
        ("gamma", [1.0, 0.0, 2.0], "target for loss='gamma' must be > 0, got a smallest value of 0.0"),
        ("cosine", [1.0, 0.0, 2.0], "target for loss='cosine' must be two or more outputs"),
    ],
)
def test_outside_the_domain(loss, y, message):
    with pytest.raises(ValueError, match=message):
        ScratchMLPRegressor(loss).fit(np.eye(3), y)


def test_loss_objects():
    X, y = line()
    by_name = ScratchMLPRegressor("quantile", quantile=0.2, **SMALL).fit(X, y)
    by_object = ScratchMLPRegressor(QuantileLoss(0.2), **SMALL).fit(X, y)
    assert_allclose(by_name.predict(X), by_object.predict(X), rtol=0)
    with pytest.raises(ValueError, match="loss must be a regression loss, got MulticlassLogLoss"):
        ScratchMLPRegressor(MulticlassLogLoss()).fit(X, y)


def test_predictions_have_the_scale_of_y_and_stay_in_its_range():
    X, y = line()
    near = ScratchMLPRegressor(**SMALL).fit(X, y).predict(X)
    far = ScratchMLPRegressor(**SMALL).fit(X, 1e6 * y - 1e8).predict(X)
    assert_allclose(far, 1e6 * near - 1e8, rtol=1e-6, atol=1)
    wild = ScratchMLPRegressor(**SMALL).fit(X, y).predict(1000 * X)
    assert y.min() <= wild.min() and wild.max() <= y.max()


def test_constant_targets():
    X, _ = line(20)
    assert_allclose(ScratchMLPRegressor(**SMALL).fit(X, np.full(20, 7.0)).predict(X), 7)
    Y = np.column_stack([np.full(20, 7.0), X[:, 0]])
    assert_allclose(ScratchMLPRegressor(**SMALL).fit(X, Y).predict(X)[:, 0], 7)
    with np.errstate(all="raise", under="ignore"):
        assert_allclose(ScratchMLPRegressor("poisson", **SMALL).fit(X, np.zeros(20)).predict(X), 0, atol=0.5)
